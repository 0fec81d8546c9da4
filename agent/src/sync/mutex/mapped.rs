//! Guards of a part of what a mutex guards.

use std::marker::PhantomData;
use std::sync::Arc;

use super::{Mutex, Raw, guard_changes, guard_shows, guard_traits};
use crate::task::waits::HoldAlone;

/// The right to use a part of what a [`Mutex`] guards: see
/// [`MutexGuard::map`](super::MutexGuard::map).
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    // Dropped in this order, as those of the whole guard.
    held: HoldAlone,
    raw: Raw<'a>,
    data: *mut T,
    part: PhantomData<&'a mut T>,
}

// SAFETY: as a mutable reference to the part.
unsafe impl<T: ?Sized + Send> Send for MappedMutexGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    pub(super) fn new(held: HoldAlone, raw: Raw<'a>, data: *mut T) -> Self {
        Self { held, raw, data, part: PhantomData }
    }

    #[inline]
    fn data(&self) -> *mut T {
        self.data
    }

    /// Narrows the guard further.
    pub fn map<U: ?Sized, F>(mut this: Self, part: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data = std::ptr::from_mut(part(&mut *this));
        let Self { held, raw, .. } = this;
        MappedMutexGuard::new(held, raw, data)
    }

    /// Narrows the guard further, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<U: ?Sized, F>(mut this: Self, part: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(data) = part(&mut *this).map(std::ptr::from_mut) else { return Err(this) };
        let Self { held, raw, .. } = this;
        Ok(MappedMutexGuard::new(held, raw, data))
    }
}

guard_traits! { ['a, T: ?Sized] MappedMutexGuard<'a, T> => T }
guard_changes! { ['a, T: ?Sized] MappedMutexGuard<'a, T> => T }
guard_shows! { ['a, T: ?Sized] MappedMutexGuard<'a, T> => T }

/// The right to use a part of what a [`Mutex`] guards, with a reference count of the mutex: see
/// [`OwnedMutexGuard::map`](super::OwnedMutexGuard::map).
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    // Dropped in this order, as those of the whole guard.
    held: HoldAlone,
    raw: Raw<'static>,
    data: *mut U,
    lock: Arc<Mutex<T>>,
}

// SAFETY: as the mutex with a mutable reference to the part.
unsafe impl<T: ?Sized + Send, U: ?Sized + Send> Send for OwnedMappedMutexGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedMappedMutexGuard<T, U> {}

impl<T: ?Sized, U: ?Sized> OwnedMappedMutexGuard<T, U> {
    pub(super) fn new(
        held: HoldAlone,
        raw: Raw<'static>,
        lock: Arc<Mutex<T>>,
        data: *mut U,
    ) -> Self {
        Self { held, raw, data, lock }
    }

    #[inline]
    fn data(&self) -> *mut U {
        self.data
    }

    /// Narrows the guard further.
    pub fn map<S: ?Sized, F>(mut this: Self, part: F) -> OwnedMappedMutexGuard<T, S>
    where
        F: FnOnce(&mut U) -> &mut S,
    {
        let data = std::ptr::from_mut(part(&mut *this));
        let Self { held, raw, lock, .. } = this;
        OwnedMappedMutexGuard::new(held, raw, lock, data)
    }

    /// Narrows the guard further, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<S: ?Sized, F>(
        mut this: Self,
        part: F,
    ) -> Result<OwnedMappedMutexGuard<T, S>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut S>,
    {
        let Some(data) = part(&mut *this).map(std::ptr::from_mut) else { return Err(this) };
        let Self { held, raw, lock, .. } = this;
        Ok(OwnedMappedMutexGuard::new(held, raw, lock, data))
    }
}

guard_traits! { [T: ?Sized, U: ?Sized] OwnedMappedMutexGuard<T, U> => U }
guard_changes! { [T: ?Sized, U: ?Sized] OwnedMappedMutexGuard<T, U> => U }
guard_shows! { [T: ?Sized, U: ?Sized] OwnedMappedMutexGuard<T, U> => U }
