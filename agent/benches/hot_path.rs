//! What tracking costs a task: one poll and wake, one spawn, beside bare tokio in the same run.
//!
//! `cargo bench -p taskscope --bench hot_path`

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use taskscope::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A service has an agent: it keeps the coarse time.
fn agent() -> taskscope::Agent {
    let agent = taskscope::Agent::builder().bind("127.0.0.1:0".parse().unwrap()).start().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    agent
}

/// Keeps a thread besides the runtime's, as every service of several workers has some. In a process
/// of one thread the C library allocates without locked instructions: bare tokio measured there, and
/// the agent (which has threads) measured after it, would tell of malloc and not of tracking.
fn have_threads() {
    let idle = || loop {
        std::thread::park();
    };
    drop(std::thread::Builder::new().name("idle".into()).spawn(idle).unwrap());
}

/// Enough tasks that the runtime's look at its I/O driver is shared among many polls.
const TASKS: u64 = 64;

async fn yields(times: u64) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// The time that `TASKS` tasks, started by `spawn`, take for `polls` polls together.
async fn run<J: Future>(polls: u64, spawn: impl Fn(u64) -> J) -> Duration {
    let handles: Vec<J> = (0..TASKS).map(|_| spawn(polls.div_ceil(TASKS))).collect();
    let start = Instant::now();
    for handle in handles {
        handle.await;
    }
    start.elapsed()
}

/// One poll and one wake a round: `yield_now` in a loop.
fn poll_and_wake(c: &mut Criterion) {
    have_threads();
    let runtime = runtime();
    let mut group = c.benchmark_group("poll_and_wake");
    group.bench_function("bare", |b| {
        b.iter_custom(|n| runtime.block_on(run(n, |times| tokio::spawn(yields(times)))));
    });
    group.bench_function("tracked_without_agent", |b| {
        b.iter_custom(|n| runtime.block_on(run(n, |times| taskscope::spawn(yields(times)))));
    });
    let _agent = agent();
    group.bench_function("tracked", |b| {
        b.iter_custom(|n| runtime.block_on(run(n, |times| taskscope::spawn(yields(times)))));
    });
    group.bench_function("tracked_and_labeled", |b| {
        let labels = || taskscope::labels! { "task" => "bench" };
        b.iter_custom(|n| {
            let spawn = |times| taskscope::spawn(yields(times).labeled(labels()));
            runtime.block_on(run(n, spawn))
        });
    });
    group.finish();
}

/// One task from spawn to end.
fn spawn_and_finish(c: &mut Criterion) {
    have_threads();
    let runtime = runtime();
    let mut group = c.benchmark_group("spawn_and_finish");
    group.bench_function("bare", |b| {
        b.iter_custom(|n| {
            runtime.block_on(async {
                let start = Instant::now();
                for i in 0..n {
                    tokio::spawn(async move { black_box(i) }).await.unwrap();
                }
                start.elapsed()
            })
        });
    });
    let _agent = agent();
    group.bench_function("tracked", |b| {
        b.iter_custom(|n| {
            runtime.block_on(async {
                let start = Instant::now();
                for i in 0..n {
                    taskscope::spawn(async move { black_box(i) }).await.unwrap();
                }
                start.elapsed()
            })
        });
    });
    group.finish();
}

criterion_group!(benches, poll_and_wake, spawn_and_finish);
criterion_main!(benches);
