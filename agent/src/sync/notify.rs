//! Notifications, with who gave the last one.

#![expect(unsafe_code, reason = "a future that owns what it borrows from")]

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::task::waits::{Event, Kind, Resource, Seldom, Subject};

/// [`tokio::sync::Notify`] that knows who notified last, and which tasks wait.
///
/// # Cost
/// 3 ns more than tokio's for a notification (`agent/benches/sync.rs`).
///
/// ```
/// use taskscope::sync::Notify;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let ready = Notify::new();
/// ready.notify_one();
/// ready.notified().await;
/// # });
/// ```
pub struct Notify {
    resource: Resource,
    inner: tokio::sync::Notify,
}

/// The first end of what a notification goes through.
const IN: usize = 0;

impl Notify {
    /// Nobody has notified yet.
    #[track_caller]
    pub fn new() -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::Notify::new() }
    }

    /// [`new`](Self::new) for statics.
    #[track_caller]
    pub const fn const_new() -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::Notify::const_new() }
    }

    /// Waits for a notification. Cancel safe, but the place in the queue is lost.
    pub fn notified(&self) -> Notified<'_> {
        Notified { wait: Seldom::new(), inner: self.inner.notified(), notify: self }
    }

    /// [`notified`](Self::notified) with a reference count in place of a reference.
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        // SAFETY: the future keeps the reference count for longer than what borrows here.
        let notify = unsafe { &*Arc::as_ptr(&self) };
        OwnedNotified { wait: Seldom::new(), inner: notify.inner.notified(), notify: self }
    }

    /// Notifies the task that has waited longest, or the next that will.
    pub fn notify_one(&self) {
        self.resource.note_use(IN);
        self.inner.notify_one();
    }

    /// Notifies the task that has waited shortest, or the next that will.
    pub fn notify_last(&self) {
        self.resource.note_use(IN);
        self.inner.notify_last();
    }

    /// Notifies all tasks that wait now.
    pub fn notify_waiters(&self) {
        self.resource.note_use(IN);
        self.inner.notify_waiters();
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// As tokio's.
impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// A notification that was given and not received is lost.
impl From<Notify> for tokio::sync::Notify {
    fn from(notify: Notify) -> Self {
        notify.inner
    }
}

pin_project! {
    /// What [`Notify::notified`] returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Notified<'a> {
        wait: Seldom,
        #[pin]
        inner: tokio::sync::futures::Notified<'a>,
        notify: &'a Notify,
    }
}

pin_project! {
    /// What [`Notify::notified_owned`] returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct OwnedNotified {
        wait: Seldom,
        // Dropped before what it borrows from.
        #[pin]
        inner: tokio::sync::futures::Notified<'static>,
        notify: Arc<Notify>,
    }
}

impl Notified<'_> {
    /// Takes a place in the queue before the first poll; whether there is a notification already.
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.project().inner.enable()
    }
}

impl OwnedNotified {
    /// Takes a place in the queue before the first poll; whether there is a notification already.
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.project().inner.enable()
    }
}

/// Polls a future of tokio's, and notes how that went.
#[inline]
fn poll(
    inner: Pin<&mut tokio::sync::futures::Notified<'_>>,
    cx: &mut Context<'_>,
    wait: &mut Seldom,
    notify: &Notify,
) -> Poll<()> {
    let address = std::ptr::from_ref(&*inner).addr();
    let result = inner.poll(cx);
    if result.is_ready() {
        wait.over();
    } else {
        wait.pending(address, cx, || Event(Kind::Notify, &notify.resource).about());
    }
    result
}

impl Future for Notified<'_> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        poll(this.inner, cx, this.wait, this.notify)
    }
}

impl Future for OwnedNotified {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        poll(this.inner, cx, this.wait, this.notify)
    }
}
