//! A value that is made once, with who is at it.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use super::SetError;
use crate::task::waits::{About, Held, Kind, Resource, Seat, Subject, Watched};

/// [`tokio::sync::OnceCell`] that knows which task makes the value, and which wait for that.
///
/// # Cost
/// That of tokio's once the value is there.
///
/// ```
/// use taskscope::sync::OnceCell;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// static CONFIG: OnceCell<String> = OnceCell::const_new();
/// assert_eq!(CONFIG.get_or_init(|| async { "loaded".to_owned() }).await, "loaded");
/// # });
/// ```
pub struct OnceCell<T> {
    resource: Resource,
    inner: tokio::sync::OnceCell<T>,
}

/// One call that makes the value, unless another does.
#[derive(Debug)]
struct Making<'a> {
    resource: &'a Resource,
    /// This call is the one: it waits for nobody.
    begun: &'a AtomicBool,
}

impl Subject for Making<'_> {
    const EVERY: bool = true;

    fn about(&self) -> About {
        Held(Kind::OnceCell, self.resource).about()
    }

    fn is_waiting(&self) -> bool {
        !self.begun.load(Ordering::Relaxed)
    }
}

impl Making<'_> {
    /// Runs what makes the value, with a note of who does.
    async fn run<V, Fut: Future<Output = V>>(&self, make: impl FnOnce() -> Fut) -> V {
        self.begun.store(true, Ordering::Relaxed);
        // It is known where the call is: nothing that makes the value leaves it, even if the cell
        // is a static.
        let _held = self.resource.hold(&Seat::borrowed(std::ptr::from_ref(self).addr(), 0), 0);
        make().await
    }
}

impl<T> OnceCell<T> {
    /// What the agent knows of it.
    #[cfg(test)]
    pub(super) fn facts(&self) -> crate::task::waits::State {
        crate::task::waits::state(self.resource.id().unwrap()).unwrap()
    }

    /// Without a value.
    #[track_caller]
    pub fn new() -> Self {
        Self::of(tokio::sync::OnceCell::new())
    }

    /// [`new`](Self::new) for statics.
    #[track_caller]
    pub const fn const_new() -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::OnceCell::const_new() }
    }

    /// With a value, or without.
    #[track_caller]
    pub fn new_with(value: Option<T>) -> Self {
        Self::of(tokio::sync::OnceCell::new_with(value))
    }

    /// With a value, for statics.
    #[track_caller]
    pub const fn const_new_with(value: T) -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::OnceCell::const_new_with(value) }
    }

    #[track_caller]
    fn of(inner: tokio::sync::OnceCell<T>) -> Self {
        Self { resource: Resource::new(), inner }
    }

    /// Whether the value is there.
    pub fn initialized(&self) -> bool {
        self.inner.initialized()
    }

    /// The value, if it is there.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.inner.get()
    }

    /// The value, if it is there.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.inner.get_mut()
    }

    /// Sets the value.
    ///
    /// # Errors
    /// It is there already, or being made: the new one comes back.
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        self.inner.set(value)
    }

    /// The value; if it is not there, `f` makes it, or that of another call that came first.
    pub async fn get_or_init<F, Fut>(&self, f: F) -> &T
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        if let Some(value) = self.inner.get() {
            return value;
        }
        let begun = AtomicBool::new(false);
        let making = || Making { resource: &self.resource, begun: &begun };
        let run = making();
        let get = self.inner.get_or_init(|| run.run(f));
        Watched::new(making(), get).await.0
    }

    /// [`get_or_init`](Self::get_or_init) with what may fail.
    ///
    /// # Errors
    /// That of `f`. The next call tries again.
    pub async fn get_or_try_init<E, F, Fut>(&self, f: F) -> Result<&T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        if let Some(value) = self.inner.get() {
            return Ok(value);
        }
        let begun = AtomicBool::new(false);
        let making = || Making { resource: &self.resource, begun: &begun };
        let run = making();
        let get = self.inner.get_or_try_init(|| run.run(f));
        Watched::new(making(), get).await.0
    }

    /// Takes the value out.
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// Takes the value out and leaves none.
    pub fn take(&mut self) -> Option<T> {
        self.inner.take()
    }
}

impl<T> Default for OnceCell<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// As tokio's.
impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: Clone> Clone for OnceCell<T> {
    fn clone(&self) -> Self {
        Self { resource: self.resource.another(), inner: self.inner.clone() }
    }
}

impl<T: PartialEq> PartialEq for OnceCell<T> {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T> From<T> for OnceCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new_with(Some(value))
    }
}

impl<T> From<OnceCell<T>> for tokio::sync::OnceCell<T> {
    fn from(cell: OnceCell<T>) -> Self {
        cell.inner
    }
}
