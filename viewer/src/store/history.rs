//! How many tasks each base group had, and how many bytes it held, second by second, for the last
//! ten minutes.
//!
//! What was before the viewer connected, or while it was not connected, the agent remembers: it is
//! asked once for each group ([`History::unfilled`]), and a failure to answer is asked about no
//! more until the next connection: older agents remember nothing.
//!
//! A group remembers only the seconds at which its count changed, so ten thousand groups that
//! stand still cost next to nothing, and none can cost more than ten minutes' worth.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Group, GroupId, HistoryPage, Profile, State, Subject};

use super::totals::Totals;
use super::track::{Level, Track};

/// How far back it goes, in seconds.
const KEEP_SECS: u64 = 600;
/// The shortest stretch of time worth drawing, in seconds.
const SHORTEST_SECS: u64 = 60;
/// Groups that are followed; the counts of more are not remembered.
const MAX_TRACKS: usize = 100_000;

/// The counts of all groups over time. Seconds are those of the agent's clock.
#[derive(Debug, Default)]
pub struct History {
    groups: FxHashMap<GroupId, Followed>,
    totals: Totals,
    first_secs: Option<u64>,
    now_secs: u64,
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

impl History {
    /// Takes in the counts of one moment. A profile from before the latest is left out.
    pub fn record(&mut self, profile: &Profile) {
        let second = profile.header.now_ms / 1_000;
        if second < self.now_secs {
            return;
        }
        self.now_secs = second;
        self.first_secs.get_or_insert(second);
        self.revision += 1;
        let revision = self.revision;
        for group in &profile.groups {
            let level = Level::of(group);
            let has_room = self.groups.len() < MAX_TRACKS;
            match self.groups.get_mut(&group.id) {
                Some(followed) => {
                    followed.revision = revision;
                    followed.track.set(second, level);
                    if group.count > 0 || followed.group.count == 0 {
                        followed.group = Arc::clone(group);
                    }
                }
                None if has_room => {
                    let mut track = Track::default();
                    track.set(second, level);
                    let group = Arc::clone(group);
                    let followed = Followed { group, track, filled: false, revision };
                    self.groups.insert(followed.group.id, followed);
                }
                None => {}
            }
        }
        let oldest = second.saturating_sub(KEEP_SECS);
        self.groups.retain(|_, Followed { track, revision: seen, .. }| {
            if *seen != revision {
                track.set(second, Level::default());
            }
            track.forget_before(oldest);
            *seen == revision || track.has_changed()
        });
        self.totals.record(second, profile, oldest);
    }

    /// Groups of which the agent has not been asked yet what was before.
    pub fn unfilled(&self) -> impl Iterator<Item = GroupId> {
        let unfilled = self.groups.iter().filter(|(_, followed)| !followed.filled);
        unfilled.map(|(group, _)| *group).filter(|_| !self.unanswerable)
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
        self.unanswerable = page.is_none();
        let is_of_group = |page: &HistoryPage| {
            page.series.iter().any(|series| matches!(series.subject, Subject::Group(_)))
        };
        // One that says nothing of all tasks has nothing to say of them.
        self.totals.filled |= page.is_some_and(|page| !is_of_group(page));
        for series in page.iter().flat_map(|page| &page.series) {
            match series.subject {
                Subject::Group(group) => {
                    let Some(followed) = self.groups.get_mut(&group) else { continue };
                    followed.filled = true;
                    followed.track.fill(series);
                }
                Subject::State(state) => self.totals.fill(state, series),
            }
            if series.steps > 0 {
                let from = series.from_ms / 1_000;
                self.first_secs = self.first_secs.map(|first| first.min(from));
            }
        }
    }

    /// A new connection: of the time without one the agent knows more.
    pub fn reconnected(&mut self) {
        self.unanswerable = false;
        self.totals.filled = false;
        self.groups.values_mut().for_each(|followed| followed.filled = false);
    }

    /// The first second of which something is known, and the latest.
    pub fn known(&self) -> Option<(u64, u64)> {
        let oldest = self.now_secs.saturating_sub(KEEP_SECS);
        self.first_secs.map(|first| (first.max(oldest), self.now_secs))
    }

    /// The stretch that is known and worth drawing.
    pub fn window(&self, steps: usize) -> Window {
        let known = self.first_secs.map_or(0, |first| self.now_secs - first);
        let span_secs = known.clamp(SHORTEST_SECS, KEEP_SECS);
        let gaps = (steps as u64).saturating_sub(1).max(1);
        let first = self.first_secs.unwrap_or(self.now_secs);
        let second = |behind| self.now_secs.checked_sub(behind * span_secs / gaps);
        let known = (0..steps as u64).rev().filter_map(second).filter(|second| *second >= first);
        Window { span_secs, seconds: known.collect() }
    }

    /// Adds what a group had `of` something over the window to `sums`, one for each step.
    pub fn add_to(
        &self,
        group: GroupId,
        window: &Window,
        of: impl Fn(Level) -> u64,
        sums: &mut [u64],
    ) {
        let Some(followed) = self.groups.get(&group) else { return };
        for (level, sum) in followed.track.along(&window.seconds).zip(sums) {
            *sum = sum.saturating_add(of(level));
        }
    }

    /// What there was of the tasks in a state over the window.
    pub fn of_state(&self, state: State, window: &Window) -> Box<[Level]> {
        self.totals.of(state).along(&window.seconds).collect()
    }

    /// The resident memory of the process over the window, where it was seen.
    pub fn memory(&self, window: &Window) -> Box<[Option<u64>]> {
        window.seconds.iter().map(|second| self.totals.memory_at(*second)).collect()
    }

