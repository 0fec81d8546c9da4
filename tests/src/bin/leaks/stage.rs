//! What all patterns stand on: how they start tasks, how the other side lets go or never does,
//! and a beat of real time.

use std::any::Any;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use taskscope::labels;
use taskscope::task::{Builder, JoinHandle};
// Not the patterns' own: what is tokio's here stays tokio's.
use tokio::sync::Notify;

/// What becomes of a case. Both sorts run the same code; only the other side behaves differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Its tasks come to their end.
    Healthy,
    /// At least one of them never does.
    Leaking,
}

impl Fate {
    pub(crate) fn leaks(self) -> bool {
        self == Self::Leaking
    }

    /// Lets the value go after a moment if the case is healthy, and keeps it for ever if it leaks.
    pub(crate) fn hold(self, value: impl Send + 'static) {
        self.later(|| drop(value));
    }

    /// Does something after a moment if the case is healthy, and never if it leaks.
    pub(crate) fn later(self, action: impl FnOnce() + Send + 'static) {
        if self.leaks() {
            keep(action);
        } else {
            // Not tracked: it is the world around the service, and no part of the pattern.
            tokio::spawn(async {
                beats(2).await;
                action();
            });
        }
    }
}

/// Keeps a value for as long as the process lives, as a static or a forgotten struct would.
pub(crate) fn keep(value: impl Send + 'static) {
    static KEPT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(value));
}

/// Starts a task of the pattern. The label `pattern` is inherited from whoever starts the case.
#[track_caller]
pub(crate) fn spawn<F>(role: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Builder::new().labels(labels! { "role" => role }).spawn(future)
}

/// Starts a closure of the pattern on a thread for such.
#[track_caller]
pub(crate) fn spawn_blocking<R: Send + 'static>(
    role: &'static str,
    closure: impl FnOnce() -> R + Send + 'static,
) -> JoinHandle<R> {
    Builder::new().labels(labels! { "role" => role }).spawn_blocking(closure)
}

/// Between two beats.
const BEAT: Duration = Duration::from_millis(10);
static BEATS: Notify = Notify::const_new();

/// Begins to beat. The thread ends with the process.
pub(crate) fn start_beats() -> std::io::Result<()> {
    let beat = || loop {
        thread::sleep(BEAT);
        BEATS.notify_waiters();
    };
    thread::Builder::new().name("beat".into()).spawn(beat).map(drop)
}

/// Waits for the next beat: ten milliseconds of real time, also where tokio's clock stands still.
pub(crate) async fn beat() {
    BEATS.notified().await;
}

/// Waits for several beats.
pub(crate) async fn beats(number: u32) {
    for _ in 0..number {
        beat().await;
    }
}
