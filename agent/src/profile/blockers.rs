//! What tasks wait for, and who could let them go on: from single waits to lines of groups.

use std::panic::Location;

use taskscope_proto::limits::MAX_BLOCKERS;
use taskscope_proto::model::{self, Blocker, GroupId, Relation, WaitKind};

use super::proofs::{Map, Set, Waits};
use super::view::RawKey;
use crate::clock::Reading;
use crate::task::ticket::Ticket;
use crate::task::waits::{Kind, State, Targets, Wait};
use crate::verdict::blame::Edge;

/// Waits whose tasks are looked up in a pass; of more, every second, third, ... stands for its
/// neighbours.
const MOST_LOOKED_UP: usize = 50_000;
/// Different holders that are counted for one line.
const MOST_HOLDERS: usize = 1_000;
/// A task that waits for one of many: the others are only counted.
const MOST_TARGETS: usize = 16;

/// Where each task is, of those that are asked for; `None` for those that have ended.
#[derive(Debug, Default)]
pub(super) struct Places {
    wanted: Set<u64>,
    found: Map<u64, RawKey>,
}

/// A task that could let another go on.
#[derive(Clone, Copy, Debug)]
struct Other {
    id: u64,
    /// Ticks; 0 if unknown.
    since: u64,
}

/// What makes one line of a group.
type Line = (GroupId, Kind, Option<&'static Location<'static>>, Relation);

#[derive(Debug, Default)]
struct Sum {
    tasks: u64,
    /// The one that has held longest.
    holder: Option<Other>,
    holders: Set<u64>,
}

/// The lines of all groups, and who waits for whom.
#[derive(Debug, Default)]
pub(super) struct Blockers {
    pub(super) of_groups: Map<GroupId, Vec<Blocker>>,
    pub(super) edges: Vec<Edge>,
}

impl Places {
    /// Those of the tasks that these waits speak of.
    pub(super) fn of(waits: &Waits) -> Self {
        let mut wanted = Set::default();
        for wait in looked_up(waits) {
            wanted.insert(id(wait.task));
            wanted.extend(others(waits, wait).1.iter().map(|other| other.id));
        }
        Self { wanted, found: Map::default() }
    }

    /// Whether nobody is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Notes where a task is, if anybody wants to know.
    #[inline]
    pub(super) fn note(&mut self, id: u64, key: RawKey) {
        if !self.wanted.is_empty() && self.wanted.contains(&id) {
            self.found.insert(id, key);
        }
    }

    fn group(&self, id: u64, group_of: &Map<RawKey, GroupId>) -> Option<GroupId> {
        group_of.get(self.found.get(&id)?).copied()
    }

    /// The task as others know it.
    fn holder(&self, id: u64, group_of: &Map<RawKey, GroupId>) -> model::Holder {
        let group = self.group(id, group_of);
        model::Holder { task: id, group, ended: !self.found.contains_key(&id) }
    }
}

impl Blockers {
    pub(super) fn of(
        waits: &Waits,
        places: &Places,
        group_of: &Map<RawKey, GroupId>,
        clock: &Reading,
    ) -> Self {
        let mut sums: Map<Line, Sum> = Map::default();
        let mut edges: Map<(GroupId, GroupId), u64> = Map::default();
        let weight = stride(waits) as u64;
        for wait in looked_up(waits) {
            let Some(from) = places.group(id(wait.task), group_of) else { continue };
            let (relation, others) = others(waits, wait);
            let line = (from, wait.about.kind, wait.about.made_at, relation);
            let sum = sums.entry(line).or_default();
            sum.tasks += weight;
            for other in &others {
                sum.add(*other);
            }
            let groups = others.iter().filter_map(|other| places.group(other.id, group_of));
            // A task that waits for several of a group waits once.
            let groups: Set<GroupId> = groups.collect();
            for to in groups {
                *edges.entry((from, to)).or_default() += weight;
            }
        }
        let mut of_groups: Map<GroupId, Vec<Blocker>> = Map::default();
        for ((group, kind, made_at, relation), sum) in sums {
            let line = sum.line(kind, made_at, relation, places, group_of, clock);
            of_groups.entry(group).or_default().push(line);
        }
        for lines in of_groups.values_mut() {
            // Of equals the order must not depend on a table's.
            lines.sort_unstable_by(|a, b| {
                (b.tasks, &a.kind, &a.made_at).cmp(&(a.tasks, &b.kind, &b.made_at))
            });
            lines.truncate(MAX_BLOCKERS);
        }
        let edges = edges.into_iter().map(|((from, to), tasks)| Edge { from, to, tasks });
        Self { of_groups, edges: edges.collect() }
    }
}

/// What single tasks wait for, and how many wait for them.
#[derive(Debug)]
pub(super) struct OfTasks {
    waits: Waits,
    pub(super) places: Places,
    waiting_for: Map<u64, u64>,
}

impl OfTasks {
    /// Reads the waits of these tasks, and which waits are for them. The places have to be filled
    /// in then.
    pub(super) fn read(tasks: &Set<u64>) -> Self {
        let mut waits = Waits::read();
        let mut waiting_for: Map<u64, u64> = Map::default();
        for wait in &waits.all {
            for other in others(&waits, wait).1 {
                if tasks.contains(&other.id) {
                    *waiting_for.entry(other.id).or_default() += 1;
                }
            }
        }
        waits.all.retain(|wait| tasks.contains(&id(wait.task)));
        let places = Places::of(&waits);
        Self { waits, places, waiting_for }
    }

