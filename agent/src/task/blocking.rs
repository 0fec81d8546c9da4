//! Waiting for a blocking closure.
//!
//! The one function of this file stands on the await chain of every task that waits for a
//! closure given to `spawn_blocking`: by the file's name the wait kind `spawn_blocking` is told
//! from `join_handle`.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::{JoinError, JoinHandle};

/// Polls the handle of a blocking closure.
#[inline(never)]
pub(super) fn poll<T>(
    handle: &mut JoinHandle<T>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, JoinError>> {
    let result = Pin::new(handle).poll(cx);
    // Work after the call keeps it from becoming a jump, which would hide this frame.
    std::hint::black_box(());
    result
}
