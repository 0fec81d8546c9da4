//! Which lines of tokio's `RwLock` wait to read and which to write.
//!
//! Both stand in one file, in async functions, whose names inlining takes away when there are
//! only line tables. So the agent asks the tokio that the service is linked with: it waits once
//! for each itself, captures the chain, and keeps the lines it sees.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use taskscope_proto::model::{Frame, WaitKind};
use tokio::sync::RwLock;

use super::library;
use super::resolver::Resolver;
use super::wait_kind::last_segment;
use crate::task::probe::capture_once;

/// Lines and columns of `rwlock.rs` on chains that wait to read, and to write.
#[derive(Debug, Default)]
pub(super) struct RwLockLines {
    read: Vec<(u32, u32)>,
    write: Vec<(u32, u32)>,
}

impl RwLockLines {
    /// Whether the frame, one of `rwlock.rs`, waits to read or to write.
    pub(super) fn kind(&self, frame: &Frame) -> Option<WaitKind> {
        let name = last_segment(&frame.function);
        let at = frame.location.as_ref().map(|l| (l.line, l.column))?;
        if name.starts_with("read") || self.read.contains(&at) {
            Some(WaitKind::RwlockRead)
        } else if name.starts_with("write") || self.write.contains(&at) {
            Some(WaitKind::RwlockWrite)
        } else {
            None
        }
    }
}

/// Finds the lines out.
pub(super) fn rwlock(resolver: &mut Resolver) -> RwLockLines {
    let lock = Arc::new(RwLock::new(()));
    let Ok(_held) = lock.try_write() else { return RwLockLines::default() };
    let mut lines = RwLockLines {
        read: [
            lines_of(resolver, async { drop(lock.read().await) }),
            lines_of(resolver, async { drop(Arc::clone(&lock).read_owned().await) }),
        ]
        .concat(),
        write: [
            lines_of(resolver, async { drop(lock.write().await) }),
            lines_of(resolver, async { drop(Arc::clone(&lock).write_owned().await) }),
        ]
        .concat(),
    };
    // What both share says nothing.
    let shared: Vec<_> = lines.read.iter().filter(|l| lines.write.contains(l)).copied().collect();
    lines.read.retain(|line| !shared.contains(line));
    lines.write.retain(|line| !shared.contains(line));
    lines
}

fn lines_of(resolver: &mut Resolver, wait: impl Future<Output = ()>) -> Vec<(u32, u32)> {
    let chains = capture_once(pin!(wait));
    let mut lines = Vec::new();
    for frame in chains.iter().flat_map(|addresses| resolver.chain(addresses)) {
        if library::of(&frame) == Some(("tokio", "sync/rwlock.rs")) {
            lines.extend(frame.location.as_ref().map(|l| (l.line, l.column)));
        }
    }
    lines
}
