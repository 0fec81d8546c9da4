//! Origins, by the ids of a dictionary.

use super::enums::task_kind_from_wire;
use super::{ConvertError, cut, optional};
use crate::dictionary::{Reader, Sink, Writer};
use crate::model::{Origin, OriginId};
use crate::wire;

pub(crate) fn origin_to_wire(from: &Origin, ids: &mut Writer, out: &mut impl Sink) -> wire::Origin {
    wire::Origin {
        id: from.id.0,
        label_set: ids.labels(&from.labels, out),
        spawned_at: ids.location(&from.spawned_at, out),
        kind: wire::TaskKind::from(from.kind).into(),
        spawned: from.spawned,
        finished: from.finished,
        aborted: from.aborted,
        panicked: from.panicked,
        last_panic: from.last_panic.as_deref().map(cut).unwrap_or_default(),
        spawned_last_minute: from.spawned_last_minute,
        finished_last_minute: from.finished_last_minute,
        allocated_bytes: from.allocated_bytes,
        allocated_bytes_last_minute: from.allocated_bytes_last_minute,
    }
}

pub(crate) fn origin_from_wire(from: wire::Origin, ids: &Reader) -> Result<Origin, ConvertError> {
    Ok(Origin {
        id: OriginId(from.id),
        labels: ids.labels(from.label_set)?,
        spawned_at: ids.location_or_unknown(from.spawned_at)?,
        kind: task_kind_from_wire(from.kind)?,
        spawned: from.spawned,
        finished: from.finished,
        aborted: from.aborted,
        panicked: from.panicked,
        last_panic: optional("the message of a panic", from.last_panic)?,
        spawned_last_minute: from.spawned_last_minute,
        finished_last_minute: from.finished_last_minute,
        allocated_bytes: from.allocated_bytes,
        allocated_bytes_last_minute: from.allocated_bytes_last_minute,
    })
}
