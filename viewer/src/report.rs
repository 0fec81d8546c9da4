//! The report: a whole profile in one piece, or what changed between two, for a terminal or for a
//! program.
//!
//! Pure: the profile carries its own clock.

mod activity;
mod ages;
mod difference;
mod heap;
mod incident;
mod json;
mod names;
mod style;
mod text;
mod top;
mod tree;
mod words;

#[cfg(test)]
mod fixture;

pub(crate) use ages::moment;
pub use difference::{difference_text, headline};
pub use incident::{Extent, Incident, IncidentSource, PastPoint, Singles, Trends, suspected};
pub use json::{difference_json, json};
pub use style::Style;
pub(crate) use style::harmless;
pub use text::text;
pub use top::{TopSort, TopTable, top};
