//! A storm of allocations, resizes and frees, on the thread that allocated and on others, while the
//! heap is read all the time: no block is lost, none is left, no byte of one is touched.
//!
//! Ordinarily four million operations, in seconds. `TASKSCOPE_STORM` asks for another number:
//!
//! ```text
//! TASKSCOPE_STORM=100000000 cargo test --release -p taskscope --test heap_storm -- --nocapture
//! ```
//!
//! The allocators here are called by name and not through `#[global_allocator]`: what lives is then
//! what the storm allocated and nothing else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "a storm says how long it took")]
#![expect(unsafe_code, reason = "calls allocators as the language does")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{AcqRel, Relaxed};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64};
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use taskscope::SnapshotOptions;
use taskscope::alloc::{TaskAlloc, sample_every};
use taskscope::model::{Heap, Held};
use tikv_jemallocator::Jemalloc;

const THREADS: u64 = 4;
/// Blocks that a thread holds at a time.
const HELD: usize = 512;
/// Places at which threads leave blocks for each other.
const SHARED: usize = 64;
/// Samples are frequent, so that blocks of all sizes are among them.
const MEAN: u32 = 8 << 10;

fn operations() -> u64 {
    let asked = std::env::var("TASKSCOPE_STORM").ok();
    asked.map_or(4_000_000, |number| number.parse().unwrap())
}

fn heap() -> Heap {
    let options = SnapshotOptions { capture: None, patience: Duration::ZERO };
    taskscope::snapshot(options).profile.header.heap.unwrap()
}

/// A block, with what it takes to free it written into itself.
#[derive(Clone, Copy)]
struct Block(*mut u8);

/// The size, the alignment, and a mark that is also the last byte.
const HEAD: usize = 17;

impl Block {
    fn new<A: GlobalAlloc>(allocator: &A, size: usize, align: usize, zeroed: bool) -> Self {
        let layout = Layout::from_size_align(size.max(HEAD + 1), align).unwrap();
        // SAFETY: the layout has a size.
        let block = unsafe {
            if zeroed { allocator.alloc_zeroed(layout) } else { allocator.alloc(layout) }
        };
        assert!(!block.is_null() && block.addr().is_multiple_of(align));
        if zeroed {
            // SAFETY: inside of the block.
            let ends = unsafe { [block.read(), block.add(layout.size() - 1).read()] };
            assert_eq!(ends, [0, 0]);
        }
        let block = Self(block);
        block.write(layout);
        block
    }

    /// Another one for most blocks, and never that of a zeroed one.
    fn mark(self) -> u8 {
        self.0.addr().to_le_bytes()[1] | 1
    }

    fn write(self, layout: Layout) {
        let mark = self.mark();
        // SAFETY: a block has room for its head and one byte more.
        unsafe {
            self.0.cast::<usize>().write_unaligned(layout.size());
            self.0.add(8).cast::<usize>().write_unaligned(layout.align());
            self.0.add(HEAD - 1).write(mark);
            self.0.add(layout.size() - 1).write(mark);
        }
    }

    /// What it was allocated with, if nobody has written to it since.
    fn layout(self) -> Layout {
        // SAFETY: written by `write`.
        unsafe {
            let size = self.0.cast::<usize>().read_unaligned();
            let align = self.0.add(8).cast::<usize>().read_unaligned();
            let marks = [self.0.add(HEAD - 1).read(), self.0.add(size - 1).read()];
            assert_eq!(marks, [self.mark(); 2]);
            Layout::from_size_align(size, align).unwrap()
        }
    }

    fn resize<A: GlobalAlloc>(self, allocator: &A, size: usize) -> Self {
        let (layout, size) = (self.layout(), size.max(HEAD + 1));
        // SAFETY: allocated with this layout; the size is not 0 and far from overflow.
        let block = unsafe { allocator.realloc(self.0, layout, size) };
        assert!(!block.is_null() && block.addr().is_multiple_of(layout.align()));
        // SAFETY: what was in both is still there.
        assert_eq!(unsafe { block.cast::<usize>().read_unaligned() }, layout.size());
        let resized = Self(block);
        resized.write(Layout::from_size_align(size, layout.align()).unwrap());
        resized
    }

    fn free<A: GlobalAlloc>(self, allocator: &A) {
        let layout = self.layout();
        // SAFETY: allocated with this layout, and not used again.
        unsafe { allocator.dealloc(self.0, layout) };
    }
}

/// Numbers without a pattern (xorshift64, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Most blocks are small; one in a thousand is huge.
    fn size(&mut self) -> usize {
        let size = match self.below(1_000) {
            0 => self.below(4 << 20),
            1..50 => self.below(64 << 10),
            _ => self.below(512),
        };
        usize::try_from(size).unwrap()
    }
}

/// What one thread does: `operations` of them, then it frees what it holds.
fn rage<A: GlobalAlloc>(
    allocator: &A,
    shared: &[AtomicPtr<u8>],
    operations: &AtomicU64,
    seed: u64,
) {
    let mut random = Random(seed);
    let mut held = [const { None::<Block> }; HELD];
    while operations.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
        let place = &mut held[usize::try_from(random.below(HELD as u64)).unwrap()];
        *place = match (place.take(), random.below(8)) {
            (None, what) => {
                let align = if what == 0 { 1 << (4 + random.below(9)) } else { 16 };
                Some(Block::new(allocator, random.size(), align, what == 1))
            }
            (Some(block), 0..3) => Some(block.resize(allocator, random.size())),
            (Some(block), 3..5) => {
                // Somebody else frees it.
                let there = &shared[usize::try_from(random.below(SHARED as u64)).unwrap()];
                let found = there.swap(block.0, AcqRel);
                (!found.is_null()).then_some(Block(found))
            }
            (Some(block), _) => {
                block.free(allocator);
                None
            }
        };
    }
    held.into_iter().flatten().for_each(|block| block.free(allocator));
}

