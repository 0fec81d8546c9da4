//! What dial9's memory profiling, with the set of living blocks, adds to the system's allocator, and
//! what `taskscope::alloc::TaskAlloc` adds: in one run. Needs `--cfg tokio_unstable`.

use std::alloc::System;

use dial9::memory::{Dial9Allocator, MemoryProfilingConfig, is_installed};
use dial9::{DiskBuffer, RecorderPerfExt};
use taskscope::alloc::TaskAlloc;

#[path = "../../../allocator/measure.rs"]
mod measure;
use measure::{BLOCKS, SIZE, TURNS, compare};

#[global_allocator]
static DIAL9: Dial9Allocator = Dial9Allocator::system();

fn main() {
    let folder = std::env::temp_dir().join(format!("taskscope-peers-dial9-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the trace");
    let writer = DiskBuffer::builder()
        .base_path(&folder)
        .max_file_size(16 * 1024 * 1024)
        .max_total_size(64 * 1024 * 1024)
        .build();
    let config = MemoryProfilingConfig::builder().track_liveset(true).build();
    let recorder = dial9::recorder(writer.expect("a place for the trace"));
    let recorder = recorder.with_memory_profiling(config).build();
    assert!(is_installed(), "dial9 does not profile memory");
    println!("ns a call of {SIZE} bytes, medians of {TURNS} turns of {BLOCKS} blocks");
    compare("taskscope", &System, &TaskAlloc::new(System));
    compare("dial9 0.5.7", &System, &DIAL9);
    drop(recorder);
    drop(std::fs::remove_dir_all(&folder));
}
