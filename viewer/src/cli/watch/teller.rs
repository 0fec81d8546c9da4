//! Somebody who is told of alerts, on a thread of their own.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::alert::Change;
use crate::cli::output;

/// Messages that wait for a slow one.
const QUEUE: usize = 32;
/// How long the end waits for what was not told yet.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// See the [module](self).
pub(super) struct Teller {
    name: &'static str,
    queue: SyncSender<Vec<Change>>,
    done: Receiver<()>,
    lost: u64,
}

impl Teller {
    /// Starts the thread. `tell` may take its time; what it fails with is said.
    pub(super) fn start(
        name: &'static str,
        mut tell: impl FnMut(&[Change]) -> Result<(), String> + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, messages) = sync_channel::<Vec<Change>>(QUEUE);
        let (finished, done) = sync_channel(1);
        thread::Builder::new().name(format!("taskscope-{name}")).spawn(move || {
            for changes in messages {
                if let Err(why) = tell(&changes) {
                    output::complain(&format_args!("--{name}: {why}"));
                }
            }
            // Nobody may wait any more.
            output::ignore(finished.send(()));
        })?;
        Ok(Self { name, queue, done, lost: 0 })
    }

    /// Hands changes over, and never waits.
    pub(super) fn tell(&mut self, changes: &[Change]) {
        let why = match self.queue.try_send(changes.to_vec()) {
            Ok(()) => return,
            Err(TrySendError::Full(_)) => "it is too slow",
            Err(TrySendError::Disconnected(_)) => "its thread has ended",
        };
        self.lost += changes.len() as u64;
        let Self { name, lost, .. } = self;
        output::complain(&format_args!("--{name}: {lost} alerts lost so far: {why}"));
    }

    /// Waits for what was not told yet, for a while.
    pub(super) fn end(self) {
        let Self { name, queue, done, .. } = self;
        drop(queue);
        if done.recv_timeout(LAST_WORDS).is_err() {
            output::complain(&format_args!("--{name}: what was still to be told is lost"));
        }
    }
}
