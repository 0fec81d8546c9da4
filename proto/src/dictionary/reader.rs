//! The viewer's side of a dictionary: builds what arrives, trusts none of it.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::cost;
use crate::convert::{ConvertError, at_most, combine_from_wire, text, wait_kind_from_wire};
use crate::limits::{MAX_DICTIONARY_BYTES, MAX_DICTIONARY_ENTRIES, MAX_LABELS, MAX_TREE_NODES};
use crate::model::{Frame, Label, Labels, Location, Module, Node, Tree, WaitKind};
use crate::wire;

/// Everything received so far.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    empty: Arc<str>,
    strings: Vec<Arc<str>>,
    label_sets: Vec<Labels>,
    locations: Vec<Location>,
    frames: Vec<Arc<Frame>>,
    trees: Vec<Arc<Tree>>,
    modules: FxHashMap<(u32, u32), Arc<Module>>,
    bytes: usize,
}

impl Reader {
    /// Takes new entries.
    pub(crate) fn add(&mut self, new: wire::Dictionary) -> Result<(), ConvertError> {
        let first = [
            ("strings", self.strings.len(), new.first_string, new.strings.len()),
            ("label sets", self.label_sets.len(), new.first_label_set, new.label_sets.len()),
            ("locations", self.locations.len(), new.first_location, new.locations.len()),
            ("frames", self.frames.len(), new.first_frame, new.frames.len()),
            ("trees", self.trees.len(), new.first_tree, new.trees.len()),
        ];
        for (what, held, first, count) in first {
            follows(what, held, first, count)?;
        }
        for it in new.strings {
            self.pay(cost::string(it.len()))?;
            self.strings.push(text("a string of the dictionary", it)?);
        }
        for it in new.label_sets {
            let set = self.build_labels(&it)?;
            self.label_sets.push(set);
        }
        for it in new.locations {
            self.pay(cost::LOCATION)?;
            let file = self.string(it.file)?;
            self.locations.push(Location { file, line: it.line, column: it.column });
        }
        for it in new.frames {
            let frame = self.build_frame(&it)?;
            self.frames.push(Arc::new(frame));
        }
        for it in new.trees {
            let tree = self.build_tree(&it)?;
            self.trees.push(Arc::new(tree));
        }
        Ok(())
    }

    /// The string with this id; the empty one for 0.
    pub(crate) fn string(&self, id: u32) -> Result<Arc<str>, ConvertError> {
        let found = find("string", &self.strings, id)?;
        Ok(Arc::clone(found.unwrap_or(&self.empty)))
    }

    /// The label set with this id; the empty one for 0.
    pub(crate) fn labels(&self, id: u32) -> Result<Labels, ConvertError> {
        Ok(find("label set", &self.label_sets, id)?.cloned().unwrap_or_default())
    }

    /// The location with this id.
    pub(crate) fn location(&self, id: u32) -> Result<Option<Location>, ConvertError> {
        Ok(find("location", &self.locations, id)?.cloned())
    }

    /// The location with this id; for 0 one that says that it is not known.
    pub(crate) fn location_or_unknown(&self, id: u32) -> Result<Location, ConvertError> {
        let unknown = || Location { file: Arc::clone(&self.empty), line: 0, column: 0 };
        Ok(self.location(id)?.unwrap_or_else(unknown))
    }

    /// The tree with this id.
    pub(crate) fn tree(&self, id: u32) -> Result<Option<Arc<Tree>>, ConvertError> {
        Ok(find("tree", &self.trees, id)?.cloned())
    }

