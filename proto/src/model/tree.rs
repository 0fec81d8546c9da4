//! Await trees: where a task waits, and the chain of awaits that led there.

use std::fmt;
use std::sync::Arc;

use super::WaitKind;

/// A place in source code, as the compiler recorded it. Lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// Path of the file: relative to the workspace for its own code, absolute for dependencies.
    pub file: Arc<str>,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The file that an address lies in: the executable or a shared library.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Module {
    /// Its path in the process.
    pub path: Arc<str>,
    /// Its build id in hex; empty when it has none.
    pub build_id: Arc<str>,
}

/// One (possibly inlined) function on an await chain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Frame {
    /// Name for people. Never a key: with line tables only, inlined frames have short names.
    pub function: Arc<str>,
    /// Where in the source; `None` when no debug information covers it.
    pub location: Option<Location>,
    /// Whether it is the service's own code.
    pub user: bool,
    /// The module it lies in, if known.
    pub module: Option<Arc<Module>>,
    /// Address relative to the module.
    pub offset: u64,
}

/// One node of a [`Tree`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// The frame.
    pub frame: Arc<Frame>,
    /// Index of the parent in [`Tree::nodes`], always smaller than the node's own.
    pub parent: Option<u32>,
    /// How many chains end at this node.
    pub leaves: u32,
    /// What those wait for.
    pub wait_kind: Option<WaitKind>,
    /// A deadline, a timer or a shutdown signal beside the real wait.
    pub secondary: bool,
}

/// What several chains of one task mean together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Combine {
    /// A single wait.
    #[default]
    One,
    /// The task goes on when any of its waits is over (`select!`).
    AnyOf,
    /// The task goes on when all of its waits are over (`join!`).
    AllOf,
}

/// All await chains of a task, merged from its root future. Of a running task: the one stack of
/// the poll that it blocks in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tree {
    /// Parents before their children.
    pub nodes: Vec<Node>,
    /// The innermost user-code frame that all chains but the secondary ones share. Of a running
    /// task: where it runs.
    pub await_point: Option<Arc<Frame>>,
    /// What the primary chains wait for, sorted, each once; a running task waits for nothing.
    pub wait_kinds: Vec<WaitKind>,
    /// What they mean together.
    pub combine: Combine,
}

impl Tree {
    /// Indices of the children of `parent` (or of the roots), in order.
    pub fn children(&self, parent: Option<u32>) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.nodes).filter(move |(_, n)| n.parent == parent).map(|(i, _)| i)
    }
}
