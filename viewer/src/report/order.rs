//! Which groups come first.

use std::cmp::Reverse;
use std::sync::Arc;

use taskscope_proto::model::{Group, Profile, State, WaitKind};

/// The groups that have tasks, most suspicious first.
///
/// First those with tasks that are stuck where nobody means to wait for long, then the rest; among
/// equals the one that grew most in a minute, then the biggest, then the oldest.
pub(super) fn most_suspicious_first(profile: &Profile) -> Vec<&Arc<Group>> {
    let mut groups: Vec<_> = profile.groups.iter().filter(|group| group.count > 0).collect();
    groups.sort_by_key(|group| suspicion(group));
    groups
}

fn suspicion(group: &Group) -> impl Ord + use<> {
    let harmless = group.stuck == 0 || waits_by_intent(group);
    let growth = group.count.saturating_sub(group.count_minute_ago);
    (harmless, Reverse(growth), Reverse(group.count), group.oldest_since_ms, group.id)
}

/// A timer, or a listener that nobody calls: hours there are what the code asks for.
fn waits_by_intent(group: &Group) -> bool {
    let Some(tree) = group.tree.as_ref().filter(|_| group.state == State::Parked) else {
        return false;
    };
    let by_intent = |kind: &WaitKind| kind.is_timer() || *kind == WaitKind::Accept;
    !tree.wait_kinds.is_empty() && tree.wait_kinds.iter().all(by_intent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn stuck_and_growing_comes_first_and_timers_last() {
        let group = |id, count, stuck, before, kind| {
            Arc::new(Group {
                count,
                stuck,
                count_minute_ago: before,
                ..fixture::group(id, Some(fixture::chain(kind)))
            })
        };
        let groups = vec![
            group(1, 500, 0, 100, WaitKind::IoRead),
            group(2, 9, 9, 9, WaitKind::Sleep),
            group(3, 5, 5, 5, WaitKind::Mutex),
            group(4, 8, 3, 2, WaitKind::MpscSend),
            group(5, 7, 7, 7, WaitKind::Notify),
            group(6, 0, 0, 7, WaitKind::Notify),
            group(7, 400, 0, 500, WaitKind::IoRead),
        ];
        let profile = Profile { groups, ..Profile::default() };
        let order: Vec<u64> = most_suspicious_first(&profile).iter().map(|g| g.id.0).collect();
        assert_eq!(order, [4, 5, 3, 1, 7, 2]);
    }
}
