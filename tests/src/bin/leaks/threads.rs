//! Tasks that keep a thread to themselves, and tasks that no thread drives.
//!
//! What blocks here ends with the process, and after a minute in any case. No sibling is started
//! once a thread is blocked: it would be a victim, and no healthy one.

use std::sync::mpsc;
use std::time::Duration;

use crate::stage::{Fate, keep, spawn, spawn_blocking};

/// How long a thread blocks at most.
const AT_MOST: Duration = Duration::from_mins(1);

/// Row 48: a task waits inside its poll, as a thread does.
///
/// As many of them as there are workers, and no task runs any more. On a runtime of one thread
/// the first is enough, and the second is never polled.
///
/// Expected: the tasks `running`, at the line that blocks. They are not parked, and few: no more
/// than slow.
pub(crate) mod blocks_in_poll {
    use super::{AT_MOST, Fate, keep, mpsc, spawn};

    pub(crate) fn start(fate: Fate) {
        let (answer, answered) = mpsc::sync_channel(1);
        if fate.leaks() {
            keep(answer);
        } else {
            answer.send(1).ok();
        }
        spawn("charge", async move { charge(&answered) });
    }

    fn charge(answered: &mpsc::Receiver<u32>) -> Option<u32> {
        answered.recv_timeout(AT_MOST).ok() // blocks_in_poll: charge
    }
}

/// Row 49: an async function is called from one that is not, by `block_on`, on a worker.
///
/// The worker is lost until the inner future is ready; on a runtime of one thread that is a
/// deadlock, since whatever would make it ready has no thread.
///
/// Expected: the tasks `running`, at the line of `block_on`; no more than slow.
pub(crate) mod blocks_on {
    use super::{Fate, keep, spawn};
    use crate::sync::oneshot;

    pub(crate) fn start(fate: Fate) {
        let (answer, answered) = oneshot::channel();
        if fate.leaks() {
            keep(answer);
        } else {
            answer.send(1).ok();
        }
        spawn("charge", async move { charge(answered) });
    }

    fn charge(answered: oneshot::Receiver<u32>) -> Option<u32> {
        futures_executor::block_on(answered).ok() // blocks_on: charge
    }
}

/// Row 50: closures that never end have taken all threads for such.
///
/// The runtime has four. What comes later stands in line, and with it whoever awaits it.
///
/// Expected: all callers on their handles: they pile up, suspect, held up by the closures. Four of
/// those are `running` at the line that blocks, the others `new`; they are late, and may be
/// suspect as well.
pub(crate) mod blocking_pool_full {
    use super::{AT_MOST, Fate, keep, mpsc, spawn, spawn_blocking};

    pub(crate) fn start(fate: Fate) {
        let (answer, answered) = mpsc::sync_channel(1);
        if fate.leaks() {
            keep(answer);
        } else {
            answer.send(1).ok();
        }
        spawn("caller", call(answered));
    }

    async fn call(answered: mpsc::Receiver<u32>) {
        let query = spawn_blocking("query", move || query(&answered));
        query.await.ok(); // blocking_pool_full: caller
    }

    fn query(answered: &mpsc::Receiver<u32>) -> Option<u32> {
        answered.recv_timeout(AT_MOST).ok() // blocking_pool_full: query
    }
}

/// Row 51: local tasks in a set that nobody drives.
///
/// Expected: all of them `new`, with no await point; slow at first, since a busy runtime looks the
/// same, and suspect when they have become more for long enough.
pub(crate) mod set_not_driven {
    use std::thread;

    use taskscope::labels;
    use taskscope::task::{Builder, LocalSet};

    use super::Fate;

    pub(crate) fn start(fate: Fate) {
        let labels = taskscope::current_labels();
        // A set stays on its thread. Each case has one of its own, as a plug-in would.
        let plug_in = move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
            let set = LocalSet::new();
            let role = labels! { "role" => "plug-in" };
            Builder::new().labels(labels).labels(role).spawn_local_on(async {}, &set);
            if fate.leaks() {
                std::mem::forget(set);
            } else {
                runtime.block_on(set);
            }
        };
        thread::Builder::new().name("plug-in".into()).spawn(plug_in).ok();
    }
}
