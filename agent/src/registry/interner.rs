//! Equal values become one, known by a number.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use rustc_hash::FxBuildHasher;

use super::AppendVec;
use crate::primitives::Mutex;

const SHARDS: usize = 16;
/// What a value costs in the tables, roughly: a hash, a short list of numbers, a mark.
const ENTRY_BYTES: usize = 64;

/// The interner holds as many values as it may.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// Numbers of the values with a hash.
type Numbers = HashMap<u64, Vec<u32>, FxBuildHasher>;

/// Gives equal values equal numbers, counting from 1, for at most `limit` different ones.
#[derive(Debug)]
pub(crate) struct Interner<T> {
    values: AppendVec<T>,
    shards: [Mutex<Numbers>; SHARDS],
    limit: u32,
    /// What one value takes up beside itself.
    weigh: fn(&T) -> usize,
    bytes: AtomicUsize,
}

impl<T: Eq + Hash> Interner<T> {
    pub(crate) const fn new(limit: u32, weigh: fn(&T) -> usize) -> Self {
        Self {
            weigh,
            bytes: AtomicUsize::new(0),
            values: AppendVec::new(),
            shards: [const { Mutex::new(HashMap::with_hasher(FxBuildHasher)) }; SHARDS],
            limit,
        }
    }

    /// The number of `value`, if it was interned before.
    pub(crate) fn find(&self, value: &T) -> Option<u32> {
        let hash = FxBuildHasher.hash_one(value);
        self.known(&self.shard(hash)?.lock(), hash, value)
    }

    /// The number of `value`.
    pub(crate) fn intern(&self, value: T) -> Result<u32, Full> {
        self.intern_below(self.limit, value)
    }

    /// The number of `value`, even if the limit is reached. For the one entry that says so.
    pub(crate) fn intern_beyond_limit(&self, value: T) -> Result<u32, Full> {
        self.intern_below(u32::MAX, value)
    }

    fn intern_below(&self, limit: u32, value: T) -> Result<u32, Full> {
        let hash = FxBuildHasher.hash_one(&value);
        let mut numbers = self.shard(hash).ok_or(Full)?.lock();
        if let Some(number) = self.known(&numbers, hash, &value) {
            return Ok(number);
        }
        if self.values.len() >= limit {
            return Err(Full);
        }
        let bytes = (self.weigh)(&value) + ENTRY_BYTES + size_of::<T>();
        let number = self.values.push(value).map_err(|_| Full)?;
        self.bytes.fetch_add(bytes, Relaxed);
        numbers.entry(hash).or_default().push(number);
        Ok(number)
    }

    fn shard(&self, hash: u64) -> Option<&Mutex<Numbers>> {
        self.shards.get((hash >> 57) as usize % SHARDS)
    }

    fn known(&self, numbers: &Numbers, hash: u64, value: &T) -> Option<u32> {
        numbers.get(&hash)?.iter().copied().find(|n| self.values.get(*n) == Some(value))
    }

    /// The value with this number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number)
    }

    /// What all values take up, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }

    /// How many different values there are.
    pub(crate) fn len(&self) -> u32 {
        self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_number_and_the_limit_holds() {
        let interner = Interner::new(2, |text: &&str| text.len());
        assert_eq!(interner.intern("a"), Ok(1));
        assert_eq!(interner.intern("b"), Ok(2));
        assert_eq!(interner.intern("a"), Ok(1));
        assert_eq!(interner.intern("c"), Err(Full));
        assert_eq!(interner.get(2), Some(&"b"));
        assert_eq!(interner.len(), 2);
        assert_eq!(interner.bytes(), 2 * (1 + ENTRY_BYTES + size_of::<&str>()));
    }
}