fn storm<A: GlobalAlloc + Sync>(name: &str, allocator: &A, operations: u64) {
    let shared: Vec<AtomicPtr<u8>> = (0..SHARED).map(|_| AtomicPtr::new(null_mut())).collect();
    let (left, done) = (AtomicU64::new(operations), AtomicBool::new(false));
    let started = Instant::now();
    let (mut looks, mut most) = (0_u64, 0);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !done.load(Relaxed) {
                most = most.max(heap().held.live_bytes);
                looks += 1;
            }
        });
        let rage = |seed| rage(allocator, &shared, &left, seed);
        let raging: Vec<_> = (1..=THREADS).map(|seed| scope.spawn(move || rage(seed))).collect();
        for thread in raging {
            thread.join().unwrap();
        }
        done.store(true, Relaxed);
        reader.join().unwrap();
    });
    for place in shared {
        let block = place.into_inner();
        if !block.is_null() {
            Block(block).free(allocator);
        }
    }
    let took = started.elapsed();
    println!("{name}: {operations} operations in {took:.1?}, {looks} looks, at most {most} bytes");
    assert_eq!(heap().held, Held::default(), "something is left");
    assert!(most > 0 && looks > 0);
}

#[test]
fn a_storm_leaves_nothing_whatever_the_allocator() {
    sample_every(MEAN);
    // The first sample tells that the allocator is in use.
    let allocator = TaskAlloc::new(System);
    Block::new(&allocator, 10 << 20, 16, false).free(&allocator);
    storm("System", &allocator, operations() / 2);
    storm("jemalloc", &TaskAlloc::new(Jemalloc), operations() / 4);
    storm("mimalloc", &TaskAlloc::new(MiMalloc), operations() / 4);
    let profile = taskscope::snapshot(SnapshotOptions::default()).profile;
    assert_eq!(profile.header.lost.heap_blocks, 0);
}

/// Has no room for more than a megabyte.
struct Small(System);

// SAFETY: `System`'s own answers, or null.
unsafe impl GlobalAlloc for Small {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        if layout.size() > 1 << 20 { null_mut() } else { unsafe { self.0.alloc(layout) } }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { self.0.dealloc(block, layout) };
    }
}

#[test]
fn a_block_that_could_not_be_resized_is_still_there() {
    sample_every(1);
    let allocator = TaskAlloc::new(Small(System));
    let layout = Layout::from_size_align(5_000, 16).unwrap();
    // SAFETY: the layouts have sizes; the block is freed with the one it was allocated with.
    unsafe {
        assert!(allocator.alloc(Layout::from_size_align(2 << 20, 16).unwrap()).is_null());
        // The distance under way was drawn before the mean was set.
        let blocks: Vec<*mut u8> = (0..2_000).map(|_| allocator.alloc(layout)).collect();
        let before = heap().held;
        assert!(before.live_bytes > 100_000, "{before:?}");
        let block = *blocks.last().unwrap();
        assert!(allocator.realloc(block, layout, 2 << 20).is_null());
        assert_eq!(heap().held, before);
        for block in blocks {
            allocator.dealloc(block, layout);
        }
    }
    assert_eq!(heap().held, Held::default());
}

/// Allocates when it is made and when its thread ends.
struct AtEnd(Option<Block>);

static AT_END: TaskAlloc<System> = TaskAlloc::new(System);

impl Drop for AtEnd {
    fn drop(&mut self) {
        self.0.take().unwrap().free(&AT_END);
        let blocks: Vec<Block> = (0..200).map(|_| Block::new(&AT_END, 1_000, 16, false)).collect();
        for block in blocks {
            block.free(&AT_END);
        }
    }
}

#[test]
fn threads_may_allocate_and_free_while_they_end() {
    thread_local!(static LAST: RefCell<Option<AtEnd>> = const { RefCell::new(None) });
    sample_every(100);
    for _ in 0..200 {
        let thread = std::thread::Builder::new().name("ending".into());
        let run = || {
            LAST.with(|last| {
                *last.borrow_mut() = Some(AtEnd(Some(Block::new(&AT_END, 50_000, 16, false))));
            });
        };
        thread.spawn(run).unwrap().join().unwrap();
    }
    assert_eq!(heap().held, Held::default());
}

/// A child that was forked while others took samples, and that allocates and frees itself.
#[cfg(unix)]
#[test]
fn forked_children_allocate_and_end_and_programs_are_started_meanwhile() {
    use std::os::unix::process::CommandExt as _;

    sample_every(200);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for seed in 1..=2 {
            let done = &done;
            scope.spawn(move || {
                let mut random = Random(seed);
                while !done.load(Relaxed) {
                    Block::new(&AT_END, random.size(), 16, false).free(&AT_END);
                }
            });
        }
        for _ in 0..100 {
            let mut command = std::process::Command::new("true");
            // SAFETY: between fork and exec; the allocator wraps the system's, which is ready for
            // forks, and takes no lock of its own.
            unsafe {
                command.pre_exec(|| {
                    for size in 1..100 {
                        Block::new(&AT_END, size * 100, 16, false).free(&AT_END);
                    }
                    Ok(())
                });
            }
            assert!(command.status().unwrap().success());
        }
        done.store(true, Relaxed);
    });
    assert_eq!(heap().held, Held::default());
}
