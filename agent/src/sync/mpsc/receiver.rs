//! The receiving ends.

use std::fmt;
use std::task::{Context, Poll};

use super::error::TryRecvError;
use crate::task::waits::{AtEnd, End, Kind, Watched};

/// [`tokio::sync::mpsc::Receiver`] that notes who receives, and knows who sent last.
///
/// # Cost
/// As that of [`Sender`](super::Sender). What is received by `poll_recv` is noted, a wait in it is
/// not.
pub struct Receiver<T> {
    pub(super) inner: tokio::sync::mpsc::Receiver<T>,
    pub(super) end: End,
}

/// [`tokio::sync::mpsc::UnboundedReceiver`] that knows who sent last.
///
/// # Cost
/// As that of [`Sender`](super::Sender). What is received by `poll_recv` is noted, a wait in it is
/// not.
pub struct UnboundedReceiver<T> {
    pub(super) inner: tokio::sync::mpsc::UnboundedReceiver<T>,
    pub(super) end: End,
}

/// What both do.
macro_rules! receiver {
    ($receiver:ident) => {
        impl<T> $receiver<T> {
            /// Waits for a message; `None` when there are no senders and nothing is left. Cancel
            /// safe.
            pub async fn recv(&mut self) -> Option<T> {
                self.end.note_out();
                Watched::new(AtEnd(Kind::MpscRecv, &self.end), self.inner.recv()).await.0
            }

            /// Waits for messages and puts up to `limit` of them into the buffer; how many. 0 when
            /// there are no senders and nothing is left. Cancel safe.
            pub async fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                self.end.note_out();
                let recv = self.inner.recv_many(buffer, limit);
                Watched::new(AtEnd(Kind::MpscRecv, &self.end), recv).await.0
            }

            /// A message, if there is one.
            ///
            /// # Errors
            /// There is none, or will never be.
            #[inline]
            pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
                self.end.note_out();
                self.inner.try_recv()
            }

            /// [`recv`](Self::recv) for code that is not async.
            ///
            /// # Panics
            /// Inside of async code.
            #[track_caller]
            pub fn blocking_recv(&mut self) -> Option<T> {
                self.end.note_out();
                self.inner.blocking_recv()
            }

            /// [`recv_many`](Self::recv_many) for code that is not async.
            ///
            /// # Panics
            /// Inside of async code.
            #[track_caller]
            pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                self.end.note_out();
                self.inner.blocking_recv_many(buffer, limit)
            }

            /// Refuses further messages; what was sent can still be received.
            pub fn close(&mut self) {
                self.inner.close();
            }

            /// Whether no further message can be sent.
            pub fn is_closed(&self) -> bool {
                self.inner.is_closed()
            }

            /// Whether there is no message to receive now.
            pub fn is_empty(&self) -> bool {
                self.inner.is_empty()
            }

            /// Messages to receive now.
            pub fn len(&self) -> usize {
                self.inner.len()
            }

            /// [`recv`](Self::recv) for those who write their own `poll`.
            pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
                self.end.note_out();
                self.inner.poll_recv(cx)
            }

            /// [`recv_many`](Self::recv_many) for those who write their own `poll`.
            pub fn poll_recv_many(
                &mut self,
                cx: &mut Context<'_>,
                buffer: &mut Vec<T>,
                limit: usize,
            ) -> Poll<usize> {
                self.end.note_out();
                self.inner.poll_recv_many(cx, buffer, limit)
            }

            /// How many senders there are.
            pub fn sender_strong_count(&self) -> usize {
                self.inner.sender_strong_count()
            }

            /// How many weak senders there are.
            pub fn sender_weak_count(&self) -> usize {
                self.inner.sender_weak_count()
            }
        }

        /// As tokio's.
        impl<T> fmt::Debug for $receiver<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }

        super::super::between! { $receiver<T>, tokio::sync::mpsc::$receiver<T>, false }
    };
}

receiver! { Receiver }
receiver! { UnboundedReceiver }

impl<T> Receiver<T> {
    /// For how many messages there is room now.
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// For how many messages there is room when the channel is empty.
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
    }
}
