//! The report: a whole profile in one piece, for a terminal or for a program.
//!
//! Pure: the profile carries its own clock.

mod activity;
mod ages;
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

pub use incident::{Extent, Incident, IncidentSource, PastPoint, Singles, Trends, suspected};
pub use json::json;
pub use style::Style;
pub use text::text;
pub use top::{TopSort, TopTable, top};
