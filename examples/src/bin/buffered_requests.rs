//! Requests are read to the end before there is room to work on them: memory is held by tasks that
//! do nothing but wait.
//!
//! A service takes in pictures. It reads each one whole, a quarter of a megabyte, and then waits
//! for one of two places at the machine that scales them. The machine is slow, so more and more
//! pictures lie in memory.
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin buffered_requests
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! What the report shows, after a few seconds:
//!
//! - first of all groups `task=upload`, parked, wait kind `semaphore`, await point: the line in
//!   `upload` that is marked "uploads wait here". It *holds* nearly the whole heap, about 256 KiB
//!   a task, allocated at the line in `receive` that is marked "pictures are kept here";
//! - `outlived` is 0: what a task holds is freed as soon as it ends, so it is no cache and no leak
//!   of memory. It is a queue, and its place is the await point.
//!
//! The cure: take the place first, read then; the clients' sockets hold the pictures meanwhile, and
//! tell the clients to slow down.

use std::alloc::System;
use std::sync::Arc;
use std::time::Duration;

use taskscope::alloc::TaskAlloc;
use taskscope::sync::Semaphore;
use taskscope::{labels, prelude::*};
use tokio::time::{interval, sleep};

#[global_allocator]
static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);

const PICTURE: usize = 256 << 10;
/// Uploads at a time; a real service would go on until it is out of memory.
const CLIENTS: usize = 400;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let _agent = taskscope_examples::start_agent("buffered_requests")?;
    let uploads = async {
        let (clients, scaler) = (Arc::new(Semaphore::new(CLIENTS)), Arc::new(Semaphore::new(2)));
        let mut clock = interval(Duration::from_millis(5));
        loop {
            clock.tick().await;
            let Ok(client) = Arc::clone(&clients).acquire_owned().await else { return };
            let scaler = Arc::clone(&scaler);
            let upload = async move {
                upload(&scaler).await;
                drop(client);
            };
            taskscope::spawn(upload.labeled(labels! { "task" => "upload" }));
        }
    };
    taskscope::spawn(uploads.labeled(labels! { "task" => "listener" }));
    taskscope_examples::until_stopped().await
}

async fn upload(scaler: &Semaphore) -> usize {
    let picture = receive();
    let Ok(_place) = scaler.acquire().await else { return 0 }; // uploads wait here
    sleep(Duration::from_millis(500)).await;
    picture.len()
}

/// Reads the picture in pieces, as a body comes from a socket.
fn receive() -> Vec<u8> {
    let piece = [7; 4_096];
    let mut picture = Vec::with_capacity(PICTURE); // pictures are kept here
    while picture.len() < PICTURE {
        picture.extend_from_slice(&piece);
    }
    picture
}
