//! Alerts: rules over what services tell, pure like the analysis below them.
//!
//! ```text
//! profile, or that the agent is gone ──▶ readings of every rule ──▶ life of every alert ──▶ changes
//! ```
//!
//! An [`Engine`] watches one service. Whoever has one brings it each profile with the time it came
//! at ([`At`]), and gets back which alerts fire from then on and which are over. It has no clock and
//! does no I/O, so a recording and a test run through it as a service does.
//!
//! **Nothing flaps.** A condition has to hold for a while before its alert fires; it has to be over,
//! and numbers below nine tenths of their threshold, for a while before the alert is resolved; and
//! the same alert fires again only after a rest. The same alert is the one of the same rule about the
//! same tasks by labels and spawn location: numbers of groups change from run to run.
//!
//! What is not seen is not judged: while an agent is gone its other alerts stay as they are.

mod built_in;
mod engine;
mod file;
mod hush;
mod json;
mod life;
mod past;
mod reading;
mod rule;
mod service;
mod subject;
mod track;
mod trend;
mod when;

pub use built_in::built_in;
pub use engine::{Alert, Change, Engine, Turn};
pub use file::{RulesError, read_rules};
pub use hush::{AlertId, AlertKey, Hush, Hushed, Silence};
pub use json::date;
pub use life::At;
pub use rule::{Amount, Rule, Severity, What};
pub use service::Service;
pub use subject::Subject;

#[cfg(test)]
mod tests;
