//! [`tokio::runtime`](real_tokio::runtime), with runtimes that track what they start.

#[doc(inline)]
pub use real_tokio::runtime::*;

mod builder;
mod handle;
mod local;
mod multi;

pub use builder::Builder;
pub use handle::Handle;
pub use local::LocalRuntime;
pub use multi::Runtime;
