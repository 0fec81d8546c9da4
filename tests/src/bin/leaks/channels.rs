//! Channels of which one side is there and does nothing.
//!
//! Whoever has the other side could still act: nothing here is proven.

use crate::stage::{Fate, keep, spawn};
use crate::sync::{broadcast, mpsc, watch};

/// Row 1: workers take jobs from a channel that nobody closes.
///
/// Whoever made the channel keeps a sender, so `recv` never says that there will be no more, and
/// every worker waits for the next job for ever.
///
/// Expected: all workers on `recv`, suspect.
pub(crate) mod never_closed {
    use super::{Fate, mpsc, spawn};

    pub(crate) fn start(fate: Fate) {
        let (jobs, taken) = mpsc::channel(4);
        spawn("worker", work(taken));
        jobs.try_send(1).ok();
        fate.hold(jobs);
    }

    async fn work(mut jobs: mpsc::Receiver<u32>) -> u32 {
        let mut sum = 0;
        loop {
            let job = jobs.recv().await; // never_closed: worker
            let Some(job) = job else { return sum };
            sum += job;
        }
    }
}

/// Row 2: a producer fills a channel that has no workers.
///
/// The receiver lives in a struct whose workers were never started: sending neither goes on nor
/// fails.
///
/// Expected: all producers on `send`, suspect.
pub(crate) mod no_workers {
    use super::{Fate, mpsc, spawn};

    pub(crate) fn start(fate: Fate) {
        let (jobs, taken) = mpsc::channel(1);
        spawn("producer", produce(jobs));
        fate.hold(taken);
    }

    async fn produce(jobs: mpsc::Sender<u32>) {
        for job in 0..3 {
            let sent = jobs.send(job).await; // no_workers: producer
            if sent.is_err() {
                return;
            }
        }
    }
}

/// Row 4: a handler reports an error, forgets to return, and reports a result too.
///
/// There is room for one answer, and the caller takes one: it goes on with other things and keeps
/// its end of the channel in the session.
///
/// Expected: all handlers on the second `send`, suspect.
pub(crate) mod double_send {
    use super::{Fate, mpsc, spawn};

    pub(crate) fn start(fate: Fate) {
        let (answers, mut taken) = mpsc::channel(1);
        spawn("handler", handle(answers, fate));
        spawn("caller", async move {
            taken.recv().await;
            fate.hold(taken);
        });
    }

    async fn handle(answers: mpsc::Sender<Result<u32, &'static str>>, fate: Fate) {
        if fate.leaks() {
            answers.send(Err("not found")).await.ok();
            // The mistake: no return. The next answer takes the room that the caller made.
            answers.send(Ok(0)).await.ok();
        }
        answers.send(Ok(1)).await.ok(); // double_send: handler
    }
}

/// Row 22: the end of a pipeline is told to one half of it only.
///
/// The reader hears of the cancellation and stops reading, but its end of the channel stays in
/// the pipeline. The senders hear nothing, and wait for room.
///
/// Expected: all senders on `send`, suspect. The readers have finished.
pub(crate) mod half_cancelled {
    use tokio_util::sync::CancellationToken;

    use super::{Fate, mpsc, spawn};

    pub(crate) fn start(fate: Fate) {
        let cancelled = CancellationToken::new();
        if fate.leaks() {
            cancelled.cancel();
        }
        let (rows, taken) = mpsc::channel(1);
        spawn("reader", read(taken, cancelled, fate));
        spawn("sender", send(rows));
    }

    async fn read(mut rows: mpsc::Receiver<u32>, cancelled: CancellationToken, fate: Fate) {
        while !cancelled.is_cancelled() {
            let row = rows.recv().await;
            if row.is_none() {
                break;
            }
        }
        fate.hold(rows);
    }

    async fn send(rows: mpsc::Sender<u32>) {
        for row in 0..5 {
            rows.send(row).await.ok(); // half_cancelled: sender
        }
    }
}

/// Row 28: a reader waits for somebody who will never send.
///
/// The sender is alive, in a session that does nothing but wait for its own user.
///
/// Expected: all readers on `recv` and all sessions on their `Notify`, suspect both.
pub(crate) mod idle_sender {
    use std::sync::Arc;

    use super::{Fate, mpsc, spawn};
    use crate::sync::Notify;

    pub(crate) fn start(fate: Fate) {
        let (events, taken) = mpsc::channel(1);
        let user = Arc::new(Notify::new());
        spawn("reader", read(taken));
        spawn("session", idle(events, Arc::clone(&user)));
        fate.later(move || user.notify_one());
    }

    async fn read(mut events: mpsc::Receiver<u32>) -> Option<u32> {
        events.recv().await // idle_sender: reader
    }

    async fn idle(events: mpsc::Sender<u32>, user: Arc<Notify>) {
        user.notified().await; // idle_sender: session
        events.send(1).await.ok();
    }
}

/// Row 32: a consumer panics, and nobody looks at how it ended.
///
/// Its receiver is shared behind a lock, so the panic does not close the channel, and the
/// producers wait for a consumer that is gone.
///
/// Expected: all producers on `send`, suspect. The consumers have ended, and their origin counts
/// panics.
pub(crate) mod consumer_panics {
    use std::sync::Arc;

    use super::{Fate, keep, mpsc, spawn};
    use crate::sync::Mutex;

    type Shared = Arc<Mutex<mpsc::Receiver<u32>>>;

    pub(crate) fn start(fate: Fate) {
        let (orders, taken) = mpsc::channel(1);
        let taken = Arc::new(Mutex::new(taken));
        if fate.leaks() {
            keep(Arc::clone(&taken));
        }
        spawn("consumer", consume(taken, fate));
        spawn("producer", produce(orders));
    }

    async fn consume(orders: Shared, fate: Fate) -> u32 {
        let mut sum = 0;
        while let Some(order) = orders.lock().await.recv().await {
            assert!(!fate.leaks(), "an order of {order} pieces");
            sum += order;
        }
        sum
    }

    async fn produce(orders: mpsc::Sender<u32>) {
        for order in 0..5 {
            orders.send(order).await.ok(); // consumer_panics: producer
        }
    }
}

/// Row 55: listeners wait for changes of a value whose sender is never dropped.
///
/// The sender is a global, so the end of the service's session does not end the wait.
///
/// Expected: all listeners on `changed`, suspect.
pub(crate) mod watch_never_closed {
    use super::{Fate, spawn, watch};

    pub(crate) fn start(fate: Fate) {
        let (settings, seen) = watch::channel(0);
        spawn("listener", listen(seen));
        fate.hold(settings);
    }

    async fn listen(mut settings: watch::Receiver<u32>) {
        loop {
            let changed = settings.changed().await; // watch_never_closed: listener
            if changed.is_err() {
                return;
            }
        }
    }
}

/// Row 55, with a broadcast: the sender is a global here too.
///
/// Expected: all listeners on `recv`, suspect.
pub(crate) mod broadcast_never_closed {
    use super::{Fate, broadcast, spawn};

    pub(crate) fn start(fate: Fate) {
        let (news, seen) = broadcast::channel(4);
        spawn("listener", listen(seen));
        news.send(1).ok();
        fate.hold(news);
    }

    async fn listen(mut news: broadcast::Receiver<u32>) -> u32 {
        let mut sum = 0;
        loop {
            let piece = news.recv().await; // broadcast_never_closed: listener
            let Ok(piece) = piece else { return sum };
            sum += piece;
        }
    }
}
