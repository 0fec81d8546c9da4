//! The heap: what is held, and where it was allocated.

use super::ConvertError;
use super::activity::origin_or_none;
use super::enums::heap_owner_from_wire;
use crate::dictionary::{Reader, Sink, Writer};
use crate::model::{Heap, HeapSite, HeapSiteId, Held};
use crate::wire;

impl From<Held> for wire::Held {
    fn from(from: Held) -> Self {
        let Held { live_bytes, error_bytes, blocks, outlived_bytes, outlived_blocks } = from;
        Self { live_bytes, error_bytes, blocks, outlived_bytes, outlived_blocks }
    }
}

impl From<wire::Held> for Held {
    fn from(from: wire::Held) -> Self {
        let wire::Held { live_bytes, error_bytes, blocks, outlived_bytes, outlived_blocks } = from;
        Self { live_bytes, error_bytes, blocks, outlived_bytes, outlived_blocks }
    }
}

impl From<Heap> for wire::Heap {
    fn from(from: Heap) -> Self {
        Self {
            held: Some(from.held.into()),
            live_bytes_minute_ago: from.live_bytes_minute_ago,
            unattributed_bytes: from.unattributed_bytes,
            agent_bytes: from.agent_bytes,
            allocated_bytes: from.allocated_bytes,
            allocated_bytes_last_minute: from.allocated_bytes_last_minute,
            mean_sample_bytes: from.mean_sample_bytes,
        }
    }
}

impl From<wire::Heap> for Heap {
    fn from(from: wire::Heap) -> Self {
        Self {
            held: from.held.unwrap_or_default().into(),
            live_bytes_minute_ago: from.live_bytes_minute_ago,
            unattributed_bytes: from.unattributed_bytes,
            agent_bytes: from.agent_bytes,
            allocated_bytes: from.allocated_bytes,
            allocated_bytes_last_minute: from.allocated_bytes_last_minute,
            mean_sample_bytes: from.mean_sample_bytes,
        }
    }
}

pub(crate) fn heap_site_to_wire(
    from: &HeapSite,
    ids: &mut Writer,
    out: &mut impl Sink,
) -> wire::HeapSite {
    wire::HeapSite {
        id: from.id.0,
        owner: wire::HeapOwner::from(from.owner).into(),
        label_set: ids.labels(&from.labels, out),
        origin: from.origin.map_or(0, |origin| origin.0),
        stack: from.stack.as_ref().map_or(0, |stack| ids.tree(stack, out)),
        cut: from.cut,
        held: Some(from.held.into()),
        allocated_bytes: from.allocated_bytes,
        allocated_blocks: from.allocated_blocks,
        oldest_since_ms: from.oldest_since_ms,
    }
}

pub(crate) fn heap_site_from_wire(
    from: &wire::HeapSite,
    ids: &Reader,
) -> Result<HeapSite, ConvertError> {
    Ok(HeapSite {
        id: HeapSiteId(from.id),
        owner: heap_owner_from_wire(from.owner),
        labels: ids.labels(from.label_set)?,
        origin: origin_or_none(from.origin),
        stack: ids.tree(from.stack)?,
        cut: from.cut,
        held: from.held.unwrap_or_default().into(),
        allocated_bytes: from.allocated_bytes,
        allocated_blocks: from.allocated_blocks,
        oldest_since_ms: from.oldest_since_ms,
    })
}
