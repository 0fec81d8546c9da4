//! A set of things that others own, split into shards so that threads seldom meet.
//!
//! A [`place`](Sharded::vacant) is made under the shard's lock, and taken away under it: both are
//! O(1) and allocate nothing but the growth of the shard's table. In between, entries may come and
//! go in the place without a lock, see [`Vacant`]. Readers copy a shard in pieces and let go of
//! the lock in between: a writer waits for [`PIECE`] reference counts at most, not for a whole
//! shard.
//!
//! The set holds no reference count. It points to memory that is there until the set has forgotten
//! it; a reader takes a count of its own, of the entry that is in it, while it holds the lock.

#![expect(unsafe_code, reason = "takes a reference count through a pointer without one")]

use std::num::NonZero;

use super::counted::{self, Counted, Entry, Vacant};
use crate::primitives::Mutex;
use crate::primitives::atomic::AtomicUsize;
use crate::primitives::atomic::Ordering::Relaxed;

/// How many entries a reader copies under one lock.
const PIECE: usize = 64;
/// More than any machine has workers for; few enough to walk when empty.
pub(crate) const SHARDS: usize = 64;

/// A pointer to room for an entry, or the next free slot, if any: the lowest bit tells them apart.
struct Slot<T> {
    bits: *const Entry<T>,
}

// SAFETY: stands for a `Counted<T>` that somebody owns, and is used as one.
unsafe impl<T: Send + Sync> Send for Slot<T> {}

impl<T> Slot<T> {
    const FREE: usize = 1;

    fn used(entry: *const Entry<T>) -> Self {
        const { assert!(align_of::<Entry<T>>() > Self::FREE, "the lowest bit is free") }
        Self { bits: entry }
    }

    fn free(next: Option<u32>) -> Self {
        let next = next.map_or(0, |next| next as usize + 1);
        Self { bits: std::ptr::without_provenance(next << 1 | Self::FREE) }
    }

    /// The room, if there is any.
    fn get(&self) -> Option<*const Entry<T>> {
        (self.bits.addr() & Self::FREE == 0).then_some(self.bits)
    }

    /// The slot after this one in the list of free ones.
    fn next_free(&self) -> Option<u32> {
        let next = NonZero::new(self.bits.addr() >> 1).filter(|_| self.get().is_none())?;
        u32::try_from(next.get() - 1).ok()
    }
}

struct Shard<T> {
    slots: Vec<Slot<T>>,
    free: Option<u32>,
}

impl<T> Shard<T> {
    fn add(&mut self, slot: Slot<T>) -> Option<u32> {
        if let Some(index) = self.free
            && let Some(free) = self.slots.get_mut(index as usize)
        {
            self.free = free.next_free();
            *free = slot;
            return Some(index);
        }
        let index = u32::try_from(self.slots.len()).ok()?;
        self.slots.push(slot);
        Some(index)
    }
}

/// Where an entry is; needed to remove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u64);

impl Place {
    /// Nowhere.
    pub(crate) const NONE: Self = Self(u64::MAX);

    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    fn new(shard: usize, index: u32) -> Self {
        Self(((shard as u64) << 32) | u64::from(index))
    }

    fn shard(self) -> usize {
        (self.0 >> 32) as usize
    }

    #[expect(clippy::cast_possible_truncation, reason = "the low half is the index")]
    fn index(self) -> u32 {
        self.0 as u32
    }
}

/// See the [module](self).
pub(crate) struct Sharded<T, const N: usize = SHARDS> {
    shards: [Mutex<Shard<T>>; N],
    rooms: AtomicUsize,
}

impl<T, const N: usize> Sharded<T, N> {
    pub(crate) fn new() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::new(Shard { slots: Vec::new(), free: None })),
            rooms: AtomicUsize::new(0),
        }
    }

    /// Room for an entry, in a place of its own. Threads should each use their own `shard`; any
    /// number will do. What is filled in is in the set, unless the shard is full (four billion
    /// entries).
    pub(crate) fn vacant(&self, shard: usize) -> Vacant<T> {
        let vacant = Vacant::boxed();
        let number = shard % N;
        let Some(shard) = self.shards.get(number) else { return vacant };
        let Some(index) = shard.lock().add(Slot::used(vacant.entry())) else { return vacant };
        self.rooms.fetch_add(1, Relaxed);
        vacant.at(Place::new(number, index))
    }

    /// Forgets a place that [`vacant`](Self::vacant) made, and what is in it.
    pub(crate) fn remove(&self, place: Place) {
        let Some(shard) = self.shards.get(place.shard()) else { return };
        let mut guard = shard.lock();
        let shard = &mut *guard;
        if let Some(slot) = shard.slots.get_mut(place.index() as usize)
            && slot.get().is_some()
        {
            *slot = Slot::free(shard.free);
            shard.free = Some(place.index());
            self.rooms.fetch_sub(1, Relaxed);
        }
    }

    /// Forgets and frees room that nobody needs.
    pub(crate) fn discard(&self, vacant: Vacant<T>) {
        self.remove(vacant.place());
        // SAFETY: forgotten.
        unsafe { vacant.free() };
    }

    /// For how many entries there is room, those included that are there.
    pub(crate) fn rooms(&self) -> usize {
        self.rooms.load(Relaxed)
    }

    /// The entry at `place`, which may be another one by now.
    pub(crate) fn get(&self, place: Place) -> Option<Counted<T>> {
        let shard = self.shards.get(place.shard())?.lock();
        let entry = shard.slots.get(place.index() as usize)?.get()?;
        // SAFETY: under the lock.
        unsafe { counted::share(entry) }
    }

    /// Shows every entry that is there during the whole call, and some of those that come or go.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&Counted<T>)) {
        let mut piece = Vec::with_capacity(PIECE);
        for shard in &self.shards {
            let mut from = 0;
            loop {
                let end = {
                    let shard = shard.lock();
                    let end = shard.slots.len().min(from + PIECE);
                    let slots = shard.slots.get(from..end).unwrap_or_default();
                    // SAFETY: under the lock.
                    let take = |entry| unsafe { counted::share(entry) };
                    piece.extend(slots.iter().filter_map(Slot::get).filter_map(take));
                    end
                };
                // Dropped outside of the lock: the last reference may be ours.
                piece.drain(..).for_each(|item| visit(&item));
                if end < from + PIECE {
                    break;
                }
                from = end;
            }
        }
    }
}
