//! What is known of one lock or channel, where everybody may look at any time.
//!
//! A slot is memory that is never freed. It is lent to one resource after the other; each loan has
//! a generation, so that who looks notices when the slot has gone to another.
//!
//! Rules, which `tests/loom.rs` checks:
//!
//! 1. The generation is odd while the slot is lent. Only who owns the resource lends it and takes
//!    it back, and nobody who holds the resource is left then but guards that were forgotten.
//! 2. An entry for a holder is *free*, then *written* by who took it, then *held*, then free again.
//!    Its state counts these rounds, so who reads the same state before and after has read one
//!    holder. Who took an entry owns it until it is free.
//! 3. Where there is only one holder at a time, the resource itself says who may write the first
//!    entry, and taking it is a plain store.
//! 4. Where there are several, the first entry belongs to the thread that first held the resource
//!    beside others: nobody else takes it, so that thread does with a plain store. The others are
//!    taken by who is fastest. Whoever holds may let go on any thread.
//! 5. Nobody waits for anybody. A reader who meets a writer looks again, a few times.

use super::entry::{Entry, Holder, Seen, Sighting, lower_half};
use crate::primitives::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::primitives::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence};

/// Holders that have an entry; further ones are only counted.
pub(crate) const HOLDERS: usize = 4;
/// The entry of a holder that found none.
pub(crate) const NO_ENTRY: u32 = u32::MAX;
/// Tasks that do not hold the resource, but what holds it seems to be in their memory.
const STRANGERS: usize = 4;
/// How often a reader who met a writer looks again.
const LOOKS: usize = 3;

/// What is known of a resource at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) holders: Vec<Holder>,
    /// Holders that are not among them.
    pub(crate) more: u32,
    /// Permits that were taken out for good.
    pub(crate) forgotten: u32,
    /// The ids of the tasks that used the two ends of a channel last: what is sent goes in at the
    /// first; 0 where nobody did, or no task.
    pub(crate) ends: [u64; 2],
    /// Handles of a channel's first end that live.
    pub(crate) senders: u32,
    /// The ids, as far as 32 bits tell, of tasks that took none of it, were polled since it is held
    /// as it is, and had the like of what holds it in their memory then; 0 for none.
    pub(crate) strangers: [u32; STRANGERS],
}

/// See the [module](self).
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Slot {
    generation: AtomicU32,
    /// Where the table has it.
    pub(crate) index: u32,
    more: AtomicU32,
    forgotten: AtomicU32,
    /// What keeps the resource alive, by what who borrowed it last said.
    owner: AtomicUsize,
    /// The thread of rule 4; 0 for none.
    thread: AtomicUsize,
    // With the first of these ends the first cache line, which is all that few holders touch.
    holders: [Entry; HOLDERS],
    /// By holder.
    sightings: [Sighting; HOLDERS],
    /// By id: the rounds of all holders, and the id.
    strangers: [AtomicU64; STRANGERS],
    ends: [AtomicU64; 2],
    /// Handles of a channel: all of them, and above them those of its first end.
    handles: AtomicU64,
}

/// A handle of a channel, in `handles`.
const ONE: u64 = 1;
const ONE_SENDER: u64 = 1 << 32 | ONE;

impl Slot {
    pub(crate) fn new(index: u32) -> Self {
        Self {
            generation: AtomicU32::new(0),
            index,
            more: AtomicU32::new(0),
            forgotten: AtomicU32::new(0),
            owner: AtomicUsize::new(0),
            thread: AtomicUsize::new(0),
            holders: std::array::from_fn(|_| Entry::new()),
            sightings: std::array::from_fn(|_| Sighting::none()),
            strangers: std::array::from_fn(|_| AtomicU64::new(0)),
            ends: std::array::from_fn(|_| AtomicU64::new(0)),
            handles: AtomicU64::new(0),
        }
    }

    // === the resource's owner ===