    /// What is known of all tasks together.
    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The groups that had something at that second, as they were seen last; with what they had then
    /// and a minute before.
    pub(super) fn at(&self, second: u64) -> impl Iterator<Item = (&Arc<Group>, Level, Level)> {
        let minute_ago = second.checked_sub(60).filter(|ago| self.first_secs <= Some(*ago));
        self.groups.values().filter_map(move |Followed { group, track, .. }| {
            let then = track.at(second).unwrap_or_default();
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
mod tests {
    use taskscope_proto::model::{Point, Series};

    use super::*;
    use crate::fixture;

    fn record(history: &mut History, second: u64, lines: &[&str]) {
        let mut profile = fixture::profile(lines);
        profile.header.now_ms = second * 1_000;
        history.record(&profile);
    }

    fn series(history: &History, group: u64, steps: usize) -> Vec<u64> {
        let window = history.window(steps);
        let mut sums = vec![0; window.seconds.len()];
        history.add_to(GroupId(group), &window, |level| level.count, &mut sums);
        sums
    }

    #[test]
    fn bytes_have_a_past_of_their_own_even_when_the_tasks_have_ended() {
        let mut history = History::default();
        record(&mut history, 100, &["3 parked live=30 < a:1"]);
        record(&mut history, 130, &["0 finished live=50 < a:1"]);
        record(&mut history, 160, &["0 finished live=50 < a:1"]);
        let bytes = |history: &History| {
            let window = history.window(4);
            let mut sums = vec![0; window.seconds.len()];
            history.add_to(GroupId(1), &window, |level| level.bytes, &mut sums);
            sums
        };
        assert_eq!(
            (bytes(&history), series(&history, 1, 4)),
            (vec![30, 30, 50, 50], vec![3, 3, 0, 0])
        );
        let remembered = [10, 20].map(|live_bytes| Point { live_bytes, ..Point::default() });
        let series = vec![Series::new(Subject::Group(GroupId(1)), 100_000, &remembered)];
        history.take_in(1, Some(&HistoryPage { series, ..HistoryPage::default() }));
        assert_eq!(bytes(&history), [10, 30, 50, 50], "what the agent knows of the first seconds");
    }

    #[test]
    fn a_group_has_the_count_of_its_latest_change() {
        let mut history = History::default();
        record(&mut history, 100, &["3 parked < a:1"]);
        record(&mut history, 120, &["5 parked < a:1"]);
        record(&mut history, 160, &["5 parked < a:1", "7 parked < a:2"]);
        assert_eq!(series(&history, 1, 4), [3, 5, 5, 5]);
        assert_eq!(series(&history, 2, 4), [0, 0, 0, 7]);
    }

    #[test]
    fn a_group_that_is_gone_counts_zero_and_is_forgotten_after_ten_minutes() {
        let mut history = History::default();
        record(&mut history, 100, &["3 parked < a:1"]);
        record(&mut history, 130, &[]);
        assert_eq!(series(&history, 1, 3), [3, 0], "nothing is known of 60 s ago");
        record(&mut history, 729, &[]);
        assert!(!history.is_empty());
        record(&mut history, 731, &[]);
        assert!(history.is_empty());
    }

    fn remembered(history: &mut History, from: u64, counts: &[u64]) {
        let point = |count: &u64| Point { count: *count, stuck: 0, live_bytes: 0 };
        let points: Vec<Point> = counts.iter().map(point).collect();
        let series = vec![Series::new(Subject::Group(GroupId(1)), from * 1_000, &points)];
        history.take_in(1, Some(&HistoryPage { series, ..HistoryPage::default() }));
    }

    #[test]
    fn what_the_agent_remembers_comes_before_what_was_seen() {
        let mut history = History::default();
        record(&mut history, 100, &["5 parked < a:1"]);
        assert_eq!(history.unfilled().collect::<Vec<_>>(), [GroupId(1)]);
        assert_eq!(series(&history, 1, 4), [5]);
        remembered(&mut history, 40, &[[1; 20], [2; 20], [4; 20]].concat());
        assert_eq!(history.unfilled().count(), 0);
        assert_eq!(series(&history, 1, 4), [1, 2, 4, 5]);
        // What is seen from then on goes on from there.
        record(&mut history, 120, &["7 parked < a:1"]);
        assert_eq!(series(&history, 1, 5), [1, 2, 4, 5, 7]);
    }

    #[test]
    fn the_time_without_a_connection_is_filled_at_the_next_one() {
        let mut history = History::default();
        record(&mut history, 100, &["5 parked < a:1"]);
        remembered(&mut history, 100, &[5]);
        record(&mut history, 110, &["5 parked < a:1"]);
        history.reconnected();
        record(&mut history, 160, &["9 parked < a:1"]);
        assert_eq!(series(&history, 1, 4), [5, 5, 5, 9], "as far as the viewer knows");
        assert_eq!(history.unfilled().count(), 1);
        remembered(&mut history, 100, &[[5; 20], [6; 20], [8; 20]].concat());
        assert_eq!(series(&history, 1, 4), [5, 6, 8, 9]);
    }

    #[test]
    fn an_agent_that_remembers_nothing_is_asked_once_a_connection() {
        let mut history = History::default();
        record(&mut history, 100, &["5 parked < a:1"]);
        history.take_in(1, None);
        assert_eq!(history.unfilled().count(), 0);
        history.reconnected();
        assert_eq!(history.unfilled().count(), 1);
    }

    #[test]
    fn a_count_that_changes_every_second_is_bounded_by_ten_minutes() {
        let mut history = History::default();
        let mut profile = fixture::profile(&["1 parked < a:1"]);
        for second in 0..2_000 {
            profile.header.now_ms = second * 1_000;
            Arc::make_mut(&mut profile.groups[0]).count = second;
            history.record(&profile);
        }
        assert!(history.groups[&GroupId(1)].track.changes() <= 601);
    }
}
