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
//!
//! # What is taken for granted
//!
//! That a guard which borrows its lock is in the task that took it if the bytes of the guard are in
//! the memory of the task's future, and the lock or the address of its `Arc` as well. A task that has
//! such an `Arc`, but borrows the same lock from somewhere else where it lives for ever, could move
//! the guard to a task that was there before and leave its bytes behind. Nobody can tell that from
//! a deadlock until the lock is let go. Then the proof is taken back and counted, and no lock made
//! at that place is trusted again.

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
    /// The guard has not left the task: it is a borrowed one, it was made by a future that lies in
    /// the memory of the task's own, and its bytes are there with what it borrows from.
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
///
/// Costs about 100 ns a wait.
pub(crate) fn proven(evidence: &Evidence) -> Vec<u64> {
    Search::new(evidence).run()
}

/// Writers in front of readers that are looked at: more of them prove no more.
const MOST_WRITERS: usize = 16;

/// What is known of a task in the search.
#[derive(Clone, Copy, Debug)]
struct Case {
    wakers: u64,
    /// Still held to be stuck.
    stuck: bool,
}

/// Everything by the place of a task in the evidence.
struct Search<'a> {
    evidence: &'a Evidence,
    places: Map<u64, usize>,
    cases: Vec<Case>,
    /// The waits of each task.
    own: Lists,
    /// The waits that may end once a task goes on.
    dependents: Lists,
    /// Locks that were granted to a future which its own task polls no more, and those tasks.
    dormant: Map<u64, Vec<usize>>,
    /// Waits to write, of locks that somebody waits to read.
    writers: Map<u64, Vec<usize>>,
}

/// Many short lists in two vectors.
struct Lists {
    starts: Vec<usize>,
    items: Vec<usize>,
}

impl Lists {
    /// From pairs of a list and an item of it.
    fn of(count: usize, pairs: &[(usize, usize)]) -> Self {
        let mut starts = vec![0; count + 1];
        for (list, _) in pairs {
            if let Some(start) = starts.get_mut(list + 1) {
                *start += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut items = vec![0; sum];
        for (list, item) in pairs {
            if let Some(at) = next.get_mut(*list) {
                if let Some(place) = items.get_mut(*at) {
                    *place = *item;
                }
                *at += 1;
            }
        }
        Self { starts, items }
    }

    fn get(&self, list: usize) -> &[usize] {
        let bounds = self.starts.get(list).zip(self.starts.get(list + 1));
        bounds.and_then(|(from, to)| self.items.get(*from..*to)).unwrap_or_default()
    }
}

impl<'a> Search<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        let tasks = evidence.parked.iter().enumerate();
        let places: Map<u64, usize> = tasks.map(|(at, task)| (task.id, at)).collect();
        let case = |task: &Parked| Case { wakers: task.wakers, stuck: false };
        let cases: Vec<Case> = evidence.parked.iter().map(case).collect();
        let waits = evidence.waits.iter().enumerate();
        let own: Vec<(usize, usize)> =
            waits.filter_map(|(at, wait)| Some((*places.get(&wait.task)?, at))).collect();
        let own = Lists::of(cases.len(), &own);
        let dependents = Lists::of(0, &[]);
        let (dormant, writers) = (Map::default(), Map::default());
        let mut search = Self { evidence, places, cases, own, dependents, dormant, writers };
        search.choose();
        search.link();
        search
    }

