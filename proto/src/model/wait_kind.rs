//! What a leaf of an await tree waits for.

use std::fmt;
use std::sync::Arc;

/// What a task waits for at the end of an await chain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each name is the tokio type or method that is awaited")]
pub enum WaitKind {
    MpscRecv,
    MpscSend,
    Oneshot,
    Mutex,
    RwlockRead,
    RwlockWrite,
    Semaphore,
    Notify,
    Watch,
    Broadcast,
    Barrier,
    OnceCell,
    Sleep,
    Interval,
    IoRead,
    IoWrite,
    Accept,
    Connect,
    JoinHandle,
    JoinSet,
    Cancelled,
    SpawnBlocking,
    FuturesUnordered,
    /// No live waker: nothing will ever wake the task.
    Nothing,
    /// Something that Taskscope has no word for, with the leaf's path.
    Other(Arc<str>),
}

impl WaitKind {
    /// Every kind that has a fixed name, with that name.
    pub const NAMED: [(Self, &'static str); 24] = [
        (Self::MpscRecv, "mpsc_recv"),
        (Self::MpscSend, "mpsc_send"),
        (Self::Oneshot, "oneshot"),
        (Self::Mutex, "mutex"),
        (Self::RwlockRead, "rwlock_read"),
        (Self::RwlockWrite, "rwlock_write"),
        (Self::Semaphore, "semaphore"),
        (Self::Notify, "notify"),
        (Self::Watch, "watch"),
        (Self::Broadcast, "broadcast"),
        (Self::Barrier, "barrier"),
        (Self::OnceCell, "once_cell"),
        (Self::Sleep, "sleep"),
        (Self::Interval, "interval"),
        (Self::IoRead, "io_read"),
        (Self::IoWrite, "io_write"),
        (Self::Accept, "accept"),
        (Self::Connect, "connect"),
        (Self::JoinHandle, "join_handle"),
        (Self::JoinSet, "join_set"),
        (Self::Cancelled, "cancelled"),
        (Self::SpawnBlocking, "spawn_blocking"),
        (Self::FuturesUnordered, "futures_unordered"),
        (Self::Nothing, "nothing"),
    ];

    /// The name that dumps and screens use; `other` for everything without one.
    pub fn name(&self) -> &'static str {
        Self::NAMED.iter().find(|(kind, _)| kind == self).map_or("other", |(_, name)| name)
    }

    /// Whether waiting here for long is what the code asked for.
    pub fn is_timer(&self) -> bool {
        matches!(self, Self::Sleep | Self::Interval)
    }
}

/// The name, with the path in brackets for [`WaitKind::Other`].
impl fmt::Display for WaitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(path) if path.is_empty() => f.write_str("other"),
            Self::Other(path) => write!(f, "other({path})"),
            named => f.write_str(named.name()),
        }
    }
}
