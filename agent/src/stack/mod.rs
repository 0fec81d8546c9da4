//! Walks the stack of the calling thread, from the caller up to a given stack address.
//!
//! Along frame pointers where the build keeps them ([`frame_pointers`], about a nanosecond a
//! frame), with unwinding tables elsewhere (`unwind`, about a hundred). Which of the two is
//! decided once, by a test: [`self_test`]. Both write raw addresses and nothing else.
//!
//! The stack of *another* thread is unwound from a copy (`stopped`), on Linux.

#[cfg(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    any(target_os = "linux", target_os = "macos"),
    not(miri)
))]
#[path = "frame_pointers.rs"]
mod frame_pointers;
#[cfg(not(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    any(target_os = "linux", target_os = "macos"),
    not(miri)
)))]
#[path = "no_frame_pointers.rs"]
mod frame_pointers;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod registers;
mod self_test;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod stopped;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod tables;
mod unwind;

use std::sync::OnceLock;

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(miri)
))]
pub(crate) use frame_pointers::bounds;
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(miri)
))]
pub(crate) use registers::{COUNT as REGISTERS, Registers, STACK_POINTER, interrupted};
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(miri)
))]
pub(crate) use stopped::{Stopped, walk as walk_stopped};
pub(crate) use taskscope_proto::model::StackWalk;

/// Set to [`UNWIND_TABLES`], frame pointers are not used even where the test finds them.
pub(crate) const VARIABLE: &str = "TASKSCOPE_STACK_WALK";
/// Use unwinding tables.
pub(crate) const UNWIND_TABLES: &str = "unwind-tables";
/// Find out what works.
pub(crate) const AUTO: &str = "auto";

static METHOD: OnceLock<StackWalk> = OnceLock::new();

/// How stacks are walked in this process.
pub(crate) fn method() -> StackWalk {
    *METHOD.get_or_init(|| {
        let unwanted = std::env::var(VARIABLE).is_ok_and(|value| value == UNWIND_TABLES);
        if !unwanted && self_test::frame_pointers_work() {
            StackWalk::FramePointers
        } else {
            StackWalk::UnwindTables
        }
    })
}

/// Makes ready for walks on this thread: everything that may allocate or lock.
pub(crate) fn prepare() {
    method();
    frame_pointers::prepare();
}

/// Shows the return addresses from the caller up to the frame that holds `top`, innermost
/// first, until `visit` has seen enough. Returns whether the walk reached `top`.
///
/// Does not allocate, lock or panic once [`prepare`] has run on the thread.
#[inline]
pub(crate) fn walk(top: usize, mut visit: impl FnMut(usize) -> bool) -> bool {
    if METHOD.get() == Some(&StackWalk::FramePointers)
        && let Some(whole) = frame_pointers::walk(top, &mut visit)
    {
        return whole;
    }
    unwind::walk(top, &mut visit)
}
