//! The thread that talks to the desktop.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::{Board, Crier};
use crate::alert::Change;
use crate::clock::Clock;

/// Changes that wait for a slow desktop.
const QUEUE: usize = 64;

/// How it stands with the desktop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Why the latest notification was not shown, and what was tried.
    pub failure: Option<String>,
    /// How many were not shown.
    pub missed: u64,
}

/// The end that tells. Dropping it ends the thread.
#[derive(Debug)]
pub struct Notifier {
    queue: SyncSender<Change>,
    standing: Arc<Mutex<Standing>>,
    lost: u64,
}

impl Notifier {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The system has no room for a thread.
    pub fn start(board: impl Board + Send + 'static) -> io::Result<Self> {
        let (queue, changes) = sync_channel(QUEUE);
        let standing = Arc::new(Mutex::new(Standing::default()));
        let told = Arc::clone(&standing);
        thread::Builder::new()
            .name("taskscope-notify".into())
            .spawn(move || work(&changes, board, &told))?;
        Ok(Self { queue, standing, lost: 0 })
    }

    /// Hands a change over, and never waits.
    pub fn tell(&mut self, change: &Change) {
        if self.queue.try_send(change.clone()).is_err() {
            self.lost += 1;
        }
    }

    /// How it stands with the desktop.
    pub fn standing(&self) -> Standing {
        let told = self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Standing { missed: told.missed.saturating_add(self.lost), ..told }
    }
}

fn work(changes: &Receiver<Change>, mut board: impl Board, told: &Mutex<Standing>) {
    let clock = Clock::start();
    let mut crier = Crier::default();
    loop {
        let change = match crier.due() {
            None => changes.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => changes.recv_timeout(due.saturating_sub(clock.now())),
        };
        let now = clock.now();
        match change {
            Ok(change) => crier.take_in(&change, now, &mut board),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        crier.look(now, &mut board);
        let standing =
            Standing { failure: crier.failure().map(str::to_owned), missed: crier.missed() };
        *told.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }
}
