//! The runtime.

use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Deref;
use std::time::Duration;

use real_tokio::runtime as real;
use taskscope::prelude::*;
use taskscope::task::JoinHandle;

use super::Handle;

/// [`tokio::runtime::Runtime`](real::Runtime) that tracks what it starts; it dereferences to
/// tokio's.
///
/// ```
/// # extern crate taskscope_tokio as tokio;
/// # fn main() -> std::io::Result<()> {
/// let runtime = tokio::runtime::Runtime::new()?;
/// let task = runtime.spawn(async { 6 * 7 });
/// assert_eq!(runtime.block_on(task).unwrap(), 42);
/// # Ok(())
/// # }
/// ```
pub struct Runtime {
    inner: real::Runtime,
    // Of the same runtime, to be lent.
    handle: Handle,
}

impl Runtime {
    /// A runtime with the settings that [`real::Runtime::new`] chooses.
    ///
    /// # Errors
    /// As tokio's: the system has no more threads or files to give.
    pub fn new() -> io::Result<Self> {
        real::Runtime::new().map(Self::from)
    }

    /// The handle of this runtime.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Starts a task; see [`spawn`](crate::spawn).
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.inner.spawn_tracked(future)
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
    /// As [`real::Runtime::block_on`]: inside of an asynchronous context, and if the future panics.
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

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Deref for Runtime {
    type Target = real::Runtime;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl AsRef<real::Runtime> for Runtime {
    fn as_ref(&self) -> &real::Runtime {
        &self.inner
    }
}

impl From<real::Runtime> for Runtime {
    fn from(inner: real::Runtime) -> Self {
        let handle = inner.handle().clone().into();
        Self { inner, handle }
    }
}

impl From<Runtime> for real::Runtime {
    fn from(runtime: Runtime) -> Self {
        runtime.inner
    }
}