    /// What a task waits for.
    pub(super) fn blockers(
        &self,
        task: u64,
        group_of: &Map<RawKey, GroupId>,
        clock: &Reading,
    ) -> Vec<Blocker> {
        let own = self.waits.all.iter().filter(|wait| id(wait.task) == task).take(MAX_BLOCKERS);
        let line = |wait: &Wait| {
            let (relation, others) = others(&self.waits, wait);
            let mut sum = Sum { tasks: 1, ..Sum::default() };
            for other in &others {
                sum.add(*other);
            }
            let Wait { about, .. } = wait;
            sum.line(about.kind, about.made_at, relation, &self.places, group_of, clock)
        };
        own.map(line).collect()
    }

    /// How many waits are for something that a task holds.
    pub(super) fn waiting_for(&self, task: u64) -> u64 {
        self.waiting_for.get(&task).copied().unwrap_or_default()
    }
}

impl Sum {
    fn add(&mut self, other: Other) {
        if self.holders.len() < MOST_HOLDERS {
            self.holders.insert(other.id);
        }
        let longer = |known: Other| (other.since, other.id) < (known.since, known.id);
        if self.holder.is_none_or(longer) {
            self.holder = Some(other);
        }
    }

    fn line(
        self,
        kind: Kind,
        made_at: Option<&'static Location<'static>>,
        relation: Relation,
        places: &Places,
        group_of: &Map<RawKey, GroupId>,
        clock: &Reading,
    ) -> Blocker {
        let since = self.holder.map_or(0, |holder| holder.since);
        Blocker {
            kind: wait_kind(kind),
            made_at: made_at.map(|at| model::Location {
                file: at.file().into(),
                line: at.line(),
                column: at.column(),
            }),
            tasks: self.tasks,
            relation,
            since_ms: if since == 0 { 0 } else { clock.millis(since).max(1) },
            holder: self.holder.map(|holder| places.holder(holder.id, group_of)),
            holders: self.holders.len() as u64,
        }
    }
}

/// How many waits one stands for.
fn stride(waits: &Waits) -> usize {
    waits.all.len().div_ceil(MOST_LOOKED_UP).max(1)
}

fn looked_up(waits: &Waits) -> impl Iterator<Item = &Wait> {
    waits.all.iter().step_by(stride(waits))
}

fn id(ticket: Ticket) -> u64 {
    ticket.to_bits().1
}

/// Who could end the wait, and what they have to do with it; those that are no task are left out.
fn others(waits: &Waits, wait: &Wait) -> (Relation, Vec<Other>) {
    let state = waits.state(wait);
    let (relation, mut others) = match wait.about.kind {
        Kind::Mutex | Kind::RwLockRead | Kind::RwLockWrite | Kind::Semaphore | Kind::OnceCell => {
            let holders = state.map_or(&[][..], |state| &state.holders);
            let holder =
                |holder: &crate::task::waits::Holder| Other { id: holder.id, since: holder.since };
            (Relation::Holds, holders.iter().map(holder).collect())
        }
        Kind::MpscSend => (Relation::Received, end(state, 1)),
        Kind::MpscRecv | Kind::Notify | Kind::Watch | Kind::Broadcast => {
            (Relation::Sent, end(state, 0))
        }
        Kind::Oneshot => match end(state, 0) {
            used if !used.is_empty() => (Relation::Sent, used),
            _ => (Relation::Made, vec![Other { id: wait.about.made_by, since: 0 }]),
        },
        Kind::Barrier => (Relation::Unknown, Vec::new()),
        Kind::JoinHandle | Kind::JoinSet => (Relation::Joined, targets(wait)),
    };
    others.retain(|other| other.id != 0);
    (relation, others)
}

fn end(state: Option<&State>, at: usize) -> Vec<Other> {
    let user = state.and_then(|state| state.ends.get(at)).copied();
    user.map(|id| Other { id, since: 0 }).into_iter().collect()
}

fn targets(wait: &Wait) -> Vec<Other> {
    let other = |ticket: &Ticket| Other { id: id(*ticket), since: 0 };
    match &wait.about.targets {
        Targets::One(target) => vec![other(target)],
        Targets::Any(targets) => targets.iter().take(MOST_TARGETS).map(other).collect(),
        Targets::None | Targets::Unknown => Vec::new(),
    }
}

fn wait_kind(kind: Kind) -> WaitKind {
    match kind {
        Kind::Mutex => WaitKind::Mutex,
        Kind::RwLockRead => WaitKind::RwlockRead,
        Kind::RwLockWrite => WaitKind::RwlockWrite,
        Kind::Semaphore => WaitKind::Semaphore,
        Kind::MpscSend => WaitKind::MpscSend,
        Kind::MpscRecv => WaitKind::MpscRecv,
        Kind::Oneshot => WaitKind::Oneshot,
        Kind::Notify => WaitKind::Notify,
        Kind::Watch => WaitKind::Watch,
        Kind::Broadcast => WaitKind::Broadcast,
        Kind::Barrier => WaitKind::Barrier,
        Kind::OnceCell => WaitKind::OnceCell,
        Kind::JoinHandle => WaitKind::JoinHandle,
        Kind::JoinSet => WaitKind::JoinSet,
    }
}
