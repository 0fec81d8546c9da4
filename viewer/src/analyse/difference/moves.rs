//! Which tasks went from one await point to another: the balance of what left one and came to
//! others, among tasks of the same labels and spawn location.
//!
//! Groups count tasks and do not name them. A balance is exact where no task of these origins ended
//! in between, and only one await point lost tasks or only one gained any; else it is about right:
//! those that left may have ended, and those that came may be new.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use taskscope_proto::model::{Frame, OriginId, Profile};

use super::Change;
use crate::analyse::{Key, Value};

/// Tasks that were or are at another await point.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    /// The other await point.
    pub place: Value,
    /// Its frame.
    pub frame: Option<Arc<Frame>>,
    /// How many tasks.
    pub tasks: u64,
    /// The number is not exact.
    pub about: bool,
}

/// How many tasks of these origins have ended in between.
type Ended<'a> = &'a dyn Fn(&FxHashSet<OriginId>) -> u64;

/// How many tasks of these origins have ended since, in one run.
pub(super) fn ended(before: &Profile, after: &Profile, origins: &FxHashSet<OriginId>) -> u64 {
    let finished = |profile: &Profile, id: &OriginId| profile.origin(*id).map_or(0, |o| o.finished);
    let since = |id| finished(after, id).saturating_sub(finished(before, id));
    origins.iter().map(since).fold(0, u64::saturating_add)
}

/// Finds the moves between the rows. Without `ended`, of two runs, none of them is exact.
pub(super) fn find(changes: &mut [Change], keys: &[Key], ended: Option<Ended<'_>>) {
    let Some(point) = keys.iter().position(|key| *key == Key::AwaitPoint) else { return };
    let is_who = |key: &Key| !matches!(key, Key::AwaitPoint | Key::State | Key::WaitKind);
    let who = |change: &Change| -> Vec<Value> {
        let of_who = change.values.iter().zip(keys).filter(|(_, key)| is_who(key));
        of_who.map(|(value, _)| value.clone()).collect()
    };
    let mut all: FxHashMap<Vec<Value>, Vec<usize>> = FxHashMap::default();
    for (at, change) in changes.iter().enumerate() {
        let is_known = !matches!(change.values.get(point), None | Some(Value::Blank(_)));
        if change.tasks.change() != 0 && is_known {
            all.entry(who(change)).or_default().push(at);
        }
    }
    let mut moves = Vec::new();
    for of_one in all.values() {
        let of_one: Vec<(usize, &Change)> =
            of_one.iter().filter_map(|at| Some((*at, changes.get(*at)?))).collect();
        moves.extend(balance(&of_one, point, ended));
    }
    // A map has no order, and what is told has one.
    moves.sort_unstable_by_key(|(from, to, tasks, _)| (Reverse(*tasks), *from, *to));
    for (from, to, tasks, about) in moves {
        let step = |other: Option<&Change>| {
            let other = other?;
            let place = other.values.get(point)?.clone();
            Some(Move { place, frame: other.frame.clone(), tasks, about })
        };
        let (came, went) = (step(changes.get(from)), step(changes.get(to)));
        if let Some(change) = changes.get_mut(to) {
            change.came_from.extend(came);
        }
        if let Some(change) = changes.get_mut(from) {
            change.went_to.extend(went);
        }
    }
}

/// From which row to which so many tasks went, and whether that is about right only.
fn balance(
    rows: &[(usize, &Change)],
    point: usize,
    ended: Option<Ended<'_>>,
) -> Vec<(usize, usize, u64, bool)> {
    let side = |wanted: fn(i64) -> bool| {
        let rows = rows.iter().filter(|(_, change)| wanted(change.tasks.change()));
        let left = |change: &Change| change.tasks.change().unsigned_abs();
        let mut rows: Vec<_> =
            rows.map(|(at, change)| (*at, change.values.get(point), left(change))).collect();
        rows.sort_by(|a, b| (Reverse(a.2), a.1).cmp(&(Reverse(b.2), b.1)));
        rows
    };
    let (mut from, mut to) = (side(|change| change < 0), side(|change| change > 0));
    let origins = rows.iter().flat_map(|(_, change)| change.origins.iter().copied()).collect();
    let stayed_alive = ended.is_some_and(|ended| ended(&origins) == 0);
    let about = !stayed_alive || (from.len() > 1 && to.len() > 1);
    let mut moves = Vec::new();
    for (from, from_point, left) in &mut from {
        for (to, to_point, room) in &mut to {
            let tasks = (*left).min(*room);
            // By another state or another kind of wait at the same line nobody gets on.
            if tasks > 0 && from_point != to_point {
                (*left, *room) = (*left - tasks, *room - tasks);
                moves.push((*from, *to, tasks, about));
            }
        }
    }
    moves
}
