//! Looks for tasks that can never run again by themselves.
//!
//! The arithmetic is [`verdict::proof`](crate::verdict::proof)'s; here its evidence is gathered
//! from a service that goes on meanwhile. What is read of two tasks is read at two moments, so
//! nothing is believed at first sight: a pass proves something only of tasks that the pass before
//! had found to be stuck as well, that have not been polled in between, and that, at its end, still
//! stand where they stood. Then everything that the proof rests on was read while none of its
//! tasks could move, and only they could have changed it.
//!
//! Should a task go on that was said never to, it is counted, and no lock made where those were
//! made that it waited for has a part in any proof afterwards.

mod sources;

use std::collections::{HashMap, HashSet};
use std::panic::Location;

use rustc_hash::FxBuildHasher;

use crate::registry::Place;
use crate::task::record::{Birth, Kind, Record};
use crate::task::ticket::Ticket;
use crate::task::tracker;
use crate::task::waits::{self, ResourceId, State, Targets, Wait};
use crate::verdict::proof::{self, Evidence, Parked};
use sources::{Sources, Trust, number};

pub(super) type Map<K, V> = HashMap<K, V, FxBuildHasher>;
pub(super) type Set<T> = HashSet<T, FxBuildHasher>;

/// Waits that a pass looks at; the others are left for the next one. Proofs that would rest on
/// those are not found.
const MOST_WAITS: usize = 200_000;
/// How often a proof is tried again without the tasks that have moved meanwhile.
const TRIES: usize = 4;

/// A task that is proven.
#[derive(Clone, Copy, Debug)]
struct Proven {
    place: Place,
    polls: u64,
    since_ms: u64,
    /// Where the lock was made that it waits for.
    lock: Option<Source>,
}

/// A place in the source.
type Source = &'static Location<'static>;

/// A task that was found to be stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stood {
    place: Place,
    polls: u64,
    wakers: u64,
    /// The memory of its future was looked through meanwhile.
    looked_through: bool,
}

/// The waits of a moment, and what is waited for.
#[derive(Debug, Default)]
pub(super) struct Waits {
    pub(super) all: Vec<Wait>,
    pub(super) states: Map<ResourceId, Option<State>>,
    /// There are more.
    pub(super) left_out: u64,
}

/// What was proven, and what the next pass may go by.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    proven: Map<u64, Proven>,
    /// What the last pass found, proven or not.
    before: Map<u64, Stood>,
    /// Tasks that would be proven if what may be elsewhere by now were where it was seen last.
    caught: Set<u64>,
    /// Tasks that were said never to run again, and did.
    pub(super) refuted: u64,
    /// Where the locks were made that these waited for.
    distrusted: Vec<Source>,
}

impl Waits {
    /// Reads them.
    pub(super) fn read() -> Self {
        let mut waits = Self::default();
        waits::for_each(|wait| {
            if waits.all.len() < MOST_WAITS {
                waits.all.push(wait.clone());
            } else {
                waits.left_out += 1;
            }
        });
        for resource in waits.all.iter().filter_map(|wait| wait.about.resource) {
            waits.states.entry(resource).or_insert_with(|| waits::state(resource));
        }
        for wait in &waits.all {
            let state = wait.about.resource.and_then(|resource| waits.states.get_mut(&resource));
            if let Some(state) = state.and_then(Option::as_mut) {
                state.has_nothing(wait.task.to_bits().1);
            }
        }
        waits
    }

    /// What is known of what this one is for.
    pub(super) fn state(&self, wait: &Wait) -> Option<&State> {
        self.states.get(&wait.about.resource?)?.as_ref()
    }
}

impl Proofs {
    /// Looks once more. Returns what it looked at.
    pub(super) fn look(&mut self, now_ms: u64) -> Waits {
        let hold_still = self.refute();
        let waits = Waits::read();
        let stood = standing(&waits);
        let sources = Sources { waits: &waits, stood: &stood, distrusted: &self.distrusted };
        let mut evidence = sources.assemble(Trust::WhatIsSure);
        let parked = |stood: &Map<u64, Stood>| -> Vec<Parked> {
            stood.iter().map(|(id, stood)| Parked { id: *id, wakers: stood.wakers }).collect()
        };
        evidence.parked = parked(&stood);
        let mut found = proof::proven(&evidence);
        if !found.is_empty() && doubt_parents(&mut evidence, &waits) {
            found = proof::proven(&evidence);
        }
        let found: Map<u64, Stood> =
            found.into_iter().filter_map(|id| Some((id, *stood.get(&id)?))).collect();
        self.caught.clear();
        if waits.all.iter().any(|wait| sources.is_trusted_only(wait)) {
            let parked = evidence.parked.clone();
            let likely = Evidence { parked, ..sources.assemble(Trust::WhatIsLikely) };
            self.caught.extend(proof::proven(&likely));
        }
        let mut known: Map<u64, Stood> = found.clone();
        known.retain(|id, stood| self.before.get(id) == Some(stood));
        let mut proven: Vec<u64> = known.keys().copied().collect();
        for attempt in 0..TRIES {
            // What was found of all of them holds of these if it is these.
            if attempt > 0 || known.len() < found.len() {
                evidence.parked = parked(&known);
                proven = proof::proven(&evidence);
            }
            let moved: Vec<u64> = proven.iter().copied().filter(|id| moved(*id, &known)).collect();
            if moved.is_empty() {
                break;
            }
            proven.clear();
            known.retain(|id, _| !moved.contains(id));
        }
        let before = std::mem::take(&mut self.proven);
        for id in proven {
            let Some(stood) = known.get(&id) else { continue };
            let since_ms = before.get(&id).map_or(now_ms, |proven| proven.since_ms);
            let Stood { place, polls, .. } = *stood;
            self.proven.insert(id, Proven { place, polls, since_ms, lock: None });
        }
        if hold_still {
            // A pass may miss tasks that are just being captured. While none of them has moved
            // or ended, what was proven of them holds.
            for (id, known) in before {
                self.proven.entry(id).or_insert(known);
            }
        }
        for wait in waits.all.iter().filter(|wait| wait.about.resource.is_some()) {
            if let Some(proven) = self.proven.get_mut(&wait.task.to_bits().1) {
                proven.lock = wait.about.made_at;
            }
        }
        self.before = found;
        waits
    }

