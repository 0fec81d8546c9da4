//! How many tasks each base group had, and how many bytes it held: for the last ten minutes by the
//! second, and for the last day by the minute.
//!
//! What was before the viewer connected, or while it was not connected, the agent remembers: it is
//! asked once for each group ([`History::unfilled`]), and a failure to answer is asked about no
//! more until the next connection: older agents remember nothing.
//!
//! A group remembers only the steps at which its count changed, so ten thousand groups that stand
//! still cost next to nothing, and none can cost more than what is kept.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Group, GroupId, HistoryPage, Profile, Resolution, State, Subject};

use super::totals::Totals;
use super::track::{Level, Track};
use super::trend::{Grid, Samples, Trend};

/// How fine a history is, and how far back it goes.
#[derive(Clone, Copy, Debug)]
struct Scale {
    resolution: Resolution,
    step_secs: u64,
    /// Steps that are kept.
    keep: u64,
    /// The shortest stretch worth drawing, in steps.
    shortest: u64,
}

const SECONDS: Scale =
    Scale { resolution: Resolution::Second, step_secs: 1, keep: 600, shortest: 60 };
const MINUTES: Scale =
    Scale { resolution: Resolution::Minute, step_secs: 60, keep: 1_440, shortest: 60 };

/// Groups that are followed; the counts of more are not remembered.
const MAX_TRACKS: u32 = 100_000;

/// The counts of all groups over time. Seconds are those of the agent's clock.
#[derive(Debug)]
pub struct History {
    scale: Scale,
    /// The groups, each in its place, and the place of each.
    groups: Vec<Followed>,
    places: FxHashMap<GroupId, u32>,
    samples: Samples,
    totals: Totals,
    /// The first step of which something is known, and the latest.
    first: Option<u64>,
    now: u64,
    revision: u64,
    /// The number of the latest answer.
    answered: u64,
    /// The agent could not answer.
    unanswerable: bool,
}

/// A group, as it was seen last.
#[derive(Debug)]
struct Followed {
    group: Arc<Group>,
    track: Track,
    /// The agent has said what was before.
    filled: bool,
    /// What was before is another than the samples were taken of.
    refilled: bool,
    revision: u64,
}

/// A stretch of time, cut into equal steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// How long it is.
    pub span_secs: u64,
    /// The agent's second of each sample that is known, the last at the end.
    pub seconds: Box<[u64]>,
}

/// The last ten minutes.
impl Default for History {
    fn default() -> Self {
        Self::on(SECONDS)
    }
}

impl History {
    fn on(scale: Scale) -> Self {
        Self {
            scale,
            groups: Vec::new(),
            places: FxHashMap::default(),
            samples: Samples::default(),
            totals: Totals::default(),
            first: None,
            now: 0,
            revision: 0,
            answered: 0,
            unanswerable: false,
        }
    }

    /// The last day, by the minute.
    pub fn of_a_day() -> Self {
        Self::on(MINUTES)
    }

    /// How fine it is.
    pub fn resolution(&self) -> Resolution {
        self.scale.resolution
    }

    /// Takes in the counts of one moment. A profile from before the latest is left out.
    pub fn record(&mut self, profile: &Profile) {
        let step = profile.header.now_ms / 1_000 / self.scale.step_secs;
        if step < self.now {
            return;
        }
        self.now = step;
        self.first.get_or_insert(step);
        self.revision += 1;
        let revision = self.revision;
        for group in &profile.groups {
            let level = Level::of(group);
            let place = self.places.get(&group.id).map_or(self.groups.len(), |at| *at as usize);
            match self.groups.get_mut(place) {
                Some(followed) => {
                    followed.revision = revision;
                    followed.track.set(step, level);
                    if group.count > 0 || followed.group.count == 0 {
                        followed.group = Arc::clone(group);
                    }
                }
                None => self.follow(group, step, level),
            }
        }
        let oldest = step.saturating_sub(self.scale.keep);
        self.forget(step, oldest);
        self.totals.record(step, profile, oldest);
        self.sample();
    }

