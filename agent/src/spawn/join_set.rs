//! A set of tasks that are waited for together.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, Id, JoinError};

use super::start::Start;
use crate::task::behalf::Behalf;
use crate::task::ticket::Tickets;
use crate::task::waits::{About, Kind, Subject, Targets, Watched};

/// What a set returns for each of its tasks.
type Joined<T> = Result<T, JoinError>;

/// [`tokio::task::JoinSet`] that tracks what it spawns, and behaves as tokio's in all else.
///
/// # Cost
/// As [`spawn`](crate::spawn) for each task, and 16 to 32 bytes for each task that is in the set.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut squares: taskscope::task::JoinSet<u32> = (1..=3).map(|n| async move { n * n }).collect();
/// let mut sum = 0;
/// while let Some(square) = squares.join_next().await {
///     sum += square.unwrap();
/// }
/// assert_eq!(sum, 14);
/// # });
/// ```
pub struct JoinSet<T> {
    inner: tokio::task::JoinSet<T>,
    tickets: Tickets,
}

/// The tasks of a set of which one is awaited.
struct Awaited<'a> {
    tickets: &'a Tickets,
    /// How many have not been joined.
    tasks: usize,
}

impl Subject for Awaited<'_> {
    const EVERY: bool = false;

    fn about(&self) -> About {
        let targets = self.tickets.living(self.tasks).map_or(Targets::Unknown, Targets::Any);
        About { targets, ..About::of(Kind::JoinSet) }
    }
}

impl<T> JoinSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        Self { inner: tokio::task::JoinSet::new(), tickets: Tickets::new() }
    }

    /// How many tasks are in the set: those that have not been joined.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether no task is in the set.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }
}

impl<T: 'static> JoinSet<T> {
    /// Starts a task in the set; see [`spawn`](crate::spawn).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let (task, owner) = Start::here().future(task);
        let _own = Behalf::of(&owner);
        self.tickets.push(owner.task);
        self.inner.spawn(task)
    }

    /// Starts a task on the runtime of this handle; see [`spawn_on`](super::spawn_on).
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let (task, owner) = Start::here().future(task);
        let _own = Behalf::of(&owner);
        self.tickets.push(owner.task);
        self.inner.spawn_on(task, handle)
    }

    /// Starts a task on this thread; see [`spawn_local`](super::spawn_local).
    ///
    /// # Panics
    /// Outside of a `LocalSet` or a local runtime.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let (task, owner) = Start::here().future(task);
        let _own = Behalf::of(&owner);
        self.tickets.push(owner.task);
        self.inner.spawn_local(task)
    }

    /// Starts a task on the thread of this set, tokio's or [ours](super::LocalSet).
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &tokio::task::LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let (task, owner) = Start::here().future(task);
        let _own = Behalf::of(&owner);
        self.tickets.push(owner.task);
        self.inner.spawn_local_on(task, local_set)
    }

    /// Runs a closure on a blocking thread; see [`spawn_blocking`](super::spawn_blocking).
    ///
    /// # Panics
    /// Outside of a runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, closure: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let (closure, owner) = Start::here().closure(closure);
        let _own = Behalf::of(&owner);
        self.tickets.push(owner.task);
        self.inner.spawn_blocking(closure)
    }

    /// Runs a closure on a blocking thread of this runtime; see
    /// [`spawn_blocking_on`](super::spawn_blocking_on).
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, closure: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let (closure, owner) = Start::here().closure(closure);
        let _own = Behalf::of(&owner);
        self.tickets.push(owner.task);
        self.inner.spawn_blocking_on(closure, handle)
    }

    /// Waits until one of the tasks has ended; `None` when the set is empty. Cancel safe.
    pub async fn join_next(&mut self) -> Option<Joined<T>> {
        let Self { inner, tickets } = self;
        let awaited = Awaited { tickets, tasks: inner.len() };
        Watched::new(awaited, inner.join_next()).await.0
    }

    /// As [`join_next`](Self::join_next), with the runtime's id of the task.
    pub async fn join_next_with_id(&mut self) -> Option<Joined<(Id, T)>> {
        let Self { inner, tickets } = self;
        let awaited = Awaited { tickets, tasks: inner.len() };
        Watched::new(awaited, inner.join_next_with_id()).await.0
    }

    /// What one of the tasks that have ended returned; `None` when there is none.
    pub fn try_join_next(&mut self) -> Option<Joined<T>> {
        self.inner.try_join_next()
    }

    /// As [`try_join_next`](Self::try_join_next), with the runtime's id of the task.
    pub fn try_join_next_with_id(&mut self) -> Option<Joined<(Id, T)>> {
        self.inner.try_join_next_with_id()
    }

    /// As [`join_next`](Self::join_next), for those who write their own `poll`.
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Joined<T>>> {
        self.inner.poll_join_next(cx)
    }

    /// As [`poll_join_next`](Self::poll_join_next), with the runtime's id of the task.
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Joined<(Id, T)>>> {
        self.inner.poll_join_next_with_id(cx)
    }

    /// Waits for all tasks.
    ///
    /// # Panics
    /// With the payload of a task that panicked, and if a task was aborted; all others are
    /// aborted then.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut all = Vec::with_capacity(self.len());
        while let Some(joined) = self.join_next().await {
            match joined {
                Ok(value) => all.push(value),
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                Err(error) => panic!("{error}"),
            }
        }
        all
    }

    /// Aborts all tasks and waits until they have ended.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Aborts all tasks; they stay in the set until they are joined.
    pub fn abort_all(&mut self) {
        self.inner.abort_all();
    }

    /// Takes all tasks out of the set, marks them as detached, and lets them run on.
    pub fn detach_all(&mut self) {
        self.tickets.detach();
        self.inner.detach_all();
    }
}

/// As tokio's.
impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Starts a task for each future.
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(tasks: I) -> Self {
        let mut set = Self::new();
        for task in tasks {
            set.spawn(task);
        }
        set
    }
}

/// Starts a task for each future.
impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn extend<I: IntoIterator<Item = F>>(&mut self, tasks: I) {
        for task in tasks {
            self.spawn(task);
        }
    }
}

/// The tasks that are in tokio's set already stay as they are.
impl<T> From<tokio::task::JoinSet<T>> for JoinSet<T> {
    fn from(inner: tokio::task::JoinSet<T>) -> Self {
        Self { inner, tickets: Tickets::new() }
    }
}

impl<T> From<JoinSet<T>> for tokio::task::JoinSet<T> {
    fn from(set: JoinSet<T>) -> Self {
        set.inner
    }
}
