//! Tasks that somebody should have ended, and did not.

use std::sync::Arc;
use std::time::Duration;

use crate::stage::{Fate, beats, spawn};
use crate::sync::{Notify, Semaphore, mpsc, oneshot};

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_millis(20);

/// Row 3: a struct starts a task when it is made, and nobody stops it.
///
/// The task is detached. It ends with a cancellation that never comes.
///
/// Expected: all monitors in their `select!`, of which the `recv` is the real wait, suspect.
pub(crate) mod start_without_stop {
    use tokio_util::sync::{CancellationToken, DropGuard};

    use super::{Fate, mpsc, spawn};

    struct Monitor {
        _readings: mpsc::Sender<u32>,
        _stop: DropGuard,
    }

    impl Monitor {
        fn new() -> Self {
            let (readings, taken) = mpsc::channel(1);
            let stop = CancellationToken::new();
            spawn("monitor", monitor(taken, stop.clone()));
            Self { _readings: readings, _stop: stop.drop_guard() }
        }
    }

    pub(crate) fn start(fate: Fate) {
        fate.hold(Monitor::new());
    }

    async fn monitor(mut readings: mpsc::Receiver<u32>, stop: CancellationToken) -> u32 {
        let mut highest = 0;
        loop {
            // start_without_stop: monitor
            tokio::select! {
                Some(reading) = readings.recv() => highest = highest.max(reading),
                () = stop.cancelled() => return highest,
            }
        }
    }
}

/// Row 6: several mirrors are asked, the first answer wins.
///
/// The others are detached, and wait for an answer that never comes.
///
/// Expected: all slow mirrors on their `oneshot`, suspect.
pub(crate) mod first_wins {
    use super::{Fate, oneshot, spawn};

    pub(crate) fn start(fate: Fate) {
        let (fast, fast_answer) = oneshot::channel();
        let (slow, slow_answer) = oneshot::channel();
        fast.send(1).ok();
        fate.hold(slow);
        spawn("caller", ask([fast_answer, slow_answer]));
    }

    async fn ask(mirrors: [oneshot::Receiver<u32>; 2]) {
        let [a, b] = mirrors.map(|answer| spawn("mirror", fetch(answer)));
        tokio::select! {
            _ = a => {}
            _ = b => {}
        }
    }

    async fn fetch(answer: oneshot::Receiver<u32>) -> Option<u32> {
        answer.await.ok() // first_wins: mirror
    }
}

/// Row 7: a `timeout` around a `JoinHandle` ends the wait, not the task.
///
/// The handle is dropped, the task goes on, and what it fetches never comes.
///
/// Expected: all fetches on `notified`, suspect. The callers have finished.
pub(crate) mod timeout_detaches {
    use tokio::time::timeout;

    use super::{Arc, Fate, Notify, PATIENCE, spawn};

    pub(crate) fn start(fate: Fate) {
        let upstream = Arc::new(Notify::new());
        spawn("caller", call(Arc::clone(&upstream)));
        fate.later(move || upstream.notify_one());
    }

    async fn call(upstream: Arc<Notify>) -> bool {
        timeout(PATIENCE, spawn("fetch", fetch(upstream))).await.is_ok()
    }

    async fn fetch(upstream: Arc<Notify>) {
        upstream.notified().await; // timeout_detaches: fetch
    }
}

/// Row 21: tasks wait for a cancellation whose guard was disarmed.
///
/// Nobody calls `cancel` any more.
///
/// Expected: all sessions on `cancelled`, suspect.
pub(crate) mod guard_disarmed {
    use tokio_util::sync::CancellationToken;

    use super::{Fate, spawn};

    pub(crate) fn start(fate: Fate) {
        let closed = CancellationToken::new();
        let guard = closed.clone().drop_guard();
        spawn("session", serve(closed));
        if fate.leaks() {
            guard.disarm();
        } else {
            fate.hold(guard);
        }
    }

    async fn serve(closed: CancellationToken) {
        closed.cancelled().await; // guard_disarmed: session
    }
}

/// Row 25: a task waits for the end where it meant to ask whether it has come.
///
/// It wrote `cancelled().await` instead of `is_cancelled()`.
///
/// Expected: all flushes on `cancelled`, suspect.
pub(crate) mod waits_instead_of_asking {
    use tokio_util::sync::CancellationToken;

    use super::{Fate, spawn};

    pub(crate) fn start(fate: Fate) {
        let quiet = CancellationToken::new();
        spawn("flush", flush(quiet.clone()));
        fate.later(move || quiet.cancel());
    }

    async fn flush(quiet: CancellationToken) {
        quiet.cancelled().await; // waits_instead_of_asking: flush
    }
}

/// Row 30: the caller has given up, and the handler goes on to the next stage.
///
/// That stage has no room, and never will have.
///
/// Expected: all handlers on `acquire`, suspect. The callers have finished.
pub(crate) mod answer_ignored {
    use tokio::time::timeout;

    use super::{Arc, Fate, PATIENCE, Semaphore, oneshot, spawn};

    pub(crate) fn start(fate: Fate) {
        let audit = Arc::new(Semaphore::new(0));
        let (answer, answered) = oneshot::channel();
        spawn("handler", handle(Arc::clone(&audit), answer));
        spawn("caller", async { timeout(PATIENCE, answered).await.is_ok() });
        fate.later(move || audit.add_permits(1));
    }

    async fn handle(audit: Arc<Semaphore>, answer: oneshot::Sender<u32>) {
        let room = audit.acquire().await; // answer_ignored: handler
        drop(room);
        answer.send(1).ok();
    }
}

/// Row 31: a task looks again and again until it is told to stop, and nobody tells it.
///
/// It is never idle for long: only its age and the number of its like show that it leaks.
///
/// Expected: all pollers in their `select!`, slow at first, and suspect when they have become more
/// for long enough.
pub(crate) mod polls_for_ever {
    use super::{Arc, Duration, Fate, Notify, beats, spawn};

    pub(crate) fn start(fate: Fate) {
        let done = Arc::new(Notify::new());
        spawn("poller", poll_until(Arc::clone(&done)));
        fate.later(move || done.notify_one());
    }

    async fn poll_until(done: Arc<Notify>) -> u64 {
        let mut looks = 0;
        loop {
            // polls_for_ever: poller
            tokio::select! {
                () = tick() => looks += 1,
                () = done.notified() => return looks,
            }
        }
    }

    /// The beats keep a clock that stands still from spinning.
    async fn tick() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        beats(10).await;
    }
}
