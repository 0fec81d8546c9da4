//! Tasks that nobody tracks, folded like those that somebody does.
//!
//! Of such a task it is known where it was spawned, since when it lives, how often it was polled
//! and whether it is in a poll. Between two polls it may wait for anything, a worker included: that
//! counts as parked.

use std::time::Duration;

use taskscope_proto::model::State;

use super::past::RawGroups;
use super::view::RawKey;
use crate::clock::Reading;
use crate::untracked::{self, Untracked};

/// A future that is tracked in its own way is told apart at its first poll. What was spawned a
/// moment ago and not polled yet may be one, and is left out.
const UNDECIDED_FOR: Duration = Duration::from_secs(1);

/// Adds all of them to the tasks of a moment.
pub(super) fn add_to(raw: &mut RawGroups, clock: &Reading, stuck_before: u64) {
    let decided = clock.ticks().saturating_sub(clock.ticks_in(UNDECIDED_FOR));
    for task in untracked::all() {
        let Some((state, since)) = standing(&task, decided) else { continue };
        let (labels, labels_in_part, tree) = (0, 0, 0);
        let key = RawKey {
            labels,
            labels_in_part,
            origin: task.origin,
            state,
            tree,
            dead: false,
            detached: false,
            orphan: false,
        };
        let members = raw.entry(key).or_default();
        members.since.push(since);
        members.polls += task.polls;
        // What a task waits for is not known, and many wait for long because they are to.
        members.stuck += u64::from(state != State::Parked && since < stuck_before);
    }
}

/// What the task does, and since when; `None` while it may yet turn out to be tracked.
fn standing(task: &Untracked, decided: u64) -> Option<(State, u64)> {
    match (task.polls, task.polled_since) {
        (0, _) => (task.spawned < decided).then_some((State::New, task.spawned)),
        (_, 0) => Some((State::Parked, task.poll_ended)),
        (_, since) => Some((State::Running, since)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_does_is_read_from_its_polls() {
        let task = Untracked { origin: 1, spawned: 5, polls: 0, polled_since: 0, poll_ended: 0 };
        let polled = |polls, polled_since, poll_ended| {
            standing(&Untracked { polls, polled_since, poll_ended, ..task }, 10)
        };
        assert_eq!(standing(&task, 5), None, "it may be a tracked one");
        assert_eq!(standing(&task, 6), Some((State::New, 5)));
        assert_eq!(polled(1, 7, 0), Some((State::Running, 7)));
        assert_eq!(polled(1, 0, 8), Some((State::Parked, 8)));
        assert_eq!(polled(2, 9, 8), Some((State::Running, 9)));
    }
}
