//! Tasks that wait for the end of tasks.

use crate::stage::{Fate, keep, spawn};
use crate::sync::{Mutex, oneshot};
use taskscope::task::{JoinHandle, JoinSet};

/// Row 41: two tasks wait for each other's end.
///
/// Expected: both of each pair on the other's handle, proven.
pub(crate) mod join_circle {
    use super::{Fate, JoinHandle, oneshot, spawn};

    pub(crate) fn start(fate: Fate) {
        let (to_left, left) = oneshot::channel();
        let (to_right, right) = oneshot::channel();
        let left = spawn("peer", end_after(left));
        let right = spawn("peer", end_after(right));
        to_left.send(right).ok();
        if fate.leaks() {
            to_right.send(left).ok();
        }
    }

    async fn end_after(other: oneshot::Receiver<JoinHandle<()>>) {
        if let Ok(other) = other.await {
            other.await.ok(); // join_circle: peer
        }
    }
}

/// A handle of a task that can never run again.
///
/// Expected: the dead ones on nothing, and all who wait for them on their handles, proven both.
pub(crate) mod joins_the_dead {
    use super::{Fate, JoinHandle, spawn};

    pub(crate) fn start(fate: Fate) {
        spawn("caller", call(spawn("dead", super::die(fate))));
    }

    async fn call(handle: JoinHandle<()>) {
        handle.await.ok(); // joins_the_dead: caller
    }
}

/// A set of tasks, the last of which can never run again.
///
/// Expected: the dead ones on nothing, and all who wait on their sets, proven both.
pub(crate) mod joins_a_dead_set {
    use taskscope::labels;
    use taskscope::prelude::*;

    use super::{Fate, JoinSet, spawn};

    pub(crate) fn start(fate: Fate) {
        spawn("caller", call(fate));
    }

    async fn call(fate: Fate) {
        let mut parts = JoinSet::new();
        parts.spawn(async {}.labeled(labels! { "role" => "part" }));
        parts.spawn(super::die(fate).labeled(labels! { "role" => "dead" }));
        loop {
            let part = parts.join_next().await; // joins_a_dead_set: caller
            if part.is_none() {
                return;
            }
        }
    }
}

/// A lock whose holder can never run again.
///
/// Expected: the holders on nothing, and all who need the locks on `lock`, proven both.
pub(crate) mod locked_by_the_dead {
    use std::sync::Arc;

    use super::{Fate, Mutex, oneshot, spawn};

    pub(crate) fn start(fate: Fate) {
        let table = Arc::new(Mutex::new(0));
        let (locked, is_locked) = oneshot::channel();
        spawn("dead", hold(Arc::clone(&table), locked, fate));
        spawn("request", book(table, is_locked));
    }

    async fn hold(table: Arc<Mutex<u64>>, locked: oneshot::Sender<()>, fate: Fate) {
        let mut rows = table.lock().await;
        *rows += 1;
        locked.send(()).ok();
        super::die(fate).await;
    }

    async fn book(table: Arc<Mutex<u64>>, is_locked: oneshot::Receiver<()>) {
        is_locked.await.ok();
        let mut rows = table.lock().await; // locked_by_the_dead: request
        *rows += 1;
    }
}

async fn die(fate: Fate) {
    if fate.leaks() {
        std::future::pending::<()>().await;
    }
}

/// Row 43: a set of tasks whose results nobody takes.
///
/// The tasks finish; their results lie in the set. The number of living tasks says nothing.
///
/// Expected: no living task; the bytes that outlived their tasks, with the line that allocated
/// them. No verdict: nothing is stuck.
pub(crate) mod undrained_set {
    use taskscope::labels;
    use taskscope::prelude::*;

    use super::{Fate, JoinSet, keep};

    /// Bytes of an answer.
    const ANSWER: usize = 64 << 10;

    pub(crate) fn start(fate: Fate) {
        let mut answers = JoinSet::new();
        let answer = async {
            vec![1_u8; ANSWER] // undrained_set: request
        };
        answers.spawn(answer.labeled(labels! { "role" => "request" }));
        if fate.leaks() {
            keep(answers);
        } else {
            answers.detach_all();
        }
    }
}
