//! The walk along frame pointers.
//!
//! A function compiled with frame pointers keeps, where its frame pointer register points to,
//! the caller's frame pointer and next to it the return address. The walk believes nothing: it
//! reads only inside of the piece of this thread's stack that lies between itself and `top`,
//! and a frame pointer has to be aligned and to grow from frame to frame.

#![expect(unsafe_code, reason = "reads this thread's stack")]

use std::cell::Cell;
use std::ops::Range;

thread_local! {
    /// Where this thread's stack is; empty when not known yet or not to be known.
    static STACK: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Finds out where this thread's stack is.
pub(super) fn prepare() {
    if STACK.get() == (0, 0) {
        let stack = own_bounds().unwrap_or(1..1);
        STACK.set((stack.start, stack.end));
    }
}

/// Where this thread's stack ends, if [`prepare`] found out.
pub(super) fn end() -> Option<usize> {
    let (start, end) = STACK.get();
    (end > start + 1).then_some(end)
}

/// See [`walk`](super::walk). `None` if this thread is on a stack that we do not know.
#[inline]
pub(super) fn walk(top: usize, visit: &mut impl FnMut(usize) -> bool) -> Option<bool> {
    const WORD: usize = size_of::<usize>();
    let here = 0_u8;
    let bottom = std::ptr::from_ref(&here) as usize;
    let (start, end) = STACK.get();
    if bottom < start || bottom >= top || top > end {
        return None;
    }
    let mut lowest = bottom;
    let mut frame = frame_pointer();
    while frame >= lowest && frame < top && frame.is_multiple_of(WORD) {
        let at = frame as *const usize;
        // SAFETY: aligned, and `bottom <= frame < top <= end`: inside of this thread's stack,
        // in the part that is in use. Two words fit, because at `top` a larger value begins.
        let (next, return_address) = unsafe { (at.read(), at.add(1).read()) };
        if !visit(return_address) {
            return Some(false);
        }
        lowest = frame + WORD;
        frame = next;
    }
    // A frame pointer past `top` belongs to the function that holds it: that is the end.
    Some(frame >= top && frame < end)
}

#[cfg(target_arch = "x86_64")]
#[expect(clippy::inline_always, reason = "the caller's register is meant")]
#[inline(always)]
fn frame_pointer() -> usize {
    let frame: usize;
    // SAFETY: copies a register.
    unsafe {
        core::arch::asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags));
    }
    frame
}

#[cfg(target_arch = "aarch64")]
#[expect(clippy::inline_always, reason = "the caller's register is meant")]
#[inline(always)]
fn frame_pointer() -> usize {
    let frame: usize;
    // SAFETY: copies a register.
    unsafe {
        core::arch::asm!("mov {}, x29", out(reg) frame, options(nomem, nostack, preserves_flags));
    }
    frame
}

#[cfg(target_os = "linux")]
fn own_bounds() -> Option<Range<usize>> {
    // SAFETY: a thread that asks is running.
    unsafe { bounds(libc::pthread_self()) }
}

/// Where a thread's stack is.
///
/// # Safety
/// The thread has not ended.
#[cfg(target_os = "linux")]
pub(crate) unsafe fn bounds(thread: libc::pthread_t) -> Option<Range<usize>> {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut start, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the calls fill what they are given; the attributes are destroyed iff they were made.
    // The thread lives, as the caller says.
    unsafe {
        if libc::pthread_getattr_np(thread, attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let known = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut start, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if known != 0 {
            return None;
        }
    }
    let start = start as usize;
    Some(start..start.checked_add(size)?)
}

#[cfg(target_os = "macos")]
fn own_bounds() -> Option<Range<usize>> {
    // SAFETY: both only read what the system knows of the calling thread.
    let (end, size) = unsafe {
        let this = libc::pthread_self();
        (libc::pthread_get_stackaddr_np(this) as usize, libc::pthread_get_stacksize_np(this))
    };
    Some(end.checked_sub(size)?..end)
}
