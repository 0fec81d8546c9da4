//! Futures that are known while they are pending.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::resource::{End, Resource};
use super::seat::{Waiter, order};
use super::wait::{About, Kind, Registered};

/// What a future waits for.
pub(crate) trait Subject {
    /// Whether to note every wait. Otherwise a wait is noted when the agent looks at its task,
    /// which it does once the task has been parked for a while: what is often pending would pay
    /// too much.
    const EVERY: bool;

    fn about(&self) -> About;

    /// Whether the future waits for that, and for nothing else just now.
    fn is_waiting(&self) -> bool {
        true
    }
}

/// A wait for something that some task has: such a wait is not the normal way of things.
#[derive(Debug)]
pub(crate) struct Held<'a>(pub(crate) Kind, pub(crate) &'a Resource);

impl Subject for Held<'_> {
    const EVERY: bool = true;

    fn about(&self) -> About {
        let (resource, made_at) = (self.1.id(), Some(self.1.made_at));
        About { resource, made_at, ..About::of(self.0) }
    }
}

/// A wait for something to happen.
#[derive(Debug)]
pub(crate) struct Event<'a>(pub(crate) Kind, pub(crate) &'a Resource);

impl Subject for Event<'_> {
    const EVERY: bool = false;

    fn about(&self) -> About {
        let (resource, made_at) = (self.1.id(), Some(self.1.made_at));
        About { resource, made_at, ..About::of(self.0) }
    }
}

/// A wait at a channel.
#[derive(Debug)]
pub(crate) struct AtEnd<'a>(pub(crate) Kind, pub(crate) &'a End);

impl Subject for AtEnd<'_> {
    const EVERY: bool = false;

    fn about(&self) -> About {
        let (resource, made_at) = (self.1.id(), Some(self.1.made_at));
        About { resource, made_at, ..About::of(self.0) }
    }
}

/// What a future carries that is known only when the agent looks.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Option<Registered>);

impl Seldom {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// The future at `address` was polled and is pending.
    #[inline]
    pub(crate) fn pending(
        &mut self,
        address: usize,
        cx: &Context<'_>,
        about: impl FnOnce() -> About,
    ) {
        if self.0.is_some() || Waiter::is_looked_at() {
            self.note(address, cx, about);
        }
    }

    #[cold]
    fn note(&mut self, address: usize, cx: &Context<'_>, about: impl FnOnce() -> About) {
        note(&mut self.0, address, cx, 0, about);
    }

    /// The future has ended.
    #[inline]
    pub(crate) fn over(&mut self) {
        self.0 = None;
    }
}

#[cold]
fn note(
    registered: &mut Option<Registered>,
    address: usize,
    cx: &Context<'_>,
    began: u64,
    about: impl FnOnce() -> About,
) {
    let Some(mut waiter) = Waiter::here(address, cx.waker()) else {
        // What no task polls is nobody's wait.
        *registered = None;
        return;
    };
    if let Some(known) = registered {
        known.polled_by(waiter);
        return;
    }
    if began == 0 {
        waiter.since = Waiter::parked_since().unwrap_or(waiter.since);
    }
    *registered = Registered::new(waiter, address, began, about());
}

pin_project! {
    /// A future that is known while it is pending. Returns what `inner` does, and where this
    /// future lay.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Watched<S, F> {
        // Dropped in this order: nobody must count on a wait that has left its queue.
        registered: Option<Registered>,
        began: u64,
        subject: S,
        #[pin]
        inner: F,
    }
}

impl<S: Subject, F: Future> Watched<S, F> {
    #[inline]
    pub(crate) fn new(subject: S, inner: F) -> Self {
        Self { registered: None, began: 0, subject, inner }
    }
}

impl<S: Subject, F: Future> Future for Watched<S, F> {
    type Output = (F::Output, usize);

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let address = std::ptr::from_ref(&*self).addr();
        let this = self.project();
        if S::EVERY && *this.began == 0 {
            *this.began = order::begin();
        }
        match this.inner.poll(cx) {
            Poll::Ready(output) => {
                *this.registered = None;
                Poll::Ready((output, address))
            }
            Poll::Pending => {
                if !this.subject.is_waiting() {
                    *this.registered = None;
                } else if S::EVERY || this.registered.is_some() || Waiter::is_looked_at() {
                    note(this.registered, address, cx, *this.began, || this.subject.about());
                }
                Poll::Pending
            }
        }
    }
}
