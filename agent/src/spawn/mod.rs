//! The ways to start a tracked task.

use std::future::Future;

use tokio::runtime::Handle;

use crate::task::JoinHandle;
use crate::task::behalf::Behalf;

mod blocking;
mod builder;
mod future_ext;
mod join_set;
mod local_set;
mod runtime_ext;
mod start;

pub use builder::Builder;
pub use future_ext::FutureExt;
pub use join_set::JoinSet;
pub use local_set::LocalSet;
pub use runtime_ext::{LocalRuntimeExt, RuntimeExt};
pub use start::Inherit;
use start::Start;

/// [`tokio::spawn`] with a record: the task shows up with this call's place in the source, and
/// inherits the labels of the task that calls.
///
/// # Panics
/// As [`tokio::spawn`]: outside of a runtime.
///
/// # Cost
/// From spawn to end 100 to 140 ns more than `tokio::spawn`, a record of 240 bytes, and 11 to 12 ns
/// more for each poll with its wake, as `agent/benches/compare` and `cargo bench --bench hot_path`
/// measured on a shared x86-64 server with an [`Agent`](crate::Agent) running. Without one a poll
/// reads the clock itself: 17 ns more. A task that another thread ends than the one that spawned
/// it, time after time, costs an allocation and two locks of a shard more.
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
    let (task, owner) = Start::here().future(future);
    let _own = Behalf::of(&owner);
    JoinHandle::of_task(tokio::spawn(task), owner.task)
}

/// [`spawn`] on the runtime of this handle: [`Handle::spawn`] with a record. May be called outside
/// of a runtime. Costs what [`spawn`] does.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// let handle = taskscope::spawn_on(async { 6 * 7 }, runtime.handle());
/// assert_eq!(runtime.block_on(handle).unwrap(), 42);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn spawn_on<F>(future: F, runtime: &Handle) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (task, owner) = Start::here().future(future);
    let _own = Behalf::of(&owner);
    JoinHandle::of_task(runtime.spawn(task), owner.task)
}

/// [`tokio::task::spawn_local`] with a record; see [`spawn`].
///
/// # Panics
/// As [`tokio::task::spawn_local`]: outside of a `LocalSet` or a local runtime.
///
/// # Cost
/// As [`spawn`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let tasks = taskscope::task::LocalSet::new();
/// let shared = std::rc::Rc::new(42);
/// let handle = tasks.run_until(async { taskscope::spawn_local(async move { *shared }).await });
/// assert_eq!(handle.await.unwrap(), 42);
/// # });
/// ```
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let (task, owner) = Start::here().future(future);
    let _own = Behalf::of(&owner);
    JoinHandle::of_task(tokio::task::spawn_local(task), owner.task)
}

/// [`tokio::task::spawn_blocking`] with a record: the closure counts as `new` until a thread
/// takes it up and as `running` from then on; see [`spawn`].
///
/// # Panics
/// As [`tokio::task::spawn_blocking`]: outside of a runtime.
///
/// # Cost
/// As [`spawn`].
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let sum = taskscope::spawn_blocking(|| (1..=100).sum::<u32>());
/// assert_eq!(sum.await.unwrap(), 5_050);
/// # });
/// ```
#[track_caller]
pub fn spawn_blocking<F, R>(closure: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let (closure, owner) = Start::here().closure(closure);
    let _own = Behalf::of(&owner);
    JoinHandle::of_blocking(tokio::task::spawn_blocking(closure), owner.task)
}

/// [`spawn_blocking`] on the runtime of this handle: [`Handle::spawn_blocking`] with a record. May
/// be called outside of a runtime. Costs what [`spawn`] does.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// let sum = taskscope::spawn_blocking_on(|| (1..=100).sum::<u32>(), runtime.handle());
/// assert_eq!(runtime.block_on(sum).unwrap(), 5_050);
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn spawn_blocking_on<F, R>(closure: F, runtime: &Handle) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let (closure, owner) = Start::here().closure(closure);
    let _own = Behalf::of(&owner);
    JoinHandle::of_blocking(runtime.spawn_blocking(closure), owner.task)
}
