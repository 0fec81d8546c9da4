//! From ways to a tree.

use rustc_hash::FxHashMap;

use super::ways::{Of, Way, Ways};
use super::{AwaitNode, AwaitTree};

#[derive(Default)]
struct Growing {
    tree: AwaitTree,
    known: FxHashMap<(Option<u32>, u32), u32>,
    /// For each node, the tree that was counted there last.
    counted: Vec<u32>,
}

/// The ways as one tree, from their roots on, or `inverted` from their ends on.
pub(super) fn tree(ways: &Ways, inverted: bool, found: &[bool]) -> AwaitTree {
    let mut growing = Growing::default();
    for own in ways.by_tree() {
        let Some(of) = ways.tree_of(own) else { continue };
        growing.tree.weight = growing.tree.weight.saturating_add(of.weight);
        growing.tree.before = growing.tree.before.saturating_add(of.before);
        for way in own {
            let last = way.frames.len().saturating_sub(1);
            if inverted {
                growing.add(ways, *of, (way, 0), way.frames.iter().rev(), found);
            } else {
                growing.add(ways, *of, (way, last), way.frames.iter(), found);
            }
        }
    }
    growing.tree
}

impl Growing {
    fn add<'a>(
        &mut self,
        ways: &Ways,
        of: Of,
        (way, end): (&'a Way, usize),
        frames: impl Iterator<Item = &'a u32>,
        found: &[bool],
    ) {
        let mut parent = None;
        for (position, &frame) in frames.enumerate() {
            let Some(at) = self.node(ways, parent, frame) else { return };
            let Some(node) = self.tree.nodes.get_mut(at as usize) else { return };
            node.found = found.get(frame as usize).copied().unwrap_or_default();
            let counted = self.counted.get_mut(at as usize);
            if counted.is_some_and(|last| std::mem::replace(last, way.tree) != way.tree) {
                node.weight = node.weight.saturating_add(of.weight);
                node.before = node.before.saturating_add(of.before);
            }
            node.secondary &= way.secondary;
            if of.point == Some(frame) {
                node.point = node.point.max(Some(of.does));
            }
            if position == end {
                for kind in &way.wait_kinds {
                    if !node.wait_kinds.contains(kind) {
                        node.wait_kinds.push(kind.clone());
                    }
                }
            }
            parent = Some(at);
        }
    }

    fn node(&mut self, ways: &Ways, parent: Option<u32>, frame: u32) -> Option<u32> {
        if let Some(known) = self.known.get(&(parent, frame)) {
            return Some(*known);
        }
        let at = u32::try_from(self.tree.nodes.len()).ok()?;
        self.tree.nodes.push(AwaitNode {
            frame: ways.frames.get(frame as usize)?.clone(),
            parent,
            weight: 0,
            before: 0,
            wait_kinds: Vec::new(),
            secondary: true,
            point: None,
            found: false,
        });
        self.counted.push(u32::MAX);
        self.known.insert((parent, frame), at);
        Some(at)
    }
}
