//! What `spawn` returns.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::{AbortHandle, Id, JoinError};

use super::ticket::{DetachOnDrop, Ticket};
use super::waits::{About, Kind, Seldom, Targets};

/// Owned permission to wait for a task: [`tokio::task::JoinHandle`], which it behaves as.
///
/// Dropping it detaches the task, which goes on running and is marked as one that nobody waits
/// for. What asks for tokio's own handle gets it by [`From`] or [`AsRef`].
///
/// # Cost
/// 32 bytes more than tokio's; when it is dropped before its task has ended 20 to 100 ns more, the
/// latter if the task's record is in no cache (50,000 handles in a row on a shared x86-64 server).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let handle = taskscope::spawn(async { 6 * 7 });
/// assert_eq!(handle.await.unwrap(), 42);
///
/// // For a function that takes tokio's.
/// let handle: tokio::task::JoinHandle<_> = taskscope::spawn(async { "ready" }).into();
/// assert_eq!(handle.await.unwrap(), "ready");
/// # });
/// ```
pub struct JoinHandle<T> {
    inner: tokio::task::JoinHandle<T>,
    detach: DetachOnDrop,
    blocking: bool,
    /// Who awaits it.
    wait: Seldom,
}

impl<T> JoinHandle<T> {
    pub(crate) fn of_task(inner: tokio::task::JoinHandle<T>, ticket: Ticket) -> Self {
        Self { inner, detach: DetachOnDrop::new(ticket), blocking: false, wait: Seldom::new() }
    }

    pub(crate) fn of_blocking(inner: tokio::task::JoinHandle<T>, ticket: Ticket) -> Self {
        Self { inner, detach: DetachOnDrop::new(ticket), blocking: true, wait: Seldom::new() }
    }

    /// Aborts the task; see [`tokio::task::JoinHandle::abort`].
    pub fn abort(&self) {
        self.inner.abort();
    }

    /// Whether the task has ended; see [`tokio::task::JoinHandle::is_finished`].
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    /// A handle that can abort the task and nothing else.
    #[must_use = "abort handles do nothing unless `.abort` is called"]
    pub fn abort_handle(&self) -> AbortHandle {
        self.inner.abort_handle()
    }

    /// The runtime's id of the task.
    pub fn id(&self) -> Id {
        self.inner.id()
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let result = if this.blocking {
            super::blocking::poll(&mut this.inner, cx)
        } else {
            Pin::new(&mut this.inner).poll(cx)
        };
        if result.is_ready() {
            this.detach.disarm();
            this.wait.over();
        } else {
            let address = std::ptr::from_ref(this).addr();
            let targets = match this.detach.ticket() {
                Ticket::NONE => Targets::Unknown,
                target => Targets::One(target),
            };
            this.wait.pending(address, cx, || About { targets, ..About::of(Kind::JoinHandle) });
        }
        result
    }
}

/// As tokio's.
impl<T: fmt::Debug> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Gives the tokio handle up: from here on nobody sees whether the task is detached.
impl<T> From<JoinHandle<T>> for tokio::task::JoinHandle<T> {
    fn from(handle: JoinHandle<T>) -> Self {
        let JoinHandle { inner, mut detach, .. } = handle;
        detach.disarm();
        inner
    }
}

/// A handle of a task that is not tracked, or not by `spawn`.
impl<T> From<tokio::task::JoinHandle<T>> for JoinHandle<T> {
    fn from(inner: tokio::task::JoinHandle<T>) -> Self {
        Self { inner, detach: DetachOnDrop::disarmed(), blocking: false, wait: Seldom::new() }
    }
}

impl<T> AsRef<tokio::task::JoinHandle<T>> for JoinHandle<T> {
    fn as_ref(&self) -> &tokio::task::JoinHandle<T> {
        &self.inner
    }
}
