//! A semaphore that knows who has its permits.

use std::fmt;
use std::sync::Arc;

use super::{AcquireError, TryAcquireError};
use crate::task::waits::{Held, Hold, Kind, Resource, Seat, Watched};

/// [`tokio::sync::Semaphore`] that knows which tasks have permits and since when, and which wait.
///
/// The first four holders are known one by one, further ones are counted; so are permits that were
/// forgotten.
///
/// # Cost
/// 5 ns more than tokio's for `acquire` and the permit's end, uncontended
/// (`agent/benches/sync.rs`).
///
/// ```
/// use taskscope::sync::Semaphore;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let semaphore = Semaphore::new(3);
/// let permits = semaphore.acquire_many(2).await.unwrap();
/// assert_eq!(semaphore.available_permits(), 1);
/// drop(permits);
/// # });
/// ```
pub struct Semaphore {
    resource: Resource,
    inner: tokio::sync::Semaphore,
}

/// Permits of a [`Semaphore`], given back when dropped.
#[must_use]
#[clippy::has_significant_drop]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    held: Hold,
    permits: u32,
}

/// Permits of a [`Semaphore`] with a reference count of it, given back when dropped.
#[must_use]
#[clippy::has_significant_drop]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    held: Hold,
    permits: u32,
}

impl Semaphore {
    /// What the agent knows of it.
    #[cfg(test)]
    pub(super) fn facts(&self) -> crate::task::waits::State {
        crate::task::waits::state(self.resource.id().unwrap()).unwrap()
    }

    /// The most permits there can be.
    pub const MAX_PERMITS: usize = tokio::sync::Semaphore::MAX_PERMITS;

    /// With so many permits.
    ///
    /// # Panics
    /// For more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::Semaphore::new(permits) }
    }

    /// [`new`](Self::new) for statics.
    ///
    /// # Panics
    /// For more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub const fn const_new(permits: usize) -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::Semaphore::const_new(permits) }
    }

    /// Permits that nobody has.
    pub fn available_permits(&self) -> usize {
        self.inner.available_permits()
    }

    /// Adds permits.
    ///
    /// # Panics
    /// If there are more than [`MAX_PERMITS`](Self::MAX_PERMITS) then.
    pub fn add_permits(&self, n: usize) {
        self.inner.add_permits(n);
    }

    /// Takes up to `n` permits away that nobody has; how many.
    pub fn forget_permits(&self, n: usize) -> usize {
        self.inner.forget_permits(n)
    }

    /// Waits for a permit. Cancel safe, but the place in the queue is lost.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        let watched = Watched::new(Held(Kind::Semaphore, &self.resource), self.inner.acquire());
        watched.await.0?.forget();
        Ok(self.permit(1))
    }

    /// Waits for `n` permits. Cancel safe, but the place in the queue is lost.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        let acquire = self.inner.acquire_many(n);
        let watched = Watched::new(Held(Kind::Semaphore, &self.resource), acquire);
        watched.await.0?.forget();
        Ok(self.permit(n))
    }

    /// A permit, if there is one.
    ///
    /// # Errors
    /// There is none, or the semaphore is closed.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.inner.try_acquire()?.forget();
        Ok(self.permit(1))
    }

    /// `n` permits, if there are as many.
    ///
    /// # Errors
    /// There are fewer, or the semaphore is closed.
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.inner.try_acquire_many(n)?.forget();
        Ok(self.permit(n))
    }

    /// [`acquire`](Self::acquire) for code that is not async.
    ///
    /// # Errors
    /// The semaphore is closed.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.inner.blocking_acquire()?.forget();
        Ok(self.permit(1))
    }

    /// [`acquire_many`](Self::acquire_many) for code that is not async.
    ///
    /// # Errors
    /// The semaphore is closed.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.inner.blocking_acquire_many(n)?.forget();
        Ok(self.permit(n))
    }

    /// [`acquire`](Self::acquire) with a reference count in place of a reference.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        let watched = Watched::new(Held(Kind::Semaphore, &self.resource), self.inner.acquire());
        watched.await.0?.forget();
        Ok(self.owned(1))
    }

    /// [`acquire_many`](Self::acquire_many) with a reference count in place of a reference.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        let acquire = self.inner.acquire_many(n);
        let watched = Watched::new(Held(Kind::Semaphore, &self.resource), acquire);
        watched.await.0?.forget();
        Ok(self.owned(n))
    }

    /// [`try_acquire`](Self::try_acquire) with a reference count in place of a reference.
    ///
    /// # Errors
    /// There is none, or the semaphore is closed.
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.inner.try_acquire()?.forget();
        Ok(self.owned(1))
    }

    /// [`try_acquire_many`](Self::try_acquire_many) with a reference count in place of a reference.
    ///
    /// # Errors
    /// There are fewer, or the semaphore is closed.
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.inner.try_acquire_many(n)?.forget();
        Ok(self.owned(n))
    }

    /// [`acquire_owned`](Self::acquire_owned) for code that is not async.
    ///
    /// # Errors
    /// The semaphore is closed.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.inner.blocking_acquire()?.forget();
        Ok(self.owned(1))
    }

    /// [`acquire_many_owned`](Self::acquire_many_owned) for code that is not async.
    ///
    /// # Errors
    /// The semaphore is closed.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.inner.blocking_acquire_many(n)?.forget();
        Ok(self.owned(n))
    }

    /// Gives no permits from here on: who waits for some gets an error.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// A permit in place of tokio's, which was forgotten.
    #[inline]
    fn permit(&self, permits: u32) -> SemaphorePermit<'_> {
        SemaphorePermit { semaphore: self, held: self.hold(permits), permits }
    }

    /// A permit in place of tokio's, which was forgotten.
    #[inline]
    fn owned(self: Arc<Self>, permits: u32) -> OwnedSemaphorePermit {
        OwnedSemaphorePermit { held: self.hold(permits), semaphore: self, permits }
    }

    #[inline]
    fn hold(&self, permits: u32) -> Hold {
        // Anybody may add permits: of a semaphore no holder is sure, wherever its permits are.
        self.resource.hold(&Seat::loose(), permits)
    }
}

