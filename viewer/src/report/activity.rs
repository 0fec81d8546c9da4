//! What a group's tasks have been doing, and who wakes them, in words.

use taskscope_proto::model::{Activity, Profile};

use crate::analyse::numbers::{count, span};
use crate::analyse::{Whole, wakings, woken_by};

/// Lines of a report: a name and its value. None for what there is nothing to say about.
pub(super) fn lines(profile: &Profile, whole: &Whole) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let group = &whole.group;
    if group.activity.polls > 0 {
        lines.push(("polls", polls(&group.activity)));
    }
    if let Some((by, usually)) = woken_by(&wakings(profile, &group.wakers), group.count) {
        lines.push(("woken by", if usually { format!("usually {by}") } else { by }));
    }
    let kept = [(whole.detached, "detached"), (whole.orphans, "orphan")];
    let kept = kept.iter().filter(|(tasks, _)| *tasks > 0);
    let kept: Vec<String> = kept.map(|(tasks, word)| format!("{} {word}", count(*tasks))).collect();
    if !kept.is_empty() {
        lines.push(("of them", kept.join(", ")));
    }
    lines
}

/// `24, 2 asked for by the task itself; 3.1 ms in polls (longest 1.0 ms), 0.5 ms ready (…)`.
fn polls(activity: &Activity) -> String {
    let own = match activity.self_wakes {
        0 => String::new(),
        own => format!(", {} asked for by the tasks themselves", count(own)),
    };
    let in_polls = measured("in polls", activity.running_us, activity.longest_poll_us);
    let ready = measured("ready", activity.ready_us, activity.longest_ready_us);
    format!("{}{own}; {in_polls}, {ready}", count(activity.polls))
}

/// `3.1 ms in polls (longest 1.0 ms)`. Few short polls may have none among them that was measured.
fn measured(what: &str, sum_us: u64, longest_us: u64) -> String {
    match (sum_us, longest_us) {
        (0, 0) => return format!("none measured {what}"),
        // Who tells of it does not tell of the longest.
        (_, 0) => return format!("{} {what}", span(sum_us)),
        _ => {}
    }
    format!("{} {what} (longest {})", span(sum_us), span(longest_us))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taskscope_proto::model::Waker;

    use super::*;
    use crate::analyse::most_suspicious_first;
    use crate::fixture;

    #[test]
    fn a_group_that_waits_for_a_stuck_one_says_so() {
        let mut profile = fixture::profile(&[
            "8 parked stuck=8 task=request @ src/a.rs:41 mpsc_recv < src/m.rs:1",
            "1 parked stuck=1 task=pump @ src/b.rs:7 mutex < src/m.rs:2",
        ]);
        let pump = profile.groups[1].origin;
        let request = Arc::make_mut(&mut profile.groups[0]);
        request.wakers = vec![Waker { origin: Some(pump), tasks: 8 }];
        request.detached = true;
        request.activity = Activity {
            polls: 24,
            wakes: 16,
            self_wakes: 2,
            running_us: 3_140,
            ready_us: 90,
            longest_poll_us: 1_200_000,
            longest_ready_us: 15,
        };
        let worst = most_suspicious_first(&profile).remove(0);
        assert_eq!(
            lines(&profile, &worst),
            [
                (
                    "polls",
                    "24, 2 asked for by the tasks themselves; 3.1 ms in polls (longest 1.2 s), \
                     90 µs ready (longest 15 µs)"
                        .to_owned()
                ),
                (
                    "woken by",
                    "usually task=pump (spawned at src/m.rs:2:1), itself stuck at src/b.rs:7:1 \
                     (1 task)"
                        .to_owned()
                ),
                ("of them", "8 detached".to_owned()),
            ]
        );
        let idle = most_suspicious_first(&profile).remove(1);
        assert_eq!(lines(&profile, &idle), []);
        let few = Activity { polls: 3, ..Activity::default() };
        assert_eq!(polls(&few), "3; none measured in polls, none measured ready");
        let sums = Activity { polls: 3, running_us: 1_500, ready_us: 7, ..Activity::default() };
        assert_eq!(polls(&sums), "3; 1.5 ms in polls, 7 µs ready");
    }
}
