//! From those that wait to those at the root of it.
//!
//! Groups wait for groups: for who holds a lock, for who should receive, for who should end. Each
//! group is followed along what most of its tasks wait for, until a group waits for nobody that is
//! known (the root), or a group comes up again (a cycle).

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use taskscope_proto::limits::MAX_CHAIN;
use taskscope_proto::model::GroupId;

type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// Tasks of a group wait for tasks of another one, or of the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: GroupId,
    pub(crate) to: GroupId,
    /// How many tasks wait so.
    pub(crate) tasks: u64,
}

/// Who is at the root of what.
#[derive(Debug, Default)]
pub(crate) struct Blame {
    /// Where most tasks of a group wait for, and how many do.
    next: Map<GroupId, (GroupId, u64)>,
    waiting: Map<GroupId, u64>,
}

impl Blame {
    /// Follows these edges. Costs [`MAX_CHAIN`] steps a group at most.
    pub(crate) fn of(edges: &[Edge]) -> Self {
        let mut tasks: Map<(GroupId, GroupId), u64> = Map::default();
        for edge in edges {
            *tasks.entry((edge.from, edge.to)).or_default() += edge.tasks;
        }
        let mut next: Map<GroupId, (GroupId, u64)> = Map::default();
        for ((from, to), tasks) in tasks {
            let best = next.entry(from).or_insert((to, tasks));
            // Of equals the smaller id, so that nothing depends on the table's order.
            if (tasks, std::cmp::Reverse(to)) > (best.1, std::cmp::Reverse(best.0)) {
                *best = (to, tasks);
            }
        }
        let mut blame = Self { next, waiting: Map::default() };
        let groups: Vec<(GroupId, u64)> =
            blame.next.iter().map(|(from, (_, tasks))| (*from, *tasks)).collect();
        for (from, tasks) in groups {
            let mut chain = blame.chain(from);
            chain.sort_unstable();
            chain.dedup();
            for group in chain.into_iter().filter(|group| *group != from) {
                let waiting = blame.waiting.entry(group).or_default();
                *waiting = waiting.saturating_add(tasks);
            }
        }
        blame
    }

    /// From the group (left out) to the root, at most [`MAX_CHAIN`] groups. If it is a cycle the
    /// last one is the group itself, or stands in the chain before.
    pub(crate) fn chain(&self, from: GroupId) -> Vec<GroupId> {
        let mut chain: Vec<GroupId> = Vec::new();
        let mut at = from;
        while let Some((to, _)) = self.next.get(&at).filter(|_| chain.len() < MAX_CHAIN) {
            let again = *to == from || chain.contains(to);
            chain.push(*to);
            if again {
                break;
            }
            at = *to;
        }
        chain
    }

    /// How many tasks of other groups wait for those of this one, directly or through others.
    pub(crate) fn waiting_for(&self, group: GroupId) -> u64 {
        self.waiting.get(&group).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(edges: &[(u64, u64, u64)], from: u64, chain: &[u64], waiting: u64) {
        let edge = |(from, to, tasks): &(u64, u64, u64)| Edge {
            from: GroupId(*from),
            to: GroupId(*to),
            tasks: *tasks,
        };
        let blame = Blame::of(&edges.iter().map(edge).collect::<Vec<_>>());
        let found: Vec<u64> = blame.chain(GroupId(from)).iter().map(|group| group.0).collect();
        assert_eq!(found, chain, "{edges:?}");
        assert_eq!(blame.waiting_for(GroupId(from)), waiting, "{edges:?}");
    }

    #[test]
    fn a_chain_ends_at_who_waits_for_nobody() {
        let edges = [(1, 2, 8), (2, 3, 1), (4, 3, 2)];
        check(&edges, 1, &[2, 3], 0);
        check(&edges, 2, &[3], 8);
        check(&edges, 3, &[], 11);
    }

    #[test]
    fn most_tasks_show_the_way_and_of_equals_the_older_group() {
        check(&[(1, 2, 3), (1, 3, 2), (1, 3, 2)], 1, &[3], 0);
        check(&[(1, 3, 2), (1, 2, 2)], 1, &[2], 0);
    }

    #[test]
    fn a_cycle_is_walked_once() {
        check(&[(1, 2, 5), (2, 1, 7)], 1, &[2, 1], 7);
        check(&[(1, 1, 5)], 1, &[1], 0);
        check(&[(1, 2, 5), (2, 3, 1), (3, 2, 1)], 1, &[2, 3, 2], 0);
        check(&[(1, 2, 5), (2, 3, 1), (3, 2, 1)], 2, &[3, 2], 6);
    }

    #[test]
    fn a_chain_without_an_end_in_sight_is_cut() {
        let edges: Vec<(u64, u64, u64)> = (1..100).map(|at| (at, at + 1, 1)).collect();
        let chain: Vec<u64> = (2..2 + MAX_CHAIN as u64).collect();
        check(&edges, 1, &chain, 0);
    }
}
