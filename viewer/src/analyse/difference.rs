//! What changed between two states of a service, of one run or of two.
//!
//! Numbers of groups mean nothing across runs, so rows are matched by what their tasks are and do:
//! by all labels, spawn location, state, await point and what is waited for, or by other keys if
//! these are asked for. A row says how much came or went, what of that only moved from one await
//! point to another (`moves`), and how many of its tasks cannot have moved at all (`rest`).

mod change;
mod moves;
mod remarks;
mod rest;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use taskscope_proto::model::{Class, Process, Profile};

use super::pivot::{Row, pivot};
use super::{Key, Sum, Value, keys_of};

pub use change::{Change, Kind, Pair};
pub use moves::Move;

/// One of the two states, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The process.
    pub process: &'a Process,
    /// Its state.
    pub profile: &'a Profile,
}

/// What changed from the state before to the state after.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// What makes up a row.
    pub keys: Vec<Key>,
    /// Milliseconds from one to the other; less than 0 if the first is the later one, `None` if
    /// that cannot be known.
    pub between_ms: Option<i64>,
    /// Both are of one run, so that tasks of one may be tasks of the other.
    pub same_run: bool,
    /// Living tasks.
    pub tasks: Pair,
    /// Those of them that are stuck.
    pub stuck: Pair,
    /// Resident memory, where both know it.
    pub rss_bytes: Option<Pair>,
    /// The heap, where both sample it.
    pub heap_bytes: Option<Pair>,
    /// Spawned and finished in between, of one run.
    pub went_through: Option<(u64, u64)>,
    /// How many tasks the verdicts of each class are about, the worst class first; without the
    /// normal ones.
    pub verdicts: Vec<(Class, Pair)>,
    /// So many tasks have not moved, or more; `None` of two runs.
    pub rested: Option<u64>,
    /// Every row that there is or was, the most evident first.
    pub changes: Vec<Change>,
    /// What else is to be said of the comparison, in sentences.
    pub remarks: Vec<String>,
}

impl Difference {
    /// So much change, in a minute; `None` if it is not known how much time went by.
    pub fn per_minute(&self, change: i64) -> Option<f64> {
        let between_ms = self.between_ms.filter(|ms| *ms > 0)?;
        Some(change as f64 * 60_000.0 / between_ms as f64)
    }

    /// What is most likely the leak: suspected or proven, or what has grown most. Rows that differ
    /// from it in labels only, and are as suspicious or have grown too, are told as one with it: the
    /// labels that all of them share, their values, and how many they are. Where rows say neither
    /// where their tasks were spawned nor where they wait, nothing tells that two are of one matter.
    pub fn most_evident(&self) -> Option<(Change, usize)> {
        let first = self.changes.first()?;
        let is_suspect = first.class.1 >= Class::Suspect;
        let grows = |change: &Change| change.kind == Kind::Grown || change.tasks.change() > 0;
        if !is_suspect && !grows(first) && first.kind != Kind::New {
            return None;
        }
        let is_like = |change: &&Change| {
            let values = self.keys.iter().zip(change.values.iter().zip(&*first.values));
            let alike = values.filter(|(key, _)| !is_label(key)).all(|(_, (a, b))| a == b);
            let evident = if is_suspect { change.class.1 == first.class.1 } else { grows(change) };
            alike && evident
        };
        let has_place = [Key::SpawnedAt, Key::AwaitPoint].iter().any(|key| self.keys.contains(key));
        let others = if has_place { self.changes.get(1..) } else { None };
        let mut whole = first.clone();
        let mut sets = 1;
        for change in others.unwrap_or_default().iter().filter(is_like) {
            whole.add(change);
            sets += 1;
        }
        whole.judge();
        Some((whole, sets))
    }
}

fn is_label(key: &Key) -> bool {
    matches!(key, Key::Label(_) | Key::Process)
}

