//! `taskscope heap`: who holds the heap, for pprof.

use std::path::Path;

use anyhow::{Context as _, bail};
use taskscope_proto::model::Capture;

use super::{dump, new_file, output};
use crate::analyse::heap_line;
use crate::export;

pub(super) fn run(target: &str, file: &Path) -> anyhow::Result<()> {
    let (process, profile) = dump::fetch(target, Capture::Cached)?;
    let Some(bytes) = export::heap(&process, &profile).context("cannot make the profile")? else {
        bail!(
            "{target} does not sample its heap: its service needs\n  \
             #[global_allocator] static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);\n  \
             with TaskAlloc from the agent's module `alloc`"
        );
    };
    new_file::write(file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
    let heap = heap_line(&profile.header).unwrap_or_default();
    output::complain(&format_args!("{}: {heap}", file.display()));
    Ok(())
}
