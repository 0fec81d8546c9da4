//! Who waits for whom around a group, as a graph: who waits for it on the left, whom it waits for on
//! the right.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Class, Group, GroupId, Profile};

use super::blame::{does, find, name, relation, thing};

/// Groups that a graph shows; more would be a wall. The rest is counted.
pub const MOST_NODES: usize = 40;

/// The groups around one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitGraph {
    /// The groups; the first is the one that was asked for.
    pub nodes: Vec<WaitNode>,
    /// Who waits for whom.
    pub edges: Vec<WaitEdge>,
    /// Groups that there was no room for.
    pub left_out: usize,
    /// How many columns there are.
    pub columns: usize,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitNode {
    /// Which.
    pub group: GroupId,
    /// Its labels.
    pub name: String,
    /// What its tasks do.
    pub does: String,
    /// How many there are.
    pub tasks: u64,
    /// What is thought of it.
    pub class: Class,
    /// Counted from the left.
    pub column: usize,
    /// Counted from the top of its column.
    pub place: usize,
    /// It waits for itself, through others or not.
    pub in_cycle: bool,
}

/// A group waits for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitEdge {
    /// Where the one that waits is among the nodes.
    pub from: usize,
    /// Where the other is.
    pub to: usize,
    /// How many tasks wait.
    pub tasks: u64,
    /// For what, in a few words.
    pub label: String,
    /// For what, and what the other has to do with it.
    pub about: String,
    /// Both are in one cycle.
    pub in_cycle: bool,
}

/// Who could let a group go on.
struct Step {
    to: GroupId,
    tasks: u64,
    label: String,
    about: String,
}

/// The graph around a group; only the group itself where nothing is known.
pub fn wait_graph(profile: &Profile, centre: &Group) -> WaitGraph {
    let mut waiting: FxHashMap<GroupId, Vec<(GroupId, u64)>> = FxHashMap::default();
    for group in profile.groups.iter().filter(|group| group.count > 0) {
        for step in steps(group) {
            waiting.entry(step.to).or_default().push((group.id, step.tasks));
        }
    }
    let mut draft = Draft { profile, places: FxHashMap::default(), nodes: Vec::new(), left_out: 0 };
    draft.add(centre.id, 0);
    draft.spread(1, |group| steps(group).into_iter().map(|step| (step.to, step.tasks)).collect());
    draft.spread(-1, |group| waiting.get(&group.id).cloned().unwrap_or_default());
    draft.finish()
}

/// Whom the tasks of a group wait for, as far as that is known.
fn steps(group: &Group) -> Vec<Step> {
    let known = group.blockers.iter().filter_map(|blocker| {
        let to = blocker.holder?.group?;
        let (thing, relation) = (thing(blocker), relation(blocker));
        let label = blocker.kind.to_string();
        Some(Step { to, tasks: blocker.tasks, label, about: format!("{thing}, {relation}") })
    });
    let mut steps: Vec<Step> = known.collect();
    if let (true, Some(to)) = (group.blockers.is_empty(), group.chain.first()) {
        let about = "usually woken by".to_owned();
        steps.push(Step { to: *to, tasks: group.count, label: "woken by".to_owned(), about });
    }
    steps
}

/// A graph that grows from its centre.
struct Draft<'a> {
    profile: &'a Profile,
    places: FxHashMap<GroupId, usize>,
    /// With how far each is from the centre: to the left if below zero.
    nodes: Vec<(&'a Group, isize)>,
    left_out: usize,
}

impl Draft<'_> {
    /// Adds a group that is there, if there is room and it is new.
    fn add(&mut self, id: GroupId, distance: isize) {
        let Some(group) = find(self.profile, id).filter(|_| !self.places.contains_key(&id)) else {
            return;
        };
        if self.nodes.len() == MOST_NODES {
            self.left_out += 1;
            return;
        }
        self.places.insert(id, self.nodes.len());
        self.nodes.push((group, distance));
    }

    /// Follows `next` from all that are there, ring by ring, those with the most tasks first.
    fn spread(&mut self, by: isize, next: impl Fn(&Group) -> Vec<(GroupId, u64)>) {
        let mut ring: Vec<usize> = (0..self.nodes.len()).collect();
        while !ring.is_empty() {
            let from = self.nodes.len();
            for at in ring {
                let Some(&(group, distance)) = self.nodes.get(at) else { continue };
                let mut others = next(group);
                others.sort_unstable_by_key(|(id, tasks)| (Reverse(*tasks), *id));
                for (other, _) in others {
                    self.add(other, distance + by);
                }
            }
            ring = (from..self.nodes.len()).collect();
        }
    }

    fn finish(self) -> WaitGraph {
        let mut edges = Vec::new();
        for (from, (group, _)) in self.nodes.iter().enumerate() {
            for step in steps(group) {
                if let Some(&to) = self.places.get(&step.to) {
                    let Step { tasks, label, about, .. } = step;
                    edges.push(WaitEdge { from, to, tasks, label, about, in_cycle: false });
                }
            }
        }
        let reach = reach(self.nodes.len(), &edges);
        let reaches = |from: usize, to: usize| reach.get(from).is_some_and(|set| set.contains(&to));
        for edge in &mut edges {
            edge.in_cycle = reaches(edge.to, edge.from);
        }
        let leftmost = self.nodes.iter().map(|(_, distance)| *distance).min().unwrap_or(0);
        let mut filled: Vec<usize> = Vec::new();
        let mut nodes = Vec::with_capacity(self.nodes.len());
        for (at, (group, distance)) in self.nodes.iter().enumerate() {
            let column = usize::try_from(distance - leftmost).unwrap_or(0);
            filled.resize(filled.len().max(column + 1), 0);
            let place =
                filled.get_mut(column).map_or(0, |filled| std::mem::replace(filled, *filled + 1));
            nodes.push(WaitNode {
                group: group.id,
                name: name(group),
                does: does(group),
                tasks: group.count,
                class: group.verdict.class,
                column,
                place,
                in_cycle: reaches(at, at),
            });
        }
        WaitGraph { nodes, edges, left_out: self.left_out, columns: filled.len() }
    }
}

