//! `taskscope`: see which async tasks are stuck, on which source line, since when.

use std::process::ExitCode;

fn main() -> ExitCode {
    taskscope_viewer::cli::run(std::env::args_os())
}
