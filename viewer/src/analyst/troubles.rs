//! What is the matter, in words: the worst groups, one line each.

use std::cmp::Reverse;

use taskscope_proto::model::{Class, Group, Profile};

use crate::analyse::chain;
use crate::screen::{Table, Trouble};

/// As many as one can take in at a glance.
const MOST: usize = 3;

/// The worst groups with a verdict worse than normal.
pub(super) fn troubles(profile: &Profile, table: &Table) -> Vec<Trouble> {
    let judged = profile.groups.iter().map(|group| &**group);
    let judged = judged.filter(|group| group.count > 0 && group.verdict.class > Class::Normal);
    let mut worst: Vec<&Group> = judged.collect();
    worst.sort_unstable_by_key(|group| {
        (Reverse((group.verdict.class, group.verdict.points)), group.id)
    });
    // Detached tasks are another group, and no other trouble.
    let mut seen: Vec<&Group> = Vec::new();
    for group in worst {
        let is_same = |known: &&Group| {
            known.origin == group.origin
                && known.labels == group.labels
                && known.state == group.state
                && known.tree == group.tree
        };
        if !seen.iter().any(is_same) {
            seen.push(group);
        }
        if seen.len() == MOST {
            break;
        }
    }
    seen.into_iter().map(|group| trouble(profile, table, group)).collect()
}

fn trouble(profile: &Profile, table: &Table, group: &Group) -> Trouble {
    let at = profile.groups.binary_search_by_key(&group.id, |known| known.id);
    let at = at.ok().and_then(|at| u32::try_from(at).ok());
    let row = at.and_then(|at| table.rows.iter().find(|row| row.row.members.contains(&at)));
    let links = chain(profile, group);
    Trouble {
        class: group.verdict.class,
        tasks: group.labels.to_string(),
        reason: group.verdict.reason.clone(),
        root: links.last().filter(|_| links.len() > 1).map(|link| link.text.clone()),
        count: group.verdict.tasks,
        since_ms: group.verdict.since_ms,
        row: row.map(|row| row.row.values.clone()),
    }
}
