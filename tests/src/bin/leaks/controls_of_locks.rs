//! Locks that are waited for long, and do come. Nothing here may ever be more than slow, and
//! least of all proven.

use std::sync::Arc;

use crate::stage::{beat, beats, spawn};
use crate::sync::{Mutex, OwnedMutexGuard, RwLock, mpsc};

/// A long line before one lock that moves on: everybody gets a turn.
///
/// Regulars come back for ever; guests come a hundred at a time, and leave.
pub(crate) mod fair_queue {
    use super::{Arc, Mutex, beat, beats, spawn};

    const REGULARS: u32 = 24;
    const GUESTS: u32 = 100;

    type Counter = Arc<Mutex<u64>>;

    pub(crate) fn run() {
        let counter = Counter::default();
        for _ in 0..REGULARS {
            spawn("regular", come_back(Arc::clone(&counter)));
        }
        spawn("door", async move {
            loop {
                for _ in 0..GUESTS {
                    spawn("guest", come(Arc::clone(&counter)));
                }
                beats(400).await;
            }
        });
    }

    async fn come_back(counter: Counter) {
        loop {
            come(Arc::clone(&counter)).await;
        }
    }

    async fn come(counter: Counter) {
        let mut turns = counter.lock().await;
        beat().await;
        *turns += 1;
    }
}

/// Many readers and a writer, who gets its turn.
pub(crate) mod readers_and_a_writer {
    use super::{Arc, RwLock, beats, spawn};

    const READERS: u32 = 24;

    type Settings = Arc<RwLock<u64>>;

    pub(crate) fn run() {
        let settings = Settings::default();
        for reader in 0..READERS {
            spawn("reader", read(Arc::clone(&settings), 10 + reader));
        }
        spawn("writer", write(settings));
    }

    /// The readers overlap: without fairness the writer would never come in.
    async fn read(settings: Settings, pause: u32) {
        loop {
            let version = settings.read().await;
            beats(pause).await;
            drop(version);
        }
    }

    async fn write(settings: Settings) {
        loop {
            *settings.write().await += 1;
            beats(100).await;
        }
    }
}

/// An owned guard is handed to another task, which gives the lock back two seconds later.
///
/// Whoever took the lock has ended by then, and many wait for it.
pub(crate) mod guard_handed_on {
    use super::{Arc, Mutex, OwnedMutexGuard, beats, mpsc, spawn};

    type Report = Arc<Mutex<u64>>;

    pub(crate) fn run() {
        let report = Report::default();
        let (guards, taken) = mpsc::channel(1);
        spawn("printer", print(taken));
        spawn("editor", async move {
            loop {
                spawn("author", write(Arc::clone(&report), guards.clone())).await.ok();
                for _ in 0..12 {
                    spawn("reader", read(Arc::clone(&report)));
                }
                beats(400).await;
            }
        });
    }

    async fn write(report: Report, printer: mpsc::Sender<OwnedMutexGuard<u64>>) {
        let mut guard = report.lock_owned().await;
        *guard += 1;
        printer.send(guard).await.ok();
    }

    async fn print(mut guards: mpsc::Receiver<OwnedMutexGuard<u64>>) {
        while let Some(guard) = guards.recv().await {
            beats(200).await;
            drop(guard);
        }
    }

    async fn read(report: Report) -> u64 {
        *report.lock().await
    }
}

/// Row 8 with a cure: opposite order, but whoever waits too long lets go and gives up.
///
/// For two seconds there is a circle of locks; the deadlines are the way out of it.
pub(crate) mod ab_ba_with_timeouts {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::{Arc, Mutex, beats, spawn};
    use crate::sync::Barrier;

    const PATIENCE: Duration = Duration::from_secs(2);

    type Account = Arc<Mutex<i64>>;

    pub(crate) fn run() {
        spawn("source", async {
            loop {
                let (left, right) = (Account::default(), Account::default());
                let met = Arc::new(Barrier::new(2));
                spawn("payer", pay(Arc::clone(&left), Arc::clone(&right), Arc::clone(&met)));
                spawn("payer", pay(right, left, met));
                beats(20).await;
            }
        });
    }

    async fn pay(from: Account, to: Account, met: Arc<Barrier>) {
        let mut from = from.lock().await;
        met.wait().await;
        if let Ok(mut to) = timeout(PATIENCE, to.lock()).await {
            *from -= 1;
            *to += 1;
        }
    }
}

/// A task waits twice at once for one lock, and gets it twice, one after the other.
///
/// The holder keeps it for a second and a half. Between the two turns the lock belongs to a
/// future of the task that has not been polled yet: for an instant it looks like row 39.
pub(crate) mod two_waits_in_one_task {
    use super::{Arc, Mutex, beats, spawn};

