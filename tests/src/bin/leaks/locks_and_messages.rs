//! A lock held across another wait, and the other side of that wait needs the lock.
//!
//! People see a circle. A proof would have to know that nobody else could receive, or notify;
//! channels and `Notify` do not say so: suspect, on both sides.

use std::sync::Arc;

use crate::stage::{Fate, spawn};
use crate::sync::{Mutex, Notify, mpsc, oneshot};

/// Row 14: a producer sends while it holds the lock that the receiver needs.
///
/// Expected: all producers on `send`, all consumers on `lock`, suspect both.
pub(crate) mod send_under_lock {
    use super::{Arc, Fate, Mutex, mpsc, spawn};

    pub(crate) fn start(fate: Fate) {
        let waiting = Arc::new(Mutex::new(0));
        let (jobs, taken) = mpsc::channel(1);
        // One is in the consumer's hands, one in the channel: the third has no room.
        let number = if fate.leaks() { 3 } else { 1 };
        spawn("producer", produce(Arc::clone(&waiting), jobs, number));
        spawn("consumer", consume(waiting, taken));
    }

    async fn produce(waiting: Arc<Mutex<u32>>, jobs: mpsc::Sender<u32>, number: u32) {
        let mut waiting = waiting.lock().await;
        for job in 0..number {
            *waiting += 1;
            jobs.send(job).await.ok(); // send_under_lock: producer
        }
    }

    async fn consume(waiting: Arc<Mutex<u32>>, mut jobs: mpsc::Receiver<u32>) {
        while jobs.recv().await.is_some() {
            let mut waiting = waiting.lock().await; // send_under_lock: consumer
            *waiting -= 1;
        }
    }
}

/// Row 15: who wants to close a feed needs the lock that a blocked publisher holds.
///
/// The publisher waits for room, and the one who would end that wait stands before the lock.
///
/// Expected: all publishers on `send`, all closers on `lock`, suspect both.
pub(crate) mod closer_needs_lock {
    use super::{Arc, Fate, Mutex, mpsc, oneshot, spawn};

    struct Feed {
        news: mpsc::Sender<u32>,
        unread: Option<mpsc::Receiver<u32>>,
    }

    pub(crate) fn start(fate: Fate) {
        let (news, unread) = mpsc::channel(1);
        let feed = Arc::new(Mutex::new(Feed { news, unread: Some(unread) }));
        let (locked, is_locked) = oneshot::channel();
        let pieces = if fate.leaks() { 2 } else { 1 };
        spawn("publisher", publish(Arc::clone(&feed), locked, pieces));
        spawn("closer", close(feed, is_locked));
    }

    async fn publish(feed: Arc<Mutex<Feed>>, locked: oneshot::Sender<()>, pieces: u32) {
        let feed = feed.lock().await;
        locked.send(()).ok();
        for piece in 0..pieces {
            feed.news.send(piece).await.ok(); // closer_needs_lock: publisher
        }
    }

    async fn close(feed: Arc<Mutex<Feed>>, is_locked: oneshot::Receiver<()>) {
        is_locked.await.ok();
        let mut feed = feed.lock().await; // closer_needs_lock: closer
        feed.unread = None;
    }
}

/// Row 16: who stops a worker holds a lock until the worker says that it is done.
///
/// The worker needs that lock to get done.
///
/// Expected: all stoppers on `notified`, all workers on `lock`, suspect both.
pub(crate) mod stop_under_lock {
    use super::{Arc, Fate, Mutex, Notify, oneshot, spawn};

    #[derive(Default)]
    struct Service {
        stopping: Mutex<bool>,
        done: Notify,
    }

    pub(crate) fn start(fate: Fate) {
        let service = Arc::new(Service::default());
        let (stopping, is_stopping) = oneshot::channel();
        spawn("stopper", stop(Arc::clone(&service), stopping, fate));
        spawn("worker", work(service, is_stopping));
    }

    async fn stop(service: Arc<Service>, said: oneshot::Sender<()>, fate: Fate) {
        let mut stopping = service.stopping.lock().await;
        *stopping = true;
        let still_held = fate.leaks().then_some(stopping);
        said.send(()).ok();
        service.done.notified().await; // stop_under_lock: stopper
        drop(still_held);
    }

    async fn work(service: Arc<Service>, is_stopping: oneshot::Receiver<()>) {
        is_stopping.await.ok();
        let stopping = service.stopping.lock().await; // stop_under_lock: worker
        if *stopping {
            service.done.notify_one();
        }
    }
}
