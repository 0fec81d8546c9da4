//! Which async tasks are stuck, on which line, since when, and who spawned them.
//!
//! This is the agent: a tokio service embeds it, and the `taskscope` viewer connects to it.
//!
//! ```
//! use taskscope::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
//! # let port_0 = "127.0.0.1:0".parse()?;
//! let agent = taskscope::Agent::builder().name("checkout").bind(port_0).start()?;
//! # runtime.block_on(async {
//!
//! taskscope::spawn(async { /* a request */ }.labeled(taskscope::labels! { "task" => "fetch" }));
//! # });
//! # drop(agent);
//! # Ok(())
//! # }
//! ```
//!
//! - [`spawn`], [`spawn_blocking`], [`spawn_local`] and the rest of [`task`] take the place of
//!   tokio's; [`tracked`] goes around any future, for any spawner; [`labeled`] puts labels on
//!   whatever runs inside.
//! - A task's await point is found by polling it once more with a waker whose clones look at the
//!   stack: nothing is annotated, nothing stops, stable tokio is enough.
//! - Without a started [`Agent`] everything works and tracks all the same; nothing listens.
//!
//! A poll more than the futures expect is allowed by [`Future`]'s contract. It can set a task
//! going again whose wake-up was lost: such a task was broken, and is still.
//!
//! [`tracked`]: FutureExt::tracked
//! [`labeled`]: FutureExt::labeled

mod agent;
mod alarm;
pub mod alloc;
mod blocked;
mod capture;
mod clock;
#[cfg(feature = "hyper")]
pub mod hyper;
pub mod labels;
mod losses;
mod primitives;
mod process;
mod profile;
mod profiler;
mod registry;
#[cfg(feature = "runtime-hooks")]
pub mod runtime;
mod runtimes;
mod serve;
mod settings;
mod snapshot;
mod spawn;
mod stack;
mod symbols;
pub mod sync;
pub mod task;
mod ticker;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tracing")]
pub mod tracing;
mod untracked;
mod verdict;

pub use agent::{Agent, Builder, StartError};
pub use alarm::{Alert, EvidenceError};
pub use labels::{current_labels, label, set_labels};
pub use settings::{DEFAULT_PORT, SettingError};
pub use snapshot::{Snapshot, SnapshotOptions, snapshot, tasks};
pub use spawn::{
    FutureExt, LocalRuntimeExt, RuntimeExt, spawn, spawn_blocking, spawn_blocking_on, spawn_local,
    spawn_on,
};
/// The values that snapshots are made of.
pub use taskscope_proto::model;

/// The extension traits: `use taskscope::prelude::*`.
pub mod prelude {
    pub use crate::{FutureExt, LocalRuntimeExt, RuntimeExt};
}
