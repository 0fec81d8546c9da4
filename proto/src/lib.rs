//! The contract between a Taskscope agent and its viewers.
//!
//! [`model`] holds the plain values that both sides think in; everything else of this crate
//! turns them into messages and back. Generated types do not leave this crate.

pub mod limits;
pub mod model;
