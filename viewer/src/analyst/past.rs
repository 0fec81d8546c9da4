//! When to ask the agent what groups looked like before.

use std::time::Duration;

use taskscope_proto::limits::MAX_GROUPS_PER_HISTORY;
use taskscope_proto::model::{HistoryQuery, Resolution};

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
    /// Another target: nothing was asked.
    pub(super) fn forget(&mut self) {
        self.asked_at = None;
    }

    /// The question to ask now, if one is due.
    pub(super) fn due(&mut self, history: &History, now: Moment) -> Option<HistoryRequest> {
        let wait = if history.answered() == self.ticket { PAUSE } else { PATIENCE };
        if self.asked_at.is_some_and(|at| now.saturating_sub(at) < wait) {
            return None;
        }
        // No groups mean all tasks: the picture of the whole comes first.
        let totals = history.lacks_totals();
        let most = if totals { 0 } else { MAX_GROUPS_PER_HISTORY };
        let groups: Vec<_> = history.unfilled().take(most).collect();
        if groups.is_empty() && !totals {
            return None;
        }
        self.ticket += 1;
        self.asked_at = Some(now);
        let resolution = Resolution::Second;
        let query = HistoryQuery { groups, resolution, ..HistoryQuery::default() };
        Some(HistoryRequest { ticket: self.ticket, query })
    }
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::{HistoryPage, Point, Series, State, Subject};

    use super::*;
    use crate::fixture;

    #[test]
    fn all_tasks_are_asked_about_first() {
        let mut history = History::default();
        let mut past = Past::default();
        history.record(&fixture::profile(&["3 parked < a:1"]));
        let asked = |past: &mut Past, history: &History, secs| {
            past.due(history, Duration::from_secs(secs)).map(|asked| asked.query.groups.len())
        };
        assert_eq!(asked(&mut past, &history, 0), Some(0));
        let series = vec![Series::new(Subject::State(State::Parked), 0, &[Point::default()])];
        history.take_in(1, Some(&HistoryPage { series, ..HistoryPage::default() }));
        assert_eq!(asked(&mut past, &history, 1), Some(1));
    }

    #[test]
    fn each_group_is_asked_about_once_and_again_when_no_answer_comes() {
        let mut history = History::default();
        let mut past = Past::default();
        let secs = Duration::from_secs;
        assert_eq!(past.due(&history, secs(0)), None);
        history.record(&fixture::profile(&["3 parked < a:1", "3 parked < a:2"]));
        let series = vec![Series::new(Subject::State(State::Parked), 0, &[Point::default()])];
        history.take_in(0, Some(&HistoryPage { series, ..HistoryPage::default() }));
        assert_eq!(past.due(&history, secs(0)).map(|asked| asked.query.groups.len()), Some(2));
        assert_eq!(past.due(&history, secs(9)), None);
        assert_eq!(past.due(&history, secs(10)).map(|asked| asked.ticket), Some(2));
        history.take_in(2, None);
        assert_eq!(past.due(&history, secs(30)), None);
    }
}
