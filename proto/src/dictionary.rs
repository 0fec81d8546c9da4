//! The dictionary of a stream: what repeats is sent once and referred to by id afterwards.
//!
//! Ids count from 1; 0 is the empty string, no labels, no location, no tree. Entries refer only
//! to entries sent before them or with them, in the order strings, label sets, locations, frames,
//! trees, so a [`Reader`] can build each one when it arrives and cycles cannot be written down.
//!
//! Both sides count what the dictionary takes by the same rough rule (`cost`), so that what a
//! [`Writer`] sends a [`Reader`] accepts.

mod cost;
mod entry;
mod reader;
mod shared;
mod writer;

pub(crate) use entry::{Entry, Sink};
pub(crate) use reader::Reader;
#[cfg(test)]
pub(crate) use writer::Capacity;
pub(crate) use writer::Writer;