    /// Lends the slot to a resource.
    pub(crate) fn lend(&self) {
        let generation = self.generation.load(Relaxed);
        self.generation.store(generation.wrapping_add(1), Release);
        // Who sees what is written from here on sees the new generation as well.
        fence(Release);
    }

    /// Takes the slot back from its resource.
    pub(crate) fn take_back(&self) {
        let generation = self.generation.load(Relaxed);
        self.generation.store(generation.wrapping_add(1), Release);
        fence(Release);
        for entry in &self.holders {
            // Guards that were forgotten have left theirs.
            if !entry.is_free() {
                entry.clear();
            }
        }
        self.more.store(0, Relaxed);
        self.forgotten.store(0, Relaxed);
        self.owner.store(0, Relaxed);
        self.thread.store(0, Relaxed);
        self.handles.store(0, Relaxed);
        for word in self.ends.iter().chain(&self.strangers) {
            word.store(0, Relaxed);
        }
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Relaxed)
    }

    // === holders ===

    /// Notes the only holder, in the first entry. For who has got the resource, and nobody else has
    /// it meanwhile.
    #[inline]
    pub(crate) fn hold_alone(&self, owner: usize, holder: &Holder) {
        self.note_owner(owner, holder);
        self.holders[0].hold(holder);
    }

    /// Forgets the only holder. For who is about to let go of the resource.
    #[inline]
    pub(crate) fn let_go_alone(&self) {
        self.holders[0].clear();
    }

    /// Notes one of several holders; returns its entry. `thread` tells the calling thread from
    /// others, and is not 0.
    #[inline]
    pub(crate) fn hold(&self, thread: usize, owner: usize, holder: &Holder) -> u32 {
        self.note_owner(owner, holder);
        let first = &self.holders[0];
        if first.is_free() && self.is_first(thread) {
            first.hold(holder);
            return 0;
        }
        self.hold_beside(holder)
    }

    /// Whether the first entry belongs to that thread, which is the calling one.
    #[inline]
    fn is_first(&self, thread: usize) -> bool {
        match self.thread.load(Relaxed) {
            0 => self.thread.compare_exchange(0, thread, Relaxed, Relaxed).is_ok(),
            known => known == thread,
        }
    }

    fn hold_beside(&self, holder: &Holder) -> u32 {
        for (at, entry) in (0..).zip(&self.holders).skip(1) {
            if entry.try_hold(holder) {
                return at;
            }
        }
        self.more.fetch_add(1, Relaxed);
        NO_ENTRY
    }

    /// Forgets the holder with this entry.
    #[inline]
    pub(crate) fn let_go(&self, entry: u32) {
        match self.holders.get(entry as usize) {
            Some(entry) => entry.clear(),
            None => drop(self.more.fetch_sub(1, Relaxed)),
        }
    }

    /// Changes what the holder with this entry holds.
    pub(crate) fn change(&self, entry: u32, change: impl FnOnce(&mut Holder)) {
        if let Some(entry) = self.holders.get(entry as usize) {
            entry.change(change);
        }
    }

    /// Notes that so many of the things by which the task holds were seen in its memory. If it holds
    /// more than that, nobody can say which were seen.
    pub(crate) fn note_seen(&self, task: u64, count: usize, seen: Seen) {
        let mut rounds = [None; HOLDERS];
        for (entry, round) in self.holders.iter().zip(&mut rounds) {
            match entry.read() {
                Ok(Some((held_in, holder))) if holder.id == task => *round = Some(held_in),
                Ok(_) => {}
                // Whose it will be nobody knows yet.
                Err(()) => return,
            }
        }
        if rounds.iter().flatten().count() > count {
            return;
        }
        for (round, sighting) in rounds.iter().zip(&self.sightings) {
            if let Some(round) = round {
                sighting.note(*round, seen);
            }
        }
    }

    /// Notes that the like of what holds the resource was seen in the memory of a task that took none
    /// of it, and was polled at that time last. It may have been there for long: but if somebody got
    /// the resource before that poll, it may be what holds it now.
    pub(crate) fn note_stranger(&self, task: u64, polled: u64) {
        let mut rounds = 0;
        let mut is_newer = false;
        for entry in &self.holders {
            match entry.read() {
                Ok(Some((_, holder))) if holder.id == task => return,
                Ok(Some((round, holder))) => {
                    rounds = round.and(rounds);
                    is_newer |= holder.since <= polled;
                }
                Ok(None) => {}
                Err(()) => return,
            }
        }
        let low = lower_half(task);
        if is_newer && let Some(place) = self.strangers.get(low as usize % STRANGERS) {
            place.store(u64::from(rounds) << 32 | u64::from(low), Relaxed);
        }
    }

    pub(crate) fn note_forgotten(&self, permits: u32) {
        self.forgotten.fetch_add(permits, Relaxed);
    }

    #[inline]
    fn note_owner(&self, owner: usize, holder: &Holder) {
        if holder.borrowed && self.owner.load(Relaxed) != owner {
            self.owner.store(owner, Relaxed);
        }
    }

    /// The address of what keeps the resource alive if that is an `Arc` of its own; 0 if what holds
    /// it never leaves the future that it was made in.
    pub(crate) fn owner(&self) -> usize {
        self.owner.load(Relaxed)
    }

    // === channels ===

    /// Notes who uses an end.
    #[inline]
    pub(crate) fn note_use(&self, end: usize, task: u64) {
        if let Some(last) = self.ends.get(end)
            && last.load(Relaxed) != task
        {
            last.store(task, Relaxed);
        }
    }

    /// One handle more.
    #[inline]
    pub(crate) fn add_handle(&self, sender: bool) {
        self.handles.fetch_add(if sender { ONE_SENDER } else { ONE }, Relaxed);
    }

    /// One handle less; whether it was the last.
    #[inline]
    #[must_use]
    pub(crate) fn drop_handle(&self, sender: bool) -> bool {
        let less = if sender { ONE_SENDER } else { ONE };
        let last = self.handles.fetch_sub(less, Release) == less;
        if last {
            // What the others did with the slot is over.
            fence(Acquire);
        }
        last
    }

    // === everybody ===

    /// What is known of the resource that the slot was lent to in this generation; `None` if that
    /// one is gone, or could not be read because its holders come and go too fast.
    pub(crate) fn read(&self, generation: u32) -> Option<State> {
        for _ in 0..LOOKS {
            if self.generation.load(Acquire) != generation || generation.is_multiple_of(2) {
                return None;
            }
            if let Ok(state) = self.look() {
                fence(Acquire);
                return (self.generation.load(Relaxed) == generation).then_some(state);
            }
        }
        None
    }

    fn look(&self) -> Result<State, ()> {
        let mut holders = Vec::new();
        let mut rounds = 0;
        for (entry, sighting) in self.holders.iter().zip(&self.sightings) {
            if let Some((round, holder)) = entry.read()? {
                rounds = round.and(rounds);
                holders.push(Holder { seen: sighting.in_round(round), ..holder });
            }
        }
        let senders = self.handles.load(Relaxed) / (ONE_SENDER - ONE);
        Ok(State {
            holders,
            more: self.more.load(Relaxed),
            forgotten: self.forgotten.load(Relaxed),
            ends: self.ends.each_ref().map(|end| end.load(Relaxed)),
            senders: u32::try_from(senders).unwrap_or(u32::MAX),
            strangers: self.strangers.each_ref().map(|noted| {
                let noted = noted.load(Relaxed);
                if lower_half(noted >> 32) == rounds { lower_half(noted) } else { 0 }
            }),
        })
    }
}

impl State {
    /// This task has nothing of it, whatever is left in its memory.
    pub(crate) fn has_nothing(&mut self, task: u64) {
        self.strangers.iter_mut().filter(|id| **id == lower_half(task)).for_each(|id| *id = 0);
    }
}
