//! [`tokio::sync::mpsc`], with who sent and who received last.
//!
//! ```
//! use taskscope::sync::mpsc;
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let (sender, mut receiver) = mpsc::channel(8);
//! sender.send("hello").await.unwrap();
//! assert_eq!(receiver.recv().await, Some("hello"));
//!
//! // For a crate that takes tokio's.
//! let _receiver: tokio::sync::mpsc::Receiver<_> = receiver.into();
//! # });
//! ```

mod permit;
mod receiver;
mod sender;
mod unbounded;

pub use tokio::sync::mpsc::{Permit, PermitIterator, error};

pub use self::permit::OwnedPermit;
pub use self::receiver::{Receiver, UnboundedReceiver};
pub use self::sender::{Sender, WeakSender};
pub use self::unbounded::{UnboundedSender, WeakUnboundedSender};
use crate::task::waits::End;

/// A channel for so many messages at a time.
///
/// # Panics
/// For a capacity of 0, or one above [`Semaphore::MAX_PERMITS`](super::Semaphore::MAX_PERMITS).
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = tokio::sync::mpsc::channel(buffer);
    let (first, second) = End::pair();
    (Sender { inner: sender, end: first }, Receiver { inner: receiver, end: second })
}

/// A channel for any number of messages.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "stands in for tokio's")]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let (first, second) = End::pair();
    (
        UnboundedSender { inner: sender, end: first },
        UnboundedReceiver { inner: receiver, end: second },
    )
}
