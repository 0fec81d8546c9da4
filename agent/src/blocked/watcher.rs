//! The thread that looks for threads that are blocked, and asks them for their stacks.

#![expect(unsafe_code, reason = "asks the system about threads that must not have ended")]

use std::ffi::c_int;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::answer::{Copied, Stage};
use super::episodes::{Episodes, Look};
use super::signal::{self, ANSWER};
use super::{stacks, status};
use crate::clock;
use crate::primitives::Mutex;
use crate::stack::{self, Stopped};
use crate::task::behalf::Behalf;
use crate::task::capture::{self, RawTree};
use crate::task::threads;

/// Time between two looks: half of the threshold, within these bounds.
const INTERVALS: Range<Duration> = Duration::from_millis(5)..Duration::from_millis(100);
/// How long a thread has to answer. One that runs answers in microseconds, one that waits for a
/// busy processor takes longer.
const PATIENCE: Duration = Duration::from_millis(50);

/// All watchers of the process share this: of several agents' one at a time looks.
static EPISODES: Mutex<Option<Episodes>> = Mutex::new(None);
static MISSED: AtomicU64 = AtomicU64::new(0);

/// Stacks of blocked threads that could not be taken, since start.
pub(crate) fn missed() -> u64 {
    MISSED.load(Ordering::Relaxed)
}

/// Looks while it lives.
#[derive(Debug)]
pub(crate) struct Watcher {
    stopped: Arc<AtomicBool>,
    thread: Thread,
}

impl Watcher {
    /// Installs the handler and starts the thread. Where no signal is to be had it counts what it
    /// misses.
    pub(crate) fn start(threshold: Duration) -> std::io::Result<Option<Self>> {
        let signal = signal::install()
            .inspect_err(|error| {
                tracing::warn!(%error, "taskscope: where running tasks block is not found out");
            })
            .ok();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let thread = std::thread::Builder::new()
            .name("taskscope-watch".into())
            .spawn(move || {
                let _own = Behalf::agent();
                run(signal, threshold, &stop);
            })?
            .thread()
            .clone();
        Ok(Some(Self { stopped, thread }))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.unpark();
    }
}

fn run(signal: Option<c_int>, threshold: Duration, stopped: &AtomicBool) {
    let interval = (threshold / 2).clamp(INTERVALS.start, INTERVALS.end);
    let mut last = Instant::now();
    let mut told = false;
    while !stopped.load(Ordering::Relaxed) {
        std::thread::park_timeout(interval);
        let mut episodes = EPISODES.lock();
        let episodes = episodes.get_or_insert_default();
        let passed = last.elapsed();
        last = Instant::now();
        look(episodes, signal, threshold, passed);
        MISSED.store(episodes.all_missed(), Ordering::Relaxed);
        if !told && signal.is_some_and(|signal| !signal::is_ours(signal)) {
            told = true;
            tracing::warn!(
                signal,
                "taskscope: the service handles the agent's signal now; where \
                running tasks block is not found out any more"
            );
        }
    }
}

fn look(episodes: &mut Episodes, signal: Option<c_int>, threshold: Duration, passed: Duration) {
    let looks = all_busy();
    let plan = episodes.plan(&looks, threshold, passed);
    stacks::update(&plan.going_on, &plan.over, Instant::now());
    for due in plan.due {
        match take(&due, signal) {
            Ok(Some(tasks)) => episodes.taken(due.thread, tasks),
            // It went on by itself.
            Ok(None) => {}
            Err(Missed) => episodes.missed(due.thread),
        }
    }
}

/// All threads that are in a poll or a closure.
fn all_busy() -> Vec<Look> {
    let clock = clock::read();
    let process = std::process::id();
    let mut looks = Vec::new();
    threads::find(|thread| {
        if let Some(busy) = thread.here().busy()
            && u32::try_from(thread.os.process) == Ok(process)
        {
            let lasts = clock.micros(clock.ticks().saturating_sub(busy.since));
            let lasts = Duration::from_micros(lasts);
            looks.push(Look { thread: thread.number, busy, lasts });
        }
        None::<()>
    });
    looks
}

