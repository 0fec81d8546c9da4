//! Who waits for whom around a group, as a graph: who waits for it on the left, whom it waits for on
//! the right.

mod crowds;

use std::cmp::Reverse;

use rustc_hash::{FxHashMap, FxHashSet};
use taskscope_proto::model::{Class, Group, GroupId, Profile};

use super::blame::{does, find, relation, thing};
pub use crowds::Crowds;
use crowds::gather;

/// Nodes of a graph; more would be a wall. Groups for which there is no room are counted.
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

/// A group, or several that wait alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitNode {
    /// Which; of several the one with the most tasks.
    pub group: GroupId,
    /// How many groups it stands for.
    pub groups: usize,
    /// Its labels; of several those that all have, and what they differ in.
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
    /// It waits for nobody that is known, shown or not.
    pub is_root: bool,
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
#[derive(Debug)]
struct Step {
    to: GroupId,
    tasks: u64,
    label: String,
    about: String,
}

/// The graph around a group; only the group itself where nothing is known.
pub fn wait_graph(profile: &Profile, centre: &Group, shown: Crowds) -> WaitGraph {
    let mut waiting: FxHashMap<GroupId, Vec<(GroupId, u64)>> = FxHashMap::default();
    for group in profile.groups.iter().filter(|group| group.count > 0) {
        for step in steps(group) {
            waiting.entry(step.to).or_default().push((group.id, step.tasks));
        }
    }
    let mut draft = Draft { profile, places: FxHashMap::default(), nodes: Vec::new(), left_out: 0 };
    draft.add(&[centre], 0);
    draft.spread(
        1,
        |group| steps(group).into_iter().map(|step| (step.to, step.tasks)).collect(),
        |others| others.into_iter().map(|group| vec![group]).collect(),
    );
    draft.spread(
        -1,
        |group| waiting.get(&group.id).cloned().unwrap_or_default(),
        |others| gather(others, shown, |group| !waiting.contains_key(&group.id)),
    );
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
    nodes: Vec<Drawn<'a>>,
    left_out: usize,
}

/// The groups of a node, never none, and how far it is from the centre: to the left if below zero.
struct Drawn<'a> {
    groups: Vec<&'a Group>,
    distance: isize,
}

impl<'a> Draft<'a> {
    /// Adds groups as one node, if there is room.
    fn add(&mut self, groups: &[&'a Group], distance: isize) {
        if self.nodes.len() == MOST_NODES {
            self.left_out += groups.len();
            return;
        }
        for group in groups {
            self.places.insert(group.id, self.nodes.len());
        }
        self.nodes.push(Drawn { groups: groups.to_vec(), distance });
    }

    /// Follows `next` from all that are there, ring by ring, those with the most tasks first; those
    /// that `together` puts together become one node.
    fn spread(
        &mut self,
        by: isize,
        next: impl Fn(&Group) -> Vec<(GroupId, u64)>,
        together: impl Fn(Vec<&'a Group>) -> Vec<Vec<&'a Group>>,
    ) {
        let mut ring: Vec<usize> = (0..self.nodes.len()).collect();
        while !ring.is_empty() {
            let from = self.nodes.len();
            for at in ring {
                let Some(Drawn { groups, distance }) = self.nodes.get(at) else { continue };
                let distance = distance + by;
                let mut others: Vec<(GroupId, u64)> =
                    groups.iter().flat_map(|group| next(group)).collect();
                others.sort_unstable_by_key(|(id, tasks)| (Reverse(*tasks), *id));
                // Who waits for two things of one is one.
                let mut seen = FxHashSet::default();
                let new = others.iter().filter(|(id, _)| seen.insert(*id));
                let new = new.filter(|(id, _)| !self.places.contains_key(id));
                let new = new.filter_map(|(id, _)| find(self.profile, *id)).collect();
                for groups in together(new) {
                    self.add(&groups, distance);
                }
            }
            ring = (from..self.nodes.len()).collect();
        }
    }

    fn finish(self) -> WaitGraph {
        let mut edges = Vec::new();
        for (from, node) in self.nodes.iter().enumerate() {
            for Step { to, tasks, label, about } in node.steps() {
                if let Some(&to) = self.places.get(&to) {
                    edges.push(WaitEdge { from, to, tasks, label, about, in_cycle: false });
                }
            }
        }
        let reach = reach(self.nodes.len(), &edges);
        let reaches = |from: usize, to: usize| reach.get(from).is_some_and(|set| set.contains(&to));
        for edge in &mut edges {
            edge.in_cycle = reaches(edge.to, edge.from);
        }
        let leftmost = self.nodes.iter().map(|node| node.distance).min().unwrap_or(0);
        let mut filled: Vec<usize> = Vec::new();
        let mut nodes = Vec::with_capacity(self.nodes.len());
        for (at, Drawn { groups, distance }) in self.nodes.iter().enumerate() {
            let Some(first) = groups.first() else { continue };
            let column = usize::try_from(distance - leftmost).unwrap_or(0);
            filled.resize(filled.len().max(column + 1), 0);
            let place =
                filled.get_mut(column).map_or(0, |filled| std::mem::replace(filled, *filled + 1));
            nodes.push(WaitNode {
                group: first.id,
                groups: groups.len(),
                name: crowds::name(groups),
                does: does(first),
                tasks: groups.iter().fold(0, |sum: u64, group| sum.saturating_add(group.count)),
                class: first.verdict.class,
                column,
                place,
                in_cycle: reaches(at, at),
                is_root: steps(first).is_empty(),
            });
        }
        WaitGraph { nodes, edges, left_out: self.left_out, columns: filled.len() }
    }
}

impl Drawn<'_> {
    /// Whom its groups wait for: they are alike, so each for the same.
    fn steps(&self) -> Vec<Step> {
        let mut all = self.groups.iter().map(|group| steps(group));
        let mut sums = all.next().unwrap_or_default();
        for step in all.flatten() {
            let same = |sum: &&mut Step| sum.to == step.to && sum.about == step.about;
            if let Some(sum) = sums.iter_mut().find(same) {
                sum.tasks = sum.tasks.saturating_add(step.tasks);
            }
        }
        sums
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
mod tests;
