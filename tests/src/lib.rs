//! What the end-to-end tests and the house rules stand on: the real programs, started and asked
//! as a user would, and the sources, read as text.
//!
//! Tests wait for conditions with a deadline; nothing here sleeps and hopes.

pub mod example;
pub mod leak_suite;
#[cfg(target_os = "linux")]
pub mod memory_limit;
pub mod programs;
pub mod report;
pub mod running;
pub mod sources;
pub mod wait;

/// The README's examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
