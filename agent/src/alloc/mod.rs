//! Which tasks hold the memory: an allocator that samples.
//!
//! ```
//! use std::alloc::System;
//! use taskscope::alloc::TaskAlloc;
//!
//! #[global_allocator]
//! static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);
//! # fn main() {}
//! ```
//!
//! With this line in a service, the agent knows the bytes that each group of tasks holds: the
//! labels in effect, the task and its spawn location, the call stack, and since when. Blocks of
//! tasks that have ended show as *outlived*: the cache that never shrinks.
//!
//! One block in every 512 KiB or so is sampled, and all sums are estimates with a stated error.
//! What is held by whom:
//!
//! - A block belongs to the task that was being polled when it was allocated, under the labels in
//!   effect there; not to whom it was handed on.
//! - A block that is resized belongs to who resized it last, and is as old as that.
//! - What a spawn allocates (the future among it) belongs to the new task.
//! - What the agent keeps for itself is kept apart.

mod estimate;
mod heap;
mod live;
mod sampler;
mod sites;

use std::alloc::{GlobalAlloc, Layout};

pub(crate) use estimate::{Sum, whole};
pub(crate) use heap::{Reading, bytes, lost, read};
pub(crate) use live::Block;
pub(crate) use sampler::{is_in_use, mean};
pub(crate) use sites::{Read as Site, UNITS};

/// Any allocator, with samples taken of what goes through it: see the [module](self).
///
/// # Cost
/// Not sampled, on a shared x86-64 server, over System, jemalloc and mimalloc: up to 0.8 ns more for
/// an allocation, 0.9 ns for a free, 1.1 ns for a resize, on 1 to 16 threads (`agent/benches/compare
/// allocator` and `cargo bench -p taskscope --bench allocator`). A sample, one in 512 KiB, walks the
/// stack. Samples of a heap of 4 GiB take up 3 MB (`--bench heap_accuracy`), more where more
/// different stacks allocate: at most 8 MB for stacks.
#[derive(Clone, Copy, Debug, Default)]
pub struct TaskAlloc<A> {
    inner: A,
}

impl<A> TaskAlloc<A> {
    /// Samples what `inner` allocates.
    ///
    /// ```
    /// use std::alloc::{GlobalAlloc, Layout, System};
    /// use taskscope::alloc::TaskAlloc;
    ///
    /// static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);
    ///
    /// let layout = Layout::new::<u64>();
    /// // SAFETY: the layout has a size, and what was allocated with it is freed with it.
    /// unsafe {
    ///     let block = ALLOCATOR.alloc(layout);
    ///     assert!(!block.is_null());
    ///     ALLOCATOR.dealloc(block, layout);
    /// }
    /// ```
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

// SAFETY: every call is handed to `inner` as it came, and what `inner` says is handed back. What
// is done besides touches neither the block nor the layout, does not unwind, and does not allocate
// from the global allocator (but see `sampler`: if it did, it would not sample again).
#[expect(unsafe_code, reason = "an allocator")]
unsafe impl<A: GlobalAlloc> GlobalAlloc for TaskAlloc<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let block = unsafe { self.inner.alloc(layout) };
        count(block, layout.size());
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Before it is freed: then another thread may get the address.
        if heap::may_hold(block)
            && let Some(sampled) = heap::remove(block)
        {
            sampled.forget();
        }
        // SAFETY: the caller's promise.
        unsafe { self.inner.dealloc(block, layout) };
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let block = unsafe { self.inner.alloc_zeroed(layout) };
        count(block, layout.size());
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if heap::may_hold(block)
            && let Some(sampled) = heap::remove(block)
        {
            // SAFETY: the caller's promise.
            let resized = unsafe { self.inner.realloc(block, layout, new_size) };
            if resized.is_null() {
                sampled.put_back();
            } else {
                sampled.forget();
                count(resized, new_size);
            }
            return resized;
        }
        // SAFETY: the caller's promise.
        let resized = unsafe { self.inner.realloc(block, layout, new_size) };
        count(resized, new_size);
        resized
    }
}

/// Sets the mean distance, in allocated bytes, between two sampled blocks: 512 KiB unless set; 0
/// samples none.
///
/// [`Builder::heap_sample`](crate::Builder::heap_sample) does so when an agent starts. This is for
/// before that, or without one. Threads take it up with their next sample; blocks that were sampled
/// before keep their weight.
///
/// ```
/// // Every 64 KiB: errors a third of the usual ones, eight times as many samples.
/// taskscope::alloc::sample_every(64 << 10);
/// ```
pub fn sample_every(mean_bytes: u32) {
    sampler::set_mean(mean_bytes);
}

/// Counts a block that was allocated; a null one was not.
#[inline]
fn count(block: *mut u8, size: usize) {
    sampler::count(size, |mean| {
        if !block.is_null() {
            heap::add(block, size, mean);
        }
    });
}

#[cfg(test)]
mod tests;
