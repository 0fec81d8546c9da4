//! The guard of a reader.

use std::marker::PhantomData;

use super::{Hold, RawRead, guard_shows, guard_traits};

/// The right to read what a [`RwLock`](super::RwLock) guards, until it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    held: Hold,
    raw: RawRead<'a>,
    data: *const T,
    value: PhantomData<&'a T>,
}

// SAFETY: as a reference to the value.
unsafe impl<T: ?Sized + Sync> Send for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    #[inline]
    pub(super) fn new(held: Hold, raw: RawRead<'a>, data: *const T) -> Self {
        Self { held, raw, data, value: PhantomData }
    }

    #[inline]
    fn data(&self) -> *const T {
        self.data
    }

    /// Narrows the guard to a part of what it guards.
    pub fn map<F, U: ?Sized>(this: Self, part: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let data = std::ptr::from_ref(part(&*this));
        let Self { held, raw, .. } = this;
        RwLockReadGuard::new(held, raw, data)
    }

    /// Narrows the guard to a part of what it guards, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<F, U: ?Sized>(this: Self, part: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let Some(data) = part(&*this).map(std::ptr::from_ref) else { return Err(this) };
        let Self { held, raw, .. } = this;
        Ok(RwLockReadGuard::new(held, raw, data))
    }
}

guard_traits! { ['a, T: ?Sized] RwLockReadGuard<'a, T> => T }
guard_shows! { ['a, T: ?Sized] RwLockReadGuard<'a, T> => T }
