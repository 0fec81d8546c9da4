//! Alerts on the desktop: a notification when one fires, and its end in the same place.
//!
//! ```text
//! Change ──▶ Notifier::tell ──queue──▶ taskscope-notify: Crier ──▶ the system's notifications
//! ```
//!
//! Whoever has a [`Notifier`] never waits for the desktop: what finds no room in the queue is
//! counted. [`Crier`] decides what is shown and when (a few a minute, the rest as one number), and a
//! [`Board`] shows it.

mod board;
mod crier;
mod notifier;
mod words;

pub use board::{Board, System};
pub use crier::{Crier, MOST_A_MINUTE};
pub use notifier::{Notifier, Standing};
pub use words::{Urgency, Words};

#[cfg(test)]
mod tests;
