//! What else runs in a service, all of it healthy.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use taskscope::sync::RwLock;
use taskscope::{labels, prelude::*};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{interval, sleep};

const CLIENTS: usize = 6;
const METRICS_EVERY: Duration = Duration::from_secs(1);
const REFRESH_EVERY: Duration = Duration::from_secs(5);

/// Starts listener, clients, metrics and cache.
pub(super) async fn start() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen")?;
    let address = listener.local_addr()?;
    taskscope::spawn(accept(listener).labeled(labels! { "task" => "listener" }));
    for _ in 0..CLIENTS {
        let stream = TcpStream::connect(address).await.context("cannot connect")?;
        taskscope::spawn(stay_connected(stream).labeled(labels! { "task" => "client" }));
    }
    let prices = Arc::new(RwLock::new(Vec::new()));
    taskscope::spawn(refresh(Arc::clone(&prices)).labeled(labels! { "task" => "cache" }));
    taskscope::spawn(report(prices).labeled(labels! { "task" => "metrics" }));
    Ok(())
}

async fn accept(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        taskscope::spawn(echo(stream).labeled(labels! { "task" => "connection" }));
    }
}

async fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 64];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        let sent = buffer.get(..count).unwrap_or_default();
        if stream.write_all(sent).await.is_err() {
            return;
        }
    }
}

/// A client that says something once and then stays, as clients do.
async fn stay_connected(mut stream: TcpStream) {
    let mut answer = [0; 5];
    if stream.write_all(b"hello").await.is_ok() {
        stream.read_exact(&mut answer).await.ok();
        // The other side never says anything by itself.
        stream.read_exact(&mut answer).await.ok();
    }
}

async fn refresh(prices: Arc<RwLock<Vec<u64>>>) {
    loop {
        *prices.write().await = (1..1_000).collect();
        sleep(REFRESH_EVERY).await;
    }
}

async fn report(prices: Arc<RwLock<Vec<u64>>>) {
    let mut clock = interval(METRICS_EVERY);
    loop {
        clock.tick().await;
        let known = prices.read().await.len();
        tracing::debug!(known, "prices");
    }
}
