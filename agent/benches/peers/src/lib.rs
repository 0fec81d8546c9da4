//! What is measured of every contender, by the same code.
//!
//! Each contender is a binary of its own that hands [`main`] a runtime and a way to spawn. What
//! it is told to measure it measures once, and prints as one line of JSON.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::yield_now;

/// A way to start a task.
pub trait Spawn {
    /// Starts a task; what comes back is ready when the task has ended.
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        future: F,
    ) -> impl Future + Send + Unpin + 'static;
}

/// Enough tasks that the runtime's look at its I/O driver is shared among many polls.
const TASKS: u64 = 64;
/// A measurement goes on for at least this long.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

/// Processor time of this thread, which is the one that the runtime runs on: on a machine that
/// others use too, wall time says more of them.
fn thread_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

async fn yields(times: u64) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// One poll and one wake a round: `yield_now` in a loop.
async fn poll_and_wake(spawner: &impl Spawn, polls: u64) -> Duration {
    let handles: Vec<_> =
        (0..TASKS).map(|_| spawner.spawn(yields(polls.div_ceil(TASKS)))).collect();
    let start = thread_time();
    for handle in handles {
        handle.await;
    }
    thread_time() - start
}

/// One task after the other, from spawn to end.
async fn spawn_and_finish(spawner: &impl Spawn, tasks: u64) -> Duration {
    let start = thread_time();
    for i in 0..tasks {
        spawner
            .spawn(async move {
                black_box(i);
            })
            .await;
    }
    thread_time() - start
}

/// Nanoseconds of one of `work`'s rounds, of which there are as many as the time asks for.
async fn nanos_each(mut work: impl AsyncFnMut(u64) -> Duration) -> f64 {
    let mut rounds = 256;
    loop {
        let took = work(rounds).await;
        if took >= LONG_ENOUGH {
            return took.as_nanos() as f64 / rounds as f64;
        }
        rounds *= if took * 8 < LONG_ENOUGH { 4 } else { 2 };
    }
}

/// Resident memory of this process, in bytes.
pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

async fn parked(gate: Arc<Notify>, arrived: Arc<AtomicU64>) {
    arrived.fetch_add(1, Relaxed);
    gate.notified().await;
}

/// Resident bytes of a parked task: what `tasks` of them add to the process.
async fn memory(spawner: &impl Spawn, tasks: u64) -> f64 {
    let gate = Arc::new(Notify::new());
    let arrived = Arc::new(AtomicU64::new(0));
    // What is set up with the first tasks is not counted.
    drop(spawner.spawn(yields(100)).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = resident();
    for _ in 0..tasks {
        drop(spawner.spawn(parked(gate.clone(), arrived.clone())));
    }
    while arrived.load(Relaxed) < tasks {
        yield_now().await;
    }
    // What keeps books in the background has done so by then.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let more = resident().saturating_sub(before);
    gate.notify_waiters();
    more as f64 / tasks as f64
}

/// Keeps a thread besides the runtime's, as every service has some: in a process of one thread the
/// C library allocates without locks, which none of the contenders that have threads of their own
/// could match.
fn have_threads() {
    drop(std::thread::spawn(|| {
        loop {
            std::thread::park();
        }
    }));
}

/// Measures what the arguments name: `poll`, `spawn`, or `memory TASKS`.
pub fn main(contender: &str, runtime: &tokio::runtime::Runtime, spawner: impl Spawn) {
    have_threads();
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let tasks = arguments.next().and_then(|number| number.parse().ok()).unwrap_or(100_000);
    let (value, unit) = match &*what {
        "poll" => {
            let polls = nanos_each(async |n| poll_and_wake(&spawner, n).await);
            (runtime.block_on(polls), "ns")
        }
        "spawn" => {
            let spawns = nanos_each(async |n| spawn_and_finish(&spawner, n).await);
            (runtime.block_on(spawns), "ns")
        }
        "memory" => (runtime.block_on(memory(&spawner, tasks)), "B"),
        _ => panic!("say what to measure: poll, spawn, or memory TASKS"),
    };
    println!(r#"{{"contender":"{contender}","measure":"{what}","{unit}":{value:.1}}}"#);
}

/// The runtime of those that do not bring their own.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}
