//! The last minutes as a whole: tasks by state, memory, and since when something is the matter.

use std::time::Duration;

use taskscope_proto::model::Profile;

use crate::analyse::onsets;
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
