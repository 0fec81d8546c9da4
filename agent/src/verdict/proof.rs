//! Which tasks can never run again by themselves.
//!
//! # What is proven
//!
//! A task that is parked goes on only if one of its wakers is used. Of a task that `spawn` made
//! the number of living wakers is known exactly.
//!
//! 1. If there is none, it never goes on.
//! 2. If each of them is kept by a wait that is known (a lock, a handle), it goes on only if one
//!    of these waits ends. A wait for a lock ends only if whoever holds the lock lets go, a wait
//!    for a task only if that task ends. So a task stays where it is if all of its waits are for
//!    tasks that stay where they are.
//!
//! That is a greatest fixed point: all tasks of which the wakers are accounted for are taken to
//! be stuck, then those are taken out of which a wait may end through anybody else, until nothing
//! changes. Cycles, and tasks that wait for them, are what is left, together with those of rule 1
//! and who waits for them.
//!
//! # What is not
//!
//! Semaphores (anybody may add permits), channels, notifications, watches and barriers (whoever
//! has the other end, which can be handed on unseen): they are no part of a proof. Nor is a lock
//! of which it is not sure that its guard is still with the task that took it, see
//! [`Hold::sure`].
//!
//! From outside a task can always be aborted, and its runtime shut down. A proof is about what the
//! tasks can do by themselves.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// A task that `spawn` made and that is parked, not woken, and was polled with wakers of ours only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parked {
    pub(crate) id: u64,
    /// How many of its wakers live.
    pub(crate) wakers: u64,
}

/// What a wait is for, as far as proofs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// A mutex, or a cell that another task initialises.
    Lock(u64),
    /// To read what a lock protects.
    Read(u64),
    /// To write it.
    Write(u64),
    /// The ends of tasks: any of these would do. `None`: there are others, too.
    Tasks(Option<Vec<u64>>),
    /// Anything else: whoever has it may end the wait.
    Anything,
}

/// A pending wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) task: u64,
    pub(crate) what: For,
    /// It keeps a waker of the task's own, exactly one, unless it was granted what it waits for.
    pub(crate) direct: bool,
    /// It lies in the memory of the task's future, so nobody else can poll it.
    pub(crate) inline: bool,
    /// Waits are numbered once they stand in their queues: those up to this number did before this
    /// one's first poll began.
    pub(crate) began: u64,
    /// Its own number.
    pub(crate) queued: u64,
}

/// Somebody holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) task: u64,
    /// To write, or the only one.
    pub(crate) exclusive: bool,
    /// The guard cannot have left the task: it is a borrowed one, it was made by a future that
    /// lies in the memory of the task's own, and what it locks is not static.
    pub(crate) sure: bool,
}

/// Who holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holds {
    pub(crate) known: Vec<Hold>,
    /// There may be others.
    pub(crate) and_others: bool,
}

/// Everything that a proof may use, of one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) parked: Vec<Parked>,
    pub(crate) waits: Vec<Wait>,
    /// By lock.
    pub(crate) holds: Map<u64, Holds>,
}

/// The tasks that are proven never to run again by themselves, by id.
pub(crate) fn proven(evidence: &Evidence) -> Vec<u64> {
    Search::new(evidence).run()
}

/// What is known of a task in the search.
#[derive(Debug, Default)]
struct Case {
    wakers: u64,
    /// Places of its waits.
    waits: Vec<usize>,
    /// Still held to be stuck.
    stuck: bool,
}

struct Search<'a> {
    evidence: &'a Evidence,
    cases: Map<u64, Case>,
    /// The waits that may end once this task goes on.
    dependents: Map<u64, Vec<usize>>,
    /// Locks that were granted to a future which its own task polls no more, and those tasks.
    dormant: Map<u64, Vec<u64>>,
    /// Waits to write, by lock.
    writers: Map<u64, Vec<usize>>,
}

