//! What a service says, written into a file for as long as somebody wants it.
//!
//! [`Recording`] is the work itself; [`Recorder`] does it on a thread of its own.

mod recorder;

use std::convert::Infallible;
use std::fs::{File, OpenOptions};
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

/// Of a name that is a part of a file's.
const MOST_LETTERS: usize = 60;
/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the file is brought to the disk. Should only this program be killed, all is there.
const SYNC_EVERY: Duration = Duration::from_secs(10);

/// What a recording of a service is called that began at this time.
pub fn file_name(service: &str, at: Timestamp) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let name: String = service.chars().map(letter).take(MOST_LETTERS).collect();
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
    synced: Instant,
}

impl Recording {
    /// A new file, or the end of one that is a recording already.
    ///
    /// # Errors
    ///
    /// The file is none of ours, or cannot be written.
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
        let before = file.metadata().map_err(write)?.len();
        let (writer, path) = (Writer::packed(file), path.into());
        Ok(Self { writer, path, before, run_id: None, states: 0, synced: Instant::now() })
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
            let error = match self.watch(target, &mut backoff, tell).await {
                Ok(()) => continue,
                Err(error) => error,
            };
            let mends = match &error {
                RecordError::Connect(error) => !error.is_hopeless(),
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
    ) -> Result<(), RecordError> {
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
        Ok(())
    }

    fn written<T>(&self, written: io::Result<T>) -> Result<T, RecordError> {
        written.map_err(|source| RecordError::Write { path: self.path.clone(), source })
    }

    fn sync_now_and_then(&mut self) -> io::Result<()> {
        if self.synced.elapsed() >= SYNC_EVERY {
            self.synced = Instant::now();
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
        let taken = self.taken();
        let ended = self.writer.end().and_then(|mut file| {
            file.flush()?;
            file.sync_all()?;
            Ok(file.metadata()?.len())
        });
        let len = ended.map_err(|source| RecordError::Write { path: self.path, source })?;
        // With the end.
        Ok(Taken { bytes: len.saturating_sub(self.before), ..taken })
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
    }
}
