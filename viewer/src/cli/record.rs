//! `taskscope record`: writes what a service says into a file, for as long as it runs.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use taskscope_proto::file::{FileError, Reader, Writer};
use taskscope_proto::stream::Decoder;
use tokio_stream::StreamExt as _;

use super::output;
use crate::connect::{Backoff, Client, ConnectError};

/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often the file is brought to the disk. Should only this program be killed, all is there.
const SYNC_EVERY: Duration = Duration::from_secs(10);

pub(super) fn run(target: &str, file: &Path, span: Option<Duration>) -> anyhow::Result<()> {
    let out = open(file)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let mut recording = Recording::new(out, file);
    runtime.block_on(async {
        let follow = recording.follow(target);
        match span {
            // The time is over: that is what was asked for.
            Some(span) => tokio::time::timeout(span, follow).await.unwrap_or(Ok(())),
            None => follow.await,
        }
    })?;
    recording.end()
}

/// A new file, or the end of one that is a recording already.
fn open(path: &Path) -> anyhow::Result<File> {
    let cannot = || format!("cannot write {}", path.display());
    if let Ok(file) = File::open(path) {
        match Reader::new(file) {
            Ok(_) | Err(FileError::Empty) => {}
            Err(error) => bail!("{} is there, and nothing is added to it: {error}", path.display()),
        }
    }
    OpenOptions::new().create(true).append(true).open(path).with_context(cannot)
}

struct Recording<'a> {
    writer: Writer<File>,
    path: &'a Path,
    /// Whose states are being written.
    run_id: Option<u64>,
    states: u64,
    synced: Instant,
}

impl<'a> Recording<'a> {
    fn new(out: File, path: &'a Path) -> Self {
        let writer = Writer::packed(out);
        Self { writer, path, run_id: None, states: 0, synced: Instant::now() }
    }

    /// Comes back when the service does. Ends only with an error that no waiting mends.
    async fn follow(&mut self, target: &str) -> anyhow::Result<()> {
        let mut backoff = Backoff::new(RandomState::new().hash_one(target));
        loop {
            let error = match self.watch(target, &mut backoff).await {
                Ok(()) => continue,
                Err(error) => error,
            };
            let lost = error.downcast_ref::<ConnectError>();
            // At first somebody is there to hear of it; later it has to go on by itself.
            if self.states == 0 || lost.is_none_or(ConnectError::is_hopeless) {
                return Err(error);
            }
            let pause = backoff.pause();
            output::complain(&format_args!("{error:#}; trying again in {} s", pause.as_secs()));
            tokio::time::sleep(pause).await;
        }
    }

    async fn watch(&mut self, target: &str, backoff: &mut Backoff) -> anyhow::Result<()> {
        let (client, process) = Client::connect(target, CONNECT_TIMEOUT).await?;
        let cannot = |path: &Path| format!("cannot write {}", path.display());
        if self.run_id != Some(process.run_id) {
            self.writer.process(&process).with_context(|| cannot(self.path))?;
            self.run_id = Some(process.run_id);
            let (name, path) = (&process.name, self.path.display());
            output::complain(&format_args!("recording {name} into {path}"));
        }
        let mut updates = client.watch(Duration::ZERO).await?;
        let mut decoder = Decoder::new();
        while let Some(update) = updates.next().await {
            let state = decoder.apply(update?).context("the agent sent what makes no sense")?;
            if let Some(profile) = state {
                backoff.reset();
                self.writer.state(&profile).with_context(|| cannot(self.path))?;
                self.states += 1;
                self.sync_now_and_then().with_context(|| cannot(self.path))?;
            }
        }
        Ok(())
    }

    fn sync_now_and_then(&mut self) -> std::io::Result<()> {
        if self.synced.elapsed() >= SYNC_EVERY {
            self.synced = Instant::now();
            self.writer.get_mut().sync_data()?;
        }
        Ok(())
    }

    fn end(self) -> anyhow::Result<()> {
        let Self { writer, path, states, .. } = self;
        let bytes = writer.bytes();
        let ended = writer.end().and_then(|mut file| file.flush().and_then(|()| file.sync_all()));
        ended.with_context(|| format!("cannot write {}", path.display()))?;
        let path = path.display();
        output::complain(&format_args!("{path}: {states} states in {bytes} bytes"));
        Ok(())
    }
}
