//! The sampled blocks that have not been freed: by address, without locks.
//!
//! Every block that the service frees is looked up here, and nearly none is found, so a miss has
//! to be cheap: pages are hashed to buckets, and a bucket has one word of tags, a byte for each of
//! its seven places. Unless a tag fits, that word is all that is read, and blocks that lie beside
//! each other share it: it is in the processor's nearest cache when the next one is freed.
//!
//! Rules:
//!
//! 1. A block is added by who has just allocated it and taken out by who is about to free it, so
//!    two threads never work on one address at a time, and who frees sees what who allocated wrote.
//! 2. A place is [`FREE`], then [`TAKEN`] by who fills it, then holds an address, and then is
//!    free again. Its tag is set after it was taken and cleared before it becomes free.
//! 3. What finds its bucket full goes to the second table, which goes by addresses instead of pages,
//!    and the bucket counts it in its eighth byte. A count that has reached the top stays there: then the second table is always looked at.
//! 4. Nobody waits for anybody, so a process that was forked in the middle of it goes on.
//!
//! All zeros is the empty set.

use crate::primitives::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::primitives::atomic::{AtomicU64, AtomicUsize, fence};

const PLACES: usize = 7;
/// Bits of an address within a page, and within the smallest block.
const PAGE_BITS: u32 = 12;
const BLOCK_BITS: u32 = 4;
const FREE: usize = 0;
const TAKEN: usize = 1;
/// In the word of tags: one in each byte, the highest bit of each byte, one in the eighth byte.
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const ONE_MORE: u64 = 1 << 56;
const TOP: u64 = 255;

/// What is known of a sampled block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Bytes that were asked for.
    pub(crate) size: usize,
    /// The mean of the intervals when it was sampled, see [`estimate`](super::estimate).
    pub(crate) mean: u32,
    /// Where it was allocated, see [`sites`](super::sites).
    pub(crate) site: u32,
    /// Ticks of the clock.
    pub(crate) since: u64,
    /// The ticket of the task that owns it.
    pub(crate) task: (u64, u64),
}

#[derive(Debug)]
struct Place {
    address: AtomicUsize,
    size: AtomicUsize,
    mean_and_site: AtomicU64,
    since: AtomicU64,
    task: (AtomicU64, AtomicU64),
}

impl Place {
    #[cfg(test)]
    fn new() -> Self {
        Self {
            address: AtomicUsize::new(FREE),
            size: AtomicUsize::new(0),
            mean_and_site: AtomicU64::new(0),
            since: AtomicU64::new(0),
            task: (AtomicU64::new(0), AtomicU64::new(0)),
        }
    }

    fn write(&self, block: &Block) {
        self.size.store(block.size, Relaxed);
        let mean_and_site = u64::from(block.mean) << 32 | u64::from(block.site);
        self.mean_and_site.store(mean_and_site, Relaxed);
        self.since.store(block.since, Relaxed);
        self.task.0.store(block.task.0, Relaxed);
        self.task.1.store(block.task.1, Relaxed);
    }

    #[expect(clippy::cast_possible_truncation, reason = "two halves of a word")]
    fn read(&self) -> Block {
        let mean_and_site = self.mean_and_site.load(Relaxed);
        Block {
            size: self.size.load(Relaxed),
            mean: (mean_and_site >> 32) as u32,
            site: mean_and_site as u32,
            since: self.since.load(Relaxed),
            task: (self.task.0.load(Relaxed), self.task.1.load(Relaxed)),
        }
    }
}

/// `BUCKETS`, a power of two, by what is left of an address without its lowest `BITS`.
#[derive(Debug)]
struct Table<const BUCKETS: usize, const BITS: u32> {
    tags: [AtomicU64; BUCKETS],
    places: [[Place; PLACES]; BUCKETS],
}

/// Where an address belongs.
#[derive(Clone, Copy, Debug)]
struct Spot {
    bucket: usize,
    tag: u8,
}

impl<const BUCKETS: usize, const BITS: u32> Table<BUCKETS, BITS> {
    #[cfg(test)]
    fn new() -> Self {
        Self {
            tags: std::array::from_fn(|_| AtomicU64::new(0)),
            places: std::array::from_fn(|_| std::array::from_fn(|_| Place::new())),
        }
    }

    /// Fibonacci hashing: the highest bits of the product are the best mixed ones.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "pieces of a hash")]
    fn spot(address: usize) -> Spot {
        const { assert!(BUCKETS.is_power_of_two() && BUCKETS <= 1 << 32) }
        let hash = (address as u64 >> BITS).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let bucket = hash.checked_shr(64 - BUCKETS.trailing_zeros()).unwrap_or(0) as usize;
        // Where in its page the block is, and which page: large blocks begin at the same place.
        let tag = (hash >> 16) as u8 ^ (address >> 4) as u8;
        Spot { bucket, tag: tag | 0x80 }
    }

    #[inline]
    fn tags(&self, spot: Spot) -> &AtomicU64 {
        // The bucket is below `BUCKETS`, which the compiler sees.
        &self.tags[spot.bucket & (BUCKETS - 1)]
    }