    /// Begins to follow a group, if there is room.
    fn follow(&mut self, group: &Arc<Group>, step: u64, level: Level) {
        let place = u32::try_from(self.groups.len()).ok().filter(|at| *at < MAX_TRACKS);
        let Some(place) = place else { return };
        let mut track = Track::default();
        track.set(step, level);
        let (filled, refilled, revision) = (false, true, self.revision);
        let group = Arc::clone(group);
        self.places.insert(group.id, place);
        self.groups.push(Followed { group, track, filled, refilled, revision });
        self.samples.push();
    }

    /// Drops what is too old, and groups that are gone for so long.
    fn forget(&mut self, step: u64, oldest: u64) {
        let mut at = 0;
        while let Some(Followed { group, track, revision, .. }) = self.groups.get_mut(at) {
            let is_there = *revision == self.revision;
            if !is_there {
                track.set(step, Level::default());
            }
            track.forget_before(oldest);
            if is_there || track.has_changed() {
                at += 1;
                continue;
            }
            // The last one moves to its place.
            let place = self.places.remove(&group.id);
            self.groups.swap_remove(at);
            self.samples.swap_remove(at);
            if let (Some(place), Some(moved)) = (place, self.groups.get(at)) {
                self.places.insert(moved.group.id, place);
            }
        }
    }

    /// Keeps the samples of all groups up to now.
    fn sample(&mut self) {
        let grid = Grid::of(self.span(), self.now);
        let tracks = self.groups.iter_mut();
        let tracks = tracks.map(|each| (&each.track, std::mem::take(&mut each.refilled)));
        self.samples.follow(grid, tracks);
    }

    /// How many steps are known and worth drawing.
    fn span(&self) -> u64 {
        let known = self.first.map_or(0, |first| self.now - first);
        known.clamp(self.scale.shortest, self.scale.keep)
    }

    /// Groups of which the agent has not been asked yet what was before.
    pub fn unfilled(&self) -> impl Iterator<Item = GroupId> {
        let unfilled = self.groups.iter().filter(|followed| !followed.filled);
        unfilled.map(|followed| followed.group.id).filter(|_| !self.unanswerable)
    }

    /// Whether the agent has not been asked yet how many tasks there were in all.
    pub fn lacks_totals(&self) -> bool {
        !self.unanswerable && !self.is_empty() && !self.totals.filled
    }

    /// The number of the latest answer of the agent.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// Takes in what the agent remembers, or that it gives no answer.
    pub fn take_in(&mut self, ticket: u64, page: Option<&HistoryPage>) {
        self.answered = ticket;
        let step_ms = self.scale.step_secs * 1_000;
        let page = page.filter(|page| page.step_ms == step_ms);
        self.unanswerable = page.is_none();
        let is_of_group = |page: &HistoryPage| {
            page.series.iter().any(|series| matches!(series.subject, Subject::Group(_)))
        };
        // One that says nothing of all tasks has nothing to say of them.
        self.totals.filled |= page.is_some_and(|page| !is_of_group(page));
        for series in page.iter().flat_map(|page| &page.series) {
            match series.subject {
                Subject::Group(group) => {
                    let place = self.places.get(&group).map(|at| *at as usize);
                    let followed = place.and_then(|at| self.groups.get_mut(at));
                    let Some(followed) = followed else { continue };
                    followed.filled = true;
                    followed.refilled = true;
                    followed.track.fill(series, step_ms);
                }
                Subject::State(state) => self.totals.fill(state, series, step_ms),
                Subject::Process => self.totals.fill_memory(series, step_ms),
            }
            if series.steps > 0 {
                let from = series.from_ms / step_ms;
                self.first = self.first.map(|first| first.min(from));
            }
        }
        self.sample();
    }

    /// A new connection: of the time without one the agent knows more.
    pub fn reconnected(&mut self) {
        self.unanswerable = false;
        self.totals.filled = false;
        self.groups.iter_mut().for_each(|followed| followed.filled = false);
    }

    /// The first moment of which something is known, agent's clock, milliseconds.
    pub fn first_ms(&self) -> Option<u64> {
        let oldest = self.now.saturating_sub(self.scale.keep);
        self.first.map(|first| first.max(oldest) * self.scale.step_secs * 1_000)
    }

