//! Where sampled blocks were allocated: the call stack, by whose task, under which labels.
//!
//! Every sample finds its site here, without locks. Sites count what was ever allocated at them.
//! Their number is bounded; a site at which nothing lives and nothing happens is retired when room
//! gets scarce, and what it counted is kept in one sum.
//!
//! Rules:
//!
//! 1. A site is found through `index`, which holds its number plus one, [`EMPTY`] or [`GONE`].
//! 2. `pins` counts the living blocks of a site, and who is about to add one. A pinned site stays
//!    what it is. Only one without pins is retired, by swapping [`RETIRED`] in; then its hash
//!    becomes 0, and from then on whoever swaps [`RETIRED`] out for its own pin may fill it anew.
//! 3. A stale number from `index` may lead to a site that is being filled: so who finds one pins
//!    it, compares everything, and looks at the hash again, which is written last.
//! 4. Two threads may add the same site twice. Whoever reads sums by content.
//!
//! All zeros is the empty collection.

use crate::primitives::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::primitives::atomic::{AtomicU32, AtomicU64, AtomicUsize, fence};

/// Return addresses that are kept of a stack, innermost first.
pub(crate) const MAX_FRAMES: usize = 56;
/// Entries of the index that are looked at.
const PROBES: usize = 32;
const EMPTY: u32 = 0;
const GONE: u32 = u32::MAX;
const RETIRED: u32 = u32::MAX;
/// Retired sites that are looked for before a sample goes without.
const SEARCH: u32 = 256;

/// What tells sites apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    pub(crate) labels: u32,
    pub(crate) origin: u32,
    /// The stack did not fit.
    pub(crate) cut: bool,
    pub(crate) frames: &'a [usize],
}

impl Key<'_> {
    /// Never 0. Two sites with one hash are still told apart.
    fn hash(&self) -> u64 {
        let words = self.frames.iter().map(|frame| *frame as u64);
        let owner = u64::from(self.labels) << 32 | u64::from(self.origin);
        let mix =
            |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95);
        words.fold(mix(u64::from(self.cut), owner), mix).max(1)
    }
}

/// A site.
#[derive(Debug)]
pub(crate) struct Site {
    pins: AtomicU32,
    hash: AtomicU64,
    labels: AtomicU32,
    origin: AtomicU32,
    /// How many frames, and whether there were more.
    length: AtomicU32,
    frames: [AtomicUsize; MAX_FRAMES],
    /// Estimates of what was ever allocated here: blocks in units of `1/UNITS`, and bytes.
    blocks: AtomicU64,
    bytes: AtomicU64,
    /// When something was allocated here last: ticks.
    last: AtomicU64,
}

const CUT: u32 = 1 << 31;
/// A block counts as so many units: samples stand for fractions of blocks.
pub(crate) const UNITS: f64 = 1_024.0;

/// A site as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) number: u32,
    /// Tells it from all others that there are or were; equal for equal keys.
    pub(crate) hash: u64,
    pub(crate) labels: u32,
    pub(crate) origin: u32,
    pub(crate) cut: bool,
    /// In units of `1/UNITS`.
    pub(crate) blocks: u64,
    pub(crate) bytes: u64,
}

impl Site {
    #[cfg(test)]
    fn new() -> Self {
        Self {
            pins: AtomicU32::new(0),
            hash: AtomicU64::new(0),
            labels: AtomicU32::new(0),
            origin: AtomicU32::new(0),
            length: AtomicU32::new(0),
            frames: std::array::from_fn(|_| AtomicUsize::new(0)),
            blocks: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            last: AtomicU64::new(0),
        }
    }

    fn pin(&self) -> bool {
        let more = |pins: u32| (pins != RETIRED).then(|| pins + 1);
        self.pins.fetch_update(AcqRel, Relaxed, more).is_ok()
    }

    fn unpin(&self) {
        self.pins.fetch_sub(1, AcqRel);
    }

