//! What was before, of many: the numbers of tasks by state and the memory, added up.

use taskscope_proto::model::{HistoryPage, Point, Series, State, Subject};

/// The tasks by state and the memory of one process, on the common clock.
#[derive(Clone, Debug)]
pub(super) struct TotalsPast {
    /// What its agent remembers.
    pub(super) page: HistoryPage,
    /// When the process began.
    pub(super) began_ms: u64,
}

/// Whether a page says how many tasks there were in all.
pub(super) fn is_of_totals(page: &HistoryPage) -> bool {
    let states = |series: &Series| matches!(series.subject, Subject::State(_));
    page.series.iter().any(states)
}

/// The sums, over the stretch of which all of them tell: before a process began it had nothing.
pub(super) fn summed(parts: &[&TotalsPast]) -> Option<HistoryPage> {
    let step_ms = parts.first()?.page.step_ms;
    if step_ms == 0 || parts.iter().any(|part| part.page.step_ms != step_ms) {
        return None;
    }
    let states = State::ALL.into_iter().map(|state| sum(parts, Subject::State(state), step_ms));
    let mut series = states.collect::<Option<Vec<Series>>>()?;
    // Not every system says what a process takes up.
    series.extend(sum(parts, Subject::Process, step_ms));
    let now_ms = parts.iter().map(|part| part.page.now_ms).max()?;
    Some(HistoryPage { now_ms, step_ms, series })
}

fn sum(parts: &[&TotalsPast], subject: Subject, step_ms: u64) -> Option<Series> {
    let of = |part: &&TotalsPast| -> Option<Known> {
        let found = part.page.series.iter().find(|one| one.subject == subject)?;
        Some(Known::new(found, part.began_ms, step_ms))
    };
    let known: Vec<Known> = parts.iter().map(of).collect::<Option<_>>()?;
    let from = known.iter().map(|one| if one.is_whole { 0 } else { one.from }).max()?;
    let first = known.iter().map(|one| one.from).min()?;
    let (from, to) = (from.max(first), known.iter().map(Known::end).min()?);
    let at = |step: u64| {
        known.iter().fold(Point::default(), |sum, one| {
            let point = one.at(step);
            Point {
                count: sum.count.saturating_add(point.count),
                stuck: sum.stuck.saturating_add(point.stuck),
                live_bytes: sum.live_bytes.saturating_add(point.live_bytes),
            }
        })
    };
    let points: Vec<Point> = (from..to).map(at).collect();
    Some(Series::new(subject, from * step_ms, &points))
}

/// One process's tasks in a state, or its memory, step by step of the common clock.
struct Known {
    from: u64,
    points: Vec<Point>,
    /// It tells of all the time since the process began.
    is_whole: bool,
}

impl Known {
    fn new(series: &Series, began_ms: u64, step_ms: u64) -> Self {
        Self {
            from: series.from_ms / step_ms,
            points: series.points().collect(),
            is_whole: series.from_ms <= began_ms.saturating_add(2 * step_ms),
        }
    }

    fn end(&self) -> u64 {
        self.from + self.points.len() as u64
    }

    fn at(&self, step: u64) -> Point {
        let at = step.checked_sub(self.from).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.points.get(at)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `first second, counts` of the parked tasks of a process that began at a second.
    fn check(parts: &[(u64, u64, &[u64])], expected: Option<(u64, &[u64])>) {
        let past = |(began, from, counts): &(u64, u64, &[u64])| {
            let point =
                |count: &u64| Point { count: *count, live_bytes: 10 * count, ..Point::default() };
            let points: Vec<Point> = counts.iter().map(point).collect();
            let series = |subject| Series::new(subject, from * 1_000 + 300, &points);
            let subjects = State::ALL.map(Subject::State).into_iter().chain([Subject::Process]);
            let series = subjects.map(series).collect();
            let page = HistoryPage { now_ms: 0, step_ms: 1_000, series };
            TotalsPast { page, began_ms: began * 1_000 }
        };
        let parts: Vec<TotalsPast> = parts.iter().map(past).collect();
        let found = summed(&parts.iter().collect::<Vec<_>>());
        let found = found.map(|page| {
            let [first, .., process] = &*page.series else { panic!("{page:?}") };
            assert_eq!((process.subject, process.from_ms), (Subject::Process, first.from_ms));
            assert!(process.points().eq(first.points()));
            assert!(first.points().all(|point| point.live_bytes == 10 * point.count));
            (first.from_ms / 1_000, first.points().map(|point| point.count).collect::<Vec<_>>())
        });
        assert_eq!(found, expected.map(|(from, counts)| (from, counts.to_vec())));
        // One of which the system does not say what it takes up.
        let mut parts = parts;
        let Some(first) = parts.first_mut() else { return };
        first.page.series.pop();
        let page = summed(&parts.iter().collect::<Vec<_>>()).expect("of the states");
        assert_eq!(page.series.len(), State::ALL.len());
    }

    #[test]
    fn sums_reach_as_far_back_as_all_of_them_tell() {
        check(&[], None);
        check(&[(0, 50, &[1, 2, 3])], Some((50, &[1, 2, 3])));
        check(&[(0, 50, &[1, 2, 3]), (0, 51, &[10, 20])], Some((51, &[12, 23])));
        // The second began only then: before it had nothing.
        check(&[(0, 50, &[1, 2, 3]), (51, 51, &[10, 20])], Some((50, &[1, 12, 23])));
    }
}
