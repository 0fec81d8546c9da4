//! One row of a difference: what it was, what it became.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use taskscope_proto::model::{Class, Frame, Held, OriginId, Profile};

use super::Move;
use crate::analyse::holding::{difference, has_grown};
use crate::analyse::pivot::Row;
use crate::analyse::{Sum, Value};

/// A number before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// What it was.
    pub before: u64,
    /// What it became.
    pub after: u64,
}

impl Pair {
    pub(super) fn new(before: u64, after: u64) -> Self {
        Self { before, after }
    }

    /// How much more it became.
    pub fn change(self) -> i64 {
        difference(self.after, self.before)
    }
}

/// What became of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// There was nothing of it before.
    New,
    /// There are more tasks in it, or they hold more.
    Grown,
    /// Its tasks came from another await point, or went on to another one.
    Moved,
    /// Nothing but what its tasks have been doing.
    #[default]
    Same,
    /// There are fewer tasks in it, or they hold less.
    Shrunk,
    /// There is nothing of it any more.
    Gone,
}

impl Kind {
    /// The name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Moved => "moved",
            Self::Same => "same",
            Self::Shrunk => "shrunk",
            Self::Gone => "gone",
        }
    }
}

/// What a row was and became.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// One value for each key.
    pub values: Arc<[Value]>,
    /// What became of it.
    pub kind: Kind,
    /// The frame that its tasks wait at, where it is one.
    pub frame: Option<Arc<Frame>>,
    /// Living tasks.
    pub tasks: Pair,
    /// Those of them that are stuck.
    pub stuck: Pair,
    /// Size of their futures.
    pub future_bytes: Pair,
    /// What they hold of the heap, and what those that ended have left.
    pub live_bytes: Pair,
    /// The error of the change of these.
    pub error_bytes: u64,
    /// The worst verdict before and after.
    pub class: (Class, Class),
    /// Why it is what it is now, or was what it was.
    pub reason: Arc<str>,
    /// So many of its tasks, or more, are in this state since before the first moment; `None` of two
    /// runs.
    pub rested: Option<u64>,
    /// Where those came from that were elsewhere before.
    pub came_from: Vec<Move>,
    /// Where those went that are elsewhere now.
    pub went_to: Vec<Move>,
    pub(super) origins: FxHashSet<OriginId>,
    points: u64,
    held: [Held; 2],
}

/// By what rows are put in order.
type Rank =
    (Reverse<Class>, Reverse<i64>, Reverse<Class>, Reverse<u64>, Reverse<u64>, Arc<[Value]>);

impl Change {
    pub(super) fn of(values: &Arc<[Value]>) -> Self {
        Self { values: Arc::clone(values), ..Self::default() }
    }

    pub(super) fn take_before(&mut self, profile: &Profile, row: &Row) {
        let Sum { count, stuck, future_bytes, held, finding, .. } = &row.sum;
        self.tasks.before = *count;
        self.stuck.before = *stuck;
        self.future_bytes.before = *future_bytes;
        self.live_bytes.before = held.live_bytes;
        let [then, _] = &mut self.held;
        *then = *held;
        self.class.0 = finding.class;
        if self.class.1 == Class::Normal {
            self.reason = Arc::clone(&finding.reason);
        }
        self.take_groups(profile, row);
    }

    pub(super) fn take_after(&mut self, profile: &Profile, row: &Row) {
        let Sum { count, stuck, future_bytes, held, finding, .. } = &row.sum;
        self.tasks.after = *count;
        self.stuck.after = *stuck;
        self.future_bytes.after = *future_bytes;
        self.live_bytes.after = held.live_bytes;
        let [_, now] = &mut self.held;
        *now = *held;
        self.class.1 = finding.class;
        self.points = finding.points;
        self.reason = Arc::clone(&finding.reason);
        self.take_groups(profile, row);
    }

    fn take_groups(&mut self, profile: &Profile, row: &Row) {
        for group in row.members.iter().filter_map(|at| profile.groups.get(*at as usize)) {
            self.origins.insert(group.origin);
            if self.frame.is_none() {
                self.frame = group.tree.as_ref().and_then(|tree| tree.await_point.clone());
            }
        }
        let [then, now] = self.held;
        self.error_bytes = then.and(now).error_bytes;
    }

    /// Takes in a row that differs in labels only. Of values that are not the same none is kept.
    pub(super) fn add(&mut self, other: &Self) {
        let add = |to: &mut Pair, from: Pair| {
            to.before = to.before.saturating_add(from.before);
            to.after = to.after.saturating_add(from.after);
        };
        add(&mut self.tasks, other.tasks);
        add(&mut self.stuck, other.stuck);
        add(&mut self.future_bytes, other.future_bytes);
        add(&mut self.live_bytes, other.live_bytes);
        let ([then, now], [other_then, other_now]) = (self.held, other.held);
        self.held = [then.and(other_then), now.and(other_now)];
        self.error_bytes = then.and(other_then).and(now.and(other_now)).error_bytes;
        self.rested = self.rested.zip(other.rested).map(|(a, b)| a.saturating_add(b));
        self.came_from.extend(other.came_from.iter().cloned());
        self.went_to.extend(other.went_to.iter().cloned());
        let both = self.values.iter().zip(&*other.values);
        let shared = |(a, b): (&Value, &Value)| {
            if a == b { a.clone() } else { Value::Blank("several") }
        };
        self.values = both.map(shared).collect();
    }

    /// Whether there is or was anything of it.
    pub(super) fn is_there(&self) -> bool {
        let Self { tasks, live_bytes, .. } = self;
        tasks.before > 0 || tasks.after > 0 || live_bytes.before > 0 || live_bytes.after > 0
    }

    /// Says what became of it, once it is known what moved.
    pub(super) fn judge(&mut self) {
        let sum =
            |moves: &[Move]| moves.iter().fold(0_u64, |sum, step| sum.saturating_add(step.tasks));
        let moved = [sum(&self.came_from), sum(&self.went_to)].into_iter().max();
        let change = self.tasks.change();
        let was = self.tasks.before > 0 || self.live_bytes.before > 0;
        let is = self.tasks.after > 0 || self.live_bytes.after > 0;
        self.kind = match (change, self.bytes_change()) {
            _ if change != 0 && moved == Some(change.unsigned_abs()) => Kind::Moved,
            _ if !was => Kind::New,
            _ if !is => Kind::Gone,
            (1.., _) | (0, 1..) => Kind::Grown,
            (..0, _) | (0, ..0) => Kind::Shrunk,
            (0, 0) => Kind::Same,
        };
    }

    /// How much more it holds; 0 within the error.
    fn bytes_change(&self) -> i64 {
        let change = self.live_bytes.change();
        let error = Held { error_bytes: self.error_bytes, ..Held::default() };
        if has_grown(change.saturating_abs(), &error) { change } else { 0 }
    }

    /// Rows are in the order of this: by what is suspected or proven, then by growth, where each
    /// hundredth of the whole heap weighs as much as ten tasks.
    pub(super) fn rank(&self, heap_bytes: u64) -> Rank {
        let whole = heap_bytes.max(1).cast_signed();
        let percent = self.bytes_change().saturating_mul(100).checked_div(whole).unwrap_or(0);
        let growth = self.tasks.change().saturating_add(percent.saturating_mul(10));
        let class = self.class.1;
        let evident = if class >= Class::Suspect { class } else { Class::Normal };
        let values = Arc::clone(&self.values);
        let (points, tasks) = (self.points, self.tasks.after);
        (Reverse(evident), Reverse(growth), Reverse(class), Reverse(points), Reverse(tasks), values)
    }
}
