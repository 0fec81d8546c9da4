//! Locks that are never let go.
//!
//! Where the holder waits, by locks alone, for what it holds itself, nobody else can help: proven.
//! Where a guard has been lost or given away, somebody could still drop it: suspect.

use std::sync::Arc;

use crate::stage::{Fate, keep, spawn};
use crate::sync::{Barrier, Mutex, OnceCell, OwnedMutexGuard, RwLock, oneshot};

/// Row 8: two tasks take the same two locks in opposite order.
///
/// Each holds what the other waits for.
///
/// Expected: both of each pair on their second `lock`, proven.
pub(crate) mod ab_ba {
    use super::{Arc, Barrier, Fate, Mutex, spawn};

    type Account = Arc<Mutex<i64>>;

    pub(crate) fn start(fate: Fate) {
        let [left, right] = [(); 2].map(|()| Account::new(Mutex::new(0)));
        let (from, to) = if fate.leaks() { (&right, &left) } else { (&left, &right) };
        // That both have their first lock before they ask for the second.
        let met = Arc::new(Barrier::new(if fate.leaks() { 2 } else { 1 }));
        spawn("payer", pay(Arc::clone(from), Arc::clone(to), Arc::clone(&met)));
        spawn("payer", pay(left, right, met));
    }

    async fn pay(from: Account, to: Account, met: Arc<Barrier>) {
        let mut from = from.lock().await;
        met.wait().await;
        let mut to = to.lock().await; // ab_ba: payer
        *from -= 1;
        *to += 1;
    }
}

/// Row 9: a helper takes the lock that its caller holds.
///
/// tokio's mutex cannot be taken twice by one task.
///
/// Expected: all payers on the helper's `lock`, proven.
pub(crate) mod double_lock {
    use super::{Arc, Fate, Mutex, spawn};

    pub(crate) fn start(fate: Fate) {
        spawn("payer", pay(Arc::new(Mutex::new(0)), fate));
    }

    async fn pay(account: Arc<Mutex<i64>>, fate: Fate) {
        let mut guard = account.lock().await;
        *guard -= 1;
        let still_held = fate.leaks().then_some(guard);
        balance(&account).await;
        drop(still_held);
    }

    async fn balance(account: &Mutex<i64>) -> i64 {
        *account.lock().await // double_lock: payer
    }
}

/// Row 10: a request leaves on a path that does not unlock.
///
/// It forgot its guard and has ended; the lock stays taken.
///
/// Expected: all requests that came after it on `lock`, suspect.
pub(crate) mod guard_forgotten {
    use std::sync::LazyLock;

    use super::{Arc, Fate, Mutex, spawn};

    type Ledger = Arc<Mutex<u64>>;

    static ABANDONED: LazyLock<Ledger> = LazyLock::new(|| {
        let ledger = Ledger::new(Mutex::new(0));
        if let Ok(guard) = ledger.try_lock() {
            std::mem::forget(guard);
        }
        ledger
    });

    pub(crate) fn start(fate: Fate) {
        let ledger = if fate.leaks() { Arc::clone(&ABANDONED) } else { Ledger::new(Mutex::new(0)) };
        spawn("request", book(ledger));
    }

    async fn book(ledger: Ledger) {
        let mut entries = ledger.lock().await; // guard_forgotten: request
        *entries += 1;
    }
}

/// Row 10, the guard given away: a task that waits for something else was handed it.
///
/// Expected: all requests on `lock`, suspect, held by the one task with the role `holder`.
pub(crate) mod guard_given_away {
    use std::sync::LazyLock;

    use super::{Arc, Fate, Mutex, OwnedMutexGuard, keep, oneshot, spawn};

    type Ledger = Arc<Mutex<u64>>;

    static GIVEN_AWAY: LazyLock<Ledger> = LazyLock::new(|| {
        let ledger = Ledger::new(Mutex::new(0));
        let (end, ended) = oneshot::channel();
        if let Ok(guard) = Arc::clone(&ledger).try_lock_owned() {
            spawn("holder", audit(guard, ended));
        }
        keep(end);
        ledger
    });

    pub(crate) fn start(fate: Fate) {
        let ledger =
            if fate.leaks() { Arc::clone(&GIVEN_AWAY) } else { Ledger::new(Mutex::new(0)) };
        spawn("request", book(ledger));
    }

    async fn audit(entries: OwnedMutexGuard<u64>, ended: oneshot::Receiver<()>) -> u64 {
        ended.await.ok(); // guard_given_away: holder
        *entries
    }

