//! The agent's side of a dictionary: gives ids, sends what is new.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Entry, Sink, cost, shared::Shared};
use crate::convert::{cut, wait_kind_name};
use crate::limits::{MAX_DICTIONARY_BYTES, MAX_DICTIONARY_ENTRIES, MAX_LABELS, MAX_TREE_NODES};
use crate::model::{Frame, Labels, Location, Node, Tree, WaitKind};
use crate::wire;

/// How much a dictionary may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { entries: MAX_DICTIONARY_ENTRIES, bytes: MAX_DICTIONARY_BYTES }
    }
}

/// Ids of everything sent so far.
///
/// At its capacity it gives the id 0 for what is new ("none") instead of failing; trees stop at
/// half of it, so that labels and spawn locations still have room when trees are many.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    // Labels come from outside the service too: a map that cannot be flooded on purpose.
    strings: HashMap<Arc<str>, u32>,
    label_sets: HashMap<Labels, u32>,
    locations: HashMap<Location, u32>,
    frames: Shared<Frame>,
    trees: Shared<Tree>,
    bytes: usize,
    capacity: Capacity,
    left_out: u64,
}

impl Writer {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self { capacity, ..Self::default() }
    }

    /// What the dictionary takes, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn capacity(&self) -> Capacity {
        self.capacity
    }

    /// Entries of the kind that there are most of.
    pub(crate) fn entries(&self) -> usize {
        let texts = self.strings.len().max(self.label_sets.len()).max(self.locations.len());
        texts.max(self.frames.len()).max(self.trees.len())
    }

    /// How often something, nearly always a tree, was left out for want of room.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out
    }

    pub(crate) fn string(&mut self, text: &Arc<str>, out: &mut impl Sink) -> u32 {
        if text.is_empty() {
            return 0;
        }
        if let Some(id) = self.strings.get(text) {
            return *id;
        }
        let short = cut(text);
        let Some(id) = self.reserve(self.strings.len(), cost::string(short.len())) else {
            return 0;
        };
        self.strings.insert(Arc::clone(text), id);
        out.put(id, Entry::String(short));
        id
    }

    pub(crate) fn labels(&mut self, labels: &Labels, out: &mut impl Sink) -> u32 {
        if labels.is_empty() {
            return 0;
        }
        if let Some(id) = self.label_sets.get(labels) {
            return *id;
        }
        let sent = labels.iter().take(MAX_LABELS);
        let keys_and_values: Vec<u32> = sent
            .flat_map(|label| [&label.key, &label.value])
            .map(|text| self.string(text, out))
            .collect();
        let bytes = cost::label_set(keys_and_values.len() / 2);
        let Some(id) = self.reserve(self.label_sets.len(), bytes) else { return 0 };
        self.label_sets.insert(labels.clone(), id);
        out.put(id, Entry::LabelSet(wire::LabelSet { keys_and_values }));
        id
    }

    pub(crate) fn location(&mut self, location: &Location, out: &mut impl Sink) -> u32 {
        if let Some(id) = self.locations.get(location) {
            return *id;
        }
        let file = self.string(&location.file, out);
        let Some(id) = self.reserve(self.locations.len(), cost::LOCATION) else { return 0 };
        self.locations.insert(location.clone(), id);
        let (line, column) = (location.line, location.column);
        out.put(id, Entry::Location(wire::Location { file, line, column }));
        id
    }

    pub(crate) fn tree(&mut self, tree: &Arc<Tree>, out: &mut impl Sink) -> u32 {
        if let Some(id) = self.trees.id(tree) {
            return id;
        }
        if !self.has_room_for(tree) {
            self.left_out += 1;
            return 0;
        }
        // A beginning of the list is a tree too: parents come before their children.
        let nodes: Vec<wire::Node> =
            tree.nodes.iter().take(MAX_TREE_NODES).map(|node| self.node(node, out)).collect();
        let await_point = tree.await_point.as_ref().map_or(0, |frame| self.frame(frame, out));
        let kinds = tree.wait_kinds.iter().take(MAX_TREE_NODES);
        let wait_kinds: Vec<wire::WaitKind> = kinds.map(|kind| self.wait_kind(kind, out)).collect();
        let combine = wire::Combine::from(tree.combine).into();
        let bytes = cost::tree(nodes.len(), wait_kinds.len());
        let Some(id) = self.reserve(self.trees.len(), bytes) else { return 0 };
        self.trees.insert(tree, id);
        out.put(id, Entry::Tree(wire::Tree { nodes, await_point, wait_kinds, combine }));
        id
    }

    /// The most bytes that sending this tree can take; 0 if it was sent.
    pub(crate) fn tree_bound(&self, tree: &Arc<Tree>) -> usize {
        if self.trees.id(tree).is_some() { 0 } else { cost::tree_bound(tree).0 }
    }

    fn has_room_for(&self, tree: &Tree) -> bool {
        let (bytes, strings) = cost::tree_bound(tree);
        let entries = self.entries() + strings.max(tree.nodes.len() + 1);
        entries <= self.capacity.entries / 2 && self.bytes + bytes <= self.capacity.bytes / 2
    }

    fn node(&mut self, node: &Node, out: &mut impl Sink) -> wire::Node {
        wire::Node {
            frame: self.frame(&node.frame, out),
            parent: node.parent.map_or(0, |parent| parent.saturating_add(1)),
            leaves: node.leaves,
            wait_kind: node.wait_kind.as_ref().map(|kind| self.wait_kind(kind, out)),
            secondary: node.secondary,
        }
    }

    fn frame(&mut self, frame: &Arc<Frame>, out: &mut impl Sink) -> u32 {
        if let Some(id) = self.frames.id(frame) {
            return id;
        }
        let function = self.string(&frame.function, out);
        let location = frame.location.as_ref().map_or(0, |location| self.location(location, out));
        let (module, build_id) = frame.module.as_ref().map_or((0, 0), |module| {
            (self.string(&module.path, out), self.string(&module.build_id, out))
        });
        let Some(id) = self.reserve(self.frames.len(), cost::FRAME) else { return 0 };
        self.frames.insert(frame, id);
        let (user, offset) = (frame.user, frame.offset);
        let sent = wire::Frame { function, location, user, module, build_id, offset };
        out.put(id, Entry::Frame(sent));
        id
    }

    fn wait_kind(&mut self, kind: &WaitKind, out: &mut impl Sink) -> wire::WaitKind {
        let (name, path) = wait_kind_name(kind);
        wire::WaitKind { kind: name.into(), path: path.map_or(0, |path| self.string(path, out)) }
    }

    /// The next id of a kind that has `used` entries, if there is room.
    fn reserve(&mut self, used: usize, bytes: usize) -> Option<u32> {
        let fits = used < self.capacity.entries && self.bytes + bytes <= self.capacity.bytes;
        let id = u32::try_from(used + 1).ok().filter(|_| fits);
        if id.is_some() {
            self.bytes += bytes;
        } else {
            self.left_out += 1;
        }
        id
    }
}
