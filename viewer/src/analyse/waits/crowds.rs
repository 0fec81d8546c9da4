//! Groups that wait alike: for the same, at the same line. A crowd of them is one node.

use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};
use taskscope_proto::model::{Group, GroupId};

use super::super::blame::{self, does};
use super::steps;

/// How many groups alike are a crowd.
const CROWD: usize = 4;

/// How a crowd is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Crowds {
    /// As one node.
    #[default]
    Together,
    /// Each group by itself.
    OneByOne,
}

impl Crowds {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Together => Self::OneByOne,
            Self::OneByOne => Self::Together,
        }
    }
}

/// Puts those together that wait alike, if they are a crowd and `nobody` waits for them. All keep
/// their order: a crowd comes where its first group does.
pub(super) fn gather(
    groups: Vec<&Group>,
    shown: Crowds,
    nobody: impl Fn(&Group) -> bool,
) -> Vec<Vec<&Group>> {
    if shown == Crowds::OneByOne {
        return groups.into_iter().map(|group| vec![group]).collect();
    }
    let manners: Vec<_> = groups.iter().map(|group| nobody(group).then(|| manner(group))).collect();
    let mut sizes = FxHashMap::default();
    for manner in manners.iter().flatten() {
        *sizes.entry(manner).or_insert(0_usize) += 1;
    }
    let is_crowd = |manner| sizes.get(manner).is_some_and(|size| *size >= CROWD);
    let mut all: Vec<Vec<&Group>> = Vec::new();
    let mut places = FxHashMap::default();
    for (group, manner) in groups.into_iter().zip(&manners) {
        let place = match manner {
            Some(manner) if is_crowd(manner) => *places.entry(manner).or_insert(all.len()),
            _ => all.len(),
        };
        match all.get_mut(place) {
            Some(crowd) => crowd.push(group),
            None => all.push(vec![group]),
        }
    }
    all
}

/// What those alike have in common.
fn manner(group: &Group) -> impl Eq + Hash + use<> {
    let steps = steps(group).into_iter().map(|step| (step.to, step.about));
    let steps: Vec<(GroupId, String)> = steps.collect();
    (group.verdict.class, does(group), steps)
}

/// The labels that all have, how many they are and what they differ in: `task=req: 33 groups by
/// tenant`.
pub(super) fn name(groups: &[&Group]) -> String {
    let Some((first, others)) = groups.split_first() else { return String::new() };
    if others.is_empty() {
        return blame::name(first);
    }
    let common: Vec<String> = first
        .labels
        .iter()
        .filter(|label| others.iter().all(|one| one.labels.get(&label.key) == Some(&label.value)))
        .map(ToString::to_string)
        .collect();
    let keys = groups.iter().flat_map(|group| group.labels.iter()).map(|label| &*label.key);
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    let differs = |key: &str| groups.iter().any(|one| one.labels.get(key) != first.labels.get(key));
    let differing: Vec<&str> = keys.filter(|key| seen.insert(key) && differs(key)).collect();
    let mut words = format!("{} groups", groups.len());
    if !differing.is_empty() {
        words = format!("{words} by {}", differing.join(", "));
    }
    if common.is_empty() { words } else { format!("{}: {words}", common.join(" ")) }
}
