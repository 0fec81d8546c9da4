//! The ways to start a tracked task.

use std::future::Future;
use std::panic::Location;

use crate::labels::{self, Labels};
use crate::task::record::Kind;
use crate::task::{JoinHandle, Tracked};

mod blocking;

/// [`tokio::spawn`] with a record: the task shows up with this call's place in the source, and
/// inherits the labels of the task that calls.
///
/// # Panics
/// As [`tokio::spawn`]: outside of a runtime.
///
/// # Cost
/// About 145 ns and 243 bytes more than `tokio::spawn`, and 13 ns more for each poll with its
/// wake, as `cargo bench -p taskscope` measured on a shared x86-64 server with an
/// [`Agent`](crate::Agent) running. Without one a poll reads the clock itself: 50 ns more.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let handle = taskscope::spawn(async { 6 * 7 });
/// assert_eq!(handle.await.unwrap(), 42);
/// # });
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let task = Tracked::new(future, Location::caller(), Kind::Task, 0);
    JoinHandle::of_task(tokio::spawn(task))
}

/// [`tokio::task::spawn_local`] with a record; see [`spawn`].
///
/// # Panics
/// As [`tokio::task::spawn_local`]: outside of a `LocalSet` or a local runtime.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let task = Tracked::new(future, Location::caller(), Kind::Task, 0);
    JoinHandle::of_task(tokio::task::spawn_local(task))
}

/// [`tokio::task::spawn_blocking`] with a record: the closure counts as `new` until a thread
/// takes it up and as `running` from then on; see [`spawn`].
///
/// # Panics
/// As [`tokio::task::spawn_blocking`]: outside of a runtime.
#[track_caller]
pub fn spawn_blocking<F, R>(closure: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let closure = blocking::track(closure, Location::caller());
    JoinHandle::of_blocking(tokio::task::spawn_blocking(closure))
}

/// What every future gets from `use taskscope::prelude::*`.
pub trait FutureExt: Future + Sized {
    /// Puts a record around the future, for any spawner and any executor.
    ///
    /// Given to an executor it is a task as one from [`spawn`] is. Awaited by a tracked task it
    /// is a part of that task, with an await tree of its own: wrap the children of a
    /// `FuturesUnordered` in it, and their awaits are seen too.
    ///
    /// ```
    /// use taskscope::prelude::*;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// tokio::spawn(async { /* … */ }.tracked()).await.unwrap();
    /// # });
    /// ```
    #[track_caller]
    fn tracked(self) -> Tracked<Self> {
        Tracked::new(self, Location::caller(), Kind::Undecided, 0)
    }

    /// These labels while the future runs, over those around it: Go's `pprof.Do`.
    ///
    /// Tasks that the future spawns inherit them.
    ///
    /// ```
    /// use taskscope::prelude::*;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// async { assert_eq!(taskscope::label("step").as_deref(), Some("parse")) }
    ///     .labeled(taskscope::labels! { "step" => "parse" })
    ///     .await;
    /// # });
    /// ```
    #[track_caller]
    fn labeled(self, labels: Labels) -> Tracked<Self> {
        let scope = labels::table::intern(labels);
        Tracked::new(self, Location::caller(), Kind::Undecided, scope)
    }
}

impl<F: Future> FutureExt for F {}
