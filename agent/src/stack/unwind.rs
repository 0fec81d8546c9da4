//! The walk with unwinding tables, for builds without frame pointers.

#![expect(unsafe_code, reason = "asks the system's unwinder without its global lock")]

/// See [`walk`](super::walk).
#[inline(never)]
pub(super) fn walk(top: usize, visit: &mut impl FnMut(usize) -> bool) -> bool {
    let mut whole = false;
    // SAFETY: the lock that this version goes without protects the platform's symbol tables
    // (dbghelp); unwinding itself uses none of them on the platforms we support.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            let stack = frame.sp() as usize;
            if stack != 0 && stack > top {
                whole = true;
                return false;
            }
            visit(frame.ip() as usize)
        });
    }
    whole
}
