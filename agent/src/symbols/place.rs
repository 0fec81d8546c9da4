//! Frames and trees are compared by their places in the source.
//!
//! The compiler makes several copies of a line, as of each branch that a `select!` may begin with:
//! their addresses differ, and to whom reads the source they are one.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use taskscope_proto::model::{Frame, Location, Node, Tree};

/// A frame's place: its line, or its function where no line is known.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Place<'a> {
    Line(&'a Location),
    Function(&'a str),
}

impl<'a> Place<'a> {
    pub(super) fn of(frame: &'a Frame) -> Self {
        frame.location.as_ref().map_or_else(|| Self::Function(&frame.function), Self::Line)
    }
}

/// A tree that equals every other one with the same places.
#[derive(Debug)]
pub(super) struct ByPlace(pub(super) Arc<Tree>);

impl PartialEq for ByPlace {
    fn eq(&self, other: &Self) -> bool {
        let (Self(a), Self(b)) = (self, other);
        let whole = |tree: &Tree| (tree.combine, tree.nodes.len());
        whole(a) == whole(b)
            && a.wait_kinds == b.wait_kinds
            && a.await_point.as_deref().map(Place::of) == b.await_point.as_deref().map(Place::of)
            && a.nodes.iter().map(told).eq(b.nodes.iter().map(told))
    }
}

impl Eq for ByPlace {}

impl Hash for ByPlace {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for node in &self.0.nodes {
            told(node).hash(state);
        }
    }
}

/// What a node says, besides addresses.
fn told(node: &Node) -> impl Eq + Hash + '_ {
    let Node { frame, parent, leaves, wait_kind, secondary } = node;
    (Place::of(frame), parent, leaves, wait_kind, secondary)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use taskscope_proto::model::{Combine, WaitKind};

    use super::*;

    fn tree(offset: u64, line: u32, kind: WaitKind) -> ByPlace {
        let frame = Arc::new(Frame {
            function: "wait".into(),
            location: Some(Location { file: "src/main.rs".into(), line, column: 5 }),
            user: true,
            module: None,
            offset,
        });
        let node = Node {
            frame: Arc::clone(&frame),
            parent: None,
            leaves: 1,
            wait_kind: Some(kind.clone()),
            secondary: false,
        };
        ByPlace(Arc::new(Tree {
            nodes: vec![node],
            await_point: Some(frame),
            wait_kinds: vec![kind],
            combine: Combine::One,
        }))
    }

    #[test]
    fn copies_of_a_line_are_one_place() {
        let mut known = HashSet::from([tree(1, 10, WaitKind::Mutex)]);
        assert!(!known.insert(tree(2, 10, WaitKind::Mutex)), "another copy of the line");
        assert!(known.insert(tree(1, 11, WaitKind::Mutex)), "another line");
        assert!(known.insert(tree(1, 10, WaitKind::Notify)), "another wait");
    }
}
