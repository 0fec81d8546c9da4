//! The connection to an agent.

mod client;
mod error;
mod target;

pub use client::{Client, Updates};
pub use error::ConnectError;
pub use target::{Target, TargetError};
