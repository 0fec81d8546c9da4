//! One holder of a resource, where everybody may look at any time: an entry of a slot.
//!
//! See the rules of [`slot`](super::slot).

use crate::primitives::atomic::AtomicU64;
use crate::primitives::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::primitives::atomic::fence;

/// An entry's state: what it is, below the number of the round.
const PHASE: u64 = 0b11;
const FREE: u64 = 0;
const WRITTEN: u64 = 1;
const HELD: u64 = 2;
const ROUND: u64 = 4;

/// A bit of a time that is free: see [`clock::FREE_BITS`](crate::clock).
const BORROWED: u64 = 0b10;
/// A place in the registry has 38 bits; above them the number of permits.
const PLACE_BITS: u32 = 40;
const PLACE: u64 = (1 << PLACE_BITS) - 1;
/// As many permits as an entry can count: what who writes holds of a reader-writer lock.
pub(crate) const WRITER: u32 = (1 << (u64::BITS - PLACE_BITS)) - 1;

/// The lower half of a word.
const LOW: u64 = u32::MAX as u64;

/// See [`LOW`].
pub(super) fn lower_half(word: u64) -> u32 {
    u32::try_from(word & LOW).unwrap_or(u32::MAX)
}

/// Who has a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The task's id; 0 for code that no task runs.
    pub(crate) id: u64,
    /// Where the registry has, or had, the task.
    pub(crate) place: u64,
    /// Ticks of the clock, without two low bits; 0 if unknown.
    pub(crate) since: u64,
    /// Permits, for a semaphore.
    pub(crate) permits: u32,
    /// What holds it borrows it, and was got by a future in the memory of the task.
    pub(crate) borrowed: bool,
    /// What of it was seen in the memory of the task, when it was looked for last.
    pub(crate) seen: Option<Seen>,
}

/// What was seen in the memory of a task that holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// How often the task had been polled.
    pub(crate) polls: Polls,
    /// What holds was there, and with it what keeps the resource alive; otherwise the first alone.
    pub(crate) with_owner: bool,
}

/// How often a task had been polled, as far as 31 bits tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Polls(u64);

impl Polls {
    pub(crate) const fn of(polls: u64) -> Self {
        Self(polls & (LOW >> 1))
    }
}

#[derive(Debug)]
pub(super) struct Entry {
    state: AtomicU64,
    id: AtomicU64,
    place: AtomicU64,
    since: AtomicU64,
}

impl Entry {
    pub(super) fn new() -> Self {
        Self {
            state: AtomicU64::new(FREE),
            id: AtomicU64::new(0),
            place: AtomicU64::new(0),
            since: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn is_free(&self) -> bool {
        self.state.load(Acquire) & PHASE == FREE
    }

    /// Begins a round in an entry that is the caller's.
    #[inline]
    pub(super) fn hold(&self, holder: &Holder) {
        let state = self.state.load(Relaxed) & !PHASE;
        self.state.store(state | WRITTEN, Relaxed);
        self.write(state, holder);
    }

    /// Begins a round if the entry is free and nobody is faster; says whether it did.
    #[inline]
    pub(super) fn try_hold(&self, holder: &Holder) -> bool {
        let state = self.state.load(Relaxed);
        let taken = state & PHASE == FREE
            && self.state.compare_exchange(state, state | WRITTEN, Acquire, Relaxed).is_ok();
        if taken {
            self.write(state, holder);
        }
        taken
    }

    /// Begins another round in which the entry, which is the caller's, was never free.
    pub(super) fn change(&self, change: impl FnOnce(&mut Holder)) {
        // Nobody else writes it.
        let Ok(Some((_, mut holder))) = self.read() else { return };
        change(&mut holder);
        let state = (self.state.load(Relaxed) & !PHASE) + ROUND;
        self.state.store(state | WRITTEN, Relaxed);
        self.write(state, &holder);
    }

    /// Ends the round of an entry that is the caller's.
    #[inline]
    pub(super) fn clear(&self) {
        let state = self.state.load(Relaxed);
        self.state.store((state & !PHASE) + ROUND, Release);
    }

    /// Fills an entry that is the caller's, in a round that has begun.
    #[inline]
    fn write(&self, state: u64, holder: &Holder) {
        // Who reads a piece of this holder beside one of the holder before sees this, too.
        fence(Release);
        let borrowed = if holder.borrowed { BORROWED } else { 0 };
        self.id.store(holder.id, Relaxed);
        let permits = u64::from(holder.permits.min(WRITER));
        self.place.store(holder.place & PLACE | permits << PLACE_BITS, Relaxed);
        self.since.store(holder.since & !BORROWED | borrowed, Relaxed);
        self.state.store(state | HELD, Release);
    }

    /// The round, and who holds in it; `Err` if it is being written.
    pub(super) fn read(&self) -> Result<Option<(Round, Holder)>, ()> {
        let before = self.state.load(Acquire);
        match before & PHASE {
            FREE => return Ok(None),
            HELD => {}
            _ => return Err(()),
        }
        let (id, place) = (self.id.load(Relaxed), self.place.load(Relaxed));
        let since = self.since.load(Relaxed);
        fence(Acquire);
        if self.state.load(Relaxed) != before {
            return Err(());
        }
        let of_nobody = place & PLACE == PLACE;
        let holder = Holder {
            id,
            place: if of_nobody { u64::MAX } else { place & PLACE },
            since: since & !BORROWED,
            permits: u32::try_from(place >> PLACE_BITS).unwrap_or(u32::MAX),
            borrowed: since & BORROWED != 0,
            seen: None,
        };
        Ok(Some((Round((before / ROUND) & LOW), holder)))
    }
}

/// One round of an entry, as far as 32 bits tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Round(u64);

impl Round {
    /// One number for rounds of several entries: another one as soon as one of them is. 0 for none.
    pub(super) fn and(self, others: u32) -> u32 {
        others.wrapping_add(lower_half(self.0)).wrapping_add(1)
    }
}

/// The note of what was seen in a round, after so many polls of the task. Nobody has to own the entry
/// to write it: it is one word, and counts for its round alone.
#[derive(Debug)]
pub(super) struct Sighting(AtomicU64);

impl Sighting {
    /// Of a round that no entry is held in: the first that is held is the second at least.
    pub(super) fn none() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }

    pub(super) fn note(&self, round: Round, seen: Seen) {
        let Seen { polls, with_owner } = seen;
        self.0.store(round.0 << 32 | polls.0 << 1 | u64::from(with_owner), Relaxed);
    }

    /// What was noted in this round.
    pub(super) fn in_round(&self, round: Round) -> Option<Seen> {
        let noted = self.0.load(Relaxed);
        let seen = || Seen { polls: Polls::of((noted & LOW) >> 1), with_owner: noted & 1 != 0 };
        (noted >> 32 == round.0).then(seen)
    }
}
