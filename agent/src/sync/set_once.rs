//! A value that is set once, and waited for.

use std::fmt;

use super::SetOnceError;
use crate::task::waits::{Event, Kind, Resource, Watched};

/// [`tokio::sync::SetOnce`] of which it is known which tasks wait.
///
/// # Cost
/// That of tokio's.
///
/// ```
/// use taskscope::sync::SetOnce;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let address = SetOnce::new();
/// address.set("localhost").unwrap();
/// assert_eq!(*address.wait().await, "localhost");
/// # });
/// ```
pub struct SetOnce<T> {
    resource: Resource,
    inner: tokio::sync::SetOnce<T>,
}

impl<T> SetOnce<T> {
    /// Without a value.
    #[track_caller]
    pub fn new() -> Self {
        Self::of(tokio::sync::SetOnce::new())
    }

    /// [`new`](Self::new) for statics.
    #[track_caller]
    pub const fn const_new() -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::SetOnce::const_new() }
    }

    /// With a value, or without.
    #[track_caller]
    pub fn new_with(value: Option<T>) -> Self {
        Self::of(tokio::sync::SetOnce::new_with(value))
    }

    /// With a value, for statics.
    #[track_caller]
    pub const fn const_new_with(value: T) -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::SetOnce::const_new_with(value) }
    }

    #[track_caller]
    fn of(inner: tokio::sync::SetOnce<T>) -> Self {
        Self { resource: Resource::new(), inner }
    }

    /// Whether the value is set.
    pub fn initialized(&self) -> bool {
        self.inner.initialized()
    }

    /// The value, if it is set.
    pub fn get(&self) -> Option<&T> {
        self.inner.get()
    }

    /// Sets the value.
    ///
    /// # Errors
    /// It is set already: the new one comes back.
    pub fn set(&self, value: T) -> Result<(), SetOnceError<T>> {
        self.inner.set(value)
    }

    /// Takes the value out, if it is set.
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// Waits until the value is set. Cancel safe.
    pub async fn wait(&self) -> &T {
        Watched::new(Event(Kind::OnceCell, &self.resource), self.inner.wait()).await.0
    }
}

impl<T> Default for SetOnce<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// As tokio's.
impl<T: fmt::Debug> fmt::Debug for SetOnce<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T: Clone> Clone for SetOnce<T> {
    fn clone(&self) -> Self {
        Self { resource: self.resource.another(), inner: self.inner.clone() }
    }
}

impl<T: PartialEq> PartialEq for SetOnce<T> {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl<T: Eq> Eq for SetOnce<T> {}

impl<T> From<T> for SetOnce<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new_with(Some(value))
    }
}
