//! Collections that many threads fill and one reads. They do not know what a task is.

mod append_vec;
mod counted;
mod interner;
mod sharded;

pub(crate) use append_vec::AppendVec;
pub(crate) use counted::{Counted, Spares, Vacant};
pub(crate) use interner::{Full, Interner};
pub(crate) use sharded::{Place, Sharded};

#[cfg(test)]
mod tests;