    fn waits(&self, case: usize) -> impl Iterator<Item = &'a Wait> {
        let evidence = self.evidence;
        self.own.get(case).iter().filter_map(move |at| evidence.waits.get(*at))
    }

    /// Who is taken to be stuck at first: tasks of which every waker is accounted for.
    fn choose(&mut self) {
        for at in 0..self.cases.len() {
            let Some(&Case { wakers, .. }) = self.cases.get(at) else { continue };
            let accounted = self.waits(at).all(|wait| wait.direct);
            let count = self.own.get(at).len() as u64;
            let mut stuck = wakers == 0 || accounted && count == wakers;
            // A wait without its waker was granted what it waits for, and is polled no more.
            if accounted
                && count == wakers + 1
                && let Some(lock) = only_lock(self.waits(at))
            {
                stuck = true;
                self.dormant.entry(lock).or_default().push(at);
            }
            if let Some(case) = self.cases.get_mut(at) {
                case.stuck = stuck;
            }
        }
    }

    /// Notes which waits depend on whom.
    fn link(&mut self) {
        let reads = |wait: &Wait| match wait.what {
            For::Read(lock) => Some(lock),
            _ => None,
        };
        for lock in self.evidence.waits.iter().filter_map(reads) {
            self.writers.entry(lock).or_default();
        }
        if !self.writers.is_empty() {
            for (at, wait) in self.evidence.waits.iter().enumerate() {
                if let For::Write(lock) = wait.what
                    && let Some(writers) = self.writers.get_mut(&lock)
                {
                    writers.push(at);
                }
            }
        }
        for writers in self.writers.values_mut() {
            // Those that came first stand before most readers.
            writers.sort_unstable_by_key(|at| self.evidence.waits.get(*at).map(|wait| wait.queued));
            writers.truncate(MOST_WRITERS);
        }
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (at, wait) in self.evidence.waits.iter().enumerate() {
            // Who is not a case is not stuck to begin with.
            let mut on = |task: u64| pairs.extend(self.places.get(&task).map(|case| (*case, at)));
            match &wait.what {
                For::Lock(lock) | For::Read(lock) | For::Write(lock) => {
                    let holds = self.evidence.holds.get(lock);
                    holds.iter().flat_map(|holds| &holds.known).for_each(|hold| on(hold.task));
                    if let Some(dormant) = self.dormant.get(lock) {
                        pairs.extend(dormant.iter().map(|case| (*case, at)));
                    }
                    if let Some(writers) = self.writers.get(lock).filter(|_| reads(wait).is_some())
                    {
                        let writers = writers.iter().filter_map(|at| self.evidence.waits.get(*at));
                        let cases = writers.filter_map(|writer| self.places.get(&writer.task));
                        pairs.extend(cases.map(|case| (*case, at)));
                    }
                }
                For::Tasks(Some(tasks)) => tasks.iter().for_each(|task| on(*task)),
                For::Tasks(None) | For::Anything => {}
            }
        }
        self.dependents = Lists::of(self.cases.len(), &pairs);
    }

    fn run(mut self) -> Vec<u64> {
        let mut doubtful: Vec<usize> =
            (0..self.cases.len()).filter(|at| self.may_go_on(*at)).collect();
        while let Some(at) = doubtful.pop() {
            let Some(case) = self.cases.get_mut(at).filter(|case| case.stuck) else { continue };
            case.stuck = false;
            for wait in self.dependents.get(at) {
                let wait = self.evidence.waits.get(*wait);
                let case = wait.and_then(|wait| self.places.get(&wait.task));
                doubtful.extend(case.copied().filter(|case| self.may_go_on(*case)));
            }
        }
        let cases = self.cases.iter().zip(&self.evidence.parked);
        let mut proven: Vec<u64> =
            cases.filter(|(case, _)| case.stuck).map(|(_, task)| task.id).collect();
        proven.sort_unstable();
        proven
    }

    /// Whether a task that is held to be stuck need not be.
    fn may_go_on(&self, at: usize) -> bool {
        let case = self.cases.get(at).filter(|case| case.stuck && case.wakers > 0);
        case.is_some() && !self.waits(at).all(|wait| self.lasts(wait))
    }

    fn is_stuck(&self, task: u64) -> bool {
        self.places.get(&task).is_some_and(|at| self.is_case_stuck(*at))
    }

    fn is_case_stuck(&self, at: usize) -> bool {
        self.cases.get(at).is_some_and(|case| case.stuck)
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
        let mut dormant = self.dormant.get(&lock).into_iter().flatten();
        dormant.any(|case| self.is_case_stuck(*case))
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