/// As tokio's.
impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// With the permits that are there; to be used while nobody has any.
impl From<Semaphore> for tokio::sync::Semaphore {
    fn from(semaphore: Semaphore) -> Self {
        semaphore.inner
    }
}

/// What both kinds of permits do.
macro_rules! permit {
    ([$($lifetime:lifetime)?] $permit:ty, $name:literal, $semaphore:ty) => {
        impl $(<$lifetime>)? $permit {
            /// Never gives the permits back.
            pub fn forget(mut self) {
                self.held.forget(self.permits);
                self.permits = 0;
            }

            /// Adds the permits of another.
            ///
            /// # Panics
            /// If they are of another semaphore.
            #[track_caller]
            pub fn merge(&mut self, mut other: Self) {
                let of = |permits: &Self| std::ptr::from_ref::<Semaphore>(&permits.semaphore);
                assert!(
                    std::ptr::eq(of(self), of(&other)),
                    "merging permits from different semaphore instances"
                );
                self.permits += other.permits;
                other.permits = 0;
                self.note();
            }

            /// Takes `n` permits out, if there are as many.
            pub fn split(&mut self, n: usize) -> Option<Self> {
                let n = u32::try_from(n).ok()?;
                self.permits = self.permits.checked_sub(n)?;
                self.note();
                let (semaphore, held) = (self.semaphore.clone(), self.semaphore.hold(n));
                Some(Self { semaphore, held, permits: n })
            }

            /// The semaphore that they are of.
            pub fn semaphore(&self) -> &$semaphore {
                &self.semaphore
            }

            /// How many there are.
            pub fn num_permits(&self) -> usize {
                self.permits as usize
            }

            fn note(&self) {
                self.held.change(|holder| holder.permits = self.permits);
            }
        }

        impl $(<$lifetime>)? Drop for $permit {
            #[inline]
            fn drop(&mut self) {
                self.semaphore.inner.add_permits(self.permits as usize);
            }
        }

        /// As tokio's.
        impl $(<$lifetime>)? fmt::Debug for $permit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut shown = f.debug_struct($name);
                shown.field("sem", &self.semaphore).field("permits", &self.permits).finish()
            }
        }
    };
}

permit! { ['a] SemaphorePermit<'a>, "SemaphorePermit", Semaphore }
permit! { [] OwnedSemaphorePermit, "OwnedSemaphorePermit", Arc<Semaphore> }
