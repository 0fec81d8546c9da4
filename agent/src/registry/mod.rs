//! Collections that many threads fill and one reads. They do not know what a task is.

mod append_vec;
mod interner;
mod sharded;

pub(crate) use append_vec::AppendVec;
pub(crate) use interner::{Full, Interner};
pub(crate) use sharded::{Place, Sharded};
