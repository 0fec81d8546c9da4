//! Groups, by the ids of a dictionary.

use super::enums::state_from_wire;
use super::verdict::{blockers_from_wire, blockers_to_wire, chain_from_wire, chain_to_wire};
use super::{ConvertError, check};
use crate::dictionary::{Reader, Sink, Writer};
use crate::limits::MAX_WAKERS;
use crate::model::{Group, GroupId, OriginId, Verdict};
use crate::wire;

pub(crate) fn group_to_wire(from: &Group, ids: &mut Writer, out: &mut impl Sink) -> wire::Group {
    wire::Group {
        id: from.id.0,
        label_set: ids.labels(&from.labels, out),
        origin: from.origin.0,
        state: wire::State::from(from.state).into(),
        tree: from.tree.as_ref().map_or(0, |tree| ids.tree(tree, out)),
        count: from.count,
        stuck: from.stuck,
        oldest_since_ms: from.oldest_since_ms,
        median_since_ms: from.median_since_ms,
        future_bytes: from.future_bytes,
        count_minute_ago: from.count_minute_ago,
        activity: Some(from.activity.into()),
        wakers: from.wakers.iter().take(MAX_WAKERS).map(|waker| (*waker).into()).collect(),
        detached: from.detached,
        orphan: from.orphan,
        untracked: !from.tracked,
        held: Some(from.held.into()),
        live_bytes_minute_ago: from.live_bytes_minute_ago,
        verdict: Some((&from.verdict).into()),
        blockers: blockers_to_wire(&from.blockers, ids, out),
        chain: chain_to_wire(&from.chain),
        waiting_for_it: from.waiting_for_it,
    }
}

pub(crate) fn group_from_wire(from: &wire::Group, ids: &Reader) -> Result<Group, ConvertError> {
    check::at_most("wakers of a group", from.wakers.len(), "MAX_WAKERS", MAX_WAKERS)?;
    Ok(Group {
        id: GroupId(from.id),
        labels: ids.labels(from.label_set)?,
        origin: OriginId(from.origin),
        state: state_from_wire(from.state)?,
        tree: ids.tree(from.tree)?,
        count: from.count,
        stuck: from.stuck,
        oldest_since_ms: from.oldest_since_ms,
        median_since_ms: from.median_since_ms,
        future_bytes: from.future_bytes,
        count_minute_ago: from.count_minute_ago,
        activity: from.activity.unwrap_or_default().into(),
        wakers: from.wakers.iter().map(|waker| (*waker).into()).collect(),
        detached: from.detached,
        orphan: from.orphan,
        tracked: !from.untracked,
        held: from.held.unwrap_or_default().into(),
        live_bytes_minute_ago: from.live_bytes_minute_ago,
        verdict: from.verdict.as_ref().map(Verdict::try_from).transpose()?.unwrap_or_default(),
        blockers: blockers_from_wire(&from.blockers, ids)?,
        chain: chain_from_wire(&from.chain)?,
        waiting_for_it: from.waiting_for_it,
    })
}
