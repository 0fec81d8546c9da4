//! The handle of a runtime.

use std::fmt;
use std::future::Future;
use std::ops::Deref;

use real_tokio::runtime::{self as real, TryCurrentError};
use taskscope::prelude::*;
use taskscope::task::JoinHandle;

/// [`tokio::runtime::Handle`](real::Handle) that tracks what it starts; it dereferences to
/// tokio's.
///
/// ```
/// # extern crate taskscope_tokio as tokio;
/// # #[tokio::main] async fn main() {
/// let handle = tokio::runtime::Handle::current();
/// assert_eq!(handle.spawn(async { 6 * 7 }).await.unwrap(), 42);
/// // What asks for tokio's gets it.
/// let tokios: &taskscope_tokio::runtime::Handle = &handle;
/// assert_eq!(tokios.id(), handle.id());
/// # }
/// ```
#[derive(Clone)]
pub struct Handle(real::Handle);

impl Handle {
    /// The runtime of the current task or thread; see [`real::Handle::current`].
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn current() -> Self {
        Self(real::Handle::current())
    }

    /// The runtime of the current task or thread, if there is one.
    ///
    /// # Errors
    /// Outside of a runtime.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        real::Handle::try_current().map(Self)
    }

    /// Starts a task; see [`spawn`](crate::spawn).
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn_tracked(future)
    }

    /// Runs a closure on a blocking thread; see [`spawn_blocking`](crate::task::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.0.spawn_blocking_tracked(closure)
    }

    /// Runs the future, as a task, on this thread until it is done.
    ///
    /// # Panics
    /// As [`real::Handle::block_on`]: inside of an asynchronous context, and if the future panics.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on_tracked(future)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Deref for Handle {
    type Target = real::Handle;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl AsRef<real::Handle> for Handle {
    fn as_ref(&self) -> &real::Handle {
        &self.0
    }
}

impl From<real::Handle> for Handle {
    fn from(handle: real::Handle) -> Self {
        Self(handle)
    }
}

impl From<Handle> for real::Handle {
    fn from(handle: Handle) -> Self {
        handle.0
    }
}
