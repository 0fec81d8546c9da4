//! How suspicious a row is: what the agent's verdicts say of it, and how warm it looks.

use std::cmp::Reverse;
use std::sync::Arc;

use taskscope_proto::model::{Class, Group, Profile, State, WaitKind};

use super::Whole;
use super::whole::whole_groups;

/// How suspicious a row is. Later means more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Heat {
    /// Nothing to see.
    #[default]
    Calm,
    /// It grows, and nothing in it is stuck (yet).
    Growing,
    /// Something in it is stuck.
    Stuck,
    /// Something in it is stuck, and it grows.
    Piling,
}

impl Heat {
    /// For people, and for those who do not see colours.
    pub fn words(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Growing => "growing",
            Self::Stuck => "stuck",
            Self::Piling => "stuck and growing",
        }
    }

    /// The same, of tasks whose bytes grow.
    #[must_use]
    pub fn and_growing(self) -> Self {
        match self {
            Self::Calm | Self::Growing => Self::Growing,
            Self::Stuck | Self::Piling => Self::Piling,
        }
    }

    /// The same, of tasks with such a verdict.
    #[must_use]
    pub fn and_class(self, class: Class) -> Self {
        match class {
            Class::Normal => self,
            Class::Slow => self.max(Self::Stuck),
            Class::Suspect | Class::Proven => Self::Piling,
        }
    }

    /// Judges counts: living tasks, those of them that count as stuck, and the growth in a minute.
    pub fn of(count: u64, suspicious: u64, growth: i64) -> Self {
        let enough = i64::try_from(count / 20).unwrap_or(i64::MAX).max(2);
        match (suspicious > 0, growth >= enough) {
            (false, false) => Self::Calm,
            (false, true) => Self::Growing,
            (true, false) => Self::Stuck,
            (true, true) => Self::Piling,
        }
    }
}

/// What the verdicts of some groups add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The worst class.
    pub class: Class,
    /// Why, of the most suspicious group of that class.
    pub reason: Arc<str>,
    /// How many tasks the verdicts of that class are about.
    pub tasks: u64,
    /// Since when the first of them is so, agent's clock.
    pub since_ms: u64,
    /// The points of all groups. Rows are ordered by class, then by these.
    pub points: u64,
    /// How many tasks of other groups wait for these: of the group for which most do.
    pub waiting_for_it: u64,
    /// Stuck on something of the service's own.
    pub own_stuck: u64,
    /// Points of the group that the reason is of.
    worst: u64,
}

impl Finding {
    /// Takes one more group in.
    pub fn add(&mut self, group: &Group) {
        let verdict = &group.verdict;
        self.points = self.points.saturating_add(verdict.points);
        self.waiting_for_it = self.waiting_for_it.max(group.waiting_for_it);
        let kinds = waits_for(group);
        if kinds.is_empty() || !kinds.iter().all(waits_outside) {
            self.own_stuck = self.own_stuck.saturating_add(group.stuck);
        }
        if verdict.class < self.class || verdict.class == Class::Normal {
            return;
        }
        if verdict.class > self.class {
            (self.class, self.tasks, self.since_ms, self.worst) = (verdict.class, 0, u64::MAX, 0);
            self.reason = Arc::default();
        }
        self.tasks = self.tasks.saturating_add(verdict.tasks);
        self.since_ms = self.since_ms.min(verdict.since_ms);
        if self.reason.is_empty() || verdict.points > self.worst {
            self.worst = verdict.points;
            self.reason = Arc::clone(&verdict.reason);
        }
    }
}

/// Whether it is up to the world outside when such a wait ends: a timer, a caller, a peer.
pub fn waits_outside(kind: &WaitKind) -> bool {
    kind.is_timer() || matches!(kind, WaitKind::Accept | WaitKind::IoRead)
}

fn waits_for(group: &Group) -> &[WaitKind] {
    let tree = group.tree.as_ref().filter(|_| group.state == State::Parked);
    tree.map_or(&[], |tree| &tree.wait_kinds)
}

/// How many more tasks there are than a minute ago.
pub(super) fn growth(group: &Group) -> i64 {
    let growth = i128::from(group.count) - i128::from(group.count_minute_ago);
    i64::try_from(growth).unwrap_or(if growth < 0 { i64::MIN } else { i64::MAX })
}

/// The groups that have tasks, or of which bytes are left, most suspicious first: by the class of
/// their verdict, its points, then the most tasks, then the oldest.
pub fn most_suspicious_first(profile: &Profile) -> Vec<Whole> {
    let mut groups = whole_groups(profile);
    groups.sort_by_cached_key(|Whole { group, .. }| {
        let verdict = Reverse((group.verdict.class, group.verdict.points));
        (verdict, Reverse(group.count), group.oldest_since_ms, group.id)
    });
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn heat_rises_from_growing_to_stuck_to_both() {
        for (count, stuck, growth, expected) in [
            (100, 0, 0, Heat::Calm),
            (100, 0, 4, Heat::Calm),
            (100, 0, 5, Heat::Growing),
            (3, 0, 1, Heat::Calm),
            (3, 1, 0, Heat::Stuck),
            (3, 1, -2, Heat::Stuck),
            (3, 1, 2, Heat::Piling),
        ] {
            assert_eq!(Heat::of(count, stuck, growth), expected, "{count} {stuck} {growth}");
        }
        assert_eq!(Heat::Growing.and_class(Class::Slow), Heat::Stuck);
        assert_eq!(Heat::Calm.and_class(Class::Suspect), Heat::Piling);
        assert_eq!(Heat::Stuck.and_class(Class::Normal), Heat::Stuck);
    }

    #[test]
    fn a_worse_class_comes_before_more_points() {
        let profile = fixture::profile(&[
            "9 parked points=900 t=busy @ src/a.rs:1 mutex < src/m.rs:1",
            "1 parked class=proven points=10 t=dead @ src/a.rs:2 mutex < src/m.rs:2",
            "8 parked class=suspect points=80 t=leak @ src/a.rs:3 mpsc_send < src/m.rs:3",
            "7 parked points=901 t=busier @ src/a.rs:4 mutex < src/m.rs:4",
        ]);
        let wholes = most_suspicious_first(&profile);
        let labels = wholes.iter().filter_map(|whole| whole.group.labels.iter().next());
        let order: Vec<&str> = labels.map(|label| &*label.value).collect();
        assert_eq!(order, ["dead", "leak", "busier", "busy"]);
    }

    #[test]
    fn a_row_says_the_worst_of_its_groups_and_why() {
        let profile = fixture::profile(&[
            "9 parked points=900 t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "5 parked class=slow about=5 points=50 t=a @ src/a.rs:2 mutex < src/m.rs:1",
            "4 parked class=suspect about=3 points=40 t=a @ src/a.rs:3 mutex < src/m.rs:1",
            "8 parked class=suspect about=8 points=80 t=a @ src/a.rs:4 mutex < src/m.rs:1",
        ]);
        let mut finding = Finding::default();
        profile.groups.iter().for_each(|group| finding.add(group));
        assert_eq!((finding.class, finding.tasks, finding.points), (Class::Suspect, 11, 1_070));
        assert_eq!(&*finding.reason, "suspect of group 4");
    }
}
