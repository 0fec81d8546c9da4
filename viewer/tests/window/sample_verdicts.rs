//! What the agent thinks of the made-up service.

use std::sync::Arc;

use taskscope_proto::model::{
    Blocker, Class, Group, GroupId, Holder, Profile, Relation, Verdict, WaitKind,
};

use super::place;

/// What the agent says of the tasks that pile up.
const REASON: &str = "812 of 824 tasks spawned here since 12:03 have not finished; before that 99.9\u{a0}% \
                      finished within 80\u{a0}ms; all wait at src/audit.rs:41 for mpsc_send";

/// Audit piles up behind the ledger, and the ledger behind a cart that holds its lock.
pub(super) fn judge(profile: &mut Profile, piled: u64) {
    for (id, tasks, points) in [(1, piled, 14_200), (2, 172, 3_400), (6, 0, 300), (3, 0, 40)] {
        let suspect = tasks > 0;
        change(profile, id, |group| {
            group.verdict = Verdict {
                class: if suspect { Class::Suspect } else { Class::Normal },
                reason: if suspect { REASON.into() } else { "".into() },
                since_ms: 512_000,
                tasks,
                points,
            };
        });
    }
    let blocker = |kind, made_at, relation, tasks, holder, group| Blocker {
        kind,
        made_at: Some(place(made_at)),
        tasks,
        relation,
        since_ms: 480_000,
        holder: Some(Holder { task: holder, group: Some(GroupId(group)), ended: false }),
        holders: 1,
    };
    for (id, tasks) in [(1, piled), (2, 172)] {
        let (made_at, relation) = ("src/audit.rs:20:34", Relation::Received);
        let channel = blocker(WaitKind::MpscSend, made_at, relation, tasks, 211, 6);
        change(profile, id, |group| {
            group.blockers = vec![channel];
            group.chain = vec![GroupId(6), GroupId(3)];
        });
    }
    let lock = blocker(WaitKind::Mutex, "src/ledger.rs:9:20", Relation::Holds, 12, 977, 3);
    change(profile, 6, |group| {
        group.blockers = vec![lock];
        group.chain = vec![GroupId(3)];
        group.waiting_for_it = piled + 172;
    });
    change(profile, 3, |group| group.waiting_for_it = piled + 184);
}

/// Changes the group with this id.
pub(super) fn change(profile: &mut Profile, id: u64, change: impl FnOnce(&mut Group)) {
    let groups = &mut profile.groups;
    if let Some(group) = groups.iter_mut().find(|group| group.id == GroupId(id)) {
        change(Arc::make_mut(group));
    }
}
