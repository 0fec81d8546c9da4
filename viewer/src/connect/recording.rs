//! What a service says, written into a file for as long as somebody wants it.
//!
//! [`Recording`] is the work itself; [`Recorder`] does it on a thread of its own.

mod recorder;

use std::convert::Infallible;
use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use taskscope_proto::file::{EXTENSION, FileError, Reader, Writer};
use taskscope_proto::stream::{DecodeError, Decoder};
use thiserror::Error;
use tokio_stream::StreamExt as _;

use super::{Backoff, Client, ConnectError};

pub use recorder::{Recorder, RecorderState, Taken};

/// Bytes of a name that is a part of a file's: systems have room for 255 in all.
const MOST_BYTES: usize = 120;
/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the file is brought to the disk. Should only this program be killed, all is there.
const SYNC_EVERY: Duration = Duration::from_secs(10);

/// What a recording of a service is called that began at this time.
pub fn file_name(service: &str, at: Timestamp) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= MOST_BYTES;
    let name: String = service.char_indices().take_while(fits).map(|(_, c)| letter(c)).collect();
    format!("{name}-{}.{EXTENSION}", at.strftime("%Y%m%d-%H%M%S"))
}

/// Why nothing is recorded, or nothing more.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The service cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// What it says makes no sense.
    #[error("the agent sent what makes no sense: {0}")]
    Nonsense(#[from] DecodeError),
    /// The file is somebody else's.
    #[error("{} is there, and nothing is added to it: {source}", .path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: FileError,
    },
    /// Two that write into one file destroy what both have to say.
    #[error("{} is being recorded into already: give this recording another file", .path.display())]
    Busy {
        /// Which.
        path: PathBuf,
    },
    /// The system does not take it.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// What was written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What is to be said of a recording on its way.
#[derive(Debug)]
pub enum Told<'a> {
    /// It began with a run of the service of this name.
    Begun(&'a str),
    /// One more state is in the file.
    Written(Taken),
    /// The service is gone; it is tried again after this time.
    Lost(&'a RecordError, Duration),
}

/// A file that grows.
#[derive(Debug)]
pub struct Recording {
    writer: Writer<File>,
    path: PathBuf,
    /// How large the file was.
    before: u64,
    /// Whose states are being written.
    run_id: Option<u64>,
    states: u64,
    /// When it was brought to the disk; none: it is a pipe or a device, and nothing is.
    synced: Option<Instant>,
}

impl Recording {
    /// A new file, or the end of one that is a recording already.
    ///
    /// # Errors
    ///
    /// The file is none of ours, somebody else records into it, or it cannot be written.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let write = |source| RecordError::Write { path: path.into(), source };
        // What is no plain file has nothing in it to be kept, and may never end.
        let is_plain = path.metadata().is_ok_and(|metadata| metadata.is_file());
        if is_plain && let Ok(file) = File::open(path) {
            match Reader::new(file) {
                Ok(_) | Err(FileError::Empty) => {}
                Err(source) => return Err(RecordError::Foreign { path: path.into(), source }),
            }
        }
        let opened = OpenOptions::new().create(true).append(true).open(path);
        let file = opened.map_err(write)?;
        let about = file.metadata().map_err(write)?;
        // Elsewhere who has the lock is the only one who can read.
        if cfg!(unix) && about.is_file() && matches!(file.try_lock(), Err(TryLockError::WouldBlock))
        {
            return Err(RecordError::Busy { path: path.into() });
        }
        let (writer, path, before) = (Writer::packed(file), path.into(), about.len());
        let synced = about.is_file().then(Instant::now);
        Ok(Self { writer, path, before, run_id: None, states: 0, synced })
    }

    /// Comes back when the service does. Ends only with an error that no waiting mends.
    ///
    /// # Errors
    ///
    /// At first any, later only those.
    pub async fn follow(
        &mut self,
        target: &str,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<Infallible, RecordError> {
        let mut backoff = Backoff::new(RandomState::new().hash_one(target));
        loop {
            let Err(error) = self.watch(target, &mut backoff, tell).await;
            let mends = match &error {
                RecordError::Connect(error) => !error.is_hopeless(),
                // The next stream begins with the whole state.
                RecordError::Nonsense(_) => true,
                _ => false,
            };
            // At first somebody is there to hear of it; later it has to go on by itself.
            if self.states == 0 || !mends {
                return Err(error);
            }
            let pause = backoff.pause();
            tell(Told::Lost(&error, pause));
            tokio::time::sleep(pause).await;
        }
    }

    async fn watch(
        &mut self,
        target: &str,
        backoff: &mut Backoff,
        tell: &mut impl FnMut(Told<'_>),
    ) -> Result<Infallible, RecordError> {
        let (client, process) = Client::connect(target, CONNECT_TIMEOUT).await?;
        if self.run_id != Some(process.run_id) {
            let written = self.writer.process(&process);
            self.written(written)?;
            self.run_id = Some(process.run_id);
            tell(Told::Begun(&process.name));
        }
        let mut updates = client.watch(Duration::ZERO).await?;
        let mut decoder = Decoder::new();
        while let Some(update) = updates.next().await {
            if let Some(profile) = decoder.apply(update?)? {
                backoff.reset();
                let written = self.writer.state(&profile);
                self.written(written)?;
                self.states += 1;
                let synced = self.sync_now_and_then();
                self.written(synced)?;
                tell(Told::Written(self.taken()));
            }
        }
        Err(client.ended().into())
    }

    fn written<T>(&self, written: io::Result<T>) -> Result<T, RecordError> {
        written.map_err(|source| RecordError::Write { path: self.path.clone(), source })
    }

    fn sync_now_and_then(&mut self) -> io::Result<()> {
        if let Some(synced) = self.synced.as_mut().filter(|at| at.elapsed() >= SYNC_EVERY) {
            *synced = Instant::now();
            self.writer.get_mut().sync_data()?;
        }
        Ok(())
    }

    /// How much was written.
    pub fn taken(&self) -> Taken {
        Taken { states: self.states, bytes: self.writer.bytes() }
    }

    /// Brings all of it to the disk, with an end.
    ///
    /// # Errors
    ///
    /// The system does not take it.
    pub fn end(self) -> Result<Taken, RecordError> {
        let (taken, is_plain) = (self.taken(), self.synced.is_some());
        let ended = self.writer.end().and_then(|mut file| {
            file.flush()?;
            if !is_plain {
                return Ok(taken.bytes);
            }
            file.sync_all()?;
            // With the end.
            Ok(file.metadata()?.len().saturating_sub(self.before))
        });
        let bytes = ended.map_err(|source| RecordError::Write { path: self.path, source })?;
        Ok(Taken { bytes, ..taken })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_service_and_its_time() {
        let at = Timestamp::from_second(1_777_636_800).unwrap();
        let check = |service: &str, expected: &str| assert_eq!(file_name(service, at), expected);
        check("checkout", "checkout-20260501-120000.taskscope");
        check("../a b:6670", "---a-b-6670-20260501-120000.taskscope");
        let long = file_name(&"\u{20000}".repeat(99), at);
        assert!(long.starts_with('\u{20000}') && long.len() < 255, "{long}");
    }
}
