//! How many tasks there were in all, by state, and what the process took up.

use taskscope_proto::model::{Profile, Series, State};

use super::track::{Level, Track};

/// The states that living tasks are in, as they are stacked in a chart: the quiet ones below.
pub const LIVING: [State; 4] = [State::Parked, State::New, State::Ready, State::Running];

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// By state, as in [`LIVING`].
    states: [Track; LIVING.len()],
    /// Resident bytes.
    memory: Track,
    /// The agent has said what was before.
    pub(super) filled: bool,
}

impl Totals {
    /// Takes in a moment, and forgets what is older than another.
    pub(super) fn record(&mut self, step: u64, profile: &Profile, oldest: u64) {
        let header = &profile.header;
        for (state, track) in LIVING.into_iter().zip(&mut self.states) {
            let groups = profile.groups.iter().filter(|group| group.state == state);
            let stuck = groups
                .filter(|group| group.tracked)
                .map(|group| group.stuck)
                .fold(0, u64::saturating_add);
            track.set(step, Level { count: header.totals.of(state), stuck, bytes: 0 });
            track.forget_before(oldest);
        }
        if let Some(bytes) = header.rss_bytes {
            self.memory.set(step, Level { bytes, ..Level::default() });
            self.memory.forget_before(oldest);
        }
    }

    /// Takes in what the agent remembers of the process.
    pub(super) fn fill_memory(&mut self, series: &Series, step_ms: u64) {
        self.memory.fill(series, step_ms);
    }

    /// Takes in what the agent remembers of the tasks in a state.
    pub(super) fn fill(&mut self, state: State, series: &Series, step_ms: u64) {
        let at = LIVING.iter().position(|known| *known == state);
        if let Some(track) = at.and_then(|at| self.states.get_mut(at)) {
            track.fill(series, step_ms);
        }
    }

    /// The tasks in this state; nothing for those that have ended.
    pub(super) fn of(&self, state: State) -> &Track {
        static NONE: Track = Track::new();
        let at = LIVING.iter().position(|known| *known == state);
        at.and_then(|at| self.states.get(at)).unwrap_or(&NONE)
    }

    /// Resident bytes at that step, if they were seen.
    pub(super) fn memory_at(&self, step: u64) -> Option<u64> {
        self.memory.at(step).map(|level| level.bytes)
    }
}
