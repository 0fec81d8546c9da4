//! Verdicts, and who could let tasks go on.

use taskscope_proto::model::{Blocker, Class, Group, Holder, Profile, Relation};

use super::shape::{BlockerDump, HolderDump, VerdictDump};
use super::{ages, await_point, labels, location, wait_kinds};

pub(super) fn verdict<'a>(profile: &Profile, group: &'a Group) -> VerdictDump<'a> {
    let verdict = &group.verdict;
    let is_found = verdict.class != Class::Normal;
    VerdictDump {
        class: Some(verdict.class.name()),
        reason: Some(&*verdict.reason).filter(|_| is_found),
        tasks: verdict.tasks,
        since_secs: is_found.then(|| ages::secs(ages::since(&profile.header, verdict.since_ms))),
        points: verdict.points,
    }
}

pub(super) fn blocker<'a>(profile: &'a Profile, from: &'a Blocker) -> BlockerDump<'a> {
    let since = Some(from.since_ms).filter(|since| *since > 0);
    BlockerDump {
        kind: from.kind.to_string(),
        made_at: from.made_at.as_ref().map(location),
        tasks: from.tasks,
        relation: match from.relation {
            Relation::Unknown => "unknown",
            Relation::Holds => "holds",
            Relation::Joined => "joined",
            Relation::Received => "received",
            Relation::Sent => "sent",
            Relation::Made => "made",
        },
        since_secs: since.map(|since| ages::secs(ages::since(&profile.header, since))),
        holder: from.holder.map(|from| holder(profile, from)),
        holders: from.holders,
    }
}

fn holder(profile: &Profile, from: Holder) -> HolderDump<'_> {
    let groups = &profile.groups;
    let place = |id| groups.binary_search_by_key(&id, |group| group.id).ok();
    let group = from.group.and_then(place).and_then(|at| groups.get(at)).map(|group| &**group);
    let tree = group.and_then(|group| group.tree.as_deref());
    HolderDump {
        task: from.task,
        alive: !from.ended,
        labels: group.map(|group| labels(&group.labels)),
        spawned_at: group
            .and_then(|group| profile.origin(group.origin))
            .map(|origin| location(&origin.spawned_at)),
        state: group.map(|group| group.state.name()),
        await_point: tree.and_then(|tree| tree.await_point.as_deref()).map(await_point),
        wait_kinds: tree.map(wait_kinds).unwrap_or_default(),
    }
}
