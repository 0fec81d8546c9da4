//! The guards of a writer that own a reference count of the lock.

use std::sync::Arc;

use super::{
    Hold, OwnedRwLockReadGuard, RawWrite, RwLock, Seat, downgrade, guard_changes, guard_shows,
    guard_traits,
};

/// The right to change what a [`RwLock`] guards, until it is dropped. It may go anywhere.
#[clippy::has_significant_drop]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    // Dropped in this order: the lock only after its guard.
    held: Hold,
    raw: RawWrite<'static>,
    lock: Arc<RwLock<T>>,
}

// `Send` and `Sync` if the lock is, which takes both of the value.

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// `raw` is of that lock.
    #[inline]
    pub(super) fn of_lock(raw: RawWrite<'static>, lock: Arc<RwLock<T>>) -> Self {
        let held = lock.resource.hold_to_write(&Seat::loose());
        Self { held, raw, lock }
    }

    #[inline]
    fn data(&self) -> *mut T {
        self.lock.value.get()
    }

    /// Narrows the guard to a part of what it guards.
    pub fn map<F, U: ?Sized>(mut this: Self, part: F) -> OwnedRwLockMappedWriteGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data = std::ptr::from_mut(part(&mut *this));
        let Self { held, raw, lock } = this;
        OwnedRwLockMappedWriteGuard { held, raw, data, lock }
    }

    /// Narrows the guard to a part, to read it: others may read from here on.
    pub fn downgrade_map<F, U: ?Sized>(this: Self, part: F) -> OwnedRwLockReadGuard<T, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let data = std::ptr::from_ref(part(&*this));
        let Self { held, raw, lock } = this;
        let raw = downgrade(&held, raw);
        OwnedRwLockReadGuard::new(held, raw, lock, data)
    }

    /// Narrows the guard to a part of what it guards, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        part: F,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(data) = part(&mut *this).map(std::ptr::from_mut) else { return Err(this) };
        let Self { held, raw, lock } = this;
        Ok(OwnedRwLockMappedWriteGuard { held, raw, data, lock })
    }

    /// Narrows the guard to a part, to read it, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_downgrade_map<F, U: ?Sized>(
        this: Self,
        part: F,
    ) -> Result<OwnedRwLockReadGuard<T, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let Some(data) = part(&*this).map(std::ptr::from_ref) else { return Err(this) };
        let Self { held, raw, lock } = this;
        let raw = downgrade(&held, raw);
        Ok(OwnedRwLockReadGuard::new(held, raw, lock, data))
    }

    /// The same guard as one of a part, which is all of it.
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        Self::map(this, |value| value)
    }

    /// Goes on as a reader, with no writer in between.
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        Self::downgrade_map(self, |value| value)
    }

    /// The lock that the guard is of.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

guard_traits! { [T: ?Sized] OwnedRwLockWriteGuard<T> => T }
guard_changes! { [T: ?Sized] OwnedRwLockWriteGuard<T> => T }
guard_shows! { [T: ?Sized] OwnedRwLockWriteGuard<T> => T }

/// The right to change a part of what a [`RwLock`] guards, with a reference count of the lock: see
/// [`OwnedRwLockWriteGuard::map`].
#[clippy::has_significant_drop]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    // Dropped in this order: the lock only after its guard.
    held: Hold,
    raw: RawWrite<'static>,
    data: *mut U,
    lock: Arc<RwLock<T>>,
}

// SAFETY: as the lock with a reference to the part.
unsafe impl<T, U> Send for OwnedRwLockMappedWriteGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}
// SAFETY: as above.
unsafe impl<T, U> Sync for OwnedRwLockMappedWriteGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    #[inline]
    fn data(&self) -> *mut U {
        self.data
    }

    /// Narrows the guard further.
    pub fn map<F, V: ?Sized>(mut this: Self, part: F) -> OwnedRwLockMappedWriteGuard<T, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        let data = std::ptr::from_mut(part(&mut *this));
        let Self { held, raw, lock, .. } = this;
        OwnedRwLockMappedWriteGuard { held, raw, data, lock }
    }

    /// Narrows the guard further, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<F, V: ?Sized>(
        mut this: Self,
        part: F,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        let Some(data) = part(&mut *this).map(std::ptr::from_mut) else { return Err(this) };
        let Self { held, raw, lock, .. } = this;
        Ok(OwnedRwLockMappedWriteGuard { held, raw, data, lock })
    }

    /// The lock that the guard is of.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

guard_traits! { [T: ?Sized, U: ?Sized] OwnedRwLockMappedWriteGuard<T, U> => U }
guard_changes! { [T: ?Sized, U: ?Sized] OwnedRwLockMappedWriteGuard<T, U> => U }
guard_shows! { [T: ?Sized, U: ?Sized] OwnedRwLockMappedWriteGuard<T, U> => U }
