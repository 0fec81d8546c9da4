//! `taskscope`: see which async tasks are stuck, on which source line, since when.

use std::process::ExitCode;

/// The system's gives the memory of each screen back, and takes it anew for the next.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    taskscope_viewer::cli::run(std::env::args_os())
}
