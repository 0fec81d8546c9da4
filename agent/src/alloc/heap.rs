//! The one heap of the process: its live blocks and their sites, and how a sample is taken.

#![expect(unsafe_code, reason = "tables of atomics, all zeros, that need no initialisation")]

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::estimate::{Sum, whole};
use super::live::{Block, Live};
use super::sites::{Key, MAX_FRAMES, Read, Sites, UNITS};
use crate::primitives::Mutex;
use crate::task::behalf::{self, Owner};
use crate::task::current;
use crate::{clock, stack};

/// 57,344 samples in the first table (28 GB at the usual mean), 229,376 in the second.
static LIVE: Live<8_192, 32_768> = {
    // SAFETY: made of integers and atomic integers, all of which may be zero.
    unsafe { std::mem::zeroed() }
};
static SITES: Sites<16_384, 32_768> = {
    // SAFETY: as above.
    unsafe { std::mem::zeroed() }
};
/// Samples that found no room.
static LOST: AtomicU64 = AtomicU64::new(0);
/// Held by who reads: sites are retired under it.
static READING: Mutex<()> = Mutex::new(());

/// Takes a sample: the block was just allocated by this thread.
///
/// Neither allocates nor locks, except that the first sample of a thread asks the system where the
/// thread's stack is.
pub(super) fn add(address: *mut u8, size: usize, mean: u32) {
    let owner = behalf::owner();
    let now = clock::coarse().unwrap_or_else(clock::now);
    let mut frames = [0; MAX_FRAMES];
    // Of the agent's own memory the sum is enough.
    let (used, cut) = if owner == Owner::AGENT { (0, false) } else { walk(&mut frames) };
    let frames = frames.get(..used).unwrap_or_default();
    let key = Key { labels: owner.labels, origin: owner.origin, cut, frames };
    let stands_for = Sum::of(size, mean);
    let (blocks, bytes) = (whole(stands_for.blocks * UNITS), whole(stands_for.bytes));
    let added = SITES.pin(&key, blocks, bytes, now).is_some_and(|site| {
        let task = owner.task.to_bits();
        let added = LIVE.add(address.addr(), &Block { size, mean, site, since: now, task });
        if !added {
            SITES.unpin(site);
        }
        added
    });
    if !added {
        LOST.fetch_add(1, Relaxed);
    }
}

/// The callers of the allocator, up to the poll of the task or the thread's first function. Returns
/// how many there are, and whether there are more.
#[inline(never)]
fn walk(frames: &mut [usize; MAX_FRAMES]) -> (usize, bool) {
    stack::prepare_in_allocator();
    let top = current::outermost_address().unwrap_or_else(stack::end);
    let mut used = 0;
    let mut cut = false;
    stack::walk(top, |address| {
        let room = frames.get_mut(used);
        cut = room.is_none();
        if let Some(frame) = room {
            *frame = address;
            used += 1;
        }
        !cut
    });
    (used, cut)
}

/// Whether the block at `address` may be a sampled one. False for nearly all that are not.
#[inline]
pub(super) fn may_hold(address: *mut u8) -> bool {
    LIVE.may_hold(address.addr())
}

/// Takes the block at `address` out, if it was sampled: it is about to be freed.
#[cold]
#[inline(never)]
pub(super) fn remove(address: *mut u8) -> Option<Removed> {
    LIVE.remove(address.addr()).map(|block| Removed { address, block })
}

/// A block that was taken out and not given back yet.
#[derive(Debug)]
#[must_use]
pub(super) struct Removed {
    address: *mut u8,
    block: Block,
}

impl Removed {
    /// It was freed.
    pub(super) fn forget(self) {
        SITES.unpin(self.block.site);
    }

    /// It was not freed after all.
    pub(super) fn put_back(self) {
        if !LIVE.add(self.address.addr(), &self.block) {
            SITES.unpin(self.block.site);
            LOST.fetch_add(1, Relaxed);
        }
    }
}

/// The heap at one moment.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) blocks: Vec<Block>,
    /// Where they were allocated, and where others were; by [`Read::number`] in rising order.
    pub(crate) sites: Vec<Read>,
    /// Bytes that were allocated at sites that are forgotten.
    pub(crate) forgotten_bytes: u64,
    /// Sites are not retired meanwhile.
    _lock: MutexGuard<'static, ()>,
}

/// Reads the heap. Sites that are idle since `idle_since` are forgotten if there are many.
pub(crate) fn read(idle_since: u64) -> Reading {
    let lock = READING.lock();
    SITES.make_room(idle_since);
    let mut blocks = Vec::new();
    LIVE.for_each(|_, block| blocks.push(block));
    // After the blocks: the site of each is there.
    let sites = SITES.all().collect();
    let forgotten_bytes = SITES.retired_bytes();
    Reading { blocks, sites, forgotten_bytes, _lock: lock }
}

impl Reading {
    /// The stack of one of the sites, innermost return address first.
    #[expect(clippy::unused_self, reason = "while there is a reading, sites stay what they are")]
    pub(crate) fn frames(&self, site: &Read) -> Vec<usize> {
        SITES.frames(site.number)
    }
}

/// Samples that were not kept, for want of room.
pub(crate) fn lost() -> u64 {
    LOST.load(Relaxed)
}

/// What the tables take up, roughly: pieces that were never used are not resident.
pub(crate) fn bytes(blocks: usize) -> usize {
    LIVE.bytes(blocks) + SITES.used() * size_of::<super::sites::Site>()
}