    /// Whether this is the site with the key. Only for who has pinned it.
    fn is(&self, hash: u64, key: &Key<'_>) -> bool {
        let same = self.hash.load(Acquire) == hash
            && self.labels.load(Relaxed) == key.labels
            && self.origin.load(Relaxed) == key.origin
            && self.length.load(Relaxed) == length(key)
            && self.frames.iter().zip(key.frames).all(|(own, frame)| own.load(Relaxed) == *frame);
        fence(Acquire);
        same && self.hash.load(Relaxed) == hash
    }

    /// Makes it the site with the key. Only for who has taken it.
    fn fill(&self, hash: u64, key: &Key<'_>) {
        self.labels.store(key.labels, Relaxed);
        self.origin.store(key.origin, Relaxed);
        self.length.store(length(key), Relaxed);
        for (own, frame) in self.frames.iter().zip(key.frames) {
            own.store(*frame, Relaxed);
        }
        self.blocks.store(0, Relaxed);
        self.bytes.store(0, Relaxed);
        self.hash.store(hash, Release);
    }

    fn read(&self, number: u32) -> Read {
        Read {
            number,
            hash: self.hash.load(Relaxed),
            labels: self.labels.load(Relaxed),
            origin: self.origin.load(Relaxed),
            cut: self.length.load(Relaxed) & CUT != 0,
            blocks: self.blocks.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
        }
    }
}

/// Not more than [`MAX_FRAMES`]: a longer stack is cut.
#[expect(clippy::cast_possible_truncation, reason = "at most MAX_FRAMES")]
fn length(key: &Key<'_>) -> u32 {
    key.frames.len().min(MAX_FRAMES) as u32 | if key.cut { CUT } else { 0 }
}

/// See the [module](self). `INDEX` is a power of two, twice `N` or more.
#[derive(Debug)]
pub(crate) struct Sites<const N: usize, const INDEX: usize> {
    /// Sites from here on were never used.
    used: AtomicU32,
    /// Where the search for a retired site goes on.
    search: AtomicU32,
    retired_bytes: AtomicU64,
    index: [AtomicU32; INDEX],
    all: [Site; N],
}

impl<const N: usize, const INDEX: usize> Sites<N, INDEX> {
    #[expect(clippy::cast_possible_truncation, reason = "a constant, and small")]
    const MOST: u32 = N as u32;

    #[cfg(test)]
    pub(crate) fn new() -> Self {
        Self {
            used: AtomicU32::new(0),
            search: AtomicU32::new(0),
            retired_bytes: AtomicU64::new(0),
            index: std::array::from_fn(|_| AtomicU32::new(EMPTY)),
            all: std::array::from_fn(|_| Site::new()),
        }
    }

    fn site(&self, number: u32) -> Option<&Site> {
        self.all.get(number as usize)
    }

    /// The entries of the index where a site with this hash may be.
    fn entries(&self, hash: u64) -> impl Iterator<Item = &AtomicU32> {
        const { assert!(INDEX.is_power_of_two() && INDEX >= 2 * N) }
        let first = (hash >> 32) as usize;
        let entries = (0..PROBES.min(INDEX)).map(move |probe| (first + probe) & (INDEX - 1));
        entries.filter_map(|at| self.index.get(at))
    }

    /// The site with the key, pinned for one block, and counts the allocation; `None` if there is
    /// no room for another site.
    pub(crate) fn pin(&self, key: &Key<'_>, blocks: u64, bytes: u64, now: u64) -> Option<u32> {
        let hash = key.hash();
        let number = self.find(hash, key).or_else(|| self.insert(hash, key))?;
        let site = self.site(number)?;
        site.blocks.fetch_add(blocks, Relaxed);
        site.bytes.fetch_add(bytes, Relaxed);
        site.last.store(now, Relaxed);
        Some(number)
    }

    /// Gives the pin of one block back.
    pub(crate) fn unpin(&self, number: u32) {
        if let Some(site) = self.site(number) {
            site.unpin();
        }
    }

