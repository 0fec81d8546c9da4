//! The await trees of a row, merged into one and weighted by tasks.
//!
//! When two frames are the same says `place`.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Frame, Group, State, Tree, WaitKind};

use super::key::no_waker;
use super::lines::{VisibleRow, lines};
use super::place::{Place, place};

/// A node of a [`Merged`] tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedNode {
    /// The frame.
    pub frame: Arc<Frame>,
    /// Index of the parent; always smaller than the node's own.
    pub parent: Option<u32>,
    /// Tasks whose tree passes through here.
    pub tasks: u64,
    /// Those of them that are stuck.
    pub stuck: u64,
    /// What the chains that end here wait for.
    pub wait_kinds: Vec<WaitKind>,
    /// Every chain through here is a deadline, a timer or a shutdown signal beside a real wait.
    pub secondary: bool,
    /// It is the await point of some of the tasks.
    pub await_point: bool,
    /// All of those are running: they block their thread here and await nothing.
    pub running: bool,
}

/// The await trees of many groups as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Parents before their children.
    pub nodes: Vec<MergedNode>,
    /// Tasks that have an await tree.
    pub tasks: u64,
    /// Tasks that have none (yet): running, never polled, or not captured.
    pub without_tree: u64,
    /// Tasks that have a tree without any chain: nothing will ever wake them.
    pub no_waker: u64,
    /// Tasks that have a tree without any chain because nobody can look into them.
    pub unknown: u64,
}

#[derive(Default)]
struct Merger {
    merged: Merged,
    known: FxHashMap<(Option<u32>, Place), u32>,
    /// Groups share trees: each is merged once.
    trees: FxHashMap<*const Tree, Merging>,
}

/// Where a tree has gone.
struct Merging {
    /// Its nodes, each once: `join_all` polls many children at one line, and a task counts there
    /// once.
    nodes: Vec<u32>,
    /// Those that are its await point.
    points: Vec<u32>,
}

impl Merger {
    fn node(&mut self, parent: Option<u32>, frame: &Arc<Frame>) -> u32 {
        let next = u32::try_from(self.merged.nodes.len()).unwrap_or(u32::MAX);
        *self.known.entry((parent, place(frame))).or_insert_with(|| {
            self.merged.nodes.push(MergedNode {
                frame: frame.clone(),
                parent,
                tasks: 0,
                stuck: 0,
                wait_kinds: Vec::new(),
                secondary: true,
                await_point: false,
                running: true,
            });
            next
        })
    }

    fn add(&mut self, group: &Group) {
        let Some(tree) = &group.tree else {
            self.merged.without_tree += group.count;
            return;
        };
        self.merged.tasks += group.count;
        if group.state == State::Parked && no_waker(tree) {
            self.merged.no_waker += group.count;
        } else if tree.nodes.is_empty() {
            self.merged.unknown += group.count;
        }
        let at = Arc::as_ptr(tree);
        if !self.trees.contains_key(&at) {
            let merging = self.merge(tree);
            self.trees.insert(at, merging);
        }
        let (Some(merging), nodes) = (self.trees.get(&at), &mut self.merged.nodes) else { return };
        for &at in &merging.nodes {
            if let Some(node) = nodes.get_mut(at as usize) {
                node.tasks += group.count;
                node.stuck += group.stuck;
            }
        }
        for &at in &merging.points {
            if let Some(node) = nodes.get_mut(at as usize) {
                node.running &= group.state == State::Running;
            }
        }
    }

    /// Finds a place for each node of a tree, without any task.
    fn merge(&mut self, tree: &Tree) -> Merging {
        let mut at_merged: Vec<u32> = Vec::with_capacity(tree.nodes.len());
        let mut points = Vec::new();
        for (node, secondary) in tree.nodes.iter().zip(secondary_subtrees(tree)) {
            let parent = node.parent.and_then(|parent| at_merged.get(parent as usize).copied());
            let at = self.node(parent, &node.frame);
            at_merged.push(at);
            let Some(merged) = self.merged.nodes.get_mut(at as usize) else { continue };
            merged.secondary &= secondary;
            if tree.await_point.as_ref().is_some_and(|p| **p == *node.frame) {
                merged.await_point = true;
                points.push(at);
            }
            if let Some(kind) = &node.wait_kind
                && !merged.wait_kinds.contains(kind)
            {
                merged.wait_kinds.push(kind.clone());
            }
        }
        at_merged.sort_unstable();
        at_merged.dedup();
        Merging { nodes: at_merged, points }
    }
}

/// For each node, whether all chains through it are secondary: it says so itself, or all of its
/// children are.
fn secondary_subtrees(tree: &Tree) -> Vec<bool> {
    let mut primary = vec![false; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        let ends_here = node.leaves > 0 && !node.secondary;
        let is_primary = primary.get(at).copied().unwrap_or_default() || ends_here;
        if let Some(own) = primary.get_mut(at) {
            *own = is_primary;
        }
        let parent = node.parent.and_then(|parent| primary.get_mut(parent as usize));
        if let Some(parent) = parent {
            *parent |= is_primary;
        }
    }
    primary.into_iter().map(|primary| !primary).collect()
}

