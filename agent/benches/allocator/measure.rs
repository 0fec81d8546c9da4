//! Two allocators in turns, on one thread or more.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Blocks that live at a time: more than a thread's cache of any of the allocators holds.
pub(crate) const BLOCKS: usize = 4_096;
/// Turns of each of the two.
pub(crate) const TURNS: usize = 300;
pub(crate) const SIZE: usize = 64;

#[derive(Clone, Copy, Default)]
struct Spent {
    alloc: Duration,
    dealloc: Duration,
    realloc: Duration,
}

type Part = (&'static str, fn(&Spent) -> Duration);
const PARTS: [Part; 3] =
    [("alloc", |s| s.alloc), ("dealloc", |s| s.dealloc), ("realloc", |s| s.realloc)];

fn layout() -> Layout {
    Layout::new::<[u8; SIZE]>()
}

/// One turn: allocates all blocks, resizes them in place, frees them.
fn turn<A: GlobalAlloc>(allocator: &A, blocks: &mut [*mut u8]) -> Spent {
    let start = Instant::now();
    for block in blocks.iter_mut() {
        // SAFETY: the layout has a size.
        *block = black_box(unsafe { allocator.alloc(layout()) });
    }
    let allocated = Instant::now();
    for block in blocks.iter_mut() {
        // SAFETY: allocated above with this layout; the new size is not 0.
        *block = black_box(unsafe { allocator.realloc(*block, layout(), SIZE - 8) });
    }
    let resized = Instant::now();
    let smaller = Layout::new::<[u8; SIZE - 8]>();
    for block in blocks.iter_mut() {
        // SAFETY: resized above to this layout, and not used again.
        unsafe { allocator.dealloc(*block, smaller) };
    }
    Spent { alloc: allocated - start, realloc: resized - allocated, dealloc: resized.elapsed() }
}

/// The median of what each turn took, a block.
fn median(turns: &[Spent], part: impl Fn(&Spent) -> Duration) -> f64 {
    let mut times: Vec<Duration> = turns.iter().map(part).collect();
    times.sort_unstable();
    times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64) * 1e9 / BLOCKS as f64
}

/// Both allocators in turns, on this thread.
fn turns(bare: &impl GlobalAlloc, sampled: &impl GlobalAlloc, start: &Barrier) -> [Vec<Spent>; 2] {
    let mut blocks = vec![std::ptr::null_mut(); BLOCKS];
    for _ in 0..TURNS / 10 {
        turn(bare, &mut blocks);
        turn(sampled, &mut blocks);
    }
    start.wait();
    let mut spent = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        spent[0].push(turn(bare, &mut blocks));
        spent[1].push(turn(sampled, &mut blocks));
    }
    spent
}

/// Prints what `sampled` takes beside `bare`, which it wraps, for an allocation, a free, a resize.
pub(crate) fn compare(
    name: &str,
    bare: &(impl GlobalAlloc + Sync),
    sampled: &(impl GlobalAlloc + Sync),
) {
    for threads in [1, 2, 4, 8, 16] {
        let start = Barrier::new(threads);
        let all: Vec<_> = std::thread::scope(|scope| {
            let run = || scope.spawn(|| turns(bare, sampled, &start));
            let running: Vec<_> = (0..threads).map(|_| run()).collect();
            running.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        let of = |which: usize| -> Vec<Spent> {
            all.iter().filter_map(|thread| thread.get(which)).flatten().copied().collect()
        };
        let (without, with) = (of(0), of(1));
        print!("{name:16} {threads:2} threads");
        for (part, of) in PARTS {
            let (without, with) = (median(&without, of), median(&with, of));
            print!("   {part} {without:5.1} -> {with:5.1} ({:+.1})", with - without);
        }
        println!();
    }
}
