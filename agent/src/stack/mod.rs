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
use std::sync::atomic::{AtomicU8, Ordering};

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
pub(crate) use registers::{COUNT as REGISTERS, RED_ZONE, Registers, STACK_POINTER, interrupted};
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

/// Whether frame pointers work here; [`UNKNOWN`] before the first test. No `OnceLock`: the test
/// allocates, an allocation may want a stack, and that asks again.
static WORKS: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const YES: u8 = 1;
const NO: u8 = 2;
/// They are not to be used.
static UNWANTED: OnceLock<bool> = OnceLock::new();

fn frame_pointers_work() -> bool {
    let mut works = WORKS.load(Ordering::Relaxed);
    if works == UNKNOWN {
        works = if self_test::frame_pointers_work() { YES } else { NO };
        WORKS.store(works, Ordering::Relaxed);
    }
    works == YES
}

/// How stacks are walked in this process.
pub(crate) fn method() -> StackWalk {
    let read = || std::env::var(VARIABLE).is_ok_and(|value| value == UNWIND_TABLES);
    if !*UNWANTED.get_or_init(read) && frame_pointers_work() {
        StackWalk::FramePointers
    } else {
        StackWalk::UnwindTables
    }
}

/// Makes ready for walks inside an allocator, which must not read variables: whoever allocates
/// may hold the lock of the environment.
pub(crate) fn prepare_in_allocator() {
    frame_pointers_work();
    frame_pointers::prepare();
}

/// Makes ready for walks on this thread: everything that may allocate or lock.
pub(crate) fn prepare() {
    method();
    frame_pointers::prepare();
}

/// Where the stack of this thread ends; `usize::MAX` if that is not known. After [`prepare`].
pub(crate) fn end() -> usize {
    frame_pointers::end().unwrap_or(usize::MAX)
}

/// Shows the return addresses from the caller up to the frame that holds `top`, innermost
/// first, until `visit` has seen enough. Returns whether the walk reached `top`.
///
/// Does not allocate, lock or panic once [`prepare`] has run on the thread.
#[inline]
pub(crate) fn walk(top: usize, mut visit: impl FnMut(usize) -> bool) -> bool {
    if WORKS.load(Ordering::Relaxed) == YES
        && UNWANTED.get() != Some(&true)
        && let Some(whole) = frame_pointers::walk(top, &mut visit)
    {
        return whole;
    }
    unwind::walk(top, &mut visit)
}
