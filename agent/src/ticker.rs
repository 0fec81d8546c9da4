//! The thread that writes the time down, so that polls need not read the clock.
//!
//! It wakes up every [`TICK`] and does next to nothing: 0.05 % of a core. Should it be late,
//! because the machine is busy, times are late by as much.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;

use crate::clock::{self, TICK};
use crate::primitives::Mutex;

/// How many agents want the time. The lock is held while the time is written, so that none is
/// written after the last one went.
static WANTED: Mutex<usize> = Mutex::new(0);

/// Keeps the coarse time while it lives.
#[derive(Debug)]
pub(crate) struct Ticker {
    stopped: Arc<AtomicBool>,
    thread: Thread,
}

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        clock::start();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let thread = std::thread::Builder::new()
            .name("taskscope-tick".into())
            .spawn(move || run(&stop))?
            .thread()
            .clone();
        let mut wanted = WANTED.lock();
        *wanted += 1;
        // From the first poll on: threads make themselves known while somebody keeps the time.
        clock::tick();
        drop(wanted);
        Ok(Self { stopped, thread })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        let mut wanted = WANTED.lock();
        self.stopped.store(true, Ordering::Relaxed);
        *wanted -= 1;
        if *wanted == 0 {
            clock::stop_ticking();
        }
        self.thread.unpark();
    }
}

fn run(stopped: &AtomicBool) {
    loop {
        std::thread::park_timeout(TICK);
        let _wanted = WANTED.lock();
        if stopped.load(Ordering::Relaxed) {
            return;
        }
        clock::tick();
    }
}
