//! The guard that owns a reference count of its mutex.

use std::sync::Arc;

use super::mapped::OwnedMappedMutexGuard;
use super::{Mutex, Raw, guard_changes, guard_shows, guard_traits};
use crate::task::waits::{HoldAlone, Seat};

/// The right to use what a [`Mutex`] guards, until it is dropped. It may go anywhere.
#[clippy::has_significant_drop]
pub struct OwnedMutexGuard<T: ?Sized> {
    // Dropped in this order: the holder, the lock, and only then the mutex.
    held: HoldAlone,
    raw: Raw<'static>,
    lock: Arc<Mutex<T>>,
}

// SAFETY: shares the value, no more.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// `raw` is of that mutex.
    #[inline]
    pub(super) fn new(raw: Raw<'static>, lock: Arc<Mutex<T>>) -> Self {
        Self { held: lock.resource.hold_alone(&Seat::loose()), raw, lock }
    }

    #[inline]
    fn data(&self) -> *mut T {
        self.lock.value.get()
    }

    /// Narrows the guard to a part of what it guards.
    pub fn map<U: ?Sized, F>(mut this: Self, part: F) -> OwnedMappedMutexGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data = std::ptr::from_mut(part(&mut *this));
        let Self { held, raw, lock } = this;
        OwnedMappedMutexGuard::new(held, raw, lock, data)
    }

    /// Narrows the guard to a part of what it guards, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<U: ?Sized, F>(
        mut this: Self,
        part: F,
    ) -> Result<OwnedMappedMutexGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(data) = part(&mut *this).map(std::ptr::from_mut) else { return Err(this) };
        let Self { held, raw, lock } = this;
        Ok(OwnedMappedMutexGuard::new(held, raw, lock, data))
    }

    /// The mutex that the guard is of.
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        &this.lock
    }
}

guard_traits! { [T: ?Sized] OwnedMutexGuard<T> => T }
guard_changes! { [T: ?Sized] OwnedMutexGuard<T> => T }
guard_shows! { [T: ?Sized] OwnedMutexGuard<T> => T }
