//! Where a tracked future polls the one inside of it, and where a tracked closure is called.
//!
//! One of the functions of this file stands on every chain once for each tracked future or
//! closure: by the file's name chains are cut into a task and its parts.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Polls the inner future.
#[expect(clippy::inline_always, reason = "one machine frame fewer on every poll")]
#[inline(always)]
pub(super) fn poll<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    let result = future.poll(cx);
    // Work after the call keeps it from becoming a jump, which would hide this frame.
    std::hint::black_box(());
    result
}

/// Calls the closure.
#[inline(never)]
pub(crate) fn call<R>(closure: impl FnOnce() -> R) -> R {
    let result = closure();
    std::hint::black_box(());
    result
}