    fn build_labels(&mut self, set: &wire::LabelSet) -> Result<Labels, ConvertError> {
        let got = set.keys_and_values.len();
        at_most("labels of a task", got.div_ceil(2), "MAX_LABELS", MAX_LABELS)?;
        self.pay(cost::label_set(got / 2))?;
        let (pairs, rest) = set.keys_and_values.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(ConvertError::OddLabels { got });
        }
        let labels: Result<Vec<Label>, ConvertError> = pairs
            .iter()
            .map(|[key, value]| Ok(Label { key: self.string(*key)?, value: self.string(*value)? }))
            .collect();
        Ok(Labels::new(labels?))
    }

    fn build_frame(&mut self, frame: &wire::Frame) -> Result<Frame, ConvertError> {
        self.pay(cost::FRAME)?;
        Ok(Frame {
            function: self.string(frame.function)?,
            location: self.location(frame.location)?,
            user: frame.user,
            module: self.module(frame.module, frame.build_id)?,
            offset: frame.offset,
        })
    }

    fn module(&mut self, path: u32, build_id: u32) -> Result<Option<Arc<Module>>, ConvertError> {
        if path == 0 && build_id == 0 {
            return Ok(None);
        }
        if let Some(known) = self.modules.get(&(path, build_id)) {
            return Ok(Some(Arc::clone(known)));
        }
        let module = Module { path: self.string(path)?, build_id: self.string(build_id)? };
        let module = Arc::new(module);
        self.modules.insert((path, build_id), Arc::clone(&module));
        Ok(Some(module))
    }

    fn build_tree(&mut self, tree: &wire::Tree) -> Result<Tree, ConvertError> {
        let (nodes, kinds) = (tree.nodes.len(), tree.wait_kinds.len());
        at_most("nodes of a tree", nodes, "MAX_TREE_NODES", MAX_TREE_NODES)?;
        at_most("wait kinds of a tree", kinds, "MAX_TREE_NODES", MAX_TREE_NODES)?;
        self.pay(cost::tree(nodes, kinds))?;
        let nodes = tree.nodes.iter().enumerate().map(|(at, node)| self.build_node(at, node));
        let nodes: Vec<Node> = nodes.collect::<Result<_, _>>()?;
        let kinds = tree.wait_kinds.iter().map(|kind| self.build_wait_kind(*kind));
        let mut wait_kinds: Vec<WaitKind> = kinds.collect::<Result<_, _>>()?;
        wait_kinds.sort_unstable();
        wait_kinds.dedup();
        let await_point = find("frame", &self.frames, tree.await_point)?.cloned();
        Ok(Tree { nodes, await_point, wait_kinds, combine: combine_from_wire(tree.combine) })
    }

    fn build_node(&self, at: usize, node: &wire::Node) -> Result<Node, ConvertError> {
        let parent = node.parent.checked_sub(1);
        if let Some(parent) = parent.filter(|parent| *parent as usize >= at) {
            return Err(ConvertError::ParentOrder { node: at, parent });
        }
        let frame = find("frame", &self.frames, node.frame)?;
        Ok(Node {
            frame: frame.cloned().ok_or(ConvertError::UnknownId { what: "frame", id: 0 })?,
            parent,
            leaves: node.leaves,
            wait_kind: node.wait_kind.map(|kind| self.build_wait_kind(kind)).transpose()?,
            secondary: node.secondary,
        })
    }

    fn build_wait_kind(&self, kind: wire::WaitKind) -> Result<WaitKind, ConvertError> {
        Ok(wait_kind_from_wire(kind.kind, self.string(kind.path)?))
    }

    fn pay(&mut self, bytes: usize) -> Result<(), ConvertError> {
        self.bytes += bytes;
        let name = "MAX_DICTIONARY_BYTES";
        at_most("bytes of the dictionary", self.bytes, name, MAX_DICTIONARY_BYTES)
    }
}

/// Entries must go on where those before them ended.
fn follows(what: &'static str, held: usize, got: u32, count: usize) -> Result<(), ConvertError> {
    if count == 0 {
        return Ok(());
    }
    at_most(what, held + count, "MAX_DICTIONARY_ENTRIES", MAX_DICTIONARY_ENTRIES)?;
    let expected = u32::try_from(held + 1).unwrap_or(u32::MAX);
    if got == expected { Ok(()) } else { Err(ConvertError::DictionaryGap { what, expected, got }) }
}

/// `None` for the id 0.
fn find<'a, T>(what: &'static str, list: &'a [T], id: u32) -> Result<Option<&'a T>, ConvertError> {
    let Some(at) = id.checked_sub(1) else { return Ok(None) };
    list.get(at as usize).map(Some).ok_or(ConvertError::UnknownId { what, id })
}
