//! The guards of a writer.

use std::marker::PhantomData;

use super::{Hold, RawWrite, RwLockReadGuard, downgrade, guard_changes, guard_shows, guard_traits};

/// The right to change what a [`RwLock`](super::RwLock) guards, until it is dropped.
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    held: Hold,
    raw: RawWrite<'a>,
    data: *mut T,
    value: PhantomData<&'a mut T>,
}

// SAFETY: as a reference to the value.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockWriteGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    #[inline]
    pub(super) fn new(held: Hold, raw: RawWrite<'a>, data: *mut T) -> Self {
        Self { held, raw, data, value: PhantomData }
    }

    #[inline]
    fn data(&self) -> *mut T {
        self.data
    }

    /// Narrows the guard to a part of what it guards.
    pub fn map<F, U: ?Sized>(mut this: Self, part: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data = std::ptr::from_mut(part(&mut *this));
        let Self { held, raw, .. } = this;
        RwLockMappedWriteGuard::new(held, raw, data)
    }

    /// Narrows the guard to a part, to read it: others may read from here on.
    pub fn downgrade_map<F, U: ?Sized>(this: Self, part: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let data = std::ptr::from_ref(part(&*this));
        let Self { held, raw, .. } = this;
        let raw = downgrade(&held, raw);
        RwLockReadGuard::new(held, raw, data)
    }

    /// Narrows the guard to a part of what it guards, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        part: F,
    ) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(data) = part(&mut *this).map(std::ptr::from_mut) else { return Err(this) };
        let Self { held, raw, .. } = this;
        Ok(RwLockMappedWriteGuard::new(held, raw, data))
    }

    /// Narrows the guard to a part, to read it, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_downgrade_map<F, U: ?Sized>(
        this: Self,
        part: F,
    ) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let Some(data) = part(&*this).map(std::ptr::from_ref) else { return Err(this) };
        let Self { held, raw, .. } = this;
        let raw = downgrade(&held, raw);
        Ok(RwLockReadGuard::new(held, raw, data))
    }

    /// The same guard as one of a part, which is all of it.
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        Self::map(this, |value| value)
    }

    /// Goes on as a reader, with no writer in between.
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        Self::downgrade_map(self, |value| value)
    }
}

guard_traits! { ['a, T: ?Sized] RwLockWriteGuard<'a, T> => T }
guard_changes! { ['a, T: ?Sized] RwLockWriteGuard<'a, T> => T }
guard_shows! { ['a, T: ?Sized] RwLockWriteGuard<'a, T> => T }

/// The right to change a part of what a [`RwLock`](super::RwLock) guards: see
/// [`RwLockWriteGuard::map`].
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    held: Hold,
    raw: RawWrite<'a>,
    data: *mut T,
    part: PhantomData<&'a mut T>,
}

// SAFETY: as a reference to the part.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockMappedWriteGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockMappedWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockMappedWriteGuard<'a, T> {
    fn new(held: Hold, raw: RawWrite<'a>, data: *mut T) -> Self {
        Self { held, raw, data, part: PhantomData }
    }

    #[inline]
    fn data(&self) -> *mut T {
        self.data
    }

    /// Narrows the guard further.
    pub fn map<F, U: ?Sized>(mut this: Self, part: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data = std::ptr::from_mut(part(&mut *this));
        let Self { held, raw, .. } = this;
        RwLockMappedWriteGuard::new(held, raw, data)
    }

    /// Narrows the guard further, if there is that part.
    ///
    /// # Errors
    /// There is none: the guard comes back.
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        part: F,
    ) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let Some(data) = part(&mut *this).map(std::ptr::from_mut) else { return Err(this) };
        let Self { held, raw, .. } = this;
        Ok(RwLockMappedWriteGuard::new(held, raw, data))
    }
}

guard_traits! { ['a, T: ?Sized] RwLockMappedWriteGuard<'a, T> => T }
guard_changes! { ['a, T: ?Sized] RwLockMappedWriteGuard<'a, T> => T }
guard_shows! { ['a, T: ?Sized] RwLockMappedWriteGuard<'a, T> => T }