    /// Since when the task is proven to be stuck, if it is.
    pub(super) fn since_ms(&self, id: u64) -> Option<u64> {
        self.proven.get(&id).map(|proven| proven.since_ms)
    }

    /// Whether the task is likely to be stuck for ever, though nothing proves it.
    pub(super) fn is_caught(&self, id: u64) -> bool {
        !self.caught.is_empty() && self.caught.contains(&id)
    }

    /// What is remembered takes up, roughly.
    pub(super) fn bytes(&self) -> usize {
        let each = size_of::<(u64, Proven)>() + size_of::<(u64, Stood)>();
        self.proven.capacity().max(self.before.capacity()) * each
    }

    /// Takes back what turned out to be wrong, and counts it. Returns whether all tasks that were
    /// proven are where they were.
    fn refute(&mut self) -> bool {
        let polls = |id: u64, proven: &Proven| tracker::find(proven.place, id, Record::polls);
        // From outside a task may be aborted, and others go on because of that.
        let has_one_ended = self.proven.iter().any(|(id, proven)| polls(*id, proven).is_none());
        let known = self.proven.len();
        let Self { proven, refuted, distrusted, .. } = self;
        proven.retain(|id, proven| {
            let polls = polls(*id, proven);
            if !has_one_ended && polls != Some(proven.polls) {
                *refuted += 1;
                distrusted.extend(proven.lock.filter(|lock| !distrusted.contains(lock)));
            }
            polls == Some(proven.polls)
        });
        known == self.proven.len()
    }
}

/// What is known of all tasks that wait, are waited for or hold something, as far as proofs may
/// use it.
fn standing(waits: &Waits) -> Map<u64, Stood> {
    let mut stood: Map<u64, Stood> = Map::default();
    let mut seen: Set<u64> = Set::default();
    let mut look = |ticket: Ticket| {
        let (place, id) = ticket.to_bits();
        if !seen.insert(id) {
            return;
        }
        let place = Place::from_bits(place);
        if let Some(Some(found)) = tracker::find(place, id, |record| stands(record, place)) {
            stood.insert(id, found);
        }
    };
    for wait in &waits.all {
        look(wait.task);
        match &wait.about.targets {
            Targets::One(target) => look(*target),
            Targets::Any(targets) => targets.iter().for_each(|target| look(*target)),
            Targets::None | Targets::Unknown => {}
        }
    }
    for state in waits.states.values().flatten() {
        // Of those who used a channel only ids are known: they are found if they wait, too.
        state.holders.iter().for_each(|holder| look(holder.ticket()));
    }
    stood
}

/// How a task stands, if it is one that proofs may speak of.
fn stands(record: &Record, place: Place) -> Option<Stood> {
    let rest = record.rest()?;
    let living = record.slot.living();
    let usable = record.made_as == Kind::Task && !living.others && record.rest() == Some(rest);
    let looked_through = waits::was_looked_through(record);
    usable.then_some(Stood { place, polls: rest.polls(), wakers: living.ours, looked_through })
}

fn moved(id: u64, known: &Map<u64, Stood>) -> bool {
    let Some(stood) = known.get(&id) else { return true };
    let now = tracker::find(stood.place, id, |record| stands(record, stood.place));
    now.flatten() != Some(*stood)
}

/// Trusts no guard of a task that has spawned another one since it took the lock, and that one
/// lives: a guard of a lock that lives for ever may have gone there. Returns whether there was one.
fn doubt_parents(evidence: &mut Evidence, waits: &Waits) -> bool {
    let holders = waits.states.iter().filter_map(|(id, state)| Some((id, state.as_ref()?)));
    let mut taken: Map<u64, Vec<(u64, u64)>> = Map::default();
    for (resource, state) in holders {
        for holder in state.holders.iter().filter(|holder| holder.borrowed) {
            taken.entry(holder.id).or_default().push((number(*resource), holder.since));
        }
    }
    let mut doubted = false;
    tracker::for_each(|record| {
        let Birth { parent, now: born, .. } = record.birth;
        for (lock, since) in taken.get(&parent).into_iter().flatten() {
            let holds = evidence.holds.get_mut(lock).filter(|_| born >= *since);
            for hold in holds.into_iter().flat_map(|holds| &mut holds.known) {
                if hold.task == parent && hold.sure {
                    (hold.sure, doubted) = (false, true);
                }
            }
        }
    });
    doubted
}
