//! Starting a task with a name and labels of its own.

use std::borrow::Cow;
use std::future::Future;

use tokio::runtime::Handle;

use super::start::{Inherit, Start};
use crate::labels::{self, Labels};
use crate::task::JoinHandle;
use crate::task::behalf::Behalf;

/// Starts tasks with a name, with labels, and with a say in what they inherit.
///
/// A name is the label `name`.
///
/// # Cost
/// What [`spawn`](crate::spawn) costs, and a table look-up for each label.
///
/// ```
/// use taskscope::task::{Builder, Inherit};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let handle = Builder::new()
///     .name("refresh")
///     .labels(taskscope::labels! { "cache" => "prices" })
///     .inherit(Inherit::None)
///     .spawn(async { taskscope::current_labels().to_string() });
/// assert_eq!(handle.await.unwrap(), "cache=prices name=refresh");
/// # });
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "builders do nothing unless used to spawn a task"]
pub struct Builder<'a> {
    labels: Labels,
    inherit: Inherit<'a>,
}

impl<'a> Builder<'a> {
    /// A builder that does what [`spawn`](crate::spawn) does.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the task: the label `name`.
    pub fn name<'b>(self, name: impl Into<Cow<'b, str>>) -> Self {
        self.labels(Labels::new([labels::make("name", name)]))
    }

    /// Gives the task these labels over those that it inherits and that were given before.
    pub fn labels(self, labels: Labels) -> Self {
        if self.labels.is_empty() {
            return Self { labels, ..self };
        }
        let both = self.labels.iter().chain(&labels).cloned();
        Self { labels: Labels::new(both), ..self }
    }

    /// Says which labels of the current task the new one inherits; all, unless said otherwise.
    pub fn inherit(self, inherit: Inherit<'a>) -> Self {
        Self { inherit, ..self }
    }

    /// Starts a task; see [`spawn`](crate::spawn).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, owner) = self.start().future(future);
        let _own = Behalf::of(&owner);
        JoinHandle::of_task(tokio::spawn(task), owner.task)
    }

    /// Starts a task on the runtime of this handle; see [`spawn_on`](super::spawn_on).
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, runtime: &Handle) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (task, owner) = self.start().future(future);
        let _own = Behalf::of(&owner);
        JoinHandle::of_task(runtime.spawn(task), owner.task)
    }

    /// Starts a task on this thread; see [`spawn_local`](super::spawn_local).
    ///
    /// # Panics
    /// Outside of a `LocalSet` or a local runtime.
    #[track_caller]
    pub fn spawn_local<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (task, owner) = self.start().future(future);
        let _own = Behalf::of(&owner);
        JoinHandle::of_task(tokio::task::spawn_local(task), owner.task)
    }

    /// Starts a task in this set, tokio's or [ours](super::LocalSet).
    #[track_caller]
    pub fn spawn_local_on<F>(
        self,
        future: F,
        local_set: &tokio::task::LocalSet,
    ) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (task, owner) = self.start().future(future);
        let _own = Behalf::of(&owner);
        JoinHandle::of_task(local_set.spawn_local(task), owner.task)
    }

    /// Runs a closure on a blocking thread; see [`spawn_blocking`](super::spawn_blocking).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let (closure, owner) = self.start().closure(closure);
        let _own = Behalf::of(&owner);
        JoinHandle::of_blocking(tokio::task::spawn_blocking(closure), owner.task)
    }

    /// Runs a closure on a blocking thread of this runtime; see
    /// [`spawn_blocking_on`](super::spawn_blocking_on).
    #[track_caller]
    pub fn spawn_blocking_on<F, R>(self, closure: F, runtime: &Handle) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let (closure, owner) = self.start().closure(closure);
        let _own = Behalf::of(&owner);
        JoinHandle::of_blocking(runtime.spawn_blocking(closure), owner.task)
    }

    #[track_caller]
    fn start(self) -> Start {
        Start::with(self.inherit, self.labels)
    }
}
