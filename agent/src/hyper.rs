//! Tasks that hyper starts: one for each stream of an HTTP/2 connection, and those of its clients.
//!
//! With the feature `hyper`. A server of hyper 1 asks for an executor; this one tracks:
//!
//! ```
//! use taskscope::hyper::TaskscopeExecutor;
//!
//! let executor = TaskscopeExecutor::new().labeled(taskscope::labels! { "task" => "http2" });
//! // let server = hyper_util::server::conn::auto::Builder::new(executor);
//! # fn is_executor<E: hyper::rt::Executor<std::future::Ready<()>>>(_: E) {}
//! # is_executor(executor);
//! ```

use std::future::Future;
use std::panic::Location;

use hyper::rt::Executor;

use crate::labels::{Labels, table};
use crate::task::Tracked;
use crate::task::record::Kind;

/// An executor for hyper whose tasks are tracked. Their spawn location is the place where the
/// executor was made, since all that hyper starts is started from one line of hyper.
///
/// # Cost
/// As [`spawn`](crate::spawn) for each task.
///
/// See the [module](self) for an example.
#[derive(Clone, Copy, Debug)]
pub struct TaskscopeExecutor<E = TokioSpawn> {
    inner: E,
    made_at: &'static Location<'static>,
    scope: u32,
}

/// Starts tasks with [`tokio::spawn`].
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioSpawn;

impl TaskscopeExecutor {
    /// An executor that starts tasks with [`tokio::spawn`], which panics outside of a runtime.
    #[track_caller]
    pub fn new() -> Self {
        Self::wrapping(TokioSpawn)
    }
}

impl<E> TaskscopeExecutor<E> {
    /// An executor that starts tasks with that one.
    #[track_caller]
    pub fn wrapping(inner: E) -> Self {
        Self { inner, made_at: Location::caller(), scope: 0 }
    }

    /// Gives the tasks these labels over those that they inherit.
    #[must_use]
    pub fn labeled(self, labels: Labels) -> Self {
        Self { scope: table::intern(labels), ..self }
    }
}

impl Default for TaskscopeExecutor {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<F, E> Executor<F> for TaskscopeExecutor<E>
where
    F: Future,
    E: Executor<Tracked<F>>,
{
    fn execute(&self, future: F) {
        self.inner.execute(Tracked::new(future, self.made_at, Kind::Undecided, self.scope));
    }
}

impl<F> Executor<F> for TokioSpawn
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}
