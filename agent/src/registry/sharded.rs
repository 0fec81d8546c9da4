//! A set of things that others own, split into shards so that threads seldom meet.
//!
//! Insert and remove are O(1) under the shard's lock and allocate nothing but the growth of the
//! shard's table. Readers copy a shard in pieces and let go of the lock in between: a writer
//! waits for [`PIECE`] reference counts at most, not for a whole shard.
//!
//! The set holds no reference count. What is in it is alive because its owner takes it out
//! before letting go of it; a reader takes a count of its own while it holds the lock.

#![expect(unsafe_code, reason = "takes a reference count through a pointer without one")]

use std::num::NonZero;

use crate::sync::{Arc, Mutex};

/// How many entries a reader copies under one lock.
const PIECE: usize = 64;
/// More than any machine has workers for; few enough to walk when empty.
pub(crate) const SHARDS: usize = 64;

/// A pointer to an entry, or the next free slot, if any: the lowest bit tells them apart.
#[derive(Debug)]
struct Slot<T> {
    bits: *const T,
}

// SAFETY: stands for an `Arc<T>` that somebody owns, and is used as one.
unsafe impl<T: Send + Sync> Send for Slot<T> {}

impl<T> Slot<T> {
    const FREE: usize = 1;

    fn used(item: &Arc<T>) -> Self {
        const { assert!(align_of::<T>() > Self::FREE, "the lowest bit is free") }
        Self { bits: Arc::as_ptr(item) }
    }

    fn free(next: Option<u32>) -> Self {
        let next = next.map_or(0, |next| next as usize + 1);
        Self { bits: std::ptr::without_provenance(next << 1 | Self::FREE) }
    }

    /// The entry, if there is one.
    fn get(&self) -> Option<*const T> {
        (self.bits.addr() & Self::FREE == 0).then_some(self.bits)
    }

    /// The slot after this one in the list of free ones.
    fn next_free(&self) -> Option<u32> {
        let next = NonZero::new(self.bits.addr() >> 1).filter(|_| self.get().is_none())?;
        u32::try_from(next.get() - 1).ok()
    }
}

#[derive(Debug)]
struct Shard<T> {
    slots: Vec<Slot<T>>,
    free: Option<u32>,
}

/// A reference to an entry of a shard whose lock the caller holds.
fn share<T>(entry: *const T) -> Arc<T> {
    // SAFETY: the owner takes an entry out, which needs the lock that the caller holds, before it
    // lets go of it: there is a count to add to.
    unsafe {
        Arc::increment_strong_count(entry);
        Arc::from_raw(entry)
    }
}

/// Where an entry is; needed to remove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(u64);

impl Place {
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
#[derive(Debug)]
pub(crate) struct Sharded<T, const N: usize = SHARDS> {
    shards: [Mutex<Shard<T>>; N],
}

impl<T, const N: usize> Sharded<T, N> {
    pub(crate) fn new() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::new(Shard { slots: Vec::new(), free: None })),
        }
    }

    /// Adds `item`, whose owner must [`remove`](Self::remove) it before letting go of it. Threads
    /// should each use their own `shard`; any number will do. `None` when the shard is full (four
    /// billion entries).
    pub(crate) fn insert(&self, shard: usize, item: &Arc<T>) -> Option<Place> {
        let number = shard % N;
        let mut guard = self.shards.get(number)?.lock();
        let shard = &mut *guard;
        if let Some(index) = shard.free
            && let Some(slot) = shard.slots.get_mut(index as usize)
        {
            shard.free = slot.next_free();
            *slot = Slot::used(item);
            return Some(Place::new(number, index));
        }
        let index = u32::try_from(shard.slots.len()).ok()?;
        shard.slots.push(Slot::used(item));
        Some(Place::new(number, index))
    }

    /// Removes what [`insert`](Self::insert) put there.
    pub(crate) fn remove(&self, place: Place) {
        let Some(shard) = self.shards.get(place.shard()) else { return };
        let mut guard = shard.lock();
        let shard = &mut *guard;
        if let Some(slot) = shard.slots.get_mut(place.index() as usize)
            && slot.get().is_some()
        {
            *slot = Slot::free(shard.free);
            shard.free = Some(place.index());
        }
    }

    /// Reads the entry at `place`, which may be another one by now. `read` runs under the lock.
    pub(crate) fn with<R>(&self, place: Place, read: impl FnOnce(&T) -> R) -> Option<R> {
        let shard = self.shards.get(place.shard())?.lock();
        let item = shard.slots.get(place.index() as usize)?.get()?;
        // SAFETY: the owner takes an entry out, which needs the lock that we hold, before it lets
        // go of it.
        Some(read(unsafe { &*item }))
    }

    /// Shows every entry that is there during the whole call, and some of those that come or go.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&Arc<T>)) {
        let mut piece = Vec::with_capacity(PIECE);
        for shard in &self.shards {
            let mut from = 0;
            loop {
                let end = {
                    let shard = shard.lock();
                    let end = shard.slots.len().min(from + PIECE);
                    let slots = shard.slots.get(from..end).unwrap_or_default();
                    piece.extend(slots.iter().filter_map(Slot::get).map(share));
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