    fn find(&self, hash: u64, key: &Key<'_>) -> Option<u32> {
        for entry in self.entries(hash) {
            let number = match entry.load(Acquire) {
                EMPTY => return None,
                GONE => continue,
                number => number - 1,
            };
            let Some(site) = self.site(number) else { continue };
            if site.hash.load(Relaxed) != hash || !site.pin() {
                continue;
            }
            if site.is(hash, key) {
                return Some(number);
            }
            site.unpin();
        }
        None
    }

    fn insert(&self, hash: u64, key: &Key<'_>) -> Option<u32> {
        let number = self.fresh().or_else(|| self.retired())?;
        let site = self.site(number)?;
        site.fill(hash, key);
        for entry in self.entries(hash) {
            let before = entry.load(Relaxed);
            if matches!(before, EMPTY | GONE)
                && entry.compare_exchange(before, number + 1, AcqRel, Relaxed).is_ok()
            {
                return Some(number);
            }
        }
        site.hash.store(0, Release);
        site.pins.store(RETIRED, Release);
        None
    }

    /// A site that was never used, pinned.
    fn fresh(&self) -> Option<u32> {
        let next = |used: u32| (used < Self::MOST).then_some(used + 1);
        let number = self.used.fetch_update(AcqRel, Relaxed, next).ok()?;
        self.site(number)?.pins.store(1, Release);
        Some(number)
    }

    /// A retired site, pinned.
    fn retired(&self) -> Option<u32> {
        for _ in 0..SEARCH.min(Self::MOST) {
            let number = self.search.fetch_add(1, Relaxed) % Self::MOST;
            let site = self.site(number)?;
            let free = site.pins.load(Relaxed) == RETIRED && site.hash.load(Acquire) == 0;
            if free && site.pins.compare_exchange(RETIRED, 1, AcqRel, Relaxed).is_ok() {
                return Some(number);
            }
        }
        None
    }

    /// When three quarters are in use, retires those at which nothing lives and nothing was
    /// allocated since `before`. One thread at a time.
    pub(crate) fn make_room(&self, before: u64) {
        let used = self.used.load(Acquire);
        if u64::from(used) * 4 < N as u64 * 3 {
            return;
        }
        for number in 0..used {
            let Some(site) = self.site(number) else { return };
            // One that somebody is about to pin for the first time has no hash yet.
            let hash = site.hash.load(Acquire);
            let idle = site.pins.load(Relaxed) == 0 && site.last.load(Relaxed) < before;
            if hash == 0
                || !idle
                || site.pins.compare_exchange(0, RETIRED, AcqRel, Relaxed).is_err()
            {
                continue;
            }
            for entry in self.entries(hash) {
                let own = entry.compare_exchange(number + 1, GONE, AcqRel, Relaxed);
                if own.is_ok() {
                    break;
                }
            }
            self.retired_bytes.fetch_add(site.bytes.load(Relaxed), Relaxed);
            site.hash.store(0, Release);
        }
    }

    /// Every site that is one. Not while another thread is in [`make_room`](Self::make_room).
    pub(crate) fn all(&self) -> impl Iterator<Item = Read> {
        let used = self.used.load(Acquire);
        let known = (0..used).filter_map(|number| Some((number, self.site(number)?)));
        let known = known.filter(|(_, site)| site.hash.load(Acquire) != 0);
        known.map(|(number, site)| site.read(number))
    }

    /// The return addresses of a site, innermost first. As [`all`](Self::all).
    pub(crate) fn frames(&self, number: u32) -> Vec<usize> {
        let Some(site) = self.site(number) else { return Vec::new() };
        let length = site.length.load(Relaxed) & !CUT;
        site.frames.iter().take(length as usize).map(|frame| frame.load(Relaxed)).collect()
    }

    /// Bytes that were allocated at sites that have been retired.
    pub(crate) fn retired_bytes(&self) -> u64 {
        self.retired_bytes.load(Relaxed)
    }

    /// How many sites have been in use at a time.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed) as usize
    }
}
