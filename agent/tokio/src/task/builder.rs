//! tokio's builder of named tasks.

use std::future::Future;
use std::io;

use real_tokio::runtime::Handle;
use real_tokio::task::LocalSet;
use taskscope::task::JoinHandle;

/// Starts tasks with a name, which is shown as the label `name`.
///
/// As tokio's, whose methods return [`io::Result`]s, but there without `--cfg tokio_unstable`.
/// [`taskscope::task::Builder`] can do more: labels, and what is inherited.
///
/// ```
/// # extern crate taskscope_tokio as tokio;
/// # #[tokio::main] async fn main() -> std::io::Result<()> {
/// let name = async { tokio::taskscope::label("name") };
/// let task = tokio::task::Builder::new().name("refresh").spawn(name)?;
/// assert_eq!(task.await.unwrap().as_deref(), Some("refresh"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[must_use = "builders do nothing unless used to spawn a task"]
pub struct Builder<'a> {
    name: Option<&'a str>,
}

impl<'a> Builder<'a> {
    /// A builder of tasks without a name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the task.
    pub fn name(&self, name: &'a str) -> Self {
        Self { name: Some(name) }
    }

    /// Starts a task; see [`spawn`](crate::spawn).
    ///
    /// # Errors
    /// None; tokio's signature has them.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(self.tracked().spawn(future))
    }

    /// Starts a task on the runtime of this handle.
    ///
    /// # Errors
    /// None; tokio's signature has them.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(self.tracked().spawn_on(future, handle))
    }

    /// Starts a task on this thread.
    ///
    /// # Errors
    /// None; tokio's signature has them.
    ///
    /// # Panics
    /// Outside of a `LocalSet` or a local runtime.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        Ok(self.tracked().spawn_local(future))
    }

    /// Starts a task in this set.
    ///
    /// # Errors
    /// None; tokio's signature has them.
    #[track_caller]
    pub fn spawn_local_on<F>(
        self,
        future: F,
        local_set: &LocalSet,
    ) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        Ok(self.tracked().spawn_local_on(future, local_set))
    }

    /// Runs a closure on a blocking thread.
    ///
    /// # Errors
    /// None; tokio's signature has them.
    ///
    /// # Panics
    /// Outside of a runtime, and if no thread can be started.
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, closure: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Ok(self.tracked().spawn_blocking(closure))
    }

    /// Runs a closure on a blocking thread of this runtime.
    ///
    /// # Errors
    /// None; tokio's signature has them.
    ///
    /// # Panics
    /// If no thread can be started.
    #[track_caller]
    pub fn spawn_blocking_on<F, R>(self, closure: F, handle: &Handle) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Ok(self.tracked().spawn_blocking_on(closure, handle))
    }

    fn tracked(self) -> taskscope::task::Builder<'static> {
        let builder = taskscope::task::Builder::new();
        match self.name {
            Some(name) => builder.name(name),
            None => builder,
        }
    }
}
