//! The await trees of a row as one, in four shapes: from the outside in, from the waiting line
//! outwards, as a flame graph, and beside what they were at another moment.
//!
//! All shapes are made of the same *ways*: the chains of frames from a task's root to where it
//! waits. [`Transform`]s reshape the ways, whatever shape is then made of them; none of them makes
//! a task appear that is not there.

mod shape;
#[cfg(test)]
mod tests;
mod transform;
mod ways;
mod weight;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use taskscope_proto::model::{Frame, Group, WaitKind};

use super::lines::{VisibleRow, lines};

pub use transform::Transform;
pub use weight::AwaitWeight;

use ways::Ways;

/// In which shape the await trees are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// From the roots of the tasks inwards.
    #[default]
    Tree,
    /// From the lines that wait outwards.
    Inverted,
    /// The tree as rows of cells, each as wide as it weighs.
    Flame,
    /// The tree beside that of the marked moment.
    Difference,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tree, Self::Inverted, Self::Flame, Self::Difference];

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Inverted => "Inverted",
            Self::Flame => "Flame",
            Self::Difference => "Difference",
        }
    }

    /// What it shows.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Tree => "From the root of the tasks to the lines where they wait",
            Self::Inverted => {
                "From the lines where tasks wait back to their roots: which line do most wait on"
            }
            Self::Flame => "The tree as a picture: each frame as wide as what passes through it",
            Self::Difference => "The tree beside that of the marked moment: what grew, what shrank",
        }
    }

    /// The one after it, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|shape| *shape == self).map_or(0, |at| at + 1);
        Self::ALL.get(at).copied().unwrap_or_default()
    }
}

/// Everything that decides what is shown of the await trees of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwaitQuery {
    /// In which shape.
    pub shape: Shape,
    /// By what frames are weighted.
    pub weight: AwaitWeight,
    /// What was done to the ways, in this order.
    pub transforms: Vec<Transform>,
    /// Frames to point out: part of a function's name or of `file:line`.
    pub search: String,
}

/// What tasks do at their await point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// All of them run: they block their thread here and await nothing.
    Runs,
    /// They wait, or some of them do.
    #[default]
    Waits,
}

impl Point {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Runs => "runs here",
            Self::Waits => "waits here",
        }
    }
}

/// A node of an [`AwaitTree`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitNode {
    /// The frame.
    pub frame: Arc<Frame>,
    /// Index of the parent; always smaller than the node's own.
    pub parent: Option<u32>,
    /// What passes through here.
    pub weight: u64,
    /// What passed through here at the other moment.
    pub before: u64,
    /// What the ways that end here wait for.
    pub wait_kinds: Vec<WaitKind>,
    /// Every way through here is a deadline, a timer or a shutdown signal beside a real wait.
    pub secondary: bool,
    /// What tasks do here, if it is the await point of some.
    pub point: Option<Point>,
    /// It is what was searched for.
    pub found: bool,
}

/// The ways of many tasks as one tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwaitTree {
    /// Parents before their children.
    pub nodes: Vec<AwaitNode>,
    /// What all of its ways weigh.
    pub weight: u64,
    /// What they weighed at the other moment.
    pub before: u64,
    /// What the ways weigh before any transform took some away.
    pub whole: u64,
    /// What weighs on ways that pass a frame that was searched for.
    pub found: u64,
    /// Tasks that wait for several things at once. Where a task counts once, they are shown up to
    /// the line that waits for all of them.
    pub several: u64,
}

/// The groups of a row at one moment, and what the agent's clock said then.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwaitMoment<'a> {
    /// The groups.
    pub groups: &'a [&'a Group],
    /// The clock, milliseconds.
    pub now_ms: u64,
}

/// The await trees of the groups in the shape that was asked for. With `fold`, library frames are
/// left out where a line cannot say how many of them are folded.
pub fn await_tree(
    now: AwaitMoment<'_>,
    then: AwaitMoment<'_>,
    query: &AwaitQuery,
    fold: bool,
) -> AwaitTree {
    let mut ways = Ways::of(now, then, query.weight);
    let whole = ways.weight();
    for transform in &query.transforms {
        ways.apply(transform);
    }
    let several = ways.several();
    if query.shape != Shape::Tree {
        ways.count_once();
        if fold {
            ways.hide_library();
        }
    }
    let found = ways.search(&query.search);
    let mut tree = shape::tree(&ways, query.shape == Shape::Inverted, &found.frames);
    (tree.whole, tree.found, tree.several) = (whole, found.weight, several);
    tree
}

/// The lines of a tree in this shape. What weighs most comes first, of a difference what changed
/// most. With `fold`, runs of library frames that neither branch nor end a way become one line each.
pub fn await_lines(tree: &AwaitTree, shape: Shape, fold: bool) -> Vec<VisibleRow> {
    let node = |at: u32| tree.nodes.get(at as usize);
    let parents: Vec<Option<u32>> = tree.nodes.iter().map(|node| node.parent).collect();
    let rank = |node: &AwaitNode| {
        let differs = shape == Shape::Difference;
        let change = if differs { node.weight.abs_diff(node.before) } else { 0 };
        (!node.secondary, change, node.weight)
    };
    let dull = |node: &AwaitNode| !node.frame.user && node.point.is_none() && !node.found;
    lines(
        &parents,
        |_| true,
        |at| node(at).map(|node| (rank(node), std::cmp::Reverse(at))),
        |at| fold && shape == Shape::Tree && node(at).is_some_and(dull),
        // What a way ends in says what it waits for.
        false,
    )
}
