//! How well the verdicts tell a leak from load, slowness and chance, and how people's usual alarms
//! do beside them.
//!
//! `cargo bench -p taskscope --bench detection -- [--full] [--days N] [--runs N] [--seed N]`
//!
//! Every origin is simulated a second at a time on a clock of its own, from a seed: tasks are
//! spawned and end, somebody looks about once a second, sometimes after ten only. A *group-day* is
//! a day of one origin. `--full` runs at least 1,000 of every healthy stream.
//!
//! A baseline's alarm counts as finding a leak only if it would not have come without the leaked
//! tasks: each one watches both counts. Otherwise one that cries all the time would find all.

#![expect(clippy::print_stdout, reason = "a bench prints")]
// What is included is used in part only, and without a harness its unit tests are not at all.
#![cfg_attr(
    test,
    expect(dead_code, unused_imports, reason = "included with its unit tests, which are not run")
)]
#![cfg_attr(not(test), expect(dead_code, reason = "the agent uses the rest"))]

#[path = "detection/baselines.rs"]
mod baselines;
#[path = "../src/verdict/finding.rs"]
mod finding;
#[cfg(test)]
#[path = "../src/verdict/fixture.rs"]
mod fixture;
#[path = "../src/verdict/floor.rs"]
mod floor;
#[path = "../src/verdict/lifetimes.rs"]
mod lifetimes;
#[path = "detection/lives.rs"]
mod lives;
#[path = "../src/verdict/parameters.rs"]
mod parameters;
#[path = "detection/random.rs"]
mod random;
#[path = "detection/service.rs"]
mod service;
#[path = "detection/streams.rs"]
mod streams;
#[path = "../src/verdict/survivors/mod.rs"]
mod survivors;
#[path = "detection/tables.rs"]
mod tables;
#[path = "detection/watch.rs"]
mod watch;

/// What was asked for on the command line.
struct Options {
    /// Group-days of each healthy stream.
    days: u64,
    /// Runs of each leak.
    runs: u64,
    seed: u64,
    threads: usize,
    /// Only rows whose names contain this.
    only: String,
    /// Whether to print each false alarm.
    verbose: bool,
}

fn options() -> Options {
    let mut options = Options {
        days: 4,
        runs: 8,
        seed: 1,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        only: String::new(),
        verbose: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number =
            |default: u64| arguments.next().and_then(|n| n.parse().ok()).unwrap_or(default);
        match argument.as_str() {
            "--full" => (options.days, options.runs) = (1_000, 200),
            "--days" => options.days = number(4),
            "--runs" => options.runs = number(8),
            "--seed" => options.seed = number(1),
            "--threads" => options.threads = usize::try_from(number(1)).unwrap_or(1),
            "--only" => options.only = arguments.next().unwrap_or_default(),
            "--verbose" => options.verbose = true,
            // Cargo's own.
            _ => {}
        }
    }
    options
}

fn main() {
    let options = options();
    println!(
        "seed {}, {} group-days of each healthy stream, {} runs of each leak",
        options.seed, options.days, options.runs
    );
    tables::healthy(&options);
    tables::leaks(&options);
    tables::cost();
}
