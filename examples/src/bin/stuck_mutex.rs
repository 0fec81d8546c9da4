//! A lock is held across an answer that never comes, and everybody who needs the lock waits.
//!
//! A shop keeps its prices behind an async mutex. Now and then they are refreshed from another
//! service, and the refresh asks *while it holds the lock*. The other service falls silent.
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin stuck_mutex
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! What the report shows, after two seconds:
//!
//! - `task=request`, parked, **50 tasks**, wait kind `mutex`, await point: the line in `quote`
//!   that is marked "requests wait here", blocked by the mutex "held by task 1 (task=refresh)";
//! - `task=listener`, parked, 1 task, wait kind `semaphore`: the shop is full, nobody else comes in;
//! - `task=refresh`, parked, 1 task, wait kind `io_read`, await point: the line in `refresh` that
//!   is marked "the holder waits here", and it holds up 51 tasks of other groups: that is the task
//!   to look into.
//!
//! The cure: ask first, lock then; and give the question a `timeout`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use taskscope::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use taskscope::{labels, prelude::*};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::{interval, sleep};

/// Requests that may be in the shop at a time.
const ROOM: usize = 50;

type Prices = Mutex<HashMap<u64, u64>>;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let _agent = taskscope_examples::start_agent("stuck_mutex")?;
    let upstream = taskscope_examples::silent_server()?;
    let prices = Arc::new(Prices::default());

    let refresh = refresh(Arc::clone(&prices), upstream.local_addr()?);
    taskscope::spawn(refresh.labeled(labels! { "task" => "refresh" }));
    taskscope::spawn(arrive(prices).labeled(labels! { "task" => "listener" }));
    taskscope_examples::until_stopped().await
}

/// Fetches new prices once, a moment after the start.
async fn refresh(prices: Arc<Prices>, upstream: SocketAddr) -> std::io::Result<()> {
    sleep(Duration::from_millis(300)).await;
    let mut prices = prices.lock().await;
    let mut stream = TcpStream::connect(upstream).await?;
    loop {
        let article = stream.read_u64().await?; // the holder waits here
        prices.insert(article, stream.read_u64().await?);
    }
}

async fn arrive(prices: Arc<Prices>) {
    let room = Arc::new(Semaphore::new(ROOM));
    let mut clock = interval(Duration::from_millis(20));
    for article in 0.. {
        clock.tick().await;
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let quote = quote(Arc::clone(&prices), article, place);
        taskscope::spawn(quote.labeled(labels! { "task" => "request" }));
    }
}

async fn quote(prices: Arc<Prices>, article: u64, _place: OwnedSemaphorePermit) -> Option<u64> {
    let prices = prices.lock().await; // requests wait here
    prices.get(&article).copied()
}
