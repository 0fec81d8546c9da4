//! The runtime whose tasks stay on one thread.

use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Deref;
use std::time::Duration;

use real_tokio::runtime as real;
use taskscope::prelude::*;
use taskscope::task::JoinHandle;

use super::Handle;

/// [`tokio::runtime::LocalRuntime`](real::LocalRuntime) that tracks what it starts; it dereferences to
/// tokio's.
///
/// ```
/// # extern crate taskscope_tokio as tokio;
/// # fn main() -> std::io::Result<()> {
/// let runtime = tokio::runtime::LocalRuntime::new()?;
/// let shared = std::rc::Rc::new(42);
/// let task = runtime.spawn_local(async move { *shared });
/// assert_eq!(runtime.block_on(task).unwrap(), 42);
/// # Ok(())
/// # }
/// ```
pub struct LocalRuntime {
    inner: real::LocalRuntime,
    // Of the same runtime, to be lent.
    handle: Handle,
}

impl LocalRuntime {
    /// A runtime with the settings that [`real::LocalRuntime::new`] chooses.
    ///
    /// # Errors
    /// As tokio's: the system has no more threads or files to give.
    pub fn new() -> io::Result<Self> {
        real::LocalRuntime::new().map(Self::from)
    }

    /// The handle of this runtime.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Starts a task; see [`spawn_local`](crate::task::spawn_local).
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.inner.spawn_local_tracked(future)
    }

    /// Runs a closure on a blocking thread; see [`spawn_blocking`](crate::task::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.inner.spawn_blocking_tracked(closure)
    }

    /// Runs the future, as a task, on this thread until it is done.
    ///
    /// # Panics
    /// As [`real::LocalRuntime::block_on`]: inside of an asynchronous context, and if the future panics.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.inner.block_on_tracked(future)
    }

    /// Shuts the runtime down, and waits this long for its blocking closures.
    pub fn shutdown_timeout(self, timeout: Duration) {
        self.inner.shutdown_timeout(timeout);
    }

    /// Shuts the runtime down without waiting for its blocking closures.
    pub fn shutdown_background(self) {
        self.inner.shutdown_background();
    }
}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Deref for LocalRuntime {
    type Target = real::LocalRuntime;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl AsRef<real::LocalRuntime> for LocalRuntime {
    fn as_ref(&self) -> &real::LocalRuntime {
        &self.inner
    }
}

impl From<real::LocalRuntime> for LocalRuntime {
    fn from(inner: real::LocalRuntime) -> Self {
        let handle = inner.handle().clone().into();
        Self { inner, handle }
    }
}

impl From<LocalRuntime> for real::LocalRuntime {
    fn from(runtime: LocalRuntime) -> Self {
        runtime.inner
    }
}
