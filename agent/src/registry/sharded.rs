//! A set of shared things, split into shards so that threads seldom meet.
//!
//! Insert and remove are O(1) under the shard's lock and allocate nothing but the growth of the
//! shard's table. Readers copy a shard in pieces and let go of the lock in between: a writer
//! waits for [`PIECE`] reference counts at most, not for a whole shard.

use crate::sync::{Arc, Mutex};

/// How many entries a reader copies under one lock.
const PIECE: usize = 64;
/// More than any machine has workers for; few enough to walk when empty.
pub(crate) const SHARDS: usize = 64;

#[derive(Debug)]
enum Slot<T> {
    Used(Arc<T>),
    /// Next free slot of the shard, if any.
    Free(Option<u32>),
}

#[derive(Debug)]
struct Shard<T> {
    slots: Vec<Slot<T>>,
    free: Option<u32>,
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

    /// Adds `item`. Threads should each use their own `shard`; any number will do.
    /// `None` when the shard is full (four billion entries).
    pub(crate) fn insert(&self, shard: usize, item: Arc<T>) -> Option<Place> {
        let number = shard % N;
        let mut guard = self.shards.get(number)?.lock();
        let shard = &mut *guard;
        if let Some(index) = shard.free
            && let Some(slot) = shard.slots.get_mut(index as usize)
        {
            if let Slot::Free(next) = *slot {
                shard.free = next;
            }
            *slot = Slot::Used(item);
            return Some(Place::new(number, index));
        }
        let index = u32::try_from(shard.slots.len()).ok()?;
        shard.slots.push(Slot::Used(item));
        Some(Place::new(number, index))
    }

    /// Removes what [`insert`](Self::insert) put there.
    pub(crate) fn remove(&self, place: Place) -> Option<Arc<T>> {
        let mut guard = self.shards.get(place.shard())?.lock();
        let shard = &mut *guard;
        let slot = shard.slots.get_mut(place.index() as usize)?;
        if matches!(slot, Slot::Free(_)) {
            return None;
        }
        let old = std::mem::replace(slot, Slot::Free(shard.free));
        shard.free = Some(place.index());
        match old {
            Slot::Used(item) => Some(item),
            Slot::Free(_) => None,
        }
    }

    /// Reads the entry at `place`, which may be another one by now. `read` runs under the lock.
    pub(crate) fn with<R>(&self, place: Place, read: impl FnOnce(&T) -> R) -> Option<R> {
        let shard = self.shards.get(place.shard())?.lock();
        match shard.slots.get(place.index() as usize)? {
            Slot::Used(item) => Some(read(item)),
            Slot::Free(_) => None,
        }
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
                    piece.extend(slots.iter().filter_map(|slot| match slot {
                        Slot::Used(item) => Some(Arc::clone(item)),
                        Slot::Free(_) => None,
                    }));
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
