//! A service with one leak in it: `leaks PATTERN --clock real|paused`.
//!
//! It says where its agent listens, runs the pattern, and stays until its standard input ends.
//! With the clock `paused`, tokio's time stands still and jumps to the next timer whenever nothing
//! else is to do, as in tests with `start_paused`; the agent's time goes on.
//!
//! `leaks --list` prints the names of all patterns.
//!
//! One module a pattern, in a healthy and a leaking form of the same code. Its comment says what
//! goes wrong, which row of the catalogue of leaks it is, and what a report has to show. A line
//! that is waited on carries the pattern's name and the role of the task,
//! `// never_closed: worker`; where a line cannot carry it, the comment stands above.
//! `tests/tests/leaks.rs` runs every pattern, with both clocks.

mod actors;
mod backends;
mod catalogue;
mod channels;
mod controls;
mod controls_of_locks;
mod drive;
mod ends;
mod joins;
mod locks;
mod locks_and_messages;
mod net;
mod signals;
mod stage;
mod streams;
mod threads;
mod wakers;

use std::alloc::System;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use taskscope::alloc::TaskAlloc;
/// The locks and channels of all patterns.
pub(crate) use taskscope::sync;
use taskscope::{Agent, labels, prelude::*};
use tokio::runtime::{Builder, Runtime};

use catalogue::CATALOGUE;
use drive::drive;

#[global_allocator]
static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);

/// Threads that poll tasks in real time.
const WORKERS: usize = 2;
/// Threads for closures that block.
const BLOCKING_THREADS: usize = 4;
/// Bytes between two samples of the heap: the patterns are small.
const HEAP_SAMPLE: u32 = 4 << 10;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--list"] => list(),
        [name, "--clock", clock] => run(name, clock),
        _ => bail!("usage: leaks PATTERN --clock real|paused, or leaks --list"),
    }
}

fn list() -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    for (name, _) in CATALOGUE {
        writeln!(output, "{name}")?;
    }
    Ok(())
}

fn run(name: &str, clock: &str) -> anyhow::Result<()> {
    let pattern = CATALOGUE.iter().find(|(known, _)| *known == name);
    let (name, pattern) = *pattern.with_context(|| format!("no pattern is called {name}"))?;
    let runtime = runtime(clock)?;
    // Where a task panics, that is the pattern; how it ended, the agent says.
    std::panic::set_hook(Box::new(|_| {}));
    let agent = Agent::builder()
        .name(name)
        .bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .stuck_after(Duration::from_secs(1))
        .heap_sample(HEAP_SAMPLE)
        .start()?;
    writeln!(io::stdout(), "taskscope listens on {}", agent.address())?;
    end_with_input()?;
    stage::start_beats()?;
    runtime.block_on(drive(pattern).labeled(labels! { "pattern" => name }));
    Ok(())
}

fn runtime(clock: &str) -> anyhow::Result<Runtime> {
    let mut builder = match clock {
        "real" => Builder::new_multi_thread(),
        "paused" => Builder::new_current_thread(),
        _ => bail!("{clock} is no clock: real or paused"),
    };
    builder.enable_all().worker_threads(WORKERS).max_blocking_threads(BLOCKING_THREADS);
    builder.start_paused(clock == "paused");
    builder.build().context("cannot start the runtime")
}

/// Ends the process with its standard input, whatever its threads are blocked in.
fn end_with_input() -> io::Result<()> {
    let watch = || {
        io::copy(&mut io::stdin().lock(), &mut io::sink()).ok();
        end();
    };
    std::thread::Builder::new().name("stdin".into()).spawn(watch).map(drop)
}

#[expect(clippy::exit, reason = "the threads of some patterns cannot be joined")]
fn end() {
    std::process::exit(0);
}
