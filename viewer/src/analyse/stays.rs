//! What a task was seen to do, one state after the other.
//!
//! Agents keep no such record: it would cost every task memory. So it begins when the task is looked
//! at, and states that come and go between two looks are missing from it; how often the task was polled
//! meanwhile is known.

use taskscope_proto::model::{Location, State, Task};

/// As many are remembered.
const MOST: usize = 40;

/// A task is in a state, from one moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Which.
    pub state: State,
    /// Since when, agent's clock.
    pub since_ms: u64,
    /// Where it waits, or runs.
    pub place: Option<Location>,
    /// How often it had been polled.
    pub polls: u64,
}

/// The states that a task was seen in, the first one first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stays {
    seen: Vec<Stay>,
    /// Earlier ones that are no longer remembered.
    pub left_out: u64,
}

impl Stays {
    /// Takes in what is known of the task now.
    pub fn note(&mut self, task: &Task) {
        let point = task.tree.as_ref().and_then(|tree| tree.await_point.as_ref());
        let stay = Stay {
            state: task.state,
            since_ms: task.since_ms,
            place: point.and_then(|frame| frame.location.clone()),
            polls: task.polls,
        };
        let is_same = |last: &Stay| (last.state, last.since_ms) == (stay.state, stay.since_ms);
        match self.seen.last_mut() {
            // Where it waits is found out a while later.
            Some(last) if is_same(last) => *last = stay,
            // An answer that comes late.
            Some(last) if last.since_ms > stay.since_ms => {}
            Some(_) | None => self.seen.push(stay),
        }
        if self.seen.len() > MOST {
            self.seen.remove(0);
            self.left_out += 1;
        }
    }

    /// Those that are over, the latest first, each with how long it was and how often the task was
    /// polled until the next one that was seen.
    pub fn over(&self) -> impl Iterator<Item = (&Stay, u64, u64)> {
        let pairs = self.seen.iter().zip(self.seen.iter().skip(1));
        pairs.rev().map(|(stay, next)| {
            (
                stay,
                next.since_ms.saturating_sub(stay.since_ms),
                next.polls.saturating_sub(stay.polls),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::{Activity, Label, Labels, TaskKind};

    use super::*;
    use crate::fixture::place;

    fn task(state: State, since_ms: u64, polls: u64) -> Task {
        Task {
            id: 1,
            labels: Labels::new(Vec::<Label>::new()),
            spawned_at: place("src/a.rs:1"),
            kind: TaskKind::Async,
            state,
            since_ms,
            spawned_ms: 0,
            polls,
            tree: None,
            parent: None,
            future_bytes: 0,
            activity: Activity::default(),
            living_wakers: None,
            woken_by: None,
            detached: false,
            orphan: false,
            proven: false,
            blockers: Vec::new(),
            waiting_for_it: 0,
        }
    }

    /// `state since polls` of each look; `state for polls` of what is over.
    fn check(looks: &[(State, u64, u64)], expected: &[(State, u64, u64)], left_out: u64) {
        let mut stays = Stays::default();
        for (state, since_ms, polls) in looks {
            stays.note(&task(*state, *since_ms, *polls));
        }
        let over: Vec<_> = stays.over().map(|(stay, ms, polls)| (stay.state, ms, polls)).collect();
        assert_eq!((over, stays.left_out), (expected.to_vec(), left_out), "{looks:?}");
    }

    #[test]
    fn states_follow_one_another_and_what_stays_is_one() {
        use State::{Parked, Ready, Running};
        check(&[], &[], 0);
        check(&[(Parked, 5, 1), (Parked, 5, 1)], &[], 0);
        let looks = [(Parked, 5, 1), (Ready, 90, 1), (Running, 95, 2), (Running, 95, 2)];
        check(&looks, &[(Ready, 5, 1), (Parked, 85, 0)], 0);
        // Between two looks it ran, and parked again.
        check(&[(Parked, 5, 1), (Parked, 100, 7)], &[(Parked, 95, 6)], 0);
        // An answer that comes late changes nothing.
        check(&[(Parked, 100, 7), (Parked, 5, 1)], &[], 0);
    }

    #[test]
    fn the_oldest_go() {
        let looks: Vec<_> = (0..50).map(|at| (State::Parked, at * 10, at)).collect();
        let expected: Vec<_> = (0..39).map(|_| (State::Parked, 10, 1)).collect();
        check(&looks, &expected, 10);
    }
}
