//! A mutex that knows who holds it.
//!
//! The lock is tokio's, around nothing; the value is beside it. So a guard that owns a reference
//! count can keep tokio's guard, whose type names no value.

#![expect(unsafe_code, reason = "a lock hands out what it guards")]

mod mapped;
mod owned;

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::Arc;

pub use self::mapped::{MappedMutexGuard, OwnedMappedMutexGuard};
pub use self::owned::OwnedMutexGuard;
use super::TryLockError;
use super::guards::{guard_changes, guard_shows, guard_traits};
use crate::task::waits::{Held, HoldAlone, Kind, Resource, Seat, Watched, arc_of};

/// Tokio's guard of the lock.
type Raw<'a> = tokio::sync::MutexGuard<'a, ()>;

/// [`tokio::sync::Mutex`] that knows which task holds it and since when, and which tasks wait.
///
/// # Cost
/// 5 ns more than tokio's for `lock` and the guard's end, uncontended (`agent/benches/sync.rs`).
///
/// ```
/// use taskscope::sync::Mutex;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let names = Mutex::new(vec!["a"]);
/// names.lock().await.push("b");
/// assert_eq!(*names.lock().await, ["a", "b"]);
/// # });
/// ```
pub struct Mutex<T: ?Sized> {
    resource: Resource,
    lock: tokio::sync::Mutex<()>,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes where the mutex goes.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: the lock lets one thread at a time reach the value.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// The right to use what a [`Mutex`] guards, until it is dropped. It borrows the mutex.
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized> {
    // Dropped in this order: a holder must be forgotten before there can be another.
    held: HoldAlone,
    raw: Raw<'a>,
    lock: &'a Mutex<T>,
}

// SAFETY: shares the value, no more.
unsafe impl<T: ?Sized + Send + Sync> Sync for MutexGuard<'_, T> {}

impl<T: ?Sized> Mutex<T> {
    /// What the agent knows of it.
    #[cfg(test)]
    pub(super) fn facts(&self) -> crate::task::waits::State {
        crate::task::waits::state(self.resource.id().unwrap()).unwrap()
    }

    /// A mutex that nobody holds.
    #[track_caller]
    pub fn new(value: T) -> Self
    where
        T: Sized,
    {
        Self {
            resource: Resource::new(),
            lock: tokio::sync::Mutex::new(()),
            value: UnsafeCell::new(value),
        }
    }

    /// [`new`](Self::new) for statics.
    #[track_caller]
    pub const fn const_new(value: T) -> Self
    where
        T: Sized,
    {
        Self {
            resource: Resource::new(),
            lock: tokio::sync::Mutex::const_new(()),
            value: UnsafeCell::new(value),
        }
    }

    /// Waits until nobody else holds it. Cancel safe, but the place in the queue is lost.
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        let watched = Watched::new(Held(Kind::Mutex, &self.resource), self.lock.lock());
        let (raw, at) = watched.await;
        self.guard(raw, &Seat::borrowed(at, arc_of(self)))
    }

    /// [`lock`](Self::lock) for code that is not async.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        let raw = self.lock.blocking_lock();
        self.guard(raw, &Seat::loose())
    }

    /// [`lock_owned`](Self::lock_owned) for code that is not async.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        // SAFETY: of this mutex, and the next to be made is the owned guard.
        let raw = unsafe { forever(self.lock.blocking_lock()) };
        OwnedMutexGuard::new(raw, self)
    }

    /// [`lock`](Self::lock) with a guard that owns a reference count in place of a reference.
    pub async fn lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        let watched = Watched::new(Held(Kind::Mutex, &self.resource), self.lock.lock());
        // SAFETY: of this mutex, and the next to be made is the owned guard.
        let raw = unsafe { forever(watched.await.0) };
        OwnedMutexGuard::new(raw, self)
    }

    /// The guard, if nobody holds the mutex.
    ///
    /// # Errors
    /// Somebody holds it.
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let raw = self.lock.try_lock()?;
        Ok(self.guard(raw, &Seat::loose()))
    }

    /// [`try_lock`](Self::try_lock) with a guard that owns a reference count.
    ///
    /// # Errors
    /// Somebody holds it.
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        // SAFETY: of this mutex, and the next to be made is the owned guard.
        let raw = unsafe { forever(self.lock.try_lock()?) };
        Ok(OwnedMutexGuard::new(raw, self))
    }

    /// The value, without locking: nobody else has a reference.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Takes the mutex apart.
    pub fn into_inner(self) -> T
    where
        T: Sized,
    {
        self.value.into_inner()
    }

    #[inline]
    fn guard<'a>(&'a self, raw: Raw<'a>, seat: &Seat) -> MutexGuard<'a, T> {
        MutexGuard { held: self.resource.hold_alone(seat), raw, lock: self }
    }
}

/// A guard whose lock stays where it is for as long as somebody else says.
///
/// # Safety
/// Whoever keeps the guard keeps the mutex that it is of for longer.
unsafe fn forever(raw: Raw<'_>) -> Raw<'static> {
    // SAFETY: only the lifetime changes, and the caller sees to it.
    unsafe { std::mem::transmute(raw) }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    #[inline]
    fn data(&self) -> *mut T {
        self.lock.value.get()
    }

    /// Narrows the guard to a part of what it guards.
    pub fn map<U: ?Sized, F>(mut this: Self, part: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data = std::ptr::from_mut(part(&mut *this));
        let Self { held, raw, .. } = this;
        MappedMutexGuard::new(held, raw, data)
    }

    /// Narrows the guard to a part of what it guards, if there is that part.
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

    /// The mutex that the guard is of.
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.lock
    }
}

guard_traits! { ['a, T: ?Sized] MutexGuard<'a, T> => T }
guard_changes! { ['a, T: ?Sized] MutexGuard<'a, T> => T }
guard_shows! { ['a, T: ?Sized] MutexGuard<'a, T> => T }

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// As tokio's: the value, unless it is locked.
impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => shown.field("data", &&*guard),
            Err(_) => shown.field("data", &format_args!("<locked>")),
        };
        shown.finish()
    }
}

/// The value in a mutex of tokio's.
impl<T> From<Mutex<T>> for tokio::sync::Mutex<T> {
    fn from(mutex: Mutex<T>) -> Self {
        Self::new(mutex.into_inner())
    }
}
