//! How right the estimates of the heap are, and what they take up.
//!
//! `cargo bench -p taskscope --bench heap_accuracy`
//!
//! For each of three sizes: tasks of one label hold blocks of 16 B to 64 KiB, as many bytes as that
//! together, and a profile is taken. Twenty runs count how often the truth lies within the stated
//! error of 95 %. Whether there is a bias twenty runs cannot tell where one run is off by a fifth:
//! that takes as many as bring the mean's own deviation below half a per cent.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::alloc::System;
use std::future::pending;
use std::hint::black_box;
use std::time::{Duration, Instant};

use taskscope::alloc::{TaskAlloc, sample_every};
use taskscope::model::{Group, Held, Profile};
use taskscope::prelude::*;
use taskscope::{SnapshotOptions, labels};
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);

const MIB: u64 = 1 << 20;
const MEAN: f64 = (512 << 10) as f64;

/// Numbers without a pattern (xorshift64, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// As likely between 16 and 32 bytes as between 32 and 64 KiB.
    fn size(&mut self) -> usize {
        let low = 16_usize << (self.next() % 12);
        low + usize::try_from(self.next()).unwrap_or(0) % low
    }
}

/// Blocks of these bytes together, never touched.
fn blocks(mut bytes: u64, random: &mut Random) -> Vec<Vec<u8>> {
    let mut held = Vec::new();
    while bytes > 0 {
        let size = random.size().min(usize::try_from(bytes).unwrap_or(usize::MAX));
        held.push(black_box(Vec::with_capacity(size)));
        bytes -= size as u64;
    }
    held
}

fn profile() -> Profile {
    let options = SnapshotOptions { capture: None, patience: Duration::ZERO };
    taskscope::snapshot(options).profile
}

/// What a label is said to hold, in truth `bytes` and the list of the blocks.
struct Run {
    truth: f64,
    estimate: f64,
    error: f64,
}

fn run(runtime: &Runtime, bytes: u64, random: &mut Random) -> Run {
    runtime.block_on(async {
        let mut random = Random(random.next());
        let (tell, told) = tokio::sync::oneshot::channel();
        let holder = async move {
            let held = blocks(bytes, &mut random);
            let list = held.capacity() * size_of::<Vec<u8>>();
            tell.send(bytes + list as u64).ok();
            pending::<()>().await;
            drop(held);
        };
        let task = taskscope::spawn(holder.labeled(labels! { "task" => "holder" }));
        let truth = told.await.unwrap() as f64;
        let profile = tokio::task::spawn_blocking(profile).await.unwrap();
        let held = profile.groups.iter().filter(|group| is_holder(group));
        let held = held.map(|group| group.held).reduce(Held::and).unwrap_or_default();
        task.abort();
        task.await.unwrap_err();
        let (estimate, error) = (held.live_bytes as f64, held.error_bytes as f64);
        Run { truth, estimate, error }
    })
}

fn is_holder(group: &Group) -> bool {
    group.count > 0 && group.labels.get("task").is_some_and(|value| **value == *"holder")
}

fn accuracy(runtime: &Runtime) {
    println!(
        "| held by the label | within the error, of 20 runs | stated error | mean of N runs is off by | N |"
    );
    println!("|---|---|---|---|---|");
    let mut random = Random(88_172_645_463_325_252);
    for (mib, runs) in [(10, 4_000_u32), (100, 400), (1_024, 40)] {
        let all: Vec<Run> = (0..runs).map(|_| run(runtime, mib * MIB, &mut random)).collect();
        let within = |run: &&Run| (run.estimate - run.truth).abs() <= run.error;
        let held = all.iter().take(20).filter(within).count();
        let share: f64 = all.iter().map(|run| run.error / run.truth).sum::<f64>() / f64::from(runs);
        let bias: f64 =
            all.iter().map(|run| run.estimate / run.truth - 1.0).sum::<f64>() / f64::from(runs);
        let of_all = all.iter().filter(within).count();
        println!(
            "| {mib} MiB | {held} (of all {runs}: {:.1} %) | ± {:.1} % | {:+.2} % | {runs} |",
            of_all as f64 * 100.0 / f64::from(runs),
            share * 100.0,
            bias * 100.0,
        );
    }
}

fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

/// What this process takes up with a heap of 4 GiB that is never written to, and with a profile of
/// it; what the agent counts as its own; how long the profile takes.
fn fill(mean: u32) -> (u64, u64, Duration) {
    sample_every(mean);
    let mut random = Random(1_234_567);
    let held = blocks(4 << 30, &mut random);
    profile();
    let started = Instant::now();
    let profile = profile();
    let took = started.elapsed();
    let seen = (resident(), profile.header.agent_bytes.unwrap_or(0), took);
    drop(held);
    seen
}

/// What samples of a heap of 4 GiB take up: beside the same process without any.
fn own_memory() {
    let program = std::env::current_exe().unwrap();
    let run = |mean: u32| {
        let mut command = std::process::Command::new(&program);
        let output = command.arg(FILL).arg(mean.to_string()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().map(|number| number.parse().unwrap()).collect::<Vec<f64>>()
    };
    let (without, with) = (run(0), run(512 << 10));
    println!(
        "\n4 GiB held, about {:.0} samples: {:.1} MiB more resident than without samples; {:.1} MiB \
         by the agent's own count; a profile takes {:.1} ms, without samples {:.1} ms",
        (4_u64 << 30) as f64 / MEAN,
        (with[0] - without[0]) / MIB as f64,
        (with[1] - without[1]) / MIB as f64,
        with[2],
        without[2],
    );
}

/// The argument with which this program starts itself.
const FILL: &str = "--fill";

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().is_some_and(|argument| argument == FILL) {
        let mean = arguments.next().unwrap().parse().unwrap();
        let (resident, own, took) = fill(mean);
        println!("{resident} {own} {}", took.as_secs_f64() * 1e3);
        return;
    }
    let runtime = Builder::new_current_thread().build().unwrap();
    accuracy(&runtime);
    own_memory();
}
