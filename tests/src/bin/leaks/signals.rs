//! Signals that never come, came too early, or could only come from who waits for them.
//!
//! Anybody who can reach a `Notify` may use it: suspect. A task that joins itself is proven.

use std::sync::Arc;

use crate::stage::{Fate, keep, spawn};
use crate::sync::{Barrier, Notify, oneshot, watch};

/// Row 33: nobody notifies.
///
/// Expected: all visitors on `notified`, suspect.
pub(crate) mod never_notified {
    use super::{Arc, Fate, Notify, spawn};

    pub(crate) fn start(fate: Fate) {
        let door = Arc::new(Notify::new());
        spawn("visitor", visit(Arc::clone(&door)));
        fate.later(move || door.notify_one());
    }

    async fn visit(door: Arc<Notify>) {
        door.notified().await; // never_notified: visitor
    }
}

/// Row 34: `notify_waiters` comes before the waiter.
///
/// It wakes those who wait, and is not kept for those who come later. The healthy ones are woken
/// by `notify_one`, which is kept.
///
/// Expected: all visitors on `notified`, suspect.
pub(crate) mod missed_notify {
    use super::{Arc, Fate, Notify, keep, spawn};

    pub(crate) fn start(fate: Fate) {
        let door = Arc::new(Notify::new());
        if fate.leaks() {
            door.notify_waiters();
        } else {
            door.notify_one();
        }
        spawn("visitor", visit(Arc::clone(&door)));
        keep(door);
    }

    async fn visit(door: Arc<Notify>) {
        door.notified().await; // missed_notify: visitor
    }
}

/// Row 34, with a `watch`: who subscribes after the change has seen it.
///
/// The value says ready, but the task waits for a change before it looks.
///
/// Expected: all clients on `changed`, suspect.
pub(crate) mod missed_change {
    use super::{Fate, keep, spawn, watch};

    pub(crate) fn start(fate: Fate) {
        let (ready, early) = watch::channel(false);
        ready.send(true).ok();
        let seen = if fate.leaks() { ready.subscribe() } else { early };
        spawn("client", connect(seen));
        keep(ready);
    }

    async fn connect(mut ready: watch::Receiver<bool>) -> bool {
        let changed = ready.changed().await; // missed_change: client
        changed.is_ok() && *ready.borrow()
    }
}

/// Row 35: a task waits for the signal that it would itself give at its end.
///
/// Expected: all loops on `notified`, suspect.
pub(crate) mod own_signal {
    use super::{Arc, Fate, Notify, spawn};

    pub(crate) fn start(fate: Fate) {
        spawn("loop", run(Arc::default(), fate));
    }

    async fn run(stopped: Arc<Notify>, fate: Fate) {
        if !fate.leaks() {
            stopped.notify_one();
        }
        stopped.notified().await; // own_signal: loop
        // Where the leaking ones would have said it.
        stopped.notify_one();
    }
}

/// Row 35, by handle: a task finds its own `JoinHandle` in a list, and waits for all in it.
///
/// Expected: all loops on their handle, proven: a circle of one.
pub(crate) mod own_handle {
    use taskscope::task::JoinHandle;

    use super::{Fate, oneshot, spawn};

    pub(crate) fn start(fate: Fate) {
        let (running, listed) = oneshot::channel();
        let own = spawn("loop", run(listed));
        let other = spawn("other", async {});
        running.send(if fate.leaks() { own } else { other }).ok();
    }

    async fn run(listed: oneshot::Receiver<JoinHandle<()>>) {
        if let Ok(handle) = listed.await {
            handle.await.ok(); // own_handle: loop
        }
    }
}

/// Row 18: who stops a service waits for all of its tasks, and is one of them.
///
/// Expected: all stoppers on the tracker's `wait`, suspect: the tracker is not ours, and what it
/// counts is not known.
pub(crate) mod waits_for_itself {
    use tokio_util::task::TaskTracker;
    use tokio_util::task::task_tracker::TaskTrackerToken;

    use super::{Fate, spawn};

    pub(crate) fn start(fate: Fate) {
        let tracker = TaskTracker::new();
        let token = fate.leaks().then(|| tracker.token());
        spawn("stopper", stop(tracker, token));
    }

    async fn stop(tracker: TaskTracker, own: Option<TaskTrackerToken>) {
        tracker.close();
        tracker.wait().await; // waits_for_itself: stopper
        drop(own);
    }
}

/// Row 19: a barrier for more than will ever come.
///
/// Expected: all parties on `wait`, suspect.
pub(crate) mod barrier_short {
    use super::{Arc, Barrier, Fate, keep, spawn};

    pub(crate) fn start(fate: Fate) {
        let barrier = Arc::new(Barrier::new(2));
        spawn("party", meet(Arc::clone(&barrier)));
        if fate.leaks() {
            keep(barrier);
        } else {
            spawn("party", meet(barrier));
        }
    }

    async fn meet(barrier: Arc<Barrier>) -> bool {
        barrier.wait().await.is_leader() // barrier_short: party
    }
}

/// Row 19: a tracker that nobody closes.
///
/// `TaskTracker::wait` waits for the last task *and* for `close`.
///
/// Expected: all stoppers on the tracker's `wait`, suspect.
pub(crate) mod tracker_not_closed {
    use tokio_util::task::TaskTracker;

    use super::{Fate, spawn};

    pub(crate) fn start(fate: Fate) {
        let tracker = TaskTracker::new();
        if !fate.leaks() {
            tracker.close();
        }
        spawn("stopper", stop(tracker));
    }

    async fn stop(tracker: TaskTracker) {
        tracker.wait().await; // tracker_not_closed: stopper
    }
}
