//! Async tasks call something that blocks, and with it the threads that run all other tasks.
//!
//! A shop charges cards through an old library that reads from its connection and blocks until
//! an answer comes. The bank falls silent. Two charges are under way, the runtime has two
//! workers: both are gone, and nothing else in the service moves, however healthy it is.
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin blocked_worker
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! What the report shows, after a second:
//!
//! - `task=charge`, **running, 2 tasks**, and running for longer every time you look. They await
//!   nothing, so there is no await point; `runs at` is the line that blocks, read in `ask`. The
//!   agent has interrupted the two threads for a moment, once, to see where they are;
//! - `task=price`, **ready, 3 tasks**: woken, and waiting for a worker that does not come.
//!
//! That there is a report at all is the point: the agent lives on threads of its own.
//!
//! The cure: `taskscope::spawn_blocking` for what blocks, or a library that does not.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;
use taskscope::sync::watch;
use taskscope::{labels, prelude::*};
use tokio::runtime::Builder;
use tokio::time::sleep;

/// As many charges at a time as there are workers.
const WORKERS: usize = 2;
/// Tasks that follow the prices.
const FOLLOWERS: usize = 3;

fn main() -> anyhow::Result<()> {
    let _agent = taskscope_examples::start_agent("blocked_worker")?;
    let bank = taskscope_examples::silent_server()?;
    let address = bank.local_addr()?;
    let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let (tell, prices) = watch::channel(0);
    // Prices come from outside of the runtime, and so keep coming.
    std::thread::Builder::new().name("prices".into()).spawn(move || publish(&tell))?;

    let stopped = runtime.block_on(async {
        for _ in 0..FOLLOWERS {
            taskscope::spawn(follow(prices.clone()).labeled(labels! { "task" => "price" }));
        }
        // Healthy at first.
        sleep(Duration::from_millis(300)).await;
        for _ in 0..WORKERS {
            taskscope::spawn(charge(address).labeled(labels! { "task" => "charge" }));
        }
        taskscope_examples::until_stopped().await
    });
    // The workers never come back: leave without them.
    runtime.shutdown_background();
    stopped
}

async fn charge(bank: SocketAddr) -> anyhow::Result<u8> {
    sleep(Duration::from_millis(1)).await;
    // The mistake: this reads with std's TcpStream, which blocks the thread.
    let answer = ask(bank).context("the bank hung up")?;
    Ok(answer)
}

fn ask(bank: SocketAddr) -> std::io::Result<u8> {
    let mut answer = [0];
    let mut stream = TcpStream::connect(bank)?;
    stream.read_exact(&mut answer)?; // charges block here
    Ok(answer[0])
}

async fn follow(mut prices: watch::Receiver<u64>) {
    while prices.changed().await.is_ok() {
        let _price = *prices.borrow_and_update();
    }
}

fn publish(prices: &watch::Sender<u64>) {
    for price in 0.. {
        prices.send_replace(price);
        std::thread::sleep(Duration::from_millis(50));
    }
}