    /// Whether a block with this tag, or one in the second table, may be known here.
    #[inline]
    fn may_hold(&self, spot: Spot) -> bool {
        let tags = self.tags(spot).load(Relaxed);
        // With few samples most words have no tag at all.
        if tags == 0 {
            return false;
        }
        // A byte of `differ` is zero where the tag fits. The classic test for a zero byte; where it
        // errs, it says yes.
        let differ = tags ^ (u64::from(spot.tag) * ONES);
        let fits = differ.wrapping_sub(ONES) & !differ & HIGHS;
        fits != 0 || tags >= ONE_MORE
    }

    fn add(&self, spot: Spot, address: usize, block: &Block) -> bool {
        for (at, place) in self.places[spot.bucket & (BUCKETS - 1)].iter().enumerate() {
            if place.address.load(Relaxed) == FREE
                && place.address.compare_exchange(FREE, TAKEN, Acquire, Relaxed).is_ok()
            {
                // Who reads the old block meanwhile, and sees a piece of this one, sees that the
                // place was taken.
                fence(Release);
                place.write(block);
                place.address.store(address, Release);
                self.tags(spot).fetch_or(u64::from(spot.tag) << (8 * at), AcqRel);
                return true;
            }
        }
        false
    }

    fn remove(&self, spot: Spot, address: usize) -> Option<Block> {
        let places = self.places[spot.bucket & (BUCKETS - 1)].iter().enumerate();
        for (at, place) in places {
            if place.address.load(Relaxed) == address {
                let block = place.read();
                self.tags(spot).fetch_and(!(0xFF << (8 * at)), AcqRel);
                place.address.store(FREE, Release);
                return Some(block);
            }
        }
        None
    }

    fn spilled(&self, spot: Spot) -> bool {
        self.tags(spot).load(Relaxed) >= ONE_MORE
    }

    /// Counts blocks of the bucket that are in the second table.
    fn count_spilled(&self, spot: Spot, more: bool) {
        let count = |tags: u64| {
            let at_top = tags >> 56 == TOP;
            (!at_top).then(|| if more { tags + ONE_MORE } else { tags - ONE_MORE })
        };
        // `Err` says that the count is at its top.
        let _at_top = self.tags(spot).fetch_update(AcqRel, Relaxed, count).is_err();
    }

    fn for_each(&self, visit: &mut impl FnMut(usize, Block)) {
        // Most buckets are empty, and their places were never touched.
        let used = |(tags, places): (&AtomicU64, _)| (tags.load(Acquire) != 0).then_some(places);
        let places = self.tags.iter().zip(&self.places).filter_map(used).flatten();
        for place in places {
            let address = place.address.load(Acquire);
            if address == FREE || address == TAKEN {
                continue;
            }
            let block = place.read();
            fence(Acquire);
            // The place may have been freed, and taken again, in the middle of it.
            if place.address.load(Relaxed) == address {
                visit(address, block);
            }
        }
    }
}

/// See the [module](self). Room for `7 * (SMALL + LARGE)` blocks at most.
#[derive(Debug)]
pub(crate) struct Live<const SMALL: usize, const LARGE: usize> {
    small: Table<SMALL, PAGE_BITS>,
    large: Table<LARGE, BLOCK_BITS>,
    /// How many blocks have ever gone to the second table.
    spilled: AtomicUsize,
}

impl<const SMALL: usize, const LARGE: usize> Live<SMALL, LARGE> {
    #[cfg(test)]
    pub(crate) fn new() -> Self {
        Self { small: Table::new(), large: Table::new(), spilled: AtomicUsize::new(0) }
    }

    /// Whether the block at `address` may be in the set. False for nearly all that are not.
    #[inline]
    pub(crate) fn may_hold(&self, address: usize) -> bool {
        self.small.may_hold(Table::<SMALL, PAGE_BITS>::spot(address))
    }

    /// Adds a block; `false` if there is no room.
    pub(crate) fn add(&self, address: usize, block: &Block) -> bool {
        let spot = Table::<SMALL, PAGE_BITS>::spot(address);
        if self.small.add(spot, address, block) {
            return true;
        }
        self.spilled.fetch_add(1, Relaxed);
        self.small.count_spilled(spot, true);
        let fits = self.large.add(Table::<LARGE, BLOCK_BITS>::spot(address), address, block);
        if !fits {
            self.small.count_spilled(spot, false);
        }
        fits
    }

    /// Takes the block at `address` out, if it is in the set.
    pub(crate) fn remove(&self, address: usize) -> Option<Block> {
        let spot = Table::<SMALL, PAGE_BITS>::spot(address);
        let found = self.small.remove(spot, address);
        if found.is_some() || !self.small.spilled(spot) {
            return found;
        }
        let found = self.large.remove(Table::<LARGE, BLOCK_BITS>::spot(address), address);
        if found.is_some() {
            self.small.count_spilled(spot, false);
        }
        found
    }

    /// What the set takes up with so many blocks, roughly: pages that were never used are not there.
    pub(crate) fn bytes(&self, blocks: usize) -> usize {
        const PAGE: usize = 4_096;
        let pages = |of: usize, blocks: usize| of.min(blocks.saturating_mul(PAGE));
        let spilled = self.spilled.load(Relaxed);
        pages(size_of_val(&self.small), blocks) + pages(size_of_val(&self.large), spilled)
    }

    /// Shows every block that is in the set during the whole call, and some of those that come or
    /// go.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(usize, Block)) {
        self.small.for_each(&mut visit);
        if self.spilled.load(Relaxed) > 0 {
            self.large.for_each(&mut visit);
        }
    }
}
