//! [`tokio::sync::watch`], with who sent last.

use std::fmt;

pub use tokio::sync::watch::{Ref, error};

use self::error::{RecvError, SendError};
use crate::task::waits::{AtEnd, End, Kind, Watched};

/// [`tokio::sync::watch::Sender`] that notes who sends.
///
/// # Cost
/// 2 ns more than tokio's for a value that is sent (`agent/benches/sync.rs`).
pub struct Sender<T> {
    inner: tokio::sync::watch::Sender<T>,
    end: End,
}

/// [`tokio::sync::watch::Receiver`] that knows who sent last.
///
/// ```
/// use taskscope::sync::watch;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (level, mut watched) = watch::channel(1);
/// level.send(2).unwrap();
/// watched.changed().await.unwrap();
/// assert_eq!(*watched.borrow(), 2);
/// # });
/// ```
pub struct Receiver<T> {
    inner: tokio::sync::watch::Receiver<T>,
    end: End,
}

/// A channel that keeps its last value.
#[track_caller]
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = tokio::sync::watch::channel(init);
    let (first, second) = End::pair();
    (Sender { inner: sender, end: first }, Receiver { inner: receiver, end: second })
}

impl<T> Sender<T> {
    /// A channel without receivers.
    #[track_caller]
    pub fn new(init: T) -> Self {
        Self { inner: tokio::sync::watch::Sender::new(init), end: End::sender() }
    }

    /// Sends a value to all receivers.
    ///
    /// # Errors
    /// There are none: the value comes back.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.end.note_in();
        self.inner.send(value)
    }

    /// Changes the value, whether or not there are receivers.
    ///
    /// # Panics
    /// If `modify` does.
    pub fn send_modify<F: FnOnce(&mut T)>(&self, modify: F) {
        self.end.note_in();
        self.inner.send_modify(modify);
    }

    /// Changes the value; receivers are told only if `modify` says so.
    ///
    /// # Panics
    /// If `modify` does.
    pub fn send_if_modified<F: FnOnce(&mut T) -> bool>(&self, modify: F) -> bool {
        self.end.note_in();
        self.inner.send_if_modified(modify)
    }

    /// Replaces the value, whether or not there are receivers; returns the old one.
    pub fn send_replace(&self, value: T) -> T {
        self.end.note_in();
        self.inner.send_replace(value)
    }

    /// The value. Nobody can send while it is borrowed.
    pub fn borrow(&self) -> Ref<'_, T> {
        self.inner.borrow()
    }

    /// Whether there are no receivers.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Waits until there are no receivers. Cancel safe.
    pub async fn closed(&self) {
        self.inner.closed().await;
    }

    /// Another receiver.
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver { inner: self.inner.subscribe(), end: self.end.other(false) }
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.inner.receiver_count()
    }

    /// How many senders there are.
    pub fn sender_count(&self) -> usize {
        self.inner.sender_count()
    }

    /// Whether both send into the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), end: self.end.clone() }
    }
}

impl<T: Default> Default for Sender<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Receiver<T> {
    /// The value, which stays as seen or unseen as it was. Nobody can send while it is borrowed.
    #[inline]
    pub fn borrow(&self) -> Ref<'_, T> {
        self.inner.borrow()
    }

    /// The value, which counts as seen. Nobody can send while it is borrowed.
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        self.inner.borrow_and_update()
    }

    /// Whether there is a value that was not seen.
    ///
    /// # Errors
    /// There are no senders.
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        self.inner.has_changed()
    }

    /// Whether there are no senders.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// The value counts as not seen.
    pub fn mark_changed(&mut self) {
        self.inner.mark_changed();
    }

    /// The value counts as seen.
    pub fn mark_unchanged(&mut self) {
        self.inner.mark_unchanged();
    }

    /// Waits for a value that was not seen, which counts as seen then. Cancel safe.
    ///
    /// # Errors
    /// There are no senders, and all was seen.
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        Watched::new(AtEnd(Kind::Watch, &self.end), self.inner.changed()).await.0
    }

    /// Waits for a value that `f` wants. Cancel safe.
    ///
    /// # Errors
    /// There are no senders.
    ///
    /// # Panics
    /// If `f` does.
    pub async fn wait_for(&mut self, f: impl FnMut(&T) -> bool) -> Result<Ref<'_, T>, RecvError> {
        Watched::new(AtEnd(Kind::Watch, &self.end), self.inner.wait_for(f)).await.0
    }

    /// Whether both receive from the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), end: self.end.clone() }
    }
}

/// As tokio's.
impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// As tokio's.
impl<T: fmt::Debug> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

super::between! { Sender<T>, tokio::sync::watch::Sender<T>, true }
super::between! { Receiver<T>, tokio::sync::watch::Receiver<T>, false }
