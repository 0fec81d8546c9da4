//! What `spawn` returns.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::{AbortHandle, Id, JoinError};

/// Owned permission to wait for a task: [`tokio::task::JoinHandle`], which it behaves as.
///
/// Dropping it detaches the task, which goes on running.
#[derive(Debug)]
pub struct JoinHandle<T> {
    inner: tokio::task::JoinHandle<T>,
    blocking: bool,
}

impl<T> JoinHandle<T> {
    pub(crate) fn of_task(inner: tokio::task::JoinHandle<T>) -> Self {
        Self { inner, blocking: false }
    }

    pub(crate) fn of_blocking(inner: tokio::task::JoinHandle<T>) -> Self {
        Self { inner, blocking: true }
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
        if self.blocking {
            super::blocking::poll(&mut self.inner, cx)
        } else {
            Pin::new(&mut self.inner).poll(cx)
        }
    }
}
