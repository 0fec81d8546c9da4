//! What parked tasks cost: their memory, and the capture of their await trees, beside bare tokio.
//!
//! `cargo bench -p taskscope --bench captures`
//!
//! Prints figures of one run; there is nothing to sample twice in a process that keeps what it
//! has allocated.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use taskscope::SnapshotOptions;
use taskscope::model::Capture;
use tokio::sync::Notify;

/// Counts the bytes that are allocated now.
struct Counting;

static ALLOCATED: AtomicU64 = AtomicU64::new(0);

// SAFETY: hands everything through to the system's allocator.
#[expect(unsafe_code, reason = "an allocator is unsafe to implement")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size() as u64, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size() as u64, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

async fn wait(gate: Arc<Notify>) {
    gate.notified().await;
}

/// Bytes that a task takes, from before its spawn to when it is parked.
fn bytes_per_task<J>(tasks: u64, spawn: impl Fn(Arc<Notify>) -> J) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let gate = Arc::new(Notify::new());
        let mut handles: Vec<J> = Vec::with_capacity(usize::try_from(tasks).unwrap());
        let before = ALLOCATED.load(Relaxed);
        for _ in 0..tasks {
            handles.push(spawn(gate.clone()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let bytes = ALLOCATED.load(Relaxed) - before;
        gate.notify_waiters();
        tokio::time::sleep(Duration::from_millis(50)).await;
        bytes as f64 / tasks as f64
    })
}

/// Delays of a task that sleeps a millisecond at a time, in microseconds, sorted.
async fn probe(stop: Arc<AtomicBool>) -> Vec<u64> {
    let mut delays = Vec::new();
    while !stop.load(Relaxed) {
        let start = Instant::now();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let late = start.elapsed().saturating_sub(Duration::from_millis(1));
        delays.push(u64::try_from(late.as_micros()).unwrap());
    }
    delays.sort_unstable();
    delays
}

fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(0)
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// The delays of the probe while `work` is under way.
async fn probed<T>(work: impl Future<Output = T>) -> (T, Vec<u64>) {
    let stop = Arc::new(AtomicBool::new(false));
    let probe = tokio::spawn(probe(stop.clone()));
    let result = work.await;
    stop.store(true, Relaxed);
    (result, probe.await.unwrap())
}

fn captures(tasks: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let gate = Arc::new(Notify::new());
        for _ in 0..tasks {
            taskscope::spawn(wait(gate.clone()));
        }
        let nothing = SnapshotOptions { capture: None, ..SnapshotOptions::default() };
        on_a_thread(move || taskscope::snapshot(nothing)).await;
        let ((), idle) = probed(tokio::time::sleep(Duration::from_secs(1))).await;
        let fresh = SnapshotOptions { capture: Some(Capture::Fresh), ..SnapshotOptions::default() };
        let start = Instant::now();
        let (snapshot, delays) = probed(on_a_thread(move || taskscope::snapshot(fresh))).await;
        let took = start.elapsed();
        let start = Instant::now();
        let folded = on_a_thread(move || taskscope::snapshot(nothing)).await;
        let fold = start.elapsed();
        let captured: u64 =
            snapshot.profile.groups.iter().filter(|g| g.tree.is_some()).map(|g| g.count).sum();
        println!(
            "capture of {tasks} parked tasks: {captured} captured in {:.3} s, {:.2} µs a task; \
             another task late by p50 {} µs, p99 {} µs (idle: p99 {} µs); fold {:.3} s of {} groups",
            took.as_secs_f64(),
            took.as_secs_f64() * 1e6 / tasks as f64,
            percentile(&delays, 50),
            percentile(&delays, 99),
            percentile(&idle, 99),
            fold.as_secs_f64(),
            folded.profile.groups.len(),
        );
        gate.notify_waiters();
    });
}

fn main() {
    // `cargo test --benches` calls this with `--test`: a small run shows that it works.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let tasks = if quick { 1_000 } else { 100_000 };
    let bare = bytes_per_task(tasks, |gate| tokio::spawn(wait(gate)));
    let tracked = bytes_per_task(tasks, |gate| taskscope::spawn(wait(gate)));
    println!(
        "memory of a parked task: bare tokio {bare:.0} B, tracked {tracked:.0} B, {:.0} B more",
        tracked - bare
    );
    captures(tasks);
    if !quick {
        captures(1_000_000);
    }
}
