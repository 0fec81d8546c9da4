//! How many tasks there were before anybody watched, as the agent tells it.

use std::collections::BTreeMap;

use taskscope_proto::model::{HistoryPage, Resolution, Subject};

use super::At;
use super::trend::Sample;

/// What is known so far: of ten minutes by the second, of a day by the minute.
#[derive(Debug, Default)]
pub(super) struct Past {
    seconds: Vec<Sample>,
    minutes: Vec<Sample>,
}

impl Past {
    /// Takes in an answer that came at this time. All that is known before it then, the coarse first; `None`
    /// if the answer is about something else than all tasks.
    pub(super) fn take_in(
        &mut self,
        resolution: Resolution,
        page: &HistoryPage,
        at: At,
    ) -> Option<Vec<Sample>> {
        let samples = samples(page, at);
        if samples.is_empty() {
            return None;
        }
        match resolution {
            Resolution::Second => self.seconds = samples,
            Resolution::Minute => self.minutes = samples,
        }
        let from = self.seconds.first().map_or(f64::INFINITY, |first| first.0);
        let coarse = self.minutes.iter().filter(|sample| sample.0 < from);
        Some(coarse.chain(&self.seconds).copied().collect())
    }
}

/// The tasks in all states together, step by step, of the steps of which all is known.
fn samples(page: &HistoryPage, at: At) -> Vec<Sample> {
    let of_states = || page.series.iter().filter(|s| matches!(s.subject, Subject::State(_)));
    let from = of_states().map(|series| series.from_ms).max().unwrap_or(0);
    let mut sums: BTreeMap<u64, u64> = BTreeMap::new();
    for series in of_states() {
        for (step, point) in (0_u64..).zip(series.points()) {
            let then = series.from_ms.saturating_add(step.saturating_mul(page.step_ms));
            if (from..=page.now_ms).contains(&then) {
                let sum = sums.entry(then).or_default();
                *sum = sum.saturating_add(point.count);
            }
        }
    }
    let now = at.moment.as_secs_f64();
    let ago = |then| (page.now_ms - then) as f64 / 1_000.0;
    sums.into_iter().map(|(then, sum)| (now - ago(then), sum as f64)).collect()
}
