//! What parked tasks cost: their memory, and the capture of their await trees, beside bare tokio;
//! and of a million of them, what a report and a connected viewer cost.
//!
//! `cargo bench -p taskscope --bench captures`
//!
//! Prints figures of one run; there is nothing to sample twice in a process that keeps what it
//! has allocated. Other tasks' delays are those between a wake from a plain thread and the poll
//! that it asks for: timers are a millisecond late by themselves.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use taskscope::model::{Capture, Profile};
use taskscope::{Agent, SnapshotOptions};
use taskscope_proto::stream::Decoder;
use taskscope_proto::wire;
use taskscope_proto::wire::taskscope_client::TaskscopeClient;
use tokio::sync::{Notify, mpsc};
use tonic::transport::Channel;

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

/// Wakes a task from a plain thread, about once a millisecond; returns how long each wake took to
/// become a poll, in microseconds, sorted.
async fn probe(stop: Arc<AtomicBool>) -> Vec<u64> {
    let (wake, mut woken) = mpsc::channel(4_096);
    let thread = std::thread::Builder::new().name("waker".into());
    let waker = thread.spawn(move || {
        while !stop.load(Relaxed) {
            std::thread::sleep(Duration::from_millis(1));
            // Those sent while the task is late are as late: each counts.
            let _full = wake.try_send(Instant::now()).is_err();
        }
    });
    let mut delays = Vec::new();
    while let Some(at) = woken.recv().await {
        delays.push(u64::try_from(at.elapsed().as_micros()).unwrap());
    }
    waker.unwrap().join().unwrap();
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

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn described(delays: &[u64]) -> String {
    let worst = delays.last().copied().unwrap_or(0);
    let at = |percent| percentile(delays, percent);
    format!("p50 {}, p99 {}, worst {worst} µs ({})", at(50), at(99), delays.len())
}

fn captures(tasks: u64, rest: Duration) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let gate = Arc::new(Notify::new());
        let empty = resident();
        for _ in 0..tasks {
            taskscope::spawn(wait(gate.clone()));
        }
        let nothing = SnapshotOptions { capture: None, ..SnapshotOptions::default() };
        on_a_thread(move || taskscope::snapshot(nothing)).await;
        let ((), idle) = probed(tokio::time::sleep(Duration::from_secs(1))).await;
        let before = resident();
        let fresh = SnapshotOptions { capture: Some(Capture::Fresh), ..SnapshotOptions::default() };
        let start = Instant::now();
        let (snapshot, delays) = probed(on_a_thread(move || taskscope::snapshot(fresh))).await;
        let took = start.elapsed();
        let after = resident();
        let start = Instant::now();
        let cached = SnapshotOptions::default();
        let (again, warm) = probed(on_a_thread(move || taskscope::snapshot(cached))).await;
        let warm_took = start.elapsed();
        let captured = |profile: &Profile| -> u64 {
            profile.groups.iter().filter(|g| g.tree.is_some()).map(|g| g.count).sum()
        };
        println!(
            "{tasks} parked tasks: {} captured in {:.3} s, {:.2} µs a task; once more, all known: \
             {:.0} ms ({} of them)\n  wake to poll of another task: idle {}\n  during the capture {}\n  \
             during the second {}\n  resident: {:.0} MB before the tasks, {:.0} with them, {:.0} after \
             the capture",
            captured(&snapshot.profile),
            took.as_secs_f64(),
            took.as_secs_f64() * 1e6 / tasks as f64,
            warm_took.as_secs_f64() * 1e3,
            captured(&again.profile),
            described(&idle),
            described(&delays),
            described(&warm),
            empty as f64 / 1e6,
            before as f64 / 1e6,
            after as f64 / 1e6,
        );
        watch(tasks, rest).await;
        gate.notify_waiters();
    });
}

/// What a connected viewer costs while nothing happens.
async fn watch(tasks: u64, rest: Duration) {
    let agent = Agent::builder().bind("127.0.0.1:0".parse().unwrap()).start().unwrap();
    let address: SocketAddr = agent.address();
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    let mut client = TaskscopeClient::new(channel.connect().await.unwrap());
    let request = wire::WatchRequest { interval_ms: 0 };
    let mut updates = client.watch(request).await.unwrap().into_inner();
    let (mut decoder, mut bytes, mut states, mut begun) = (Decoder::new(), 0, 0, Instant::now());
    let before = resident();
    // The first few bring everything, and the trees that the agent finds by itself.
    let settled = Instant::now() + rest / 2;
    let look = async {
        while let Some(update) = updates.message().await.unwrap() {
            if Instant::now() < settled {
                begun = Instant::now();
            } else {
                bytes += prost::Message::encoded_len(&update);
                states += 1;
            }
            drop(decoder.apply(update).unwrap());
        }
    };
    drop(tokio::time::timeout(rest / 2 + rest, look).await);
    println!(
        "  watched while {tasks} tasks are parked: {:.2} KiB/s in {states} messages; resident {:+.0} MB",
        bytes as f64 / 1024.0 / begun.elapsed().as_secs_f64(),
        (resident() as f64 - before as f64) / 1e6,
    );
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
    captures(tasks, Duration::from_secs(if quick { 1 } else { 10 }));
    if !quick {
        captures(1_000_000, Duration::from_secs(20));
    }
}
