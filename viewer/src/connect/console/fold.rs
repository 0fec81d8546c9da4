//! Folds what is known of a console-subscriber service into a profile, like an agent's. Pure.
//!
//! Groups are of tasks with equal labels, spawn location, kind, state and wait. Of a parked one the
//! await tree is there and empty: it was not left out, it cannot be known; at most it says what
//! the tasks wait for. A parked task counts as stuck only if that is known, and is no timer: who
//! waits for something unknown may well be asleep. No verdict is ever given. What is known orders
//! the groups: a task that is stuck, and one that was not there a minute ago, counts [`OWN`] if it
//! waits for something of the service's own, and a tenth if that is not known.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use taskscope_proto::model::{
    Coverage, Group, GroupId, Header, Labels, Lost, OriginId, Profile, State, Totals, Tree,
    WaitKind,
};

use super::entry::Task;
use super::model::Model;
use super::past::Past;
use super::stamp::{Stamp, ms_between, unix_ms};
use super::waits::Waits;

/// A task in one state for longer than this counts as stuck.
pub(super) const STUCK_AFTER_MS: u64 = 10_000;
/// What a task counts that waits for something of the service's own, and what one whose wait is
/// not known.
const OWN: u64 = 10;
const UNKNOWN: u64 = 1;

/// A task as it is at the moment of a profile.
pub(super) struct Seen<'a> {
    pub(super) task: &'a Task,
    pub(super) state: State,
    /// Since when, on the clock of the profile.
    pub(super) since_ms: u64,
    /// What it waits for, of a parked one and if known.
    pub(super) wait: Option<WaitKind>,
    pub(super) group: GroupId,
}

/// A group that is being counted.
struct Counting {
    group: Group,
    since_ms: Vec<u64>,
}

/// The moment of a profile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// By the service's clock.
    pub(super) at: Stamp,
    /// The service's start, as far as known.
    pub(super) start: Stamp,
}

impl Moment {
    pub(super) fn now_ms(self) -> u64 {
        ms_between(self.start, self.at)
    }

    /// A moment before, on the clock of profiles.
    fn since(self, at: Stamp) -> u64 {
        ms_between(self.start, at).min(self.now_ms())
    }
}

/// Every living task, as it is.
pub(super) fn seen(model: &Model, moment: Moment) -> impl Iterator<Item = Seen<'_>> {
    let waits = Waits::of(model);
    model.tasks.iter().map(move |(span, task)| {
        let (state, since) = task.doings.state();
        let parked = state == State::Parked;
        let wait = parked.then(|| waits.kind(*span, task)).flatten();
        let group = group_id(task.origin, &task.labels, state, wait.as_ref());
        Seen { task, state, since_ms: moment.since(since), wait, group }
    })
}

/// The same for the same tasks, whichever connection they are seen through.
fn group_id(origin: OriginId, labels: &Labels, state: State, wait: Option<&WaitKind>) -> GroupId {
    let mut hasher = DefaultHasher::new();
    // The labels too: those of places that had no room share an origin.
    (origin, labels, state, wait).hash(&mut hasher);
    GroupId(hasher.finish())
}

/// The profile of a moment. `past` is asked, and remembers.
pub(super) fn fold(model: &Model, past: &mut Past, moment: Moment) -> Profile {
    let mut counting: HashMap<GroupId, Counting> = HashMap::new();
    let mut totals = Totals {
        spawned: model.counts.spawned,
        finished: model.counts.finished,
        ..Totals::default()
    };
    let mut trees = Trees::default();
    for seen in seen(model, moment) {
        let of_state = match seen.state {
            State::Running => &mut totals.running,
            State::Ready => &mut totals.ready,
            State::New => &mut totals.new,
            State::Parked | State::Finished => &mut totals.parked,
        };
        *of_state += 1;
        let group =
            counting.entry(seen.group).or_insert_with(|| Counting::begin(&seen, &mut trees));
        group.add(&seen, moment.now_ms());
    }
    let mut groups: Vec<Group> = counting.into_values().map(Counting::end).collect();
    groups.sort_unstable_by_key(|group| group.id);
    past.fill(&mut groups);
    past.note(moment.now_ms(), &groups);
    for group in &mut groups {
        group.verdict.points = points(group);
    }
    let mut origins: Vec<_> = model.origins.all(moment.at).map(Arc::new).collect();
    origins.sort_unstable_by_key(|origin| origin.id);
    Profile {
        header: header(model, moment, totals),
        groups: groups.into_iter().map(Arc::new).collect(),
        origins,
        heap_sites: Vec::new(),
    }
}

fn header(model: &Model, moment: Moment, totals: Totals) -> Header {
    let counts = model.counts;
    let lost = Lost {
        label_sets: model.labels.folded(),
        label_key: model.labels.worst_key(),
        untracked: counts.tasks_lost,
        waits: counts.waits_lost,
        origins: model.origins.left_out(),
        ..Lost::default()
    };
    Header {
        now_ms: moment.now_ms(),
        now_unix_ms: unix_ms(moment.at),
        coverage: Coverage { tracked: model.tasks.len() as u64, alive: None },
        totals,
        lost,
        ..Header::default()
    }
}

/// The empty trees that say what is waited for, one for each.
#[derive(Default)]
struct Trees(HashMap<Option<WaitKind>, Arc<Tree>>);

impl Trees {
    fn of(&mut self, wait: Option<&WaitKind>) -> Arc<Tree> {
        let tree = self.0.entry(wait.cloned()).or_insert_with(|| {
            let wait_kinds = wait.cloned().into_iter().collect();
            Arc::new(Tree { wait_kinds, ..Tree::default() })
        });
        Arc::clone(tree)
    }
}

impl Counting {
    fn begin(seen: &Seen<'_>, trees: &mut Trees) -> Self {
        let parked = seen.state == State::Parked;
        let group = Group {
            tree: parked.then(|| trees.of(seen.wait.as_ref())),
            ..Group::new(seen.group, seen.task.labels.clone(), seen.task.origin, seen.state)
        };
        Self { group, since_ms: Vec::new() }
    }

    fn add(&mut self, seen: &Seen<'_>, now_ms: u64) {
        let group = &mut self.group;
        group.count += 1;
        let long = now_ms.saturating_sub(seen.since_ms) > STUCK_AFTER_MS;
        let should_go_on = match seen.state {
            State::Parked => seen.wait.as_ref().is_some_and(|kind| !kind.is_timer()),
            _ => true,
        };
        group.stuck += u64::from(long && should_go_on);
        group.future_bytes = group.future_bytes.saturating_add(seen.task.bytes);
        group.activity.add(&seen.task.doings.activity);
        self.since_ms.push(seen.since_ms);
    }

    fn end(mut self) -> Group {
        self.since_ms.sort_unstable();
        let at = |index: usize| self.since_ms.get(index).copied().unwrap_or(0);
        self.group.oldest_since_ms = at(0);
        self.group.median_since_ms = at(self.since_ms.len() / 2);
        self.group
    }
}

/// How suspicious a group is beside others, see the [module](self).
fn points(group: &Group) -> u64 {
    let wait = group.tree.as_ref().and_then(|tree| tree.wait_kinds.first());
    let weight = match wait {
        Some(kind) if kind.is_timer() => return 0,
        None if group.state == State::Parked => UNKNOWN,
        _ => OWN,
    };
    let grown = group.count.saturating_sub(group.count_minute_ago);
    group.stuck.saturating_add(grown).saturating_mul(weight)
}

#[cfg(test)]
mod tests;
