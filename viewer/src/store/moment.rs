//! The service as it was at a moment of the last ten minutes, or the last day, as far as that is
//! remembered.
//!
//! Remembered are how many tasks each group had, how many of them were stuck, and what they held.
//! What else a group says is of when it was seen last, or left out where that would mislead: rates,
//! times, who woke and who blocked whom.

use std::sync::Arc;

use taskscope_proto::model::{
    Activity, Coverage, Group, Header, Origin, Profile, State, Totals, Verdict,
};

use super::history::History;
use super::totals::LIVING;
use super::track::Level;

/// The profile at that moment of the agent's clock, from the latest one and the history.
pub(super) fn profile_at(latest: &Profile, history: &History, at_ms: u64) -> Profile {
    let second = at_ms / 1_000;
    let groups = history
        .at(second)
        .map(|(group, then, before)| Arc::new(group_at(group, then, before, at_ms)));
    let mut groups: Vec<Arc<Group>> = groups.collect();
    groups.sort_unstable_by_key(|group| group.id);
    let origins = latest.origins.iter().map(|origin| Arc::new(without_rates(origin)));
    Profile {
        header: header_at(&latest.header, history, at_ms),
        groups,
        origins: origins.collect(),
        ..Profile::default()
    }
}

fn header_at(latest: &Header, history: &History, at_ms: u64) -> Header {
    let second = at_ms / 1_000;
    let mut totals = Totals::default();
    for state in LIVING {
        let count = history.of_state_at(state, second).count;
        match state {
            State::Running => totals.running = count,
            State::Ready => totals.ready = count,
            State::Parked => totals.parked = count,
            State::New => totals.new = count,
            State::Finished => {}
        }
    }
    let ago = latest.now_ms.saturating_sub(at_ms);
    Header {
        now_ms: at_ms,
        now_unix_ms: latest.now_unix_ms.saturating_sub(ago),
        rss_bytes: history.memory_at(second),
        memory_limit_bytes: latest.memory_limit_bytes,
        coverage: Coverage { tracked: totals.alive(), alive: None },
        totals,
        lost: latest.lost.clone(),
        heap: latest.heap,
        ..Header::default()
    }
}

fn group_at(seen: &Group, then: Level, before: Level, at_ms: u64) -> Group {
    let verdict = match &seen.verdict {
        judged if judged.since_ms <= at_ms => Verdict {
            class: judged.class,
            since_ms: judged.since_ms,
            tasks: judged.tasks.min(then.count),
            // As much as is known of the order of then.
            points: then.stuck.saturating_add(then.count.saturating_sub(before.count)),
            ..Verdict::default()
        },
        _ => Verdict { points: then.stuck, ..Verdict::default() },
    };
    let mut held = seen.held;
    held.live_bytes = then.bytes;
    Group {
        id: seen.id,
        labels: seen.labels.clone(),
        origin: seen.origin,
        state: seen.state,
        tree: seen.tree.clone(),
        future_bytes: seen.future_bytes,
        detached: seen.detached,
        orphan: seen.orphan,
        tracked: seen.tracked,
        held,
        count: then.count,
        stuck: then.stuck,
        oldest_since_ms: seen.oldest_since_ms.min(at_ms),
        median_since_ms: seen.median_since_ms.min(at_ms),
        count_minute_ago: before.count,
        live_bytes_minute_ago: before.bytes,
        activity: Activity::default(),
        wakers: Vec::new(),
        blockers: Vec::new(),
        chain: Vec::new(),
        waiting_for_it: 0,
        verdict,
    }
}

fn without_rates(origin: &Origin) -> Origin {
    Origin {
        spawned_last_minute: 0,
        finished_last_minute: 0,
        allocated_bytes_last_minute: 0,
        ..origin.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn counts_are_of_then_and_a_group_that_is_gone_is_there_again() {
        let mut history = History::default();
        let mut record = |second: u64, lines: &[&str]| {
            let mut profile = fixture::profile(lines);
            profile.header.now_ms = second * 1_000;
            profile.header.now_unix_ms = 1_000_000_000 + second * 1_000;
            profile.header.rss_bytes = Some(second << 10);
            history.record(&profile);
            profile
        };
        record(100, &["3 parked stuck=1 < a:1", "9 running < a:2"]);
        record(170, &["5 parked stuck=4 < a:1", "2 running < a:2"]);
        let latest = record(200, &["8 parked stuck=8 < a:1"]);
        let at = |second: u64| profile_at(&latest, &history, second * 1_000 + 500);
        let counts = |profile: &Profile| -> Vec<_> {
            profile.groups.iter().map(|g| (g.count, g.stuck, g.count_minute_ago)).collect()
        };
        assert_eq!(counts(&at(180)), [(5, 4, 3), (2, 0, 9)]);
        assert_eq!(counts(&at(100)), [(3, 1, 3), (9, 0, 9)], "nothing is known of before");
        assert_eq!(counts(&at(99)), []);
        let then = at(180).header;
        assert_eq!((then.now_ms, then.now_unix_ms), (180_500, 1_000_180_500));
        assert_eq!((then.totals.parked, then.totals.running), (5, 2));
        assert_eq!(then.rss_bytes, Some(170 << 10));
    }

    #[test]
    fn a_verdict_begins_where_it_began() {
        let mut latest = fixture::profile(&["8 parked stuck=8 < a:1"]);
        latest.header.now_ms = 200_000;
        let group = Arc::make_mut(&mut latest.groups[0]);
        group.verdict.class = taskscope_proto::model::Class::Suspect;
        group.verdict.since_ms = 150_000;
        let mut history = History::default();
        let earlier =
            Profile { header: Header { now_ms: 100_000, ..Header::default() }, ..latest.clone() };
        history.record(&earlier);
        history.record(&latest);
        let class = |at_ms| profile_at(&latest, &history, at_ms).groups[0].verdict.class;
        assert_eq!(class(149_000), taskscope_proto::model::Class::Normal);
        assert_eq!(class(151_000), taskscope_proto::model::Class::Suspect);
    }
}
