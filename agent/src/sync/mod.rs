//! [`tokio::sync`], with facts: who holds what, who used a channel last, who waits for what.
//!
//! The same names, the same behaviour. What a task waits for here is known with its owner: "parked
//! at a mutex (made at src/state.rs:12), held by task 17 for 40 s".
//!
//! What asks for tokio's own types gets them by [`From`]:
//!
//! | ours | gives tokio's |
//! |---|---|
//! | [`mpsc::Sender`], [`mpsc::Receiver`], and the unbounded and weak ones | `.into()`, and back |
//! | [`oneshot::Receiver`] | `.into()`, and back |
//! | [`watch::Sender`], [`watch::Receiver`] | `.into()`, and back |
//! | [`broadcast::Sender`], [`broadcast::Receiver`] | `.into()`, and back |
//! | [`Mutex`], [`RwLock`], [`OnceCell`], [`Notify`], [`Semaphore`] | `.into()`, of the value itself |
//!
//! Errors, [`oneshot::Sender`], [`mpsc::Permit`], [`watch::Ref`] and [`BarrierWaitResult`] are
//! tokio's own.
//!
//! # Cost
//! A few nanoseconds an operation over tokio's, see each type. Each lock, semaphore or channel in
//! use takes 192 bytes of the agent's memory besides its own.
//!
//! ```
//! use taskscope::sync::Mutex;
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let count = Mutex::new(0);
//! *count.lock().await += 1;
//! assert_eq!(count.into_inner(), 1);
//! # });
//! ```

/// From an end of a channel to tokio's, and back; what is known of the channel is lost.
macro_rules! between {
    ($ours:ident<T>, $tokios:ty, $sender:expr) => {
        impl<T> From<$ours<T>> for $tokios {
            fn from(ours: $ours<T>) -> Self {
                ours.inner
            }
        }

        /// Nothing is known of the channel but this.
        impl<T> From<$tokios> for $ours<T> {
            #[track_caller]
            fn from(inner: $tokios) -> Self {
                Self { inner, end: crate::task::waits::End::unknown($sender) }
            }
        }
    };
}

use between;

mod barrier;
pub mod broadcast;
pub mod futures;
mod guards;
pub mod mpsc;
mod mutex;
mod notify;
mod once_cell;
pub mod oneshot;
mod rwlock;
mod semaphore;
mod set_once;
pub mod watch;

pub use tokio::sync::{
    AcquireError, BarrierWaitResult, SetError, SetOnceError, TryAcquireError, TryLockError,
};

pub use self::barrier::Barrier;
pub use self::mutex::{
    MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard,
};
pub use self::notify::Notify;
pub use self::once_cell::OnceCell;
pub use self::rwlock::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
    RwLockMappedWriteGuard, RwLockReadGuard, RwLockWriteGuard,
};
pub use self::semaphore::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
pub use self::set_once::SetOnce;

#[cfg(test)]
mod tests;
