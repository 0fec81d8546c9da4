//! The right to send one message, with the sender.

use std::fmt;

use super::Sender;
use crate::task::waits::End;

/// [`tokio::sync::mpsc::OwnedPermit`]: what [`Sender::reserve_owned`] returns.
pub struct OwnedPermit<T> {
    pub(super) inner: tokio::sync::mpsc::OwnedPermit<T>,
    pub(super) end: End,
}

impl<T> OwnedPermit<T> {
    /// Sends the message; the sender comes back.
    pub fn send(self, value: T) -> Sender<T> {
        self.end.note_in();
        Sender { inner: self.inner.send(value), end: self.end }
    }

    /// Sends nothing; the sender comes back.
    pub fn release(self) -> Sender<T> {
        Sender { inner: self.inner.release(), end: self.end }
    }

    /// Whether both are for the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Whether the sender sends into the channel that this is for.
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.inner.same_channel_as_sender(&sender.inner)
    }
}

/// As tokio's.
impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

super::super::between! { OwnedPermit<T>, tokio::sync::mpsc::OwnedPermit<T>, true }
