//! The guard of a reader that owns a reference count of the lock.

use std::sync::Arc;

use super::{Hold, RawRead, RwLock, Seat, guard_shows, guard_traits};

/// The right to read what a [`RwLock`] guards, or a part of it, until it is dropped. It may go
/// anywhere.
#[clippy::has_significant_drop]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    // Dropped in this order: the lock only after its guard.
    held: Hold,
    raw: RawRead<'static>,
    data: *const U,
    lock: Arc<RwLock<T>>,
}

// SAFETY: as the lock with a reference to the part.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Sync> Send for OwnedRwLockReadGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedRwLockReadGuard<T, U> {}

impl<T: ?Sized> OwnedRwLockReadGuard<T> {
    /// `raw` is of that lock.
    #[inline]
    pub(super) fn of_lock(raw: RawRead<'static>, lock: Arc<RwLock<T>>) -> Self {
        let held = lock.resource.hold(&Seat::loose(), 1);
        let data = lock.value.get().cast_const();
        Self { held, raw, data, lock }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    pub(super) fn new(
        held: Hold,
        raw: RawRead<'static>,
        lock: Arc<RwLock<T>>,
        data: *const U,
    ) -> Self {
        Self { held, raw, data, lock }
    }

    #[inline]
    fn data(&self) -> *const U {
        self.data
    }

    /// Narrows the guard to a part of what it guards.
    pub fn map<F, V: ?Sized>(this: Self, part: F) -> OwnedRwLockReadGuard<T, V>
    where
        F: FnOnce(&U) -> &V,
    {
        let data = std::ptr::from_ref(part(&*this));
        let Self { held, raw, lock, .. } = this;
        OwnedRwLockReadGuard::new(held, raw, lock, data)
    }

    /// Narrows the guard to a part of what it guards, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<F, V: ?Sized>(this: Self, part: F) -> Result<OwnedRwLockReadGuard<T, V>, Self>
    where
        F: FnOnce(&U) -> Option<&V>,
    {
        let Some(data) = part(&*this).map(std::ptr::from_ref) else { return Err(this) };
        let Self { held, raw, lock, .. } = this;
        Ok(OwnedRwLockReadGuard::new(held, raw, lock, data))
    }

    /// The lock that the guard is of.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

guard_traits! { [T: ?Sized, U: ?Sized] OwnedRwLockReadGuard<T, U> => U }
guard_shows! { [T: ?Sized, U: ?Sized] OwnedRwLockReadGuard<T, U> => U }
