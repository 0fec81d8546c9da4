//! Every request leaves a task behind that never ends.
//!
//! A service watches for its shutdown in a task per request, so that a request can be told to
//! hurry. Nobody stops the watcher when its request is done. Requests are answered as fast as
//! ever and nothing is logged; memory grows by a little each time.
//!
//! ```text
//! cargo run --release -p taskscope-examples --bin leaky_spawn
//! cargo run --release -- dump 127.0.0.1:6670
//! ```
//!
//! What the report shows:
//!
//! - `task=watcher`, parked, **a count that grows by 200 a second** and never falls, wait kind
//!   `watch`, await point: the line in `watch_for_shutdown` that is marked "watchers wait here".
//!   Of the tasks spawned there, none has finished;
//! - `task=request`: a few, of which as many finish as are spawned. These are fine.
//!
//! It stops leaking at 50,000 tasks, so that it can be left running. The cure: drop the
//! watcher with its request: `select!` over both, or abort it when the request is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use taskscope::sync::watch;
use taskscope::{labels, prelude::*};
use tokio::time::{interval, sleep};

/// As much as is leaked before requests stop to come.
const MOST_LEAKED: u64 = 50_000;

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let _agent = taskscope_examples::start_agent("leaky_spawn")?;
    let (_shutdown, stopping) = watch::channel(false);

    taskscope::spawn(arrive(stopping).labeled(labels! { "task" => "listener" }));
    taskscope_examples::until_stopped().await
}

async fn arrive(stopping: watch::Receiver<bool>) {
    let mut clock = interval(Duration::from_millis(5));
    for _ in 0..MOST_LEAKED {
        clock.tick().await;
        taskscope::spawn(handle(stopping.clone()).labeled(labels! { "task" => "request" }));
    }
}

/// Answers one request, in a hurry when the service shuts down.
async fn handle(stopping: watch::Receiver<bool>) {
    let pause_ms = Arc::new(AtomicU64::new(10));
    // The mistake: the watcher is let go of, and outlives the request.
    let watch = watch_for_shutdown(stopping, Arc::clone(&pause_ms));
    taskscope::spawn(watch.labeled(labels! { "task" => "watcher" }));
    for _step in 0..3 {
        sleep(Duration::from_millis(pause_ms.load(Ordering::Relaxed))).await;
    }
}

async fn watch_for_shutdown(mut stopping: watch::Receiver<bool>, pause_ms: Arc<AtomicU64>) {
    let changed = stopping.changed().await; // watchers wait here
    if changed.is_ok() {
        pause_ms.store(1, Ordering::Relaxed);
    }
}
