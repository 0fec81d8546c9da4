//! How suspicious a row looks, from counts and ages alone.
//!
//! This is a first impression for the order of rows and their warmth, not a verdict: it knows
//! neither proofs nor survivors.

use taskscope_proto::model::{Group, Tree, WaitKind};

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

/// Whether a task that waits like this for hours does just what its author meant: a timer, or a
/// listener that nobody calls.
pub fn idle_by_nature(tree: &Tree) -> bool {
    let idle = |kind: &WaitKind| kind.is_timer() || *kind == WaitKind::Accept;
    !tree.wait_kinds.is_empty() && tree.wait_kinds.iter().all(idle)
}

/// How many tasks of a group are stuck where nobody means to wait for long.
pub(super) fn suspicious(group: &Group) -> u64 {
    if group.tree.as_deref().is_some_and(idle_by_nature) { 0 } else { group.stuck }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