/// The stack could not be taken.
struct Missed;

/// Takes the stack of a thread, and notes it for the tasks on it, which it returns. `None` if
/// the thread went on meanwhile.
fn take(due: &Look, signal: Option<c_int>) -> Result<Option<Vec<u64>>, Missed> {
    let signal = signal.filter(|signal| signal::is_ours(*signal)).ok_or(Missed)?;
    let of_thread = |thread: &threads::Thread| thread.number == due.thread;
    let Some(ids) = threads::find(|thread| of_thread(thread).then_some(thread.os)) else {
        return Ok(None);
    };
    if status::is_deaf(ids.thread, signal) != Some(false) {
        return Err(Missed);
    }
    // Under the list's lock, so that the thread cannot end.
    let asked = threads::find(|thread| {
        if !of_thread(thread) {
            return None;
        }
        let still = thread.here().busy() == Some(due.busy);
        Some(if still { ask(signal, thread).map(Some) } else { Ok(None) })
    });
    match asked {
        None | Some(Ok(None)) => return Ok(None),
        Some(Err(missed)) => return Err(missed),
        Some(Ok(Some(()))) => {}
    }
    match answer() {
        Some(copied) if copied.tasks.is_empty() => Ok(None),
        Some(copied) => keep(&copied).map(Some),
        None => Err(Missed),
    }
}

/// Asks a listed thread, whose list is locked.
fn ask(signal: c_int, thread: &threads::Thread) -> Result<(), Missed> {
    // SAFETY: a listed thread has not ended, and cannot while the list is locked.
    let stack = unsafe { stack::bounds(thread.os.handle) }.ok_or(Missed)?;
    signal::ask(signal, thread, (stack.start, stack.end)).map_err(|_| Missed)
}

/// Waits for the answer.
fn answer() -> Option<Copied> {
    let deadline = Instant::now() + PATIENCE;
    let mut glance = Duration::from_micros(20);
    loop {
        match ANSWER.stage() {
            Stage::Written => return Some(ANSWER.read()),
            Stage::Idle => return None,
            Stage::Asked | Stage::Writing => {}
        }
        // A handler that has begun may be a moment late: then the next question finds it at
        // work, and is not asked.
        if Instant::now() >= deadline && (ANSWER.take_back() || ANSWER.stage() == Stage::Writing) {
            return None;
        }
        std::thread::sleep(glance);
        glance = (glance * 2).min(Duration::from_millis(2));
    }
}

/// Unwinds the copy and notes for each task its piece of the stack.
fn keep(copied: &Copied) -> Result<Vec<u64>, Missed> {
    let stopped = Stopped { registers: copied.registers, base: copied.base, stack: &copied.stack };
    let mut chains: Vec<Vec<usize>> = vec![Vec::new(); copied.tasks.len()];
    let top = copied.tasks.last().map_or(0, |task| task.top);
    let whole = stack::walk_stopped(&stopped, top, |frame| {
        // A frame belongs to the innermost task whose poll begins above it.
        let of = copied.tasks.iter().position(|task| frame.start <= task.top);
        if let Some(chain) = of.and_then(|of| chains.get_mut(of)) {
            chain.push(frame.address);
        }
    });
    capture::note_lost_chains(u64::from(!whole));
    let mut kept = Vec::new();
    let now = Instant::now();
    for (task, chain) in copied.tasks.iter().zip(chains) {
        if !chain.is_empty() {
            let tree = RawTree::new(vec![chain]);
            let room = stacks::note(task.task, task.polls, task.labels, tree, now);
            kept.extend(room.then_some(task.task));
        }
    }
    if kept.is_empty() { Err(Missed) } else { Ok(kept) }
}
