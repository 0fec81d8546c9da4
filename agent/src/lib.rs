//! Which async tasks are stuck, on which line, since when.

mod capture;
pub(crate) mod clock;
pub mod labels;
mod profile;
mod registry;
mod runtimes;
mod spawn;
mod stack;
mod symbols;
mod sync;
pub mod task;

pub use labels::{current_labels, label, set_labels};
pub use spawn::{FutureExt, spawn, spawn_blocking, spawn_local};

/// The extension traits: `use taskscope::prelude::*`.
pub mod prelude {
    pub use crate::FutureExt;
}