    /// The stretch that is known and worth drawing.
    pub fn window(&self, steps: usize) -> Window {
        let step_secs = self.scale.step_secs;
        let span = self.span();
        let gaps = (steps as u64).saturating_sub(1).max(1);
        let first = self.first.unwrap_or(self.now);
        let step = |behind| self.now.checked_sub(behind * span / gaps);
        let known = (0..steps as u64).rev().filter_map(step).filter(|step| *step >= first);
        let seconds = known.map(|step| step * step_secs).collect();
        Window { span_secs: span * step_secs, seconds }
    }

    fn steps_of(&self, window: &Window) -> impl Iterator<Item = u64> {
        window.seconds.iter().map(|second| second / self.scale.step_secs)
    }

    /// The stretch that trends of groups show.
    pub fn trend(&self) -> Window {
        let step_secs = self.scale.step_secs;
        let span = self.span();
        // Of what is older the samples may still tell, and nothing else does.
        let first = self.first.unwrap_or(self.now).max(self.now.saturating_sub(span));
        let steps = Grid::of(span, self.now).steps_since(first).chain([self.now]);
        let seconds = steps.map(|step| step * step_secs).collect();
        Window { span_secs: span * step_secs, seconds }
    }

    /// Where a group is remembered, if it is.
    pub fn place(&self, group: GroupId) -> Option<u32> {
        self.places.get(&group).copied()
    }

    /// What a group had over the trend's window, tasks or bytes, one for each step.
    pub fn of_group(&self, group: GroupId, trend: Trend) -> Vec<u64> {
        let mut sums = vec![0; self.trend().seconds.len()];
        if let Some(place) = self.place(group) {
            self.add_to(place, trend, &mut sums);
        }
        sums.into_iter().map(|sum| u64::from(sum) * trend.unit()).collect()
    }

    /// Adds what the group at this place had over the trend's window to `sums`, one for each step, in
    /// the trend's unit.
    pub fn add_to(&self, place: u32, trend: Trend, sums: &mut [u32]) {
        self.samples.add_to(place as usize, trend, sums);
    }

    /// What a group had over a window, walked along.
    #[cfg(test)]
    fn walked(&self, group: GroupId, window: &Window) -> Vec<Level> {
        let place = self.place(group);
        let followed = place.and_then(|at| self.groups.get(at as usize));
        let walked = followed.map(|followed| followed.track.along(self.steps_of(window)));
        walked.into_iter().flatten().collect()
    }

    /// What there was of the tasks in a state over the window.
    pub fn of_state(&self, state: State, window: &Window) -> Box<[Level]> {
        self.totals.of(state).along(self.steps_of(window)).collect()
    }

    /// What there was of the tasks in a state at a second.
    pub(super) fn of_state_at(&self, state: State, second: u64) -> Level {
        self.totals.of(state).at(second / self.scale.step_secs).unwrap_or_default()
    }

    /// The resident memory of the process over the window, where it was seen.
    pub fn memory(&self, window: &Window) -> Box<[Option<u64>]> {
        self.steps_of(window).map(|step| self.totals.memory_at(step)).collect()
    }

    /// The resident memory of the process at a second, if it was seen.
    pub(super) fn memory_at(&self, second: u64) -> Option<u64> {
        self.totals.memory_at(second / self.scale.step_secs)
    }

    /// The groups that had something at that second, as they were seen last; with what they had then
    /// and a minute before.
    pub(super) fn at(&self, second: u64) -> impl Iterator<Item = (&Arc<Group>, Level, Level)> {
        let step = |second: u64| second / self.scale.step_secs;
        let minute_ago = second.checked_sub(60).map(step);
        let minute_ago = minute_ago.filter(|ago| self.first <= Some(*ago));
        let now = step(second);
        self.groups.iter().filter_map(move |Followed { group, track, .. }| {
            let then = track.at(now).unwrap_or_default();
            // What is not known has not grown.
            let before = minute_ago.map_or(then, |ago| track.at(ago).unwrap_or_default());
            (then.count > 0 || then.bytes > 0).then_some((group, then, before))
        })
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

#[cfg(test)]
mod tests;