    async fn book(ledger: Ledger) {
        let mut entries = ledger.lock().await; // guard_given_away: request
        *entries += 1;
    }
}

/// Row 12: a reader reads again while it reads, and a writer came between.
///
/// The lock is fair: the second read stands behind the writer, who waits for the first read.
///
/// Expected: all readers on their second `read` and all writers on `write`, proven both.
pub(crate) mod read_write_read {
    use taskscope::task::yield_now;

    use super::{Arc, Fate, RwLock, oneshot, spawn};

    pub(crate) fn start(fate: Fate) {
        let settings = Arc::new(RwLock::new(0));
        let (reading, is_read) = oneshot::channel();
        spawn("reader", read_twice(Arc::clone(&settings), reading, fate));
        spawn("writer", write(settings, is_read));
    }

    async fn read_twice(
        settings: Arc<RwLock<u64>>,
        reading: oneshot::Sender<()>,
        fate: Fate,
    ) -> u64 {
        let first = settings.read().await;
        let read = *first;
        reading.send(()).ok();
        // Once the writer stands in line, nobody else gets in.
        while fate.leaks() && settings.try_read().is_ok() {
            yield_now().await;
        }
        let still_held = fate.leaks().then_some(first);
        let second = settings.read().await; // read_write_read: reader
        drop(still_held);
        read + *second
    }

    async fn write(settings: Arc<RwLock<u64>>, is_read: oneshot::Receiver<()>) {
        is_read.await.ok();
        let mut settings = settings.write().await; // read_write_read: writer
        *settings += 1;
    }
}

/// Row 38: a lock that only the task knows which waits for it.
///
/// Nothing else in the process could ever unlock it. The one living waker stands in the lock's own
/// queue, so it is the holder that proves it, not the lack of wakers.
///
/// Expected: all batches on their second `lock`, proven.
pub(crate) mod own_lock {
    use super::{Fate, Mutex, spawn};

    pub(crate) fn start(fate: Fate) {
        spawn("batch", batch(fate));
    }

    async fn batch(fate: Fate) -> u64 {
        let total = Mutex::new(0);
        let mut first = total.lock().await;
        *first += 1;
        let still_held = fate.leaks().then_some(first);
        let second = *total.lock().await; // own_lock: batch
        drop(still_held);
        second
    }
}

/// Row 38, with a cell: what makes the value asks the cell for it.
///
/// Nobody else knows the cell, and its value will be there when its value is there.
///
/// Expected: all services on the inner `get_or_init`, proven.
pub(crate) mod own_value {
    use super::{Fate, OnceCell, spawn};

    pub(crate) fn start(fate: Fate) {
        spawn("service", async move {
            let settings = OnceCell::new();
            *settings.get_or_init(|| read(&settings, fate)).await
        });
    }

    async fn read(settings: &OnceCell<u64>, fate: Fate) -> u64 {
        if !fate.leaks() {
            return 1;
        }
        let default = async || 2;
        *settings.get_or_init(default).await // own_value: service
    }
}

/// Row 39: a lock is granted to a future that nobody polls any more.
///
/// A `select!` gives up on a queued `lock`, keeps it, and takes the same lock in its other branch.
/// The lock is fair: it goes to the first in line, which sleeps; the second waits behind it, in
/// the same task.
///
/// Expected: all jobs on the `lock` in the branch, proven. The holders have let go and finished.
pub(crate) mod futurelock {
    use std::time::Duration;

    use super::{Arc, Fate, Mutex, OwnedMutexGuard, oneshot, spawn};

    pub(crate) fn start(fate: Fate) {
        let state = Arc::new(Mutex::new(0));
        let Ok(guard) = Arc::clone(&state).try_lock_owned() else { return };
        let (give_up, has_given_up) = oneshot::channel();
        spawn("holder", hold(guard, has_given_up, fate));
        spawn("job", work(state, give_up, fate));
    }

    async fn hold(guard: OwnedMutexGuard<u64>, has_given_up: oneshot::Receiver<()>, fate: Fate) {
        if fate.leaks() {
            has_given_up.await.ok();
        }
        drop(guard);
    }

    async fn work(state: Arc<Mutex<u64>>, give_up: oneshot::Sender<()>, fate: Fate) {
        let patience = if fate.leaks() { Duration::from_millis(20) } else { Duration::MAX };
        let first = state.lock();
        tokio::pin!(first);
        tokio::select! {
            mut state = &mut first => *state += 1,
            () = tokio::time::sleep(patience) => {
                give_up.send(()).ok();
                let mut state = state.lock().await; // futurelock: job
                *state += 2;
            }
        }
    }
}
