//! What the sampling allocator adds to an allocation, a free and a resize: beside the allocator
//! that it wraps, in turns, in one run, from 1 to 16 threads.
//!
//! `cargo bench -p taskscope --bench allocator`; beside dial9's: `./agent/benches/compare allocator`

#![expect(unsafe_code, reason = "calls allocators directly, so that nothing else is measured")]
#![expect(clippy::print_stdout, reason = "a bench prints")]

use std::alloc::System;

use mimalloc::MiMalloc;
use taskscope::alloc::TaskAlloc;
use tikv_jemallocator::Jemalloc;

#[path = "allocator/measure.rs"]
mod measure;
use measure::{BLOCKS, SIZE, TURNS, compare};

fn main() {
    println!("ns a call of {SIZE} bytes, medians of {TURNS} turns of {BLOCKS} blocks");
    compare("System", &System, &TaskAlloc::new(System));
    compare("jemalloc", &Jemalloc, &TaskAlloc::new(Jemalloc));
    compare("mimalloc", &MiMalloc, &TaskAlloc::new(MiMalloc));
}
