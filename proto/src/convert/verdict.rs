//! Verdicts, and who could let tasks go on.

use std::sync::Arc;

use super::enums::{class_from_wire, relation_from_wire};
use super::{ConvertError, at_most, cut, text, wait_kind_from_wire, wait_kind_name};
use crate::dictionary::{Reader, Sink, Writer};
use crate::limits::{MAX_BLOCKERS, MAX_CHAIN};
use crate::model::{Blocker, GroupId, Holder, Verdict};
use crate::wire;

impl From<&Verdict> for wire::Verdict {
    fn from(from: &Verdict) -> Self {
        Self {
            class: wire::VerdictClass::from(from.class).into(),
            reason: cut(&from.reason),
            since_ms: from.since_ms,
            tasks: from.tasks,
            points: from.points,
        }
    }
}

impl TryFrom<&wire::Verdict> for Verdict {
    type Error = ConvertError;

    fn try_from(from: &wire::Verdict) -> Result<Self, ConvertError> {
        Ok(Self {
            class: class_from_wire(from.class),
            reason: text("the reason of a verdict", from.reason.clone())?,
            since_ms: from.since_ms,
            tasks: from.tasks,
            points: from.points,
        })
    }
}

pub(super) fn blockers_to_wire(
    from: &[Blocker],
    ids: &mut Writer,
    out: &mut impl Sink,
) -> Vec<wire::Blocker> {
    from.iter().take(MAX_BLOCKERS).map(|blocker| blocker_to_wire(blocker, ids, out)).collect()
}

fn blocker_to_wire(from: &Blocker, ids: &mut Writer, out: &mut impl Sink) -> wire::Blocker {
    let holder = from.holder;
    wire::Blocker {
        kind: wait_kind_name(&from.kind).0.into(),
        made_at: from.made_at.as_ref().map_or(0, |place| ids.location(place, out)),
        tasks: from.tasks,
        relation: wire::Relation::from(from.relation).into(),
        since_ms: from.since_ms,
        holder: holder.map_or(0, |holder| holder.task),
        holder_group: holder.and_then(|holder| holder.group).map_or(0, |group| group.0),
        holder_ended: holder.is_some_and(|holder| holder.ended),
        holders: from.holders,
    }
}

pub(super) fn blockers_from_wire(
    from: &[wire::Blocker],
    ids: &Reader,
) -> Result<Vec<Blocker>, ConvertError> {
    at_most("what tasks wait for", from.len(), "MAX_BLOCKERS", MAX_BLOCKERS)?;
    from.iter().map(|blocker| blocker_from_wire(*blocker, ids)).collect()
}

fn blocker_from_wire(from: wire::Blocker, ids: &Reader) -> Result<Blocker, ConvertError> {
    let made_at =
        if from.made_at == 0 { None } else { Some(ids.location_or_unknown(from.made_at)?) };
    let holder = Holder {
        task: from.holder,
        group: Some(GroupId(from.holder_group)).filter(|group| group.0 != 0),
        ended: from.holder_ended,
    };
    Ok(Blocker {
        kind: wait_kind_from_wire(from.kind, Arc::default()),
        made_at,
        tasks: from.tasks,
        relation: relation_from_wire(from.relation),
        since_ms: from.since_ms,
        holder: Some(holder).filter(|holder| holder.task != 0),
        holders: from.holders,
    })
}

pub(super) fn chain_to_wire(from: &[GroupId]) -> Vec<u64> {
    from.iter().take(MAX_CHAIN).map(|group| group.0).collect()
}

pub(super) fn chain_from_wire(from: &[u64]) -> Result<Vec<GroupId>, ConvertError> {
    at_most("groups of a chain", from.len(), "MAX_CHAIN", MAX_CHAIN)?;
    Ok(from.iter().copied().map(GroupId).collect())
}
