//! A set of tasks on one thread.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Runtime;

use super::start::Start;
use crate::task::JoinHandle;
use crate::task::behalf::Behalf;

/// [`tokio::task::LocalSet`] that tracks what it spawns.
///
/// It dereferences to tokio's, for whoever asks for that one.
///
/// # Cost
/// As [`spawn_local`](crate::spawn_local) for each task, nothing else.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let tasks = taskscope::task::LocalSet::new();
/// let shared = std::rc::Rc::new(42);
/// let handle = tasks.spawn_local(async move { *shared });
/// assert_eq!(tasks.run_until(handle).await.unwrap(), 42);
/// tasks.await;
/// # });
/// ```
#[derive(Default)]
pub struct LocalSet {
    inner: tokio::task::LocalSet,
}

impl LocalSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// [`tokio::task::LocalSet::spawn_local`] with a record.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (task, owner) = Start::here().future(future);
        let _own = Behalf::of(&owner);
        JoinHandle::of_task(self.inner.spawn_local(task), owner.task)
    }

    /// Drives the set on this runtime until the future is done. The future is a task too.
    ///
    /// # Panics
    /// As [`tokio::task::LocalSet::block_on`].
    #[track_caller]
    pub fn block_on<F: Future>(&self, runtime: &Runtime, future: F) -> F::Output {
        self.inner.block_on(runtime, Start::here().future(future).0)
    }

    /// Drives the set until the future is done, as a part of whatever task awaits this.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        self.inner.run_until(future).await
    }
}

impl Future for LocalSet {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

/// As tokio's.
impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Deref for LocalSet {
    type Target = tokio::task::LocalSet;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl From<tokio::task::LocalSet> for LocalSet {
    fn from(inner: tokio::task::LocalSet) -> Self {
        Self { inner }
    }
}

impl From<LocalSet> for tokio::task::LocalSet {
    fn from(set: LocalSet) -> Self {
        set.inner
    }
}
