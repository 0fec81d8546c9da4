//! One task, looked at closely: its await tree line by line, who woke it and who could let it go on.

use std::sync::Arc;

use taskscope_proto::model::{Frame, Profile, Task, Tree, WaitKind, Waker};

use super::{blockers, wakings, woken_by};

/// A line of a task's await tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskLine {
    /// How many frames above it await several things at once.
    pub depth: u32,
    /// The frame.
    pub frame: Arc<Frame>,
    /// What the chains that end here wait for.
    pub wait_kind: Option<WaitKind>,
    /// A deadline, a timer or a shutdown signal beside the real wait.
    pub secondary: bool,
    /// The await point; of a running task, where it runs.
    pub is_point: bool,
}

/// Something that a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskBlocker {
    /// What it is and who could let it go on.
    pub words: String,
    /// That task, if it is known and has not ended.
    pub holder: Option<u64>,
}

/// The await tree from the root inwards, real waits before secondary ones. A chain goes straight
/// down; only what awaits several things at once moves what follows to the right.
pub fn task_lines(tree: &Tree) -> Vec<TaskLine> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); tree.nodes.len()];
    let mut roots = Vec::new();
    for (at, node) in tree.nodes.iter().enumerate() {
        // A parent comes before its children; what says otherwise is shown at the root.
        let parent = node.parent.map(|parent| parent as usize).filter(|parent| *parent < at);
        match parent.and_then(|parent| children.get_mut(parent)) {
            Some(siblings) => siblings.push(at),
            None => roots.push(at),
        }
    }
    let is_secondary = |at: &usize| tree.nodes.get(*at).is_some_and(|node| node.secondary);
    let mut waiting: Vec<(usize, u32)> = Vec::new();
    let push = |waiting: &mut Vec<(usize, u32)>, mut next: Vec<usize>, depth: u32| {
        next.sort_by_key(is_secondary);
        waiting.extend(next.into_iter().rev().map(|at| (at, depth)));
    };
    push(&mut waiting, roots, 0);
    let mut lines = Vec::with_capacity(tree.nodes.len());
    while let Some((at, depth)) = waiting.pop() {
        let Some(node) = tree.nodes.get(at) else { continue };
        let is_point = tree.await_point.as_ref().is_some_and(|point| **point == *node.frame);
        lines.push(TaskLine {
            depth,
            frame: node.frame.clone(),
            wait_kind: node.wait_kind.clone(),
            secondary: node.secondary,
            is_point,
        });
        let next = children.get_mut(at).map(std::mem::take).unwrap_or_default();
        let several = u32::from(next.len() > 1);
        push(&mut waiting, next, depth + several);
    }
    lines
}

/// The line to look at first: the await point, or else the innermost line of the service's own.
pub fn first_line(lines: &[TaskLine]) -> Option<usize> {
    let point = lines.iter().rposition(|line| line.is_point);
    let own = || lines.iter().rposition(|line| line.frame.user && line.frame.location.is_some());
    point.or_else(own).or_else(|| (!lines.is_empty()).then_some(0))
}

/// What the task waits for, a line each.
pub fn task_blockers(profile: &Profile, task: &Task) -> Vec<TaskBlocker> {
    let holders = task.blockers.iter().map(|blocker| blocker.holder);
    let living = holders.map(|holder| holder.filter(|holder| !holder.ended));
    let words = blockers(profile, &task.blockers);
    let together = words.into_iter().zip(living);
    together
        .map(|(words, holder)| TaskBlocker { words, holder: holder.map(|holder| holder.task) })
        .collect()
}

/// Who woke it last, and whether that one is stuck itself; `None` for no tracked task, or never.
pub fn task_waker(profile: &Profile, task: &Task) -> Option<String> {
    let waker = Waker { origin: task.woken_by, tasks: 1 };
    woken_by(&wakings(profile, &[waker]), 1).map(|(words, _)| words)
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::Node;

    use super::*;
    use crate::fixture;

    fn tree(nodes: &[(&str, Option<u32>, bool)], point: &str) -> Tree {
        let node = |(place, parent, secondary): &(&str, Option<u32>, bool)| Node {
            frame: fixture::frame(place, true),
            parent: *parent,
            leaves: 1,
            wait_kind: None,
            secondary: *secondary,
        };
        Tree {
            nodes: nodes.iter().map(node).collect(),
            await_point: Some(fixture::frame(point, true)),
            ..Tree::default()
        }
    }

    fn shown(tree: &Tree) -> String {
        let line = |line: &TaskLine| {
            let place = line.frame.location.as_ref().map_or(0, |place| place.line);
            let mark = if line.is_point { "*" } else { "" };
            format!("{}{place}{mark}", ">".repeat(line.depth as usize))
        };
        task_lines(tree).iter().map(line).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn chains_go_straight_down_and_real_waits_come_first() {
        let tree = tree(
            &[
                ("a.rs:1", None, false),
                ("a.rs:2", Some(0), false),
                ("a.rs:3", Some(1), true),
                ("a.rs:4", Some(1), false),
                ("a.rs:5", Some(3), false),
            ],
            "a.rs:4",
        );
        assert_eq!(shown(&tree), "1 2 >4* >5 >3");
        assert_eq!(first_line(&task_lines(&tree)), Some(2));
    }

    #[test]
    fn trees_that_make_no_sense_lose_no_line() {
        let tree = tree(&[("a.rs:1", Some(9), false), ("a.rs:2", Some(1), false)], "b.rs:1");
        assert_eq!(shown(&tree), "1 2");
        assert_eq!(first_line(&task_lines(&tree)), Some(1));
        assert_eq!(first_line(&[]), None);
    }
}
