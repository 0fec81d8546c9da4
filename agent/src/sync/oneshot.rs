//! [`tokio::sync::oneshot`], with who made the channel.
//!
//! The sender is tokio's own.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

pub use tokio::sync::oneshot::{Sender, error};

use self::error::{RecvError, TryRecvError};
use crate::task::waits::{About, Kind, Seat, Seldom};

/// [`tokio::sync::oneshot::Receiver`] that knows where the channel was made and by which task.
///
/// # Cost
/// 24 bytes, and 5 ns more than tokio's for a channel and its message (`agent/benches/sync.rs`).
///
/// ```
/// use taskscope::sync::oneshot;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (answer, asked) = oneshot::channel();
/// answer.send(42).unwrap();
/// assert_eq!(asked.await, Ok(42));
/// # });
/// ```
pub struct Receiver<T> {
    wait: Seldom,
    inner: tokio::sync::oneshot::Receiver<T>,
    made_at: &'static Location<'static>,
    made_by: u64,
}

/// A channel for one message.
#[track_caller]
#[inline]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, inner) = tokio::sync::oneshot::channel();
    (sender, Receiver::from(inner))
}

impl<T> Receiver<T> {
    /// Refuses the message; one that was sent can still be received.
    pub fn close(&mut self) {
        self.inner.close();
    }

    /// Whether the message was received, or there will be none.
    pub fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }

    /// Whether there is no message to receive now.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// The message, if it was sent.
    ///
    /// # Errors
    /// It was not, or never will be.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.inner.try_recv()
    }

    /// The message, for code that is not async.
    ///
    /// # Errors
    /// It will never be sent.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        self.inner.blocking_recv()
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let result = Pin::new(&mut this.inner).poll(cx);
        if result.is_ready() {
            this.wait.over();
        } else {
            let address = std::ptr::from_ref(&this.inner).addr();
            let (made_at, made_by) = (Some(this.made_at), this.made_by);
            let about = || About { made_at, made_by, ..About::of(Kind::Oneshot) };
            this.wait.pending(address, cx, about);
        }
        result
    }
}

/// As tokio's.
impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// The channel counts as made here and now.
impl<T> From<tokio::sync::oneshot::Receiver<T>> for Receiver<T> {
    #[track_caller]
    #[inline]
    fn from(inner: tokio::sync::oneshot::Receiver<T>) -> Self {
        let (made_at, made_by) = (Location::caller(), Seat::task());
        Self { wait: Seldom::new(), inner, made_at, made_by }
    }
}

impl<T> From<Receiver<T>> for tokio::sync::oneshot::Receiver<T> {
    fn from(receiver: Receiver<T>) -> Self {
        receiver.inner
    }
}
