//! What `taskscope::task` shows besides the types of its own room: the ways to start a task, from
//! the room above, and what of tokio's module needs no change.

pub use tokio::task::{
    AbortHandle, Id, JoinError, LocalEnterGuard, LocalKey, block_in_place, coop, futures, id,
    try_id, yield_now,
};

pub use crate::spawn::{
    Builder, Inherit, JoinSet, LocalSet, spawn, spawn_blocking, spawn_blocking_on, spawn_local,
    spawn_on,
};
