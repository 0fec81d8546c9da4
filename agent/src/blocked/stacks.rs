//! The stacks that were taken of tasks that block their thread, as long as somebody may ask.
//!
//! A task has at most one, that of the poll it is in. Old ones are kept for a while, because a
//! profile tells how many tasks there were a minute ago of each kind, and the stack is what tells
//! kinds apart.

#![cfg_attr(
    not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        not(miri)
    )),
    expect(dead_code, reason = "elsewhere nobody looks")
)]

use std::collections::HashMap;
use std::time::{Duration, Instant};

use rustc_hash::FxBuildHasher;

use crate::primitives::{Arc, Mutex};
use crate::task::capture::RawTree;

/// How long a stack is kept that no task is in any more. Longer than a profile looks back.
const KEPT: Duration = Duration::from_secs(150);
/// Stacks that are kept.
const MAX_STACKS: usize = 8_192;
/// Numbers of stacks begin here, above those of all captured trees.
pub(crate) const FIRST: u32 = 1 << 31;

/// Where a task was in a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The number of the poll.
    pub(crate) polls: u64,
    /// Labels where the task was.
    pub(crate) labels: u32,
    /// The number of the stack; see [`stack`].
    pub(crate) stack: u32,
}

#[derive(Debug)]
struct Kept {
    stack: Arc<RawTree>,
    last_seen: Instant,
}

#[derive(Debug, Default)]
struct Stacks {
    tasks: HashMap<u64, Seen, FxBuildHasher>,
    kept: HashMap<u32, Kept, FxBuildHasher>,
    numbers: HashMap<Arc<RawTree>, u32, FxBuildHasher>,
    next: u32,
}

static STACKS: Mutex<Option<Stacks>> = Mutex::new(None);

fn with<R>(work: impl FnOnce(&mut Stacks) -> R) -> R {
    work(STACKS.lock().get_or_insert_default())
}

/// By task: where those are that were found blocking.
pub(crate) fn seen() -> HashMap<u64, Seen, FxBuildHasher> {
    with(|stacks| stacks.tasks.clone())
}

/// The stack with this number, if it is still known.
pub(crate) fn stack(number: u32) -> Option<Arc<RawTree>> {
    with(|stacks| stacks.kept.get(&number).map(|kept| Arc::clone(&kept.stack)))
}

/// Notes where a task is. Returns whether there was room.
pub(super) fn note(task: u64, polls: u64, labels: u32, stack: RawTree, now: Instant) -> bool {
    with(|stacks| {
        let stack = stacks.number(stack, now);
        let seen = stack.map(|stack| Seen { polls, labels, stack });
        seen.map(|seen| stacks.tasks.insert(task, seen)).is_some()
    })
}

/// Notes that the polls of these tasks go on, or that they are over.
pub(super) fn update(going_on: &[u64], over: &[u64], now: Instant) {
    with(|stacks| {
        for task in over {
            stacks.tasks.remove(task);
        }
        for task in going_on {
            if let Some(seen) = stacks.tasks.get(task)
                && let Some(kept) = stacks.kept.get_mut(&seen.stack)
            {
                kept.last_seen = now;
            }
        }
    });
}

impl Stacks {
    /// The number of a stack: the same for equal ones.
    fn number(&mut self, stack: RawTree, now: Instant) -> Option<u32> {
        let stack = Arc::new(stack);
        if let Some(number) = self.numbers.get(&stack) {
            if let Some(kept) = self.kept.get_mut(number) {
                kept.last_seen = now;
            }
            return Some(*number);
        }
        if self.kept.len() >= MAX_STACKS / 2 {
            self.forget(now);
        }
        if self.kept.len() >= MAX_STACKS {
            return None;
        }
        let number = FIRST | self.next;
        self.next = (self.next + 1) % FIRST;
        self.kept.insert(number, Kept { stack: Arc::clone(&stack), last_seen: now });
        self.numbers.insert(stack, number);
        Some(number)
    }

    fn forget(&mut self, now: Instant) {
        self.kept.retain(|_, kept| now.saturating_duration_since(kept.last_seen) < KEPT);
        let kept = &self.kept;
        self.numbers.retain(|_, number| kept.contains_key(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack_of(address: usize) -> RawTree {
        RawTree::new(vec![vec![address]])
    }

    #[test]
    fn equal_stacks_have_one_number_and_old_ones_give_way() {
        let mut stacks = Stacks::default();
        let start = Instant::now();
        let first = stacks.number(stack_of(1), start).unwrap();
        assert_eq!(stacks.number(stack_of(1), start), Some(first));
        assert!(first >= FIRST);
        for address in 2..=MAX_STACKS {
            assert!(stacks.number(stack_of(address), start).is_some_and(|other| other != first));
        }
        assert_eq!(stacks.number(stack_of(0), start), None, "no room");
        let later = start + KEPT;
        assert!(stacks.number(stack_of(0), later).is_some());
        assert_eq!((stacks.kept.len(), stacks.numbers.len()), (1, 1));
    }
}