/// Which nodes each node leads to.
fn reach(nodes: usize, edges: &[WaitEdge]) -> Vec<Vec<usize>> {
    let from = |start: usize| {
        let mut seen = Vec::new();
        let mut next = vec![start];
        while let Some(at) = next.pop() {
            for edge in edges.iter().filter(|edge| edge.from == at) {
                if !seen.contains(&edge.to) {
                    seen.push(edge.to);
                    next.push(edge.to);
                }
            }
        }
        seen
    };
    (0..nodes).map(from).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taskscope_proto::model::{Blocker, Holder, Relation, WaitKind};

    use super::*;
    use crate::fixture;

    /// Groups of one task each, and who waits for whom.
    fn profile(groups: usize, waits: &[(usize, usize)]) -> Profile {
        let lines: Vec<String> = (0..groups)
            .map(|at| format!("1 parked task=t{at} @ src/a.rs:{at} mutex < m:1"))
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut profile = fixture::profile(&lines);
        for (from, to) in waits {
            let to = profile.groups[*to].id;
            Arc::make_mut(&mut profile.groups[*from]).blockers.push(Blocker {
                kind: WaitKind::Mutex,
                made_at: None,
                tasks: 1,
                relation: Relation::Holds,
                since_ms: 0,
                holder: Some(Holder { task: 1, group: Some(to), ended: false }),
                holders: 1,
            });
        }
        profile
    }

    fn columns(graph: &WaitGraph) -> Vec<(&str, usize, usize)> {
        graph.nodes.iter().map(|node| (&*node.name, node.column, node.place)).collect()
    }

    #[test]
    fn who_waits_stands_left_and_who_is_waited_for_right() {
        let profile = profile(6, &[(0, 1), (1, 2), (3, 0), (4, 0)]);
        let graph = wait_graph(&profile, &profile.groups[0]);
        let expected = [
            ("task=t0", 1, 0),
            ("task=t1", 2, 0),
            ("task=t2", 3, 0),
            ("task=t3", 0, 0),
            ("task=t4", 0, 1),
        ];
        assert_eq!(columns(&graph), expected);
        assert_eq!((graph.columns, graph.edges.len(), graph.left_out), (4, 4, 0));
        assert!(graph.edges.iter().all(|edge| !edge.in_cycle));
    }

    #[test]
    fn a_cycle_is_marked_and_who_only_waits_for_it_is_not_in_it() {
        let profile = profile(4, &[(0, 1), (1, 0), (2, 0), (3, 3)]);
        let graph = wait_graph(&profile, &profile.groups[0]);
        let marks: Vec<bool> = graph.nodes.iter().map(|node| node.in_cycle).collect();
        assert_eq!((marks, graph.nodes.len()), (vec![true, true, false], 3));
        let marks: Vec<bool> = graph.edges.iter().map(|edge| edge.in_cycle).collect();
        assert_eq!(marks, [true, true, false]);
        assert_eq!(graph.edges[0].about, "mutex, held by");
        let itself = wait_graph(&profile, &profile.groups[3]);
        assert!(itself.nodes[0].in_cycle && itself.edges[0].in_cycle);
    }

    #[test]
    fn a_crowd_is_cut_and_counted() {
        let waits: Vec<(usize, usize)> = (1..100).map(|at| (at, 0)).collect();
        let profile = profile(100, &waits);
        let graph = wait_graph(&profile, &profile.groups[0]);
        assert_eq!((graph.nodes.len(), graph.left_out), (MOST_NODES, 100 - MOST_NODES));
    }
}
