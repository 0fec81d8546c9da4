//! When to take which thread's stack. Knows no clock and no signal.
//!
//! A thread that is in one poll (or closure) for longer than the threshold is in an *episode*,
//! which ends with that poll. Its stack is taken at the first look, and again when the episode
//! has lasted twice as long and a second more, and so on: a thread that computes shows where it
//! has come to, and one that blocks is not disturbed.

use std::collections::HashMap;
use std::time::Duration;

use rustc_hash::FxBuildHasher;

use crate::task::threads::Busy;

/// Closures on blocking threads may block: they are looked at from here on.
const CLOSURES_AFTER: Duration = Duration::from_secs(1);
/// The longest time between two stacks of an episode.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Stacks that may be taken at once, after a while without any: the workers of a large runtime.
const BURST: f64 = 64.0;
/// Stacks a second in the long run. At less than 100 µs each, waking the thread and unwinding
/// included, that is a fifth of a per cent of a core.
const PER_SECOND: f64 = 20.0;

/// See the [module](self).
#[derive(Debug)]
struct Episode {
    busy: Busy,
    /// How long it has lasted when the next stack is due.
    next: Duration,
    /// A stack is being missed; it is counted once.
    missed: bool,
    tasks: Vec<u64>,
}

/// The episodes of all threads, and what may still be taken.
#[derive(Debug)]
pub(super) struct Episodes {
    by_thread: HashMap<u64, Episode, FxBuildHasher>,
    tokens: f64,
    /// Stacks that came to nothing, one an episode.
    missed: u64,
}

/// A thread in the middle of something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) thread: u64,
    pub(super) busy: Busy,
    pub(super) lasts: Duration,
}

/// What has come of the looks.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Threads whose stacks are due, and whom there are tokens for; new episodes first.
    pub(super) due: Vec<Look>,
    /// Tasks whose polls go on, and those whose are over.
    pub(super) going_on: Vec<u64>,
    pub(super) over: Vec<u64>,
}

impl Default for Episodes {
    fn default() -> Self {
        Self { by_thread: HashMap::default(), tokens: BURST, missed: 0 }
    }
}

impl Episodes {
    /// Works out what to do. `looks` are all threads that are busy, `passed` the time since the
    /// last call.
    pub(super) fn plan(&mut self, looks: &[Look], threshold: Duration, passed: Duration) -> Plan {
        self.tokens = (self.tokens + passed.as_secs_f64() * PER_SECOND).min(BURST);
        let mut plan = Plan::default();
        let now: HashMap<u64, &Look> = looks.iter().map(|look| (look.thread, look)).collect();
        self.by_thread.retain(|thread, episode| {
            let goes_on = now.get(thread).is_some_and(|look| look.busy == episode.busy);
            let tasks = if goes_on { &mut plan.going_on } else { &mut plan.over };
            tasks.extend(&episode.tasks);
            goes_on
        });
        let mut due: Vec<(bool, Look)> = Vec::new();
        for look in looks {
            let after = if look.busy.closure { threshold.max(CLOSURES_AFTER) } else { threshold };
            match self.by_thread.get(&look.thread) {
                None if look.lasts >= after => due.push((false, *look)),
                Some(episode) if look.lasts >= episode.next => due.push((true, *look)),
                _ => {}
            }
        }
        due.sort_by_key(|(again, look)| (*again, std::cmp::Reverse(look.lasts)));
        for (_, look) in due {
            if self.tokens < 1.0 {
                // Not begun: the next plan has it again.
                break;
            }
            self.tokens -= 1.0;
            let next = look.lasts + (look.lasts + Duration::from_secs(1)).min(LONGEST_PAUSE);
            let begun = || Episode { busy: look.busy, next, missed: false, tasks: Vec::new() };
            self.by_thread.entry(look.thread).or_insert_with(begun).next = next;
            plan.due.push(look);
        }
        plan
    }

