//! How many tasks there were before, and what the process took up.

use taskscope_proto::model::Profile;

use crate::store::LIVING;

/// What there was at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PastPoint {
    /// When, agent's clock, milliseconds.
    pub at_ms: u64,
    /// The tasks in each state, as in [`LIVING`].
    pub states: [u64; LIVING.len()],
    /// How many of them were in their state for longer than the threshold.
    pub stuck: u64,
    /// Resident bytes, if they are known.
    pub memory: Option<u64>,
}

impl PastPoint {
    /// What this state says.
    pub fn of(profile: &Profile) -> Self {
        let header = &profile.header;
        let tracked = profile.groups.iter().filter(|group| group.tracked);
        Self {
            at_ms: header.now_ms,
            states: LIVING.map(|state| header.totals.of(state)),
            stuck: tracked.fold(0, |sum, group| sum.saturating_add(group.stuck)),
            memory: header.rss_bytes,
        }
    }

    /// All tasks.
    pub(super) fn alive(&self) -> u64 {
        self.states.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Of two moments of one step the one with more tasks, with the most of what else there was.
    fn and(self, other: Self) -> Self {
        let more = if other.alive() >= self.alive() { other } else { self };
        let (stuck, memory) = (self.stuck.max(other.stuck), self.memory.max(other.memory));
        Self { stuck, memory, ..more }
    }
}

/// At most so many of them and the last one: the highest of each of as many equal steps.
pub(super) fn thinned(points: &[PastPoint], most: usize) -> Vec<PastPoint> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if points.len() <= most {
        return points.to_vec();
    }
    let step_ms = (last.at_ms.saturating_sub(first.at_ms) / most.max(1) as u64).max(1);
    let mut thin: Vec<(u64, PastPoint)> = Vec::with_capacity(most + 2);
    for point in points {
        let step = point.at_ms.saturating_sub(first.at_ms) / step_ms;
        match thin.last_mut() {
            Some((before, sum)) if *before == step => *sum = sum.and(*point),
            _ => thin.push((step, *point)),
        }
    }
    let mut thin: Vec<PastPoint> = thin.into_iter().map(|(_, point)| point).collect();
    if thin.last().is_some_and(|end| end.at_ms < last.at_ms) {
        thin.push(*last);
    }
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at_ms: u64, parked: u64, stuck: u64) -> PastPoint {
        PastPoint { at_ms, states: [parked, 0, 0, 0], stuck, memory: Some(parked) }
    }

    #[test]
    fn few_stay_and_of_many_the_highest_and_the_last_are_kept() {
        let few: Vec<PastPoint> = (0..5).map(|at| point(at, at, 0)).collect();
        assert_eq!(thinned(&few, 5), few);
        assert_eq!(thinned(&[], 5), []);
        let many: Vec<PastPoint> = (0..10_000)
            .map(|at| match at {
                4_321 => point(at, 900, 0),
                4_322 => point(at, 5, 77),
                _ => point(at, 10, 0),
            })
            .collect();
        let thin = thinned(&many, 100);
        assert!(thin.len() <= 102, "{}", thin.len());
        assert!(thin.is_sorted_by_key(|point| point.at_ms));
        let peak = thin.iter().max_by_key(|point| point.alive()).unwrap();
        assert_eq!((peak.at_ms, peak.alive(), peak.stuck), (4_321, 900, 77));
        assert_eq!(thin.last(), many.last());
    }
}
