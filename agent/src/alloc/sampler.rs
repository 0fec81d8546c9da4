//! Which blocks are sampled.
//!
//! Each thread counts down the bytes that it allocates. The block that takes the count below zero
//! is sampled, and the next distance is drawn: exponential, so that it does not matter where the
//! count stood when the last block began ([`estimate`](super::estimate)). For all other blocks
//! that is a subtraction and a branch.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::clock;

/// Mean distance between two samples, unless set: as in Go and in jemalloc.
pub(crate) const DEFAULT_MEAN: u32 = 512 << 10;
/// While sampling is off, a thread asks again after so many bytes.
const ASK_AGAIN: i64 = 1 << 20;
const OFF: u32 = 0;

static MEAN: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(DEFAULT_MEAN);
/// Some thread has counted its bytes: the allocator is in use.
static IN_USE: AtomicBool = AtomicBool::new(false);
/// Tells threads' random numbers apart.
static SEEDS: AtomicU64 = AtomicU64::new(0);

struct Thread {
    random: Cell<u64>,
    /// The mean that the distance under way was drawn with.
    drawn_with: Cell<u32>,
    /// A sample is being taken.
    busy: Cell<bool>,
}

thread_local! {
    /// Bytes to the next sample. Begins at 0, so that a thread's first block draws.
    static LEFT: Cell<i64> = const { Cell::new(0) };
    static THREAD: Thread = const {
        Thread { random: Cell::new(0), drawn_with: Cell::new(OFF), busy: Cell::new(false) }
    };
}

/// Whether the allocator of this process samples, or has.
pub(crate) fn is_in_use() -> bool {
    IN_USE.load(Relaxed)
}

/// The mean distance between two samples; 0: none are taken.
pub(crate) fn mean() -> u32 {
    MEAN.load(Relaxed)
}

/// Sets [`mean`] for distances drawn from now on.
pub(crate) fn set_mean(bytes: u32) {
    MEAN.store(bytes, Relaxed);
}

/// Counts a block of so many bytes, and hands the mean to `sample` if it is one to sample.
#[inline]
pub(crate) fn count(size: usize, sample: impl FnOnce(u32)) {
    let left = LEFT.get().wrapping_sub_unsigned(size as u64);
    LEFT.set(left);
    if left < 0 {
        crossed(size, sample);
    }
}

#[cold]
#[inline(never)]
fn crossed(size: usize, sample: impl FnOnce(u32)) {
    // No destructor, nothing lazy: this works on a thread that is about to end.
    THREAD.with(|thread| {
        if thread.busy.replace(true) {
            // What taking a sample allocates is not sampled; the count is set anew after it.
            LEFT.set(i64::MAX);
            return;
        }
        if thread.drawn_with.get() == OFF {
            IN_USE.store(true, Relaxed);
            thread.draw();
            LEFT.set(LEFT.get().saturating_sub_unsigned(size as u64));
        }
        let mean = thread.drawn_with.get();
        if LEFT.get() < 0 {
            if mean != OFF {
                sample(mean);
            }
            thread.draw();
        }
        thread.busy.set(false);
    });
}

impl Thread {
    /// Draws the distance to the next sample.
    fn draw(&self) {
        let mean = MEAN.load(Relaxed);
        self.drawn_with.set(mean);
        LEFT.set(if mean == OFF { ASK_AGAIN } else { self.exponential(mean) });
    }

    #[expect(clippy::cast_possible_truncation, reason = "float to int saturates")]
    fn exponential(&self, mean: u32) -> i64 {
        // 53 random bits, never 0.
        let uniform = ((self.next_random() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        (-uniform.ln() * f64::from(mean)) as i64
    }

    /// `SplitMix64` (Steele, Lea and Flood, 2014).
    fn next_random(&self) -> u64 {
        let mut state = self.random.get();
        if state == 0 {
            let thread = SEEDS.fetch_add(0x9E37_79B9_7F4A_7C15, Relaxed);
            state = clock::now() ^ thread.rotate_left(32) ^ std::ptr::from_ref(self).addr() as u64;
        }
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.random.set(state);
        let mut mixed = state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alloc::estimate::probability;

    /// As many blocks are sampled as the formula says, within four standard deviations. The random
    /// numbers are the same in each run: the test does not fail now and then.
    #[test]
    fn blocks_are_sampled_with_the_stated_probability() {
        THREAD.with(|thread| thread.random.set(42));
        for (size, blocks) in [(64, 40_000_000_u64), (16 << 10, 400_000), (1 << 20, 20_000)] {
            let mut sampled = 0_u64;
            (0..blocks).for_each(|_| count(size, |_| sampled += 1));
            let p = probability(size, DEFAULT_MEAN);
            let expected = p * blocks as f64;
            let deviation = (expected * (1.0 - p)).sqrt();
            let off = (sampled as f64 - expected) / deviation;
            assert!(off.abs() < 4.0, "{sampled} of {blocks} blocks of {size} bytes: {off:+.1}");
        }
    }
}
