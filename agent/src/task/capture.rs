//! The await chains of one poll, as raw return addresses.
//!
//! [`Chains`] is the buffer that a capturing waker's `clone` writes to. It has its full size
//! before the poll begins. [`RawTree`] is what is kept of it.

#![expect(unsafe_code, reason = "clone has only a raw pointer to the buffer of its poll")]

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::behalf::Behalf;
use crate::registry::Interner;
use crate::stack;

/// Return addresses in one buffer.
const MAX_ADDRESSES: usize = 4_096;
/// Chains in one buffer.
const MAX_CHAINS: usize = 64;
/// Different trees that are kept over the life of the process.
const MAX_TREES: u32 = 100_000;

static TREES: Interner<RawTree> = Interner::new(MAX_TREES, RawTree::bytes);
/// Chains that found no room, or were cut short.
static LOST_CHAINS: AtomicU64 = AtomicU64::new(0);
/// Captures whose tree found no room.
static LOST_TREES: AtomicU64 = AtomicU64::new(0);

/// The buffer of one capturing poll.
#[derive(Debug)]
pub(crate) struct Chains {
    addresses: Vec<usize>,
    /// Where in `addresses` each chain ends.
    ends: Vec<u32>,
    lost: u64,
    /// Stack address in the poll of the outermost task: frames beyond it are the executor's.
    top: usize,
    /// Identity of the polling thread.
    thread: usize,
}

thread_local! {
    /// A buffer that is not in use. Its address tells threads apart.
    static SPARE: Cell<Option<Box<Chains>>> = const { Cell::new(None) };
}

fn this_thread() -> usize {
    SPARE.try_with(|spare| std::ptr::from_ref(spare) as usize).unwrap_or(0)
}

impl Chains {
    /// An empty buffer for a poll whose own stack frame is at `top`.
    #[expect(clippy::unnecessary_box_returns, reason = "it goes around as a raw pointer")]
    pub(crate) fn begin(top: usize) -> Box<Self> {
        let _own = Behalf::agent();
        stack::prepare();
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        let mut chains = spare.unwrap_or_else(|| {
            Box::new(Self {
                addresses: Vec::with_capacity(MAX_ADDRESSES),
                ends: Vec::with_capacity(MAX_CHAINS),
                lost: 0,
                top,
                thread: 0,
            })
        });
        chains.top = top;
        chains.thread = this_thread();
        chains
    }

    /// Writes down the stack of the caller, up to the poll that owns the buffer.
    ///
    /// # Safety
    /// `chains` points to a buffer of a poll that is under way on some thread. Other threads
    /// than that one are told apart and write nothing.
    #[inline(never)]
    pub(crate) unsafe fn record(chains: *mut Self) {
        // SAFETY: reading `thread` is fine from everywhere: nobody writes it during the poll.
        if unsafe { (*chains).thread } != this_thread() {
            return;
        }
        // SAFETY: this is the polling thread, and `record` does not call itself: walking the
        // stack runs no code of others.
        let chains = unsafe { &mut *chains };
        let room = MAX_ADDRESSES - chains.addresses.len();
        if chains.ends.len() == MAX_CHAINS || room == 0 {
            chains.lost += 1;
            return;
        }
        let whole = stack::walk(chains.top, |address| {
            let fits = chains.addresses.len() < MAX_ADDRESSES;
            if fits {
                chains.addresses.push(address);
            }
            fits
        });
        chains.lost += u64::from(!whole);
        chains.ends.push(u32::try_from(chains.addresses.len()).unwrap_or(u32::MAX));
    }

    /// Empties the buffer into a tree; 0 when the table of trees is full.
    pub(crate) fn finish(self: Box<Self>) -> u32 {
        let _own = Behalf::agent();
        RawTree::new(self.take()).intern()
    }

    /// Takes the chains and keeps the buffer for the next capture on this thread.
    pub(crate) fn take(mut self: Box<Self>) -> Vec<Vec<usize>> {
        note_lost_chains(self.lost);
        let chains = self.iter().map(<[usize]>::to_vec).collect();
        self.addresses.clear();
        self.ends.clear();
        self.lost = 0;
        // A thread that is on its way out keeps no spare.
        let _gone = SPARE.try_with(|spare| spare.set(Some(self)));
        chains
    }

    fn iter(&self) -> impl Iterator<Item = &[usize]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .filter_map(|(from, to)| self.addresses.get(from as usize..*to as usize))
    }
}

/// The chains of a task, each from its leaf outwards, sorted, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct RawTree {
    pub(crate) chains: Box<[Vec<usize>]>,
}

impl RawTree {
    pub(crate) fn new(mut chains: Vec<Vec<usize>>) -> Self {
        chains.sort_unstable();
        chains.dedup();
        Self { chains: chains.into() }
    }

    fn bytes(&self) -> usize {
        let chain = |chain: &Vec<usize>| size_of::<Vec<usize>>() + size_of_val(chain.as_slice());
        self.chains.iter().map(chain).sum()
    }

    /// The tree with this number.
    pub(crate) fn get(number: u32) -> Option<&'static Self> {
        TREES.get(number)
    }

    /// The number of the tree without chains.
    pub(crate) fn empty() -> u32 {
        static EMPTY: OnceLock<u32> = OnceLock::new();
        *EMPTY.get_or_init(|| Self::default().intern())
    }

    /// The number of this tree; 0, and counted as lost, when there is no room.
    pub(crate) fn intern(self) -> u32 {
        TREES.intern(self).unwrap_or_else(|_| {
            LOST_TREES.fetch_add(1, Ordering::Relaxed);
            0
        })
    }
}

/// So many chains were cut short or dropped.
pub(crate) fn note_lost_chains(count: u64) {
    if count > 0 {
        LOST_CHAINS.fetch_add(count, Ordering::Relaxed);
    }
}

/// What all trees take up, roughly.
pub(crate) fn bytes() -> usize {
    TREES.bytes()
}

/// Chains and trees that had to be left out since start.
pub(crate) fn lost() -> (u64, u64) {
    (LOST_CHAINS.load(Ordering::Relaxed), LOST_TREES.load(Ordering::Relaxed))
}