    /// The stack of a thread that was due has been taken: these tasks are on it.
    pub(super) fn taken(&mut self, thread: u64, tasks: Vec<u64>) {
        if let Some(episode) = self.by_thread.get_mut(&thread) {
            episode.tasks = tasks;
        }
    }

    /// It could not be taken.
    pub(super) fn missed(&mut self, thread: u64) {
        if let Some(episode) = self.by_thread.get_mut(&thread)
            && !episode.missed
        {
            episode.missed = true;
            self.missed += 1;
        }
    }

    /// Stacks that came to nothing, since start.
    pub(super) fn all_missed(&self) -> u64 {
        self.missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLD: Duration = Duration::from_millis(250);
    const NONE: Duration = Duration::ZERO;

    fn look(thread: u64, since: u64, lasts_ms: u64) -> Look {
        let busy = Busy { since, closure: false };
        Look { thread, busy, lasts: Duration::from_millis(lasts_ms) }
    }

    fn due(plan: &Plan) -> Vec<u64> {
        plan.due.iter().map(|look| look.thread).collect()
    }

    #[test]
    fn a_stack_is_taken_once_and_again_ever_more_rarely() {
        let mut episodes = Episodes::default();
        let mut taken = Vec::new();
        for lasts in (0..200_000).step_by(50) {
            let passed = Duration::from_millis(50);
            if !episodes.plan(&[look(1, 7, lasts)], THRESHOLD, passed).due.is_empty() {
                taken.push(lasts);
            }
        }
        assert_eq!(taken, [250, 1_500, 4_000, 9_000, 19_000, 39_000, 79_000, 139_000, 199_000]);
    }

    #[test]
    fn another_poll_is_another_episode() {
        let mut episodes = Episodes::default();
        assert_eq!(due(&episodes.plan(&[look(1, 7, 300)], THRESHOLD, NONE)), [1]);
        episodes.taken(1, vec![42]);
        let plan = episodes.plan(&[look(1, 7, 350)], THRESHOLD, NONE);
        assert_eq!((due(&plan), plan.going_on, plan.over), (vec![], vec![42], vec![]));
        let plan = episodes.plan(&[look(1, 8, 300)], THRESHOLD, NONE);
        assert_eq!((due(&plan), plan.going_on, plan.over), (vec![1], vec![], vec![42]));
        assert_eq!(episodes.plan(&[], THRESHOLD, NONE).over, [0; 0]);
        assert!(episodes.by_thread.is_empty());
    }

    #[test]
    fn closures_may_block_for_a_second() {
        let mut episodes = Episodes::default();
        let closure =
            |lasts_ms| Look { busy: Busy { since: 7, closure: true }, ..look(1, 7, lasts_ms) };
        assert!(episodes.plan(&[closure(999)], THRESHOLD, NONE).due.is_empty());
        assert_eq!(due(&episodes.plan(&[closure(1_000)], THRESHOLD, NONE)), [1]);
    }

    #[test]
    fn many_threads_at_once_wait_for_their_turn_the_longest_first() {
        let mut episodes = Episodes::default();
        let looks: Vec<Look> = (0..100).map(|i| look(i, 7, 1_000 + i)).collect();
        let first = due(&episodes.plan(&looks, THRESHOLD, NONE));
        assert_eq!(first, (36..100).rev().collect::<Vec<u64>>());
        assert!(episodes.plan(&looks, THRESHOLD, NONE).due.is_empty());
        let next = due(&episodes.plan(&looks, THRESHOLD, Duration::from_millis(100)));
        assert_eq!(next, [35, 34]);
    }

    #[test]
    fn a_missed_stack_counts_once_an_episode() {
        let mut episodes = Episodes::default();
        for (since, expected) in [(7, 1), (7, 1), (8, 2)] {
            drop(episodes.plan(&[look(1, since, 60_000)], THRESHOLD, NONE));
            episodes.missed(1);
            assert_eq!(episodes.all_missed(), expected);
        }
    }
}
