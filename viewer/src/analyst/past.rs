//! When to ask the agent what groups looked like before.

use std::time::Duration;

use taskscope_proto::limits::MAX_GROUPS_PER_HISTORY;
use taskscope_proto::model::HistoryQuery;

use crate::clock::Moment;
use crate::connect::HistoryRequest;
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
}

impl Past {
    /// The question to ask now, if one is due: of the first of the histories that lacks something.
    pub(super) fn due<'a>(
        &mut self,
        histories: impl IntoIterator<Item = &'a History> + Clone,
        now: Moment,
    ) -> Option<HistoryRequest> {
        let answered = histories.clone().into_iter().any(|known| known.answered() == self.ticket);
        let wait = if answered { PAUSE } else { PATIENCE };
        if self.asked_at.is_some_and(|at| now.saturating_sub(at) < wait) {
            return None;
        }
        let query = histories.into_iter().find_map(question)?;
        self.ticket += 1;
        self.asked_at = Some(now);
        Some(HistoryRequest { ticket: self.ticket, query })
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