impl<'a> Search<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        let mut search = Self {
            evidence,
            cases: Map::default(),
            dependents: Map::default(),
            dormant: Map::default(),
            writers: Map::default(),
        };
        for task in &evidence.parked {
            search.cases.insert(task.id, Case { wakers: task.wakers, ..Case::default() });
        }
        for (at, wait) in evidence.waits.iter().enumerate() {
            if let Some(case) = search.cases.get_mut(&wait.task) {
                case.waits.push(at);
            }
            if let For::Write(lock) = wait.what {
                search.writers.entry(lock).or_default().push(at);
            }
        }
        search.choose();
        search.link();
        search
    }

    /// Who is taken to be stuck at first: tasks of which every waker is accounted for.
    fn choose(&mut self) {
        for (id, case) in &mut self.cases {
            let waits = || case.waits.iter().filter_map(|at| self.evidence.waits.get(*at));
            let accounted = waits().all(|wait| wait.direct);
            let count = waits().count() as u64;
            case.stuck = case.wakers == 0 || accounted && count == case.wakers;
            // A wait without its waker was granted what it waits for, and is polled no more.
            if accounted
                && count == case.wakers + 1
                && let Some(lock) = only_lock(waits())
            {
                case.stuck = true;
                self.dormant.entry(lock).or_default().push(*id);
            }
        }
    }

    /// Notes which waits depend on whom.
    fn link(&mut self) {
        for (at, wait) in self.evidence.waits.iter().enumerate() {
            let mut on = |task: u64| self.dependents.entry(task).or_default().push(at);
            match &wait.what {
                For::Lock(lock) | For::Read(lock) | For::Write(lock) => {
                    let holds = self.evidence.holds.get(lock);
                    holds.iter().flat_map(|holds| &holds.known).for_each(|hold| on(hold.task));
                    let dormant = self.dormant.get(lock).into_iter().flatten();
                    dormant.for_each(|task| on(*task));
                    if matches!(wait.what, For::Read(_)) {
                        let writers = self.writers.get(lock).into_iter().flatten();
                        let writers = writers.filter_map(|at| self.evidence.waits.get(*at));
                        writers.for_each(|writer| on(writer.task));
                    }
                }
                For::Tasks(Some(tasks)) => tasks.iter().for_each(|task| on(*task)),
                For::Tasks(None) | For::Anything => {}
            }
        }
    }

    fn run(mut self) -> Vec<u64> {
        let mut doubtful: Vec<u64> = Vec::new();
        let may_go_on = |search: &Self, id: u64| {
            let case = search.cases.get(&id)?;
            let waits = case.waits.iter().filter_map(|at| search.evidence.waits.get(*at));
            let goes = case.stuck && case.wakers > 0 && !{ waits }.all(|wait| search.lasts(wait));
            goes.then_some(id)
        };
        doubtful.extend(self.cases.keys().filter_map(|id| may_go_on(&self, *id)));
        while let Some(id) = doubtful.pop() {
            let Some(case) = self.cases.get_mut(&id).filter(|case| case.stuck) else { continue };
            case.stuck = false;
            let dependents = self.dependents.get(&id).into_iter().flatten();
            let tasks = dependents.filter_map(|at| Some(self.evidence.waits.get(*at)?.task));
            doubtful.extend(tasks.filter_map(|task| may_go_on(&self, task)));
        }
        let mut proven: Vec<u64> =
            self.cases.iter().filter(|(_, case)| case.stuck).map(|(id, _)| *id).collect();
        proven.sort_unstable();
        proven
    }

    fn is_stuck(&self, task: u64) -> bool {
        self.cases.get(&task).is_some_and(|case| case.stuck)
    }

    /// Whether the wait lasts for as long as those last that are held to be stuck.
    fn lasts(&self, wait: &Wait) -> bool {
        let lasts = |hold: &Hold| hold.sure && self.is_stuck(hold.task);
        match &wait.what {
            For::Lock(lock) => {
                let Some(holds) = self.evidence.holds.get(lock) else {
                    return self.is_granted_in_vain(*lock);
                };
                match (&*holds.known, holds.and_others) {
                    ([], false) => self.is_granted_in_vain(*lock),
                    // One that holds is enough: there is no more to hold.
                    (known, _) => known.iter().any(lasts),
                }
            }
            For::Write(lock) => {
                let holds = self.evidence.holds.get(lock);
                holds.is_some_and(|holds| holds.known.iter().any(lasts))
            }
            For::Read(lock) => {
                let holds = self.evidence.holds.get(lock);
                let writes = |hold: &Hold| hold.exclusive && lasts(hold);
                holds.is_some_and(|holds| holds.known.iter().any(writes))
                    || self.writer_before(*lock, wait)
            }
            For::Tasks(Some(tasks)) => {
                !tasks.is_empty() && tasks.iter().all(|task| self.is_stuck(*task))
            }
            For::Tasks(None) | For::Anything => false,
        }
    }

    /// Whether the lock, which nobody holds, was granted to a future that is never polled again.
    fn is_granted_in_vain(&self, lock: u64) -> bool {
        let dormant = self.dormant.get(&lock).into_iter().flatten();
        dormant.into_iter().any(|task| self.is_stuck(*task))
    }

    /// Whether a stuck task surely stands before this reader in the queue, to write: the lock
    /// serves in the order of arrival.
    fn writer_before(&self, lock: u64, reader: &Wait) -> bool {
        let writers = self.writers.get(&lock).into_iter().flatten();
        let mut writers = writers.filter_map(|at| self.evidence.waits.get(*at));
        writers.any(|writer| writer.queued <= reader.began && self.is_stuck(writer.task))
    }
}

/// The one lock that all of these waits are for, if each lies in its task's own future.
fn only_lock<'a>(mut waits: impl Iterator<Item = &'a Wait>) -> Option<u64> {
    let first = waits.next()?;
    let For::Lock(lock) = first.what else { return None };
    let same = first.inline && waits.all(|wait| wait.inline && wait.what == first.what);
    same.then_some(lock)
}

#[cfg(test)]
mod tests;
