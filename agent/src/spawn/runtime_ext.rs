//! What runtimes and their handles can do.

use std::future::Future;

use tokio::runtime::{Handle, LocalRuntime, Runtime};

use super::start::Start;
use crate::task::JoinHandle;
use crate::task::behalf::Behalf;

/// Tracked forms of what a [`Runtime`], a [`Handle`] and a [`LocalRuntime`] start tasks with.
///
/// ```
/// use taskscope::prelude::*;
/// # fn main() -> std::io::Result<()> {
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// let handle = runtime.spawn_tracked(async { 6 * 7 });
/// let answer = runtime.block_on_tracked(async { handle.await.unwrap() });
/// assert_eq!(answer, 42);
/// # Ok(())
/// # }
/// ```
pub trait RuntimeExt {
    /// [`Handle::spawn`] with a record; see [`spawn`](crate::spawn).
    #[track_caller]
    fn spawn_tracked<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// [`Handle::spawn_blocking`] with a record; see [`spawn_blocking`](crate::spawn_blocking).
    #[track_caller]
    fn spawn_blocking_tracked<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static;

    /// [`Runtime::block_on`] with a record: the root of `main` is a task as others are, with a
    /// state and an await point. It inherits the labels of the tracked closure or task that calls.
    ///
    /// # Panics
    /// As [`Runtime::block_on`]: inside of an asynchronous context, and if the future panics.
    #[track_caller]
    fn block_on_tracked<F: Future>(&self, future: F) -> F::Output;
}

/// Tracked form of what a [`LocalRuntime`] starts local tasks with.
///
/// ```
/// use taskscope::prelude::*;
/// # fn main() -> std::io::Result<()> {
/// let options = tokio::runtime::LocalOptions::default();
/// let runtime = tokio::runtime::Builder::new_current_thread().build_local(options)?;
/// let shared = std::rc::Rc::new(42);
/// let handle = runtime.spawn_local_tracked(async move { *shared });
/// assert_eq!(runtime.block_on_tracked(handle).unwrap(), 42);
/// # Ok(())
/// # }
/// ```
pub trait LocalRuntimeExt {
    /// [`LocalRuntime::spawn_local`] with a record; see [`spawn_local`](crate::spawn_local).
    #[track_caller]
    fn spawn_local_tracked<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static;
}

macro_rules! runtime_ext {
    ($runtime:ty, $handle:expr) => {
        impl RuntimeExt for $runtime {
            #[track_caller]
            fn spawn_tracked<F>(&self, future: F) -> JoinHandle<F::Output>
            where
                F: Future + Send + 'static,
                F::Output: Send + 'static,
            {
                super::spawn_on(future, $handle(self))
            }

            #[track_caller]
            fn spawn_blocking_tracked<F, R>(&self, closure: F) -> JoinHandle<R>
            where
                F: FnOnce() -> R + Send + 'static,
                R: Send + 'static,
            {
                super::spawn_blocking_on(closure, $handle(self))
            }

            #[track_caller]
            fn block_on_tracked<F: Future>(&self, future: F) -> F::Output {
                self.block_on(Start::here().future(future).0)
            }
        }
    };
}

runtime_ext!(Runtime, Runtime::handle);
runtime_ext!(Handle, std::convert::identity);
runtime_ext!(LocalRuntime, LocalRuntime::handle);

impl LocalRuntimeExt for LocalRuntime {
    #[track_caller]
    fn spawn_local_tracked<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (task, owner) = Start::here().future(future);
        let _own = Behalf::of(&owner);
        JoinHandle::of_task(self.spawn_local(task), owner.task)
    }
}
