//! The sending end of a bounded channel.

use std::fmt;
use std::time::Duration;

use super::error::{SendError, SendTimeoutError, TrySendError};
use super::{OwnedPermit, Permit, PermitIterator};
use crate::task::waits::{AtEnd, End, Kind, Watched};

/// [`tokio::sync::mpsc::Sender`] that notes who sends, and knows who received last.
///
/// # Cost
/// 2 ns more than tokio's for a message that is sent, and as much for one that is received
/// (`agent/benches/sync.rs`).
pub struct Sender<T> {
    pub(super) inner: tokio::sync::mpsc::Sender<T>,
    pub(super) end: End,
}

/// [`tokio::sync::mpsc::WeakSender`].
pub struct WeakSender<T> {
    inner: tokio::sync::mpsc::WeakSender<T>,
    end: End,
}

impl<T> Sender<T> {
    fn waits(&self) -> AtEnd<'_> {
        AtEnd(Kind::MpscSend, &self.end)
    }

    /// Sends a message; waits while the channel is full. If it is given up, the message is lost.
    ///
    /// # Errors
    /// There is no receiver: the message comes back.
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.end.note_in();
        Watched::new(self.waits(), self.inner.send(value)).await.0
    }

    /// Waits until there is no receiver. Cancel safe.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Sends a message, if there is room.
    ///
    /// # Errors
    /// There is none, or no receiver: the message comes back.
    #[inline]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.end.note_in();
        self.inner.try_send(message)
    }

    /// [`send`](Self::send) that waits for so long at most.
    ///
    /// # Errors
    /// There was no room for that long, or there is no receiver: the message comes back.
    ///
    /// # Panics
    /// Outside of a runtime with timers.
    pub async fn send_timeout(
        &self,
        value: T,
        timeout: Duration,
    ) -> Result<(), SendTimeoutError<T>> {
        self.end.note_in();
        Watched::new(self.waits(), self.inner.send_timeout(value, timeout)).await.0
    }

    /// [`send`](Self::send) for code that is not async.
    ///
    /// # Errors
    /// There is no receiver: the message comes back.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        self.end.note_in();
        self.inner.blocking_send(value)
    }

    /// Whether there is no receiver.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Waits for room for a message. Cancel safe.
    ///
    /// # Errors
    /// There is no receiver.
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        self.end.note_in();
        Watched::new(self.waits(), self.inner.reserve()).await.0
    }

    /// Waits for room for `n` messages. Cancel safe.
    ///
    /// # Errors
    /// There is no receiver, or there can never be as much room.
    pub async fn reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, SendError<()>> {
        self.end.note_in();
        Watched::new(self.waits(), self.inner.reserve_many(n)).await.0
    }

    /// [`reserve`](Self::reserve) that takes the sender along.
    ///
    /// # Errors
    /// There is no receiver.
    pub async fn reserve_owned(self) -> Result<OwnedPermit<T>, SendError<()>> {
        let Self { inner, end } = self;
        end.note_in();
        let reserve = inner.reserve_owned();
        let inner = Watched::new(AtEnd(Kind::MpscSend, &end), reserve).await.0?;
        Ok(OwnedPermit { inner, end })
    }

    /// Room for a message, if there is some.
    ///
    /// # Errors
    /// There is none, or no receiver.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.end.note_in();
        self.inner.try_reserve()
    }

    /// Room for `n` messages, if there is as much.
    ///
    /// # Errors
    /// There is less, or no receiver.
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        self.end.note_in();
        self.inner.try_reserve_many(n)
    }

    /// [`try_reserve`](Self::try_reserve) that takes the sender along.
    ///
    /// # Errors
    /// There is no room, or no receiver: the sender comes back.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let Self { inner, end } = self;
        end.note_in();
        match inner.try_reserve_owned() {
            Ok(inner) => Ok(OwnedPermit { inner, end }),
            Err(TrySendError::Full(inner)) => Err(TrySendError::Full(Self { inner, end })),
            Err(TrySendError::Closed(inner)) => Err(TrySendError::Closed(Self { inner, end })),
        }
    }

    /// Whether both send into the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// For how many messages there is room now.
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// A sender that does not keep the channel open.
    #[must_use = "Downgrade creates a WeakSender without destroying the original non-weak sender."]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { inner: self.inner.downgrade(), end: self.end.other(false) }
    }

    /// For how many messages there is room when the channel is empty.
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), end: self.end.clone() }
    }
}

impl<T> WeakSender<T> {
    /// A sender, if there is still one.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        Some(Sender { inner: self.inner.upgrade()?, end: self.end.other(true) })
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), end: self.end.clone() }
    }
}

/// As tokio's.
impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// As tokio's.
impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

super::super::between! { Sender<T>, tokio::sync::mpsc::Sender<T>, true }
super::super::between! { WeakSender<T>, tokio::sync::mpsc::WeakSender<T>, false }
