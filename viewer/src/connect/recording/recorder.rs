//! A recording on a thread of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::{RecordError, Recording, Told};

/// How long the end of the program waits for the end of the file.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How much was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// States.
    pub states: u64,
    /// Bytes.
    pub bytes: u64,
}

/// How it stands with a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecorderState {
    /// The service.
    pub target: Arc<str>,
    /// The file.
    pub path: PathBuf,
    /// How much was written.
    pub taken: Taken,
    /// Why nothing comes right now.
    pub trouble: Option<String>,
    /// It is over: well, or for this reason.
    pub end: Option<Result<(), String>>,
}

/// A recording. Dropping it ends the file, and waits for that a while.
#[derive(Debug)]
pub struct Recorder {
    stop: Option<watch::Sender<()>>,
    done: Receiver<()>,
    state: Arc<Mutex<RecorderState>>,
}

impl Recorder {
    /// Starts the thread. `wake` is called whenever there is something new to say.
    ///
    /// # Errors
    ///
    /// The system has no room for a thread.
    pub fn start(
        target: &Arc<str>,
        path: PathBuf,
        wake: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(RecorderState {
            target: Arc::clone(target),
            path,
            taken: Taken::default(),
            trouble: None,
            end: None,
        }));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(());
        let (finished, done) = sync_channel(0);
        let board = Board { state: Arc::clone(&state), wake };
        thread::Builder::new().name("taskscope-record".into()).spawn(move || {
            let end = runtime.block_on(board.record(stopped));
            board.change(|state| state.end = Some(end.map_err(|error| error.to_string())));
            // Nothing is ever sent: who waits for it hears that nobody can any more.
            drop(finished);
        })?;
        Ok(Self { stop: Some(stop), done, state })
    }

    /// How it stands.
    pub fn state(&self) -> RecorderState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the file. It is over a moment later.
    pub fn stop(&mut self) {
        self.stop = None;
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop();
        if self.done.recv_timeout(LAST_WORDS) == Err(RecvTimeoutError::Timeout) {
            let path = self.state().path;
            tracing::warn!("the end of {} could not be waited for", path.display());
        }
    }
}

/// Where the thread says how it stands.
struct Board<W> {
    state: Arc<Mutex<RecorderState>>,
    wake: W,
}

impl<W: Fn()> Board<W> {
    fn change(&self, change: impl FnOnce(&mut RecorderState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        (self.wake)();
    }

    async fn record(&self, mut stopped: watch::Receiver<()>) -> Result<(), RecordError> {
        let (target, path) = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (Arc::clone(&state.target), state.path.clone())
        };
        let mut recording = open(&path)?;
        let mut tell = |told: Told<'_>| match told {
            Told::Begun(_) => self.change(|state| state.trouble = None),
            Told::Written(taken) => self.change(|state| {
                state.taken = taken;
                state.trouble = None;
            }),
            Told::Lost(error, _) => self.change(|state| state.trouble = Some(error.to_string())),
        };
        let failed = tokio::select! {
            Err(error) = recording.follow(&target, &mut tell) => Some(error),
            // Nothing is ever sent: it ends when nobody can.
            _ = stopped.changed() => None,
        };
        // What is there is kept, whatever happened.
        let ended = recording.end();
        match failed {
            Some(error) => Err(error),
            None => ended.map(|taken| self.change(|state| state.taken = taken)),
        }
    }
}

/// The file, in a folder that is made for it.
fn open(path: &Path) -> Result<Recording, RecordError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|source| RecordError::Write { path: path.into(), source })?;
    }
    Recording::open(path)
}
