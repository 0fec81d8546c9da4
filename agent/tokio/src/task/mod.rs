//! [`tokio::task`](real_tokio::task), with tracked forms of what starts tasks.

#[doc(inline)]
pub use real_tokio::task::*;
#[doc(inline)]
pub use taskscope::task::{JoinHandle, JoinSet, LocalSet, spawn, spawn_blocking, spawn_local};

mod builder;

pub use builder::Builder;
