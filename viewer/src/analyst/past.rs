//! When to ask the agent what groups looked like before.

use std::time::Duration;

use taskscope_proto::limits::MAX_GROUPS_PER_HISTORY;
use taskscope_proto::model::HistoryQuery;

use crate::clock::Moment;
use crate::connect::HistoryRequest;
use crate::screen::Asking;
use crate::store::History;

/// How long to wait for an answer before asking again.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two questions: groups that are new every moment are asked about together.
const PAUSE: Duration = Duration::from_secs(1);

/// The questions of one connection.
#[derive(Debug, Default)]
pub(super) struct Past {
    ticket: u64,
    asked_at: Option<Moment>,
    /// Since when an answer is waited for, if one is.
    since: Option<Moment>,
    /// Somebody did not want to wait any longer.
    cancelled: bool,
}

impl Past {
    /// The question to ask now, if one is due: of the first of the histories that lacks something.
    pub(super) fn due<'a>(
        &mut self,
        histories: impl IntoIterator<Item = &'a History> + Clone,
        now: Moment,
    ) -> Option<HistoryRequest> {
        let answered = histories.clone().into_iter().any(|known| known.answered() == self.ticket);
        if answered {
            // Whoever answers after all can be asked again.
            (self.since, self.cancelled) = (None, false);
        }
        if self.cancelled {
            return None;
        }
        let wait = if answered { PAUSE } else { PATIENCE };
        if self.asked_at.is_some_and(|at| now.saturating_sub(at) < wait) {
            return None;
        }
        let query = histories.into_iter().find_map(question)?;
        self.ticket += 1;
        self.asked_at = Some(now);
        self.since.get_or_insert(now);
        Some(HistoryRequest { ticket: self.ticket, query })
    }

    /// What is asked for, and not answered yet.
    pub(super) fn asking(&self) -> Option<Asking> {
        let what = "the past of the groups";
        self.since.map(|since| Asking { what, since, cancelled: self.cancelled })
    }

    /// Waits no longer for an answer, and asks nothing more.
    pub(super) fn cancel(&mut self) {
        self.cancelled = self.since.is_some();
    }

    /// Asks again for what was cancelled.
    pub(super) fn resume(&mut self) {
        if std::mem::take(&mut self.cancelled) {
            (self.asked_at, self.since) = (None, None);
        }
    }
}

/// What a history lacks. No groups mean all tasks: the picture of the whole comes first.
fn question(history: &History) -> Option<HistoryQuery> {
    let totals = history.lacks_totals();
    let most = if totals { 0 } else { MAX_GROUPS_PER_HISTORY };
    let groups: Vec<_> = history.unfilled().take(most).collect();
    let resolution = history.resolution();
    let query = HistoryQuery { groups, resolution, ..HistoryQuery::default() };
    (totals || !query.groups.is_empty()).then_some(query)
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::{HistoryPage, Point, Resolution, Series, State, Subject};

    use super::*;
    use crate::fixture;

    #[test]
    fn all_tasks_are_asked_about_first() {
        let mut history = History::default();
        let mut past = Past::default();
        history.record(&fixture::profile(&["3 parked < a:1"]));
        let asked = |past: &mut Past, history: &History, secs| {
            past.due([history], Duration::from_secs(secs)).map(|asked| asked.query.groups.len())
        };
        assert_eq!(asked(&mut past, &history, 0), Some(0));
        let series = vec![Series::new(Subject::State(State::Parked), 0, &[Point::default()])];
        history.take_in(1, Some(&HistoryPage { series, step_ms: 1_000, ..HistoryPage::default() }));
        assert_eq!(asked(&mut past, &history, 1), Some(1));
    }

    #[test]
    fn the_day_is_asked_about_when_nothing_is_left_to_ask_of_the_minutes() {
        let (mut minutes, mut day) = (History::default(), History::of_a_day());
        let mut past = Past::default();
        let profile = fixture::profile(&["3 parked < a:1"]);
        minutes.record(&profile);
        day.record(&profile);
        minutes.take_in(0, None);
        let asked = past.due([&minutes, &day], Duration::ZERO);
        let asked = asked.map(|asked| (asked.ticket, asked.query.resolution));
        assert_eq!(asked, Some((1, Resolution::Minute)));
        assert_eq!(past.due([&minutes, &day], Duration::from_secs(5)), None);
        day.take_in(1, None);
        assert_eq!(past.due([&minutes, &day], Duration::from_secs(20)), None);
    }

    #[test]
    fn who_does_not_want_to_wait_is_asked_nothing_more_until_they_try_again() {
        let mut history = History::default();
        history.record(&fixture::profile(&["3 parked < a:1"]));
        let mut past = Past::default();
        let secs = Duration::from_secs;
        assert_eq!(past.asking(), None);
        assert!(past.due([&history], secs(1)).is_some());
        assert!(past.due([&history], secs(12)).is_some(), "no answer came");
        let asking = |past: &Past| past.asking().map(|asking| (asking.since, asking.cancelled));
        assert_eq!(asking(&past), Some((secs(1), false)));
        past.cancel();
        assert_eq!((asking(&past), past.due([&history], secs(40))), (Some((secs(1), true)), None));
        let late = vec![Series::new(Subject::State(State::Parked), 0, &[Point::default()])];
        let late = HistoryPage { series: late, step_ms: 1_000, ..HistoryPage::default() };
        let mut other = History::default();
        other.record(&fixture::profile(&["3 parked < a:1"]));
        let mut patient =
            Past { ticket: 7, since: Some(secs(1)), cancelled: true, ..Past::default() };
        other.take_in(7, Some(&late));
        assert!(patient.due([&other], secs(3)).is_some(), "an answer came after all");
        past.resume();
        assert!(past.due([&history], secs(41)).is_some());
        assert_eq!(asking(&past), Some((secs(41), false)));
        history.take_in(3, None);
        assert_eq!((past.due([&history], secs(42)), asking(&past)), (None, None));
        past.cancel();
        assert_eq!(asking(&past), None, "there is nothing to cancel");
    }

    #[test]
    fn each_group_is_asked_about_once_and_again_when_no_answer_comes() {
        let mut history = History::default();
        let mut past = Past::default();
        let secs = Duration::from_secs;
        assert_eq!(past.due([&history], secs(0)), None);
        history.record(&fixture::profile(&["3 parked < a:1", "3 parked < a:2"]));
        let series = vec![Series::new(Subject::State(State::Parked), 0, &[Point::default()])];
        history.take_in(0, Some(&HistoryPage { series, step_ms: 1_000, ..HistoryPage::default() }));
        assert_eq!(past.due([&history], secs(0)).map(|asked| asked.query.groups.len()), Some(2));
        assert_eq!(past.due([&history], secs(9)), None);
        assert_eq!(past.due([&history], secs(10)).map(|asked| asked.ticket), Some(2));
        history.take_in(2, None);
        assert_eq!(past.due([&history], secs(30)), None);
    }
}