/// Merges the await trees of these groups.
pub fn merge<'a>(groups: impl Iterator<Item = &'a Group>) -> Merged {
    let mut merger = Merger::default();
    for group in groups.filter(|group| group.count > 0) {
        merger.add(group);
    }
    merger.merged
}

/// The lines of a tree, heaviest branch first. With `fold`, runs of library frames that neither
/// branch nor end a chain become one line each.
pub fn visible_rows(merged: &Merged, fold: bool) -> Vec<VisibleRow> {
    let node = |at: u32| merged.nodes.get(at as usize);
    let parents: Vec<Option<u32>> = merged.nodes.iter().map(|node| node.parent).collect();
    lines(
        &parents,
        |_| true,
        |at| node(at).map(|n| (!n.secondary, n.tasks, std::cmp::Reverse(at))),
        |at| fold && node(at).is_some_and(|n| !n.frame.user && !n.await_point),
        // What a chain ends in says what it waits for.
        false,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::lines::Visible;
    use crate::fixture::{chain, profile};
    use taskscope_proto::model::Profile;

    fn with_trees(chains: &[(u64, &[&str])]) -> Profile {
        let lines: Vec<String> =
            chains.iter().map(|(n, _)| format!("{n} parked stuck={n} - < src/m.rs:1")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut profile = profile(&lines);
        for (group, (_, frames)) in profile.groups.iter_mut().zip(chains) {
            let group = Arc::make_mut(group);
            group.tree = (!frames.is_empty()).then(|| chain(frames, &WaitKind::Mutex));
        }
        profile
    }

    fn check(chains: &[(u64, &[&str])], fold: bool, expected: &[&str]) {
        let profile = with_trees(chains);
        let merged = merge(profile.groups.iter().map(|group| &**group));
        let lines: Vec<String> = visible_rows(&merged, fold)
            .into_iter()
            .map(|row| {
                let indent = "  ".repeat(row.depth as usize);
                match row.shows {
                    Visible::Folded(n) => format!("{indent}… {n}"),
                    Visible::Node(at) => {
                        let node = &merged.nodes[at as usize];
                        let point = if node.await_point { " <- here" } else { "" };
                        let place = node.frame.location.as_ref().expect("a place");
                        format!("{indent}{}:{} {}{point}", place.file, place.line, node.tasks)
                    }
                }
            })
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn trees_share_their_common_frames_and_heavy_branches_come_first() {
        check(
            &[(3, &["a:1", "a:2"]), (8, &["a:1", "a:3"]), (1, &["b:1"])],
            true,
            &["a:1 11", "  a:3 8 <- here", "  a:2 3 <- here", "b:1 1 <- here"],
        );
    }

    #[test]
    fn runs_of_library_frames_fold_into_one_line_but_never_the_leaf() {
        let frames: &[&str] = &["a:1", "~x:1", "~x:2", "a:2", "~y:1", "~y:2"];
        check(
            &[(4, frames)],
            true,
            &["a:1 4", "  … 2", "    a:2 4 <- here", "      y:1 4", "        y:2 4"],
        );
        check(&[(4, &["~x:1", "a:2"])], false, &["x:1 4", "  a:2 4 <- here"]);
    }

    #[test]
    fn tasks_run_at_a_line_only_if_none_of_them_waits_there() {
        for (state, running) in [(State::Running, true), (State::Parked, false)] {
            let mut profile = with_trees(&[(5, &["a:1"]), (1, &["a:1"])]);
            Arc::make_mut(&mut profile.groups[0]).state = State::Running;
            Arc::make_mut(&mut profile.groups[1]).state = state;
            let merged = merge(profile.groups.iter().map(|group| &**group));
            assert_eq!((merged.nodes[0].tasks, merged.nodes[0].running), (6, running));
        }
    }

    #[test]
    fn a_task_counts_once_at_a_line_that_its_tree_passes_twice() {
        let mut profile = with_trees(&[(5, &["a:1", "a:2"])]);
        let group = Arc::make_mut(&mut profile.groups[0]);
        let tree = Arc::make_mut(group.tree.as_mut().expect("a tree"));
        tree.nodes.push(tree.nodes[1].clone());
        let merged = merge(profile.groups.iter().map(|group| &**group));
        assert_eq!(merged.nodes.iter().map(|n| n.tasks).collect::<Vec<_>>(), [5, 5]);
    }

    #[test]
    fn tasks_without_a_tree_are_counted_apart() {
        let profile = with_trees(&[(5, &["a:1"]), (7, &[])]);
        let merged = merge(profile.groups.iter().map(|group| &**group));
        assert_eq!((merged.tasks, merged.without_tree, merged.no_waker), (5, 7, 0));
    }

    #[test]
    fn a_chain_is_secondary_only_where_nothing_primary_passes() {
        let mut tree = (*chain(&["a:1", "a:2"], &WaitKind::Mutex)).clone();
        let mut deadline = tree.nodes[1].clone();
        deadline.frame = crate::fixture::frame("t:9", false);
        deadline.secondary = true;
        tree.nodes.push(deadline);
        assert_eq!(secondary_subtrees(&tree), [false, false, true]);
    }
}
