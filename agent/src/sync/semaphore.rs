//! A semaphore that knows who has its permits.

#![expect(unsafe_code, reason = "a permit that owns what it borrows from")]

use std::fmt;
use std::sync::Arc;

use super::{AcquireError, TryAcquireError};
use crate::task::waits::{Held, Hold, Kind, Resource, Seat, Watched};

/// Tokio's permit.
type Raw<'a> = tokio::sync::SemaphorePermit<'a>;

/// [`tokio::sync::Semaphore`] that knows which tasks have permits and since when, and which wait.
///
/// The first four holders are known one by one, further ones are counted; so are permits that were
/// forgotten.
///
/// # Cost
/// 8 ns more than tokio's for `acquire` and the permit's end, uncontended
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
    held: Hold,
    raw: Raw<'a>,
    semaphore: &'a Semaphore,
}

/// Permits of a [`Semaphore`] with a reference count of it, given back when dropped.
#[must_use]
#[clippy::has_significant_drop]
pub struct OwnedSemaphorePermit {
    // Dropped in this order: the semaphore only after its permits.
    held: Hold,
    raw: Raw<'static>,
    semaphore: Arc<Semaphore>,
}

/// As many permits as tokio's permit says, for notes.
fn number(raw: &Raw<'_>) -> u32 {
    u32::try_from(raw.num_permits()).unwrap_or(u32::MAX)
}

/// Permits whose semaphore stays where it is for as long as somebody else says.
///
/// # Safety
/// Whoever keeps the permits keeps the semaphore that they are of for longer.
unsafe fn forever(raw: Raw<'_>) -> Raw<'static> {
    // SAFETY: only the lifetime changes, and the caller sees to it.
    unsafe { std::mem::transmute(raw) }
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
        let (raw, at) = watched.await;
        Ok(self.permit(raw?, 1, &Seat::borrowed(at)))
    }

    /// Waits for `n` permits. Cancel safe, but the place in the queue is lost.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        let acquire = self.inner.acquire_many(n);
        let (raw, at) = Watched::new(Held(Kind::Semaphore, &self.resource), acquire).await;
        Ok(self.permit(raw?, n, &Seat::borrowed(at)))
    }

    /// A permit, if there is one.
    ///
    /// # Errors
    /// There is none, or the semaphore is closed.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        Ok(self.permit(self.inner.try_acquire()?, 1, &Seat::loose()))
    }

    /// `n` permits, if there are as many.
    ///
    /// # Errors
    /// There are fewer, or the semaphore is closed.
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        Ok(self.permit(self.inner.try_acquire_many(n)?, n, &Seat::loose()))
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
        Ok(self.permit(self.inner.blocking_acquire()?, 1, &Seat::loose()))
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
        Ok(self.permit(self.inner.blocking_acquire_many(n)?, n, &Seat::loose()))
    }

    /// [`acquire`](Self::acquire) with a reference count in place of a reference.
    ///
    /// # Errors
    /// The semaphore is closed.
    pub async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        let watched = Watched::new(Held(Kind::Semaphore, &self.resource), self.inner.acquire());
        // SAFETY: of this semaphore, and the next to be made is the owned permit.
        let raw = unsafe { forever(watched.await.0?) };
        Ok(self.owned(raw, 1))
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
        // SAFETY: of this semaphore, and the next to be made is the owned permit.
        let raw = unsafe { forever(watched.await.0?) };
        Ok(self.owned(raw, n))
    }

    /// [`try_acquire`](Self::try_acquire) with a reference count in place of a reference.
    ///
    /// # Errors
    /// There is none, or the semaphore is closed.
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        // SAFETY: of this semaphore, and the next to be made is the owned permit.
        let raw = unsafe { forever(self.inner.try_acquire()?) };
        Ok(self.owned(raw, 1))
    }

    /// [`try_acquire_many`](Self::try_acquire_many) with a reference count in place of a reference.
    ///
    /// # Errors
    /// There are fewer, or the semaphore is closed.
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        // SAFETY: of this semaphore, and the next to be made is the owned permit.
        let raw = unsafe { forever(self.inner.try_acquire_many(n)?) };
        Ok(self.owned(raw, n))
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
        // SAFETY: of this semaphore, and the next to be made is the owned permit.
        let raw = unsafe { forever(self.inner.blocking_acquire()?) };
        Ok(self.owned(raw, 1))
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
        // SAFETY: of this semaphore, and the next to be made is the owned permit.
        let raw = unsafe { forever(self.inner.blocking_acquire_many(n)?) };
        Ok(self.owned(raw, n))
    }

    /// Gives no permits from here on: who waits for some gets an error.
    pub fn close(&self) {
        self.inner.close();
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    #[inline]
    fn permit<'a>(&'a self, raw: Raw<'a>, n: u32, seat: &Seat) -> SemaphorePermit<'a> {
        SemaphorePermit { held: self.resource.hold(seat, n), raw, semaphore: self }
    }

    #[inline]
    fn owned(self: Arc<Self>, raw: Raw<'static>, n: u32) -> OwnedSemaphorePermit {
        let held = self.resource.hold(&Seat::loose(), n);
        OwnedSemaphorePermit { held, raw, semaphore: self }
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
    ([$($lifetime:lifetime)?] $permit:ty, $semaphore:ty) => {
        impl $(<$lifetime>)? $permit {
            /// Never gives the permits back.
            pub fn forget(self) {
                self.held.forget(number(&self.raw));
                self.raw.forget();
            }

            /// Adds the permits of another.
            ///
            /// # Panics
            /// If they are of another semaphore.
            #[track_caller]
            pub fn merge(&mut self, other: Self) {
                self.raw.merge(other.raw);
                self.note();
            }

            /// Takes `n` permits out, if there are as many.
            pub fn split(&mut self, n: usize) -> Option<Self> {
                let raw = self.raw.split(n)?;
                self.note();
                let held = self.semaphore.resource.hold(&Seat::loose(), number(&raw));
                Some(Self { held, raw, semaphore: self.semaphore.clone() })
            }

            /// The semaphore that they are of.
            pub fn semaphore(&self) -> &$semaphore {
                &self.semaphore
            }

            /// How many there are.
            pub fn num_permits(&self) -> usize {
                self.raw.num_permits()
            }

            fn note(&self) {
                self.held.change(|holder| holder.permits = number(&self.raw));
            }
        }

        /// As tokio's.
        impl $(<$lifetime>)? fmt::Debug for $permit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.raw.fmt(f)
            }
        }
    };
}

permit! { ['a] SemaphorePermit<'a>, Semaphore }
permit! { [] OwnedSemaphorePermit, Arc<Semaphore> }
