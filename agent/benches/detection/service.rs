//! One origin on a simulated clock: tasks are spawned and end, and now and then somebody looks.
//!
//! Time goes in steps of about a second. Tasks of one step that outlive it have one age; each
//! ends at its own time. That is what makes a thousand days affordable.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::lifetimes::{BUCKETS, Lifetimes, bucket, lower_ms};

/// Tasks that were spawned in one step and outlived it.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    spawned_ms: u64,
    alive: u32,
}

/// The tasks of one origin.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) now_ms: u64,
    pub(crate) spawned: u64,
    pub(crate) finished: Lifetimes,
    pub(crate) ages: Lifetimes,
    pub(crate) living: u64,
    cohorts: VecDeque<Cohort>,
    /// The number of the first cohort that is still listed.
    first: usize,
    /// For each bucket the number of the first cohort that has not come to it yet.
    reached: [usize; BUCKETS],
    /// When, which cohort, after what life.
    ends: BinaryHeap<Reverse<(u64, usize, u64)>>,
}

impl Service {
    pub(crate) fn new(now_ms: u64) -> Self {
        Self {
            now_ms,
            spawned: 0,
            finished: Lifetimes::default(),
            ages: Lifetimes::default(),
            living: 0,
            cohorts: VecDeque::new(),
            first: 0,
            reached: [0; BUCKETS],
            ends: BinaryHeap::new(),
        }
    }

    /// Goes on to `now_ms`. `lives` are tasks spawned since: when, and when they will end.
    pub(crate) fn step(&mut self, now_ms: u64, lives: &[(u64, u64)]) {
        let begun = self.now_ms;
        self.now_ms = now_ms;
        self.spawned += lives.len() as u64;
        let number = self.first + self.cohorts.len();
        let mut alive = 0;
        for (spawned, ends) in lives {
            if *ends <= now_ms {
                self.finished.add(ends - spawned);
            } else {
                alive += 1;
                if *ends < u64::MAX {
                    self.ends.push(Reverse((*ends, number, ends - spawned)));
                }
            }
        }
        if alive > 0 {
            let spawned_ms = begun.midpoint(now_ms);
            self.cohorts.push_back(Cohort { spawned_ms, alive });
            self.living += u64::from(alive);
            self.ages.add_many(0, alive);
        }
        self.end();
        self.grow_older();
    }

    fn end(&mut self) {
        while let Some(Reverse((at, number, lived))) = self.ends.peek().copied() {
            if at > self.now_ms {
                break;
            }
            self.ends.pop();
            self.finished.add(lived);
            self.living -= 1;
            let bucket = self.bucket_of(number);
            self.ages.add_many(bucket, u32::MAX);
            if let Some(cohort) = self.cohorts.get_mut(number - self.first) {
                cohort.alive -= 1;
            }
        }
        while self.cohorts.front().is_some_and(|cohort| cohort.alive == 0) {
            self.cohorts.pop_front();
            self.first += 1;
        }
    }

    /// The bucket that a cohort is counted in: those before it have all been reached by it.
    fn bucket_of(&self, number: usize) -> usize {
        self.reached.partition_point(|next| *next > number).max(1) - 1
    }

    fn grow_older(&mut self) {
        if self.cohorts.is_empty() {
            return;
        }
        let end = self.first + self.cohorts.len();
        if let Some(reached) = self.reached.first_mut() {
            *reached = end;
        }
        for at in 1..BUCKETS {
            let Some(reached) = self.reached.get_mut(at) else { break };
            *reached = (*reached).max(self.first);
            let mut moved = 0;
            while let Some(cohort) = self.cohorts.get(*reached - self.first) {
                if cohort.spawned_ms + lower_ms(at) > self.now_ms {
                    break;
                }
                moved += cohort.alive;
                *reached += 1;
            }
            if moved > 0 {
                self.ages.add_many(at, moved);
                self.ages.add_many(at - 1, moved.wrapping_neg());
            }
        }
    }

    /// How many live that are at least so old.
    pub(crate) fn older_than(&self, ms: u64) -> u64 {
        u64::from(self.ages.at_or_above(bucket(ms)))
    }
}
