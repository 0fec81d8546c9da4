//! [`tokio::sync::broadcast`], with who sent last.

use std::fmt;

pub use tokio::sync::broadcast::error;

use self::error::{RecvError, SendError, TryRecvError};
use crate::task::waits::{AtEnd, End, Kind, Watched};

/// [`tokio::sync::broadcast::Sender`] that notes who sends.
///
/// # Cost
/// 2 ns more than tokio's for a message (`agent/benches/sync.rs`).
pub struct Sender<T> {
    inner: tokio::sync::broadcast::Sender<T>,
    end: End,
}

/// [`tokio::sync::broadcast::WeakSender`].
pub struct WeakSender<T> {
    inner: tokio::sync::broadcast::WeakSender<T>,
    end: End,
}

/// [`tokio::sync::broadcast::Receiver`] that knows who sent last.
///
/// ```
/// use taskscope::sync::broadcast;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (news, mut reader) = broadcast::channel(8);
/// news.send("hello").unwrap();
/// assert_eq!(reader.recv().await, Ok("hello"));
/// # });
/// ```
pub struct Receiver<T> {
    inner: tokio::sync::broadcast::Receiver<T>,
    end: End,
}

/// A channel of which every receiver gets every message.
///
/// # Panics
/// For a capacity of 0, or one above `usize::MAX / 2`.
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = tokio::sync::broadcast::channel(capacity);
    let (first, second) = End::pair();
    (Sender { inner: sender, end: first }, Receiver { inner: receiver, end: second })
}

impl<T> Sender<T> {
    /// A channel without receivers.
    ///
    /// # Panics
    /// For a capacity of 0, or one above `usize::MAX / 2`.
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        Self { inner: tokio::sync::broadcast::Sender::new(capacity), end: End::sender() }
    }

    /// Sends a message to all receivers; to how many.
    ///
    /// # Errors
    /// There are none: the message comes back.
    #[inline]
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        self.end.note_in();
        self.inner.send(value)
    }

    /// Another receiver, of what is sent from here on.
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver { inner: self.inner.subscribe(), end: self.end.other(false) }
    }

    /// A sender that does not keep the channel open.
    #[must_use = "Downgrade creates a WeakSender without destroying the original non-weak sender."]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { inner: self.inner.downgrade(), end: self.end.other(false) }
    }

    /// Messages that some receiver has not received.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether there are none of these.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.inner.receiver_count()
    }

    /// Whether both send into the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Waits until there are no receivers. Cancel safe.
    pub async fn closed(&self) {
        self.inner.closed().await;
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
    #[must_use]
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

impl<T> Receiver<T> {
    /// Messages that were sent and not received here.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether there are none of these.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// Whether both receive from the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// How many senders there are.
    pub fn sender_strong_count(&self) -> usize {
        self.inner.sender_strong_count()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.inner.sender_weak_count()
    }

    /// Whether there are no senders.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }
}

impl<T: Clone> Receiver<T> {
    /// Another receiver, of what is sent from here on.
    #[must_use]
    pub fn resubscribe(&self) -> Self {
        Self { inner: self.inner.resubscribe(), end: self.end.clone() }
    }

    /// Waits for a message. Cancel safe.
    ///
    /// # Errors
    /// There are no senders, or messages were lost because the receiver was too slow.
    pub async fn recv(&mut self) -> Result<T, RecvError> {
        Watched::new(AtEnd(Kind::Broadcast, &self.end), self.inner.recv()).await.0
    }

    /// A message, if there is one.
    ///
    /// # Errors
    /// There is none, or will never be, or messages were lost.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.inner.try_recv()
    }

    /// [`recv`](Self::recv) for code that is not async.
    ///
    /// # Errors
    /// As those of [`recv`](Self::recv).
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        self.inner.blocking_recv()
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

/// As tokio's.
impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

super::between! { Sender<T>, tokio::sync::broadcast::Sender<T>, true }
super::between! { WeakSender<T>, tokio::sync::broadcast::WeakSender<T>, false }
super::between! { Receiver<T>, tokio::sync::broadcast::Receiver<T>, false }
