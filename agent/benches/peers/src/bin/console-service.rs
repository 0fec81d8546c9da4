//! A small service with the real console-subscriber in it, to try `taskscope view` on:
//!
//! ```text
//! RUSTFLAGS="--cfg tokio_unstable" cargo run --features console-subscriber --bin console-service
//! taskscope view 6669
//! ```
//!
//! Some tasks wait behind a mutex that is never given back, some for room in a channel that nobody
//! reads, one for a permit, one for an answer; others sleep, tick, receive with a deadline, come and
//! go. It runs until it is stopped, or for as many seconds as its first argument says.

use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, mpsc, oneshot};
use tokio::time::{interval, sleep, timeout};

/// Named tasks show themselves by their names.
#[track_caller]
fn spawn(name: &str, work: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::task::Builder::new().name(name).spawn(work).expect("a runtime"));
}

#[tokio::main]
async fn main() {
    console_subscriber::init();
    let seconds = std::env::args().nth(1).and_then(|word| word.parse().ok());
    locks();
    channels();
    timers();
    spawn("requests", async {
        let mut ticks = interval(Duration::from_millis(70));
        loop {
            ticks.tick().await;
            spawn("request", sleep(Duration::from_millis(200)));
        }
    });
    // Nameless, as most tasks are.
    tokio::spawn(pending::<()>());
    sleep(Duration::from_secs(seconds.unwrap_or(u64::MAX / 4))).await;
}

/// A mutex and a permit that nobody gives back.
fn locks() {
    let ledger = Arc::new(Mutex::new(0_u64));
    let permits = Arc::new(Semaphore::new(1));
    let (held, taken) = (ledger.clone(), permits.clone());
    spawn("holder", async move {
        let _guard = held.lock().await;
        let _permit = taken.acquire().await;
        pending::<()>().await;
    });
    for _ in 0..8 {
        let ledger = ledger.clone();
        spawn("entry", async move {
            sleep(Duration::from_millis(300)).await;
            *ledger.lock().await += 1;
        });
    }
    spawn("permit", async move {
        sleep(Duration::from_millis(300)).await;
        drop(permits.acquire().await);
    });
}

/// A full channel, an empty one, and an answer that never comes.
fn channels() {
    let (sender, receiver) = mpsc::channel::<u64>(1);
    for number in 0..4 {
        let sender = sender.clone();
        spawn("audit", async move { while sender.send(number).await.is_ok() {} });
    }
    spawn("reader", async move {
        let _unread = receiver;
        pending::<()>().await;
    });
    let (silent, mut messages) = mpsc::channel::<u64>(8);
    spawn("inbox", async move {
        let _silent = silent;
        while timeout(Duration::from_secs(3_600), messages.recv()).await.is_ok() {}
    });
    let (answer, question) = oneshot::channel::<u64>();
    spawn("question", async move { drop(question.await) });
    spawn("never", async move {
        let _answer = answer;
        pending::<()>().await;
    });
}

/// A sleep and a tick.
fn timers() {
    spawn("sleeper", sleep(Duration::from_secs(3_600)));
    spawn("ticker", async {
        let mut ticks = interval(Duration::from_secs(3_600));
        loop {
            ticks.tick().await;
        }
    });
}
