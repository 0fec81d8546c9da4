//! One handler forgets to give back its database connection, and soon every request waits for one.
//!
//! An axum service has a pool of four connections. Whoever asks for an order that does not exist
//! takes a path on which the connection is not given back. Four such requests later the pool
//! is empty for good. Clients knock on, as clients do; these are built in, at most 24 at a time.
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin http_service
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! What the report shows, after a few seconds:
//!
//! - `route=/orders`, parked, **24 tasks**, wait kind `semaphore`, await point: the line in `order`
//!   that is marked "requests wait here". Nobody in the report holds a connection, so nobody
//!   will give one back;
//! - `task=client`, parked, 24 tasks, wait kind `io_read`: those who wait for the answers.
//!
//! The handlers are not spawned by us but by axum, through tokio: `track`, a middleware of one
//! line, makes each request a tracked task that carries its route.
//!
//! The cure: keep the permit in a guard, and never `forget` it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use taskscope::sync::{AcquireError, Semaphore};
use taskscope::{labels, prelude::*};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

const CONNECTIONS: usize = 4;
const CLIENTS: u64 = 24;
/// Every so many orders there is none.
const GAP: u64 = 10;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let _agent = taskscope_examples::start_agent("http_service")?;
    let database = Arc::new(Database { connections: Semaphore::new(CONNECTIONS) });
    let service = axum::Router::new()
        .route("/orders/{id}", get(order))
        .layer(from_fn(track))
        .with_state(database);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serve = async { axum::serve(listener, service).await };
    taskscope::spawn(serve.labeled(labels! { "task" => "listener" }));
    for client in 0..CLIENTS {
        let ask = keep_asking(address, client);
        taskscope::spawn(ask.labeled(labels! { "task" => "client" }));
    }
    taskscope_examples::until_stopped().await
}

/// Makes every request a tracked task, with its route as a label.
async fn track(request: Request, next: Next) -> Response {
    next.run(request).labeled(labels! { "route" => "/orders" }).await
}

async fn order(
    State(database): State<Arc<Database>>,
    Path(id): Path<u64>,
) -> Result<String, StatusCode> {
    let found = database.find(id).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    found.ok_or(StatusCode::NOT_FOUND)
}

/// A pool of connections.
struct Database {
    connections: Semaphore,
}

impl Database {
    async fn find(&self, id: u64) -> Result<Option<String>, AcquireError> {
        let connection = self.connections.acquire().await?; // requests wait here
        sleep(Duration::from_millis(2)).await;
        if id.is_multiple_of(GAP) {
            // The mistake: "close the connection, it may be broken", and none is opened instead.
            connection.forget();
            return Ok(None);
        }
        Ok(Some(format!("order {id}\n")))
    }
}

/// One client: one request after the other, each over a connection of its own.
async fn keep_asking(address: SocketAddr, client: u64) -> std::io::Result<()> {
    let mut answer = Vec::new();
    for id in client + 1.. {
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET /orders/{id} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        answer.clear();
        stream.read_to_end(&mut answer).await?; // clients wait here
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
