//! Profiles in other people's formats.
//!
//! Pure: bytes are made, and nothing is read or written.

mod heap;
mod pprof;

pub use heap::heap;
