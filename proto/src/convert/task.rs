//! Single tasks, by the ids of a dictionary.

use super::ConvertError;
use super::activity::origin_or_none;
use super::enums::{state_from_wire, task_kind_from_wire};
use super::verdict::{blockers_from_wire, blockers_to_wire};
use crate::dictionary::{Reader, Sink, Writer};
use crate::model::Task;
use crate::wire;

/// `with_tree` is off for a tree that does not fit into any message.
pub(super) fn task_to_wire(
    from: &Task,
    with_tree: bool,
    ids: &mut Writer,
    out: &mut impl Sink,
) -> wire::Task {
    let tree = from.tree.as_ref().filter(|_| with_tree);
    wire::Task {
        id: from.id,
        label_set: ids.labels(&from.labels, out),
        spawned_at: ids.location(&from.spawned_at, out),
        kind: wire::TaskKind::from(from.kind).into(),
        state: wire::State::from(from.state).into(),
        since_ms: from.since_ms,
        spawned_ms: from.spawned_ms,
        polls: from.polls,
        tree: tree.map_or(0, |tree| ids.tree(tree, out)),
        parent: from.parent.unwrap_or(0),
        future_bytes: from.future_bytes,
        activity: Some(from.activity.into()),
        woken_by: from.woken_by.map_or(0, |origin| origin.0),
        detached: from.detached,
        orphan: from.orphan,
        proven: from.proven,
        blockers: blockers_to_wire(&from.blockers, ids, out),
        waiting_for_it: from.waiting_for_it,
    }
}

pub(super) fn task_from_wire(from: &wire::Task, ids: &Reader) -> Result<Task, ConvertError> {
    Ok(Task {
        id: from.id,
        labels: ids.labels(from.label_set)?,
        spawned_at: ids.location_or_unknown(from.spawned_at)?,
        kind: task_kind_from_wire(from.kind)?,
        state: state_from_wire(from.state)?,
        since_ms: from.since_ms,
        spawned_ms: from.spawned_ms,
        polls: from.polls,
        tree: ids.tree(from.tree)?,
        parent: Some(from.parent).filter(|parent| *parent != 0),
        future_bytes: from.future_bytes,
        activity: from.activity.unwrap_or_default().into(),
        living_wakers: None,
        woken_by: origin_or_none(from.woken_by),
        detached: from.detached,
        orphan: from.orphan,
        proven: from.proven,
        blockers: blockers_from_wire(&from.blockers, ids)?,
        waiting_for_it: from.waiting_for_it,
    })
}