    type Account = Arc<Mutex<i64>>;

    pub(crate) fn run() {
        spawn("source", async {
            loop {
                let account = Account::default();
                spawn("holder", hold(Arc::clone(&account)));
                spawn("payer", pay_twice(account));
                beats(20).await;
            }
        });
    }

    async fn hold(account: Account) {
        let mut balance = account.lock().await;
        beats(150).await;
        *balance += 1;
    }

    async fn pay_twice(account: Account) {
        tokio::join!(pay(&account), pay(&account));
    }

    async fn pay(account: &Account) {
        let mut balance = account.lock().await;
        beats(10).await;
        *balance -= 1;
    }
}

/// One branch of a task waits for a lock that another branch of it holds.
///
/// All that the task waits for is known, and one of it is the task's own lock; but the branch that
/// holds it waits for a message, which comes.
pub(crate) mod lock_of_another_branch {
    use super::{Arc, Mutex, beats, mpsc, spawn};

    pub(crate) fn run() {
        spawn("source", async {
            loop {
                let (answer, answered) = mpsc::channel(1);
                spawn("payer", pay(answered));
                spawn("bank", async move {
                    beats(200).await;
                    answer.send(1).await.ok();
                });
                beats(20).await;
            }
        });
    }

    async fn pay(mut answered: mpsc::Receiver<u64>) {
        let account = Arc::new(Mutex::new(0));
        let deposit = async {
            let mut balance = account.lock().await;
            *balance += answered.recv().await.unwrap_or_default();
        };
        let withdraw = async { *account.lock().await -= 1 };
        tokio::join!(deposit, withdraw);
    }
}

/// Locks that change hands all the time, two at once and always in the same order, and short tasks
/// that are joined.
///
/// At every moment many tasks wait for others that wait, and a moment later for others.
pub(crate) mod busy_locks {
    use taskscope::task::yield_now;

    use super::{Arc, Mutex, RwLock, beat, spawn};

    const TASKS: usize = 32;
    const ACCOUNTS: usize = 5;
    /// Turns between two beats: the processor is not ours alone.
    const TURNS: usize = 20;

    type Bank = Arc<(RwLock<u64>, [Mutex<i64>; ACCOUNTS])>;

    pub(crate) fn run() {
        let bank = Bank::new((RwLock::new(0), std::array::from_fn(|_| Mutex::new(0))));
        for number in 0..TASKS {
            spawn("teller", work(Arc::clone(&bank), number));
        }
    }

    async fn work(bank: Bank, number: usize) {
        for turn in number.. {
            let first = turn % ACCOUNTS;
            let second = (turn + 1 + turn / ACCOUNTS) % ACCOUNTS;
            spawn("transfer", transfer(Arc::clone(&bank), first.min(second), first.max(second)))
                .await
                .ok();
            if turn % TURNS == 0 {
                *bank.0.write().await += 1;
                beat().await;
            }
        }
    }

    async fn transfer(bank: Bank, low: usize, high: usize) {
        let (day, accounts) = &*bank;
        let _open = day.read().await;
        let mut from = accounts[low].lock().await;
        yield_now().await;
        if low != high {
            *accounts[high].lock().await += 1;
        }
        *from -= 1;
    }
}

/// The same with a guard that borrows a lock which is never dropped: it can go anywhere as well.
///
/// Whoever sent it off asks for the lock again at once, and for two seconds seems to wait for its own
/// guard, of which bytes are left in its memory. But who has the guard now was polled since, and has
/// the same bytes.
pub(crate) mod guard_of_a_leaked_lock {
    use super::{Mutex, beats, mpsc, spawn};

    type Report = &'static Mutex<u64>;
    type Guard = crate::sync::MutexGuard<'static, u64>;

    pub(crate) fn run() {
        let report: Report = Box::leak(Box::default());
        let (guards, taken) = mpsc::channel(1);
        spawn("printer", print(taken));
        spawn("author", write(report, guards));
        spawn("reader", read(report));
    }

    async fn write(report: Report, printer: mpsc::Sender<Guard>) {
        loop {
            let mut guard = report.lock().await;
            *guard += 1;
            printer.send(guard).await.ok();
        }
    }

    async fn print(mut guards: mpsc::Receiver<Guard>) {
        while let Some(guard) = guards.recv().await {
            beats(200).await;
            drop(guard);
        }
    }

    async fn read(report: Report) {
        loop {
            beats(1 + u32::from(*report.lock().await % 2 == 0)).await;
        }
    }
}
