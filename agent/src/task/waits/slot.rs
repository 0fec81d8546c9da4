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

use crate::primitives::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::primitives::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence};

/// Holders that have an entry; further ones are only counted.
pub(crate) const HOLDERS: usize = 4;
/// The entry of a holder that found none.
pub(crate) const NO_ENTRY: u32 = u32::MAX;
/// How often a reader who met a writer looks again.
const LOOKS: usize = 3;

/// An entry's state: what it is, below the number of the round.
const PHASE: u64 = 0b11;
const FREE: u64 = 0;
const WRITTEN: u64 = 1;
const HELD: u64 = 2;
const ROUND: u64 = 4;

/// A bit of a time that is free: see [`clock::FREE_BITS`](crate::clock).
const SURE: u64 = 0b10;
/// A place in the registry has 38 bits; above them the number of permits.
const PLACE_BITS: u32 = 40;
const PLACE: u64 = (1 << PLACE_BITS) - 1;
/// As many permits as an entry can count: what who writes holds of a reader-writer lock.
pub(crate) const WRITER: u32 = (1 << (u64::BITS - PLACE_BITS)) - 1;

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
    /// What holds it cannot leave the task.
    pub(crate) sure: bool,
}

#[derive(Debug)]
struct Entry {
    state: AtomicU64,
    id: AtomicU64,
    place: AtomicU64,
    since: AtomicU64,
}

impl Entry {
    fn new() -> Self {
        Self {
            state: AtomicU64::new(FREE),
            id: AtomicU64::new(0),
            place: AtomicU64::new(0),
            since: AtomicU64::new(0),
        }
    }

    /// Fills an entry that is the caller's. `state` is what it was when it was free.
    #[inline]
    fn write(&self, state: u64, holder: &Holder) {
        // Who reads a piece of this holder beside one of the holder before sees this, too.
        fence(Release);
        let sure = if holder.sure { SURE } else { 0 };
        self.id.store(holder.id, Relaxed);
        let permits = u64::from(holder.permits.min(WRITER));
        self.place.store(holder.place & PLACE | permits << PLACE_BITS, Relaxed);
        self.since.store(holder.since & !SURE | sure, Relaxed);
        self.state.store(state | HELD, Release);
    }

    /// Whether the entry was free and is the caller's now.
    #[inline]
    fn take(&self) -> Option<u64> {
        let state = self.state.load(Relaxed);
        let is_free = state & PHASE == FREE;
        let taken = is_free
            && self.state.compare_exchange(state, state | WRITTEN, Acquire, Relaxed).is_ok();
        taken.then_some(state)
    }

    /// Ends the round of an entry that is the caller's.
    #[inline]
    fn clear(&self) {
        let state = self.state.load(Relaxed);
        self.state.store((state & !PHASE) + ROUND, Release);
    }

    /// `Err` if it is being written.
    fn read(&self) -> Result<Option<Holder>, ()> {
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
        Ok(Some(Holder {
            id,
            place: if of_nobody { u64::MAX } else { place & PLACE },
            since: since & !SURE,
            permits: u32::try_from(place >> PLACE_BITS).unwrap_or(u32::MAX),
            sure: since & SURE != 0,
        }))
    }
}

/// What is known of a resource at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) holders: Vec<Holder>,
    /// Holders that are not among them.
    pub(crate) more: u32,
    /// Permits that were taken out for good.
    pub(crate) forgotten: u32,
    /// The address of what is held, when it was last held by who said to be sure; 0 if it never was.
    pub(crate) address: usize,
    /// The ids of the tasks that used the two ends of a channel last: what is sent goes in at the
    /// first; 0 where nobody did, or no task.
    pub(crate) ends: [u64; 2],
    /// Handles of a channel's first end that live.
    pub(crate) senders: u32,
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
    address: AtomicUsize,
    /// The thread of rule 4; 0 for none.
    thread: AtomicUsize,
    // With the first of these ends the first cache line, which is all that few holders touch.
    holders: [Entry; HOLDERS],
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
            address: AtomicUsize::new(0),
            thread: AtomicUsize::new(0),
            holders: std::array::from_fn(|_| Entry::new()),
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
            if entry.state.load(Relaxed) & PHASE != FREE {
                entry.clear();
            }
        }
        self.more.store(0, Relaxed);
        self.forgotten.store(0, Relaxed);
        self.address.store(0, Relaxed);
        self.thread.store(0, Relaxed);
        self.handles.store(0, Relaxed);
        for end in &self.ends {
            end.store(0, Relaxed);
        }
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Relaxed)
    }

    // === holders ===

    /// Notes the only holder, in the first entry. For who has got the resource, and nobody else has
    /// it meanwhile.
    #[inline]
    pub(crate) fn hold_alone(&self, address: usize, holder: &Holder) {
        self.note_address(address, holder);
        let entry = &self.holders[0];
        let state = entry.state.load(Relaxed) & !PHASE;
        entry.state.store(state | WRITTEN, Relaxed);
        entry.write(state, holder);
    }

    /// Forgets the only holder. For who is about to let go of the resource.
    #[inline]
    pub(crate) fn let_go_alone(&self) {
        self.holders[0].clear();
    }

    /// Notes one of several holders; returns its entry. `thread` tells the calling thread from
    /// others, and is not 0.
    #[inline]
    pub(crate) fn hold(&self, thread: usize, address: usize, holder: &Holder) -> u32 {
        self.note_address(address, holder);
        let first = &self.holders[0];
        let state = first.state.load(Acquire);
        if state & PHASE == FREE && self.is_first(thread) {
            first.state.store(state | WRITTEN, Relaxed);
            first.write(state, holder);
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
            if let Some(state) = entry.take() {
                entry.write(state, holder);
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
        let Some(entry) = self.holders.get(entry as usize) else { return };
        // Nobody else writes it.
        let Ok(Some(mut holder)) = entry.read() else { return };
        change(&mut holder);
        // Another round, in which the entry was never free.
        let state = (entry.state.load(Relaxed) & !PHASE) + ROUND;
        entry.state.store(state | WRITTEN, Relaxed);
        entry.write(state, &holder);
    }

    pub(crate) fn note_forgotten(&self, permits: u32) {
        self.forgotten.fetch_add(permits, Relaxed);
    }

    /// The address says whether a holder is sure that says so itself.
    #[inline]
    fn note_address(&self, address: usize, holder: &Holder) {
        if holder.sure && self.address.load(Relaxed) != address {
            self.address.store(address, Relaxed);
        }
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
        for entry in &self.holders {
            holders.extend(entry.read()?);
        }
        let senders = self.handles.load(Relaxed) / (ONE_SENDER - ONE);
        Ok(State {
            holders,
            more: self.more.load(Relaxed),
            forgotten: self.forgotten.load(Relaxed),
            address: self.address.load(Relaxed),
            ends: self.ends.each_ref().map(|end| end.load(Relaxed)),
            senders: u32::try_from(senders).unwrap_or(u32::MAX),
        })
    }
}