/// What changed from `before` to `after`, in rows of these keys; `None`: of all that there are.
pub fn difference(before: Side<'_>, after: Side<'_>, keys: Option<&[Key]>) -> Difference {
    let keys = keys.map_or_else(|| all_keys(before.profile, after.profile), <[Key]>::to_vec);
    let same_run = is_same_run(before.process, after.process);
    let between_ms = between_ms(before, after, same_run);
    let rest = rest::Rest::between(before, after, same_run);
    let [(then, then_sum), (now, now_sum)] = [before, after].map(|side| rows(side.profile, &keys));
    let mut changes = joined((before, then), (after, now), &rest);
    let ended = |origins: &FxHashSet<_>| moves::ended(before.profile, after.profile, origins);
    moves::find(&mut changes, &keys, same_run.then_some(&ended));
    changes.iter_mut().for_each(Change::judge);
    let heap = after.profile.header.heap.map_or(0, |heap| heap.held.live_bytes);
    changes.sort_by_cached_key(|change| change.rank(heap));
    let (then, now) = (&before.profile.header, &after.profile.header);
    let bytes = |before: Option<u64>, after: Option<u64>| Some(Pair::new(before?, after?));
    let live = |header: &taskscope_proto::model::Header| header.heap.map(|h| h.held.live_bytes);
    let (old, new) = (&then.totals, &now.totals);
    let went_through =
        (new.spawned.saturating_sub(old.spawned), new.finished.saturating_sub(old.finished));
    Difference {
        keys,
        between_ms,
        same_run,
        tasks: Pair::new(then_sum.count, now_sum.count),
        stuck: Pair::new(then_sum.stuck, now_sum.stuck),
        rss_bytes: bytes(then.rss_bytes, now.rss_bytes),
        heap_bytes: bytes(live(then), live(now)),
        went_through: Some(went_through).filter(|_| same_run && between_ms >= Some(0)),
        verdicts: verdicts(before.profile, after.profile),
        rested: rest.is_known().then(|| {
            changes.iter().filter_map(|change| change.rested).fold(0, u64::saturating_add)
        }),
        changes,
        remarks: remarks::remarks(before, after, (between_ms, same_run)),
    }
}

/// All labels of both, and what a group is besides.
fn all_keys(before: &Profile, after: &Profile) -> Vec<Key> {
    let mut keys = keys_of(before);
    for key in keys_of(after) {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let fixed = [Key::SpawnedAt, Key::State, Key::AwaitPoint, Key::WaitKind];
    keys.retain(is_label);
    keys.sort();
    keys.into_iter().chain(fixed).collect()
}

fn is_same_run(before: &Process, after: &Process) -> bool {
    (before.run_id, before.pid) == (after.run_id, after.pid)
}

/// By the agent's clock in one run, by the wall's clocks otherwise.
fn between_ms(before: Side<'_>, after: Side<'_>, same_run: bool) -> Option<i64> {
    let (then, now) = (&before.profile.header, &after.profile.header);
    let (then, now) = match same_run {
        true => (then.now_ms, now.now_ms),
        false if then.now_unix_ms == 0 || now.now_unix_ms == 0 => return None,
        false => (then.now_unix_ms, now.now_unix_ms),
    };
    Some(now.cast_signed().saturating_sub(then.cast_signed()))
}

fn rows(profile: &Profile, keys: &[Key]) -> (Vec<Row>, Sum) {
    let all: Vec<u32> = (0..).zip(&profile.groups).map(|(at, _)| at).collect();
    let answer = pivot(profile, keys, &all);
    (answer.rows, answer.total)
}

fn joined(
    (before, then): (Side<'_>, Vec<Row>),
    (after, now): (Side<'_>, Vec<Row>),
    rest: &rest::Rest,
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::with_capacity(now.len());
    let mut known: FxHashMap<Arc<[Value]>, usize> = FxHashMap::default();
    for row in &now {
        known.insert(Arc::clone(&row.values), changes.len());
        let mut change = Change::of(&row.values);
        change.take_after(after.profile, row);
        change.rested = rest.of(after.profile, row);
        changes.push(change);
    }
    for row in &then {
        let at = *known.entry(Arc::clone(&row.values)).or_insert_with(|| {
            changes.push(Change::of(&row.values));
            changes.len() - 1
        });
        if let Some(change) = changes.get_mut(at) {
            change.take_before(before.profile, row);
        }
    }
    changes.retain(Change::is_there);
    changes
}

fn verdicts(before: &Profile, after: &Profile) -> Vec<(Class, Pair)> {
    let about = |profile: &Profile, class: Class| {
        let groups = profile.groups.iter().filter(|group| group.verdict.class == class);
        groups.fold(0, |sum: u64, group| sum.saturating_add(group.verdict.tasks))
    };
    let classes = Class::ALL.iter().rev().filter(|class| **class != Class::Normal);
    let pair = |class: &Class| (*class, Pair::new(about(before, *class), about(after, *class)));
    classes.map(pair).filter(|(_, pair)| *pair != Pair::default()).collect()
}
