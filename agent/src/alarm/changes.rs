//! Which verdicts changed from one profile to the next.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use taskscope_proto::model::{Class, Group, Labels, OriginId, Profile};

use super::Alert;

/// What was spawned at one line, with these labels.
type Whose = (OriginId, Labels);
type Known = HashMap<Whose, Arc<Group>, FxBuildHasher>;

/// Groups that something was the matter with in the last profile: the worst of each line and label set.
#[derive(Debug, Default)]
pub(super) struct Changes(Known);

impl Changes {
    /// What is different in this profile, the worst first.
    pub(super) fn since(&mut self, profile: &Profile) -> Vec<Alert> {
        let mut now = Known::default();
        let rank = |group: &Group| (group.verdict.class, group.verdict.points);
        for group in profile.groups.iter().filter(|group| group.verdict.class > Class::Normal) {
            let worst =
                now.entry((group.origin, group.labels.clone())).or_insert(Arc::clone(group));
            if rank(worst) < rank(group) {
                *worst = Arc::clone(group);
            }
        }
        let before = std::mem::replace(&mut self.0, now);
        let alert = |group: &Arc<Group>, from: Class, to: Class| Alert {
            before: from,
            now: to,
            group: Arc::clone(group),
            origin: profile.origin(group.origin).cloned(),
        };
        let changed = self.0.iter().filter_map(|(whose, group)| {
            let was = before.get(whose).map_or(Class::Normal, |group| group.verdict.class);
            let is = group.verdict.class;
            (was != is).then(|| alert(group, was, is))
        });
        let over = before.iter().filter(|(whose, _)| !self.0.contains_key(whose));
        let over = over.map(|(_, group)| alert(group, group.verdict.class, Class::Normal));
        let mut alerts: Vec<Alert> = changed.chain(over).collect();
        alerts.sort_by_key(|alert| {
            std::cmp::Reverse((alert.now, alert.group.verdict.points, alert.group.id))
        });
        alerts
    }
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::{GroupId, Label, State, Verdict};

    use super::*;

    fn group(id: u64, task: &str, class: Class, points: u64) -> Arc<Group> {
        let labels = Labels::new([Label { key: "task".into(), value: task.into() }]);
        let reason = if class == Class::Normal { "" } else { "it does not end" };
        Arc::new(Group {
            count: 1,
            verdict: Verdict { class, points, reason: reason.into(), ..Verdict::default() },
            ..Group::new(GroupId(id), labels, OriginId(1), State::Parked)
        })
    }

    #[test]
    fn a_change_is_told_once_and_the_worst_of_a_label_set_counts() {
        use Class::{Normal, Proven, Slow, Suspect};
        let mut changes = Changes::default();
        let mut check = |groups: &[Arc<Group>], expected: &[&str]| {
            let profile = Profile { groups: groups.to_vec(), ..Profile::default() };
            let told: Vec<String> = changes.since(&profile).iter().map(Alert::to_string).collect();
            assert_eq!(told, expected);
        };
        check(&[group(1, "audit", Normal, 0)], &[]);
        let both = [group(1, "audit", Slow, 9), group(2, "audit", Suspect, 1)];
        check(&both, &["task=audit: suspect, was normal: it does not end"]);
        check(&both, &[]);
        // It waits somewhere else now, and is what it was.
        check(&[group(3, "audit", Suspect, 5)], &[]);
        let more = [group(3, "audit", Slow, 5), group(4, "fetch", Proven, 2)];
        let told =
            ["task=fetch: proven, was normal: it does not end", "task=audit: slow, was suspect"];
        check(&more, &told);
        check(&[], &["task=audit: normal, was slow", "task=fetch: normal, was proven"]);
    }
}
