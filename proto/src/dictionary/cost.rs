//! What an entry takes in memory, roughly.

use crate::model::{Frame, Tree};

/// The `Arc`, its counts, and its places in the maps and lists.
const SHARED: usize = 64;

pub(super) const LOCATION: usize = 48;
pub(super) const FRAME: usize = SHARED + 96;

pub(super) fn string(bytes: usize) -> usize {
    SHARED + bytes
}

pub(super) fn label_set(labels: usize) -> usize {
    SHARED + 32 * labels
}

pub(super) fn tree(nodes: usize, wait_kinds: usize) -> usize {
    SHARED + 64 + 56 * nodes + 24 * wait_kinds
}

/// The most that a tree can add, when nothing of it was sent before: bytes, and entries of the
/// kind that it adds most of (strings).
pub(super) fn tree_bound(from: &Tree) -> (usize, usize) {
    let frames = from.nodes.iter().map(|node| &node.frame).chain(&from.await_point);
    let kinds =
        from.wait_kinds.iter().chain(from.nodes.iter().filter_map(|n| n.wait_kind.as_ref()));
    let (mut bytes, mut strings) = (tree(from.nodes.len(), from.wait_kinds.len()), 0);
    for frame in frames {
        let (frame_bytes, frame_strings) = frame_bound(frame);
        bytes += frame_bytes;
        strings += frame_strings;
    }
    for kind in kinds {
        if let (_, Some(path)) = crate::convert::wait_kind_name(kind) {
            bytes += string(path.len());
            strings += 1;
        }
    }
    (bytes, strings)
}

fn frame_bound(frame: &Frame) -> (usize, usize) {
    let file = frame.location.as_ref().map(|location| &location.file);
    let module = frame.module.iter().flat_map(|module| [&module.path, &module.build_id]);
    let strings = [&frame.function].into_iter().chain(file).chain(module);
    strings
        .fold((FRAME + LOCATION, 0), |(bytes, count), text| (bytes + string(text.len()), count + 1))
}
