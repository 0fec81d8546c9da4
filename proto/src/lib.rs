//! The contract between a Taskscope agent and its viewers.
//!
//! [`model`] holds the plain values that both sides think in; everything else of this crate
//! turns them into messages and back. The generated types ([`wire`]) stop at the edge of a program.

pub mod limits;
pub mod model;
pub mod version;
pub mod wire;
