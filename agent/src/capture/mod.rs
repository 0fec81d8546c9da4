//! Which tasks to capture now, and how fast.
//!
//! A capture is a poll of the task on its own executor. Tasks are asked in small batches, the
//! next when most of the last have answered: the service's queue never holds more than one
//! batch of our making.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rustc_hash::FxBuildHasher;

use crate::clock;
use crate::primitives::atomic::Ordering::Relaxed;
use crate::registry::Counted;
use crate::task::record::{Kind, Phase, Record, Standing};
use crate::task::{current, tracker};

/// Tasks asked at a time.
const BATCH: usize = 128;
/// A batch that has not answered in this time is left behind; it may still answer later.
const BATCH_PATIENCE: Duration = Duration::from_millis(20);
/// How long to look away from a batch at work.
const GLANCE: Duration = Duration::from_micros(50);

/// Which tasks to capture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// Also those whose tree is known.
    pub(crate) fresh: bool,
    /// Only those parked for longer than this.
    pub(crate) parked_for: Duration,
    /// No more than this many.
    pub(crate) at_most: usize,
}

/// The records of the tasks wished for, parts before the tasks they belong to: a part that is
/// woken wakes its task, and the task then answers for both.
pub(crate) fn choose(wish: Wish) -> Vec<Counted<Record>> {
    let clock = clock::read();
    let latest = clock.ticks().saturating_sub(clock.ticks_in(wish.parked_for));
    let is_parked = |record: &Record| matches!(record.standing(), Standing::Parked { since } if since <= latest);
    let mut chosen = Vec::new();
    let mut with_parts = Vec::new();
    let mut parts: HashMap<u64, Vec<Counted<Record>>, FxBuildHasher> = HashMap::default();
    tracker::for_each(|record| {
        if chosen.len() >= wish.at_most || !is_parked(record) {
            return;
        }
        if record.kind() == Kind::Part {
            parts.entry(record.root_id()).or_default().push(record.clone());
        } else if record.parts.load(Relaxed) > 0 {
            with_parts.push(record.clone());
        } else if wish.fresh || record.tree() == 0 {
            chosen.push(record.clone());
        }
    });
    for task in with_parts {
        let mut parts = parts.remove(&task.birth.id).unwrap_or_default();
        let unknown = |part: &Counted<Record>| part.tree_within(task.polls()) == 0;
        let is_wanted = wish.fresh || task.tree() == 0 || parts.iter().any(unknown);
        if is_wanted && chosen.len() < wish.at_most {
            chosen.append(&mut parts);
            chosen.push(task);
        }
    }
    chosen
}

/// Captures the tasks of these records, until a point in time. Returns how many did not answer.
pub(crate) fn capture(records: &[Counted<Record>], deadline: Instant) -> u64 {
    for batch in records.chunks(BATCH) {
        for record in batch {
            record.request_capture();
            current::wake_for_capture(record);
        }
        wait_for(batch, batch.len() / 4, deadline.min(Instant::now() + BATCH_PATIENCE));
        if Instant::now() >= deadline {
            break;
        }
    }
    // Most have answered long ago; the last ones are given the rest of the time.
    let missed = wait_for(records, 0, deadline);
    if missed > 0 {
        for record in records {
            record.withdraw_capture();
        }
    }
    missed as u64
}

/// Waits until no more than `allowed` of the records are still to answer; returns how many are.
fn wait_for(records: &[Counted<Record>], allowed: usize, until: Instant) -> usize {
    let mut waiting: Vec<&Counted<Record>> = records.iter().filter(|r| is_waiting(r)).collect();
    while waiting.len() > allowed && Instant::now() < until {
        std::thread::sleep(GLANCE);
        waiting.retain(|record| is_waiting(record));
    }
    waiting.len()
}

fn is_waiting(record: &Record) -> bool {
    match record.phase() {
        Phase::Finished => false,
        // The poll that took the request is still at it.
        Phase::Running => record.tree() == 0,
        Phase::New | Phase::Parked => record.capture_pending(),
    }
}
