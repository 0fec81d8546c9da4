//! The last minutes as a whole: tasks by state, memory, and since when something is the matter.

use std::time::Duration;

use taskscope_proto::model::{Class, Profile};

use crate::screen::{TIMELINE_STEPS, Timeline};
use crate::store::{History, LIVING};

pub(super) fn timeline(latest: &Profile, history: &History) -> Timeline {
    let window = history.window(TIMELINE_STEPS);
    Timeline {
        span: Duration::from_secs(window.span_secs),
        states: LIVING.map(|state| history.of_state(state, &window)),
        memory: history.memory(&window),
        onsets: onsets(latest),
        bands: Vec::new(),
        seconds: window.seconds,
    }
}

/// When the first group got each class that is worse than normal, worst last.
fn onsets(profile: &Profile) -> Vec<(u64, Class)> {
    let judged = || profile.groups.iter().filter(|group| group.count > 0);
    let first = |class: Class| {
        let of_class = judged().map(|group| &group.verdict).filter(|v| v.class == class);
        of_class.map(|verdict| (verdict.since_ms, class)).min_by_key(|(since, _)| *since)
    };
    [Class::Slow, Class::Suspect, Class::Proven].into_iter().filter_map(first).collect()
}
