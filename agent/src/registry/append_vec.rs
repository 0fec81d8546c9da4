//! A list that only grows, up to a limit, and is read without a lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Entries of a segment; segments are made as they are needed.
const SEGMENT: usize = 1 << 10;
const SEGMENTS: usize = 1 << 10;

/// See the [module](self). Indices count from 1; 0 stands for "none".
#[derive(Debug)]
pub(crate) struct AppendVec<T> {
    segments: [OnceLock<Box<[OnceLock<T>]>>; SEGMENTS],
    len: AtomicU32,
}

impl<T> AppendVec<T> {
    #[expect(clippy::large_stack_arrays, reason = "made at compile time, for statics")]
    pub(crate) const fn new() -> Self {
        Self { segments: [const { OnceLock::new() }; SEGMENTS], len: AtomicU32::new(0) }
    }

    /// Adds `item` and returns its index, or gives it back when a million are there.
    pub(crate) fn push(&self, item: T) -> Result<u32, T> {
        let limit = (SEGMENT * SEGMENTS) as u64;
        let claimed = self.len.try_update(Ordering::AcqRel, Ordering::Relaxed, |len| {
            (u64::from(len) < limit).then(|| len + 1)
        });
        let Ok(before) = claimed else { return Err(item) };
        let at = before as usize;
        let Some(segment) = self.segments.get(at / SEGMENT) else { return Err(item) };
        let segment = segment.get_or_init(|| (0..SEGMENT).map(|_| OnceLock::new()).collect());
        match segment.get(at % SEGMENT) {
            Some(cell) => cell.set(item).map(|()| before + 1),
            None => Err(item),
        }
    }

    /// The entry with this index.
    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&T> {
        let at = (index as usize).checked_sub(1)?;
        self.segments.get(at / SEGMENT)?.get()?.get(at % SEGMENT)?.get()
    }

    /// How many entries there are (some may still be on their way in).
    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_count_from_one_and_lead_back() {
        let list = AppendVec::new();
        for i in 1..=3_000_u32 {
            assert_eq!(list.push(i * 10), Ok(i));
        }
        assert_eq!(list.get(0), None);
        assert_eq!(list.get(1), Some(&10));
        assert_eq!(list.get(3_000), Some(&30_000));
        assert_eq!(list.get(3_001), None);
        assert_eq!(list.len(), 3_000);
    }
}
