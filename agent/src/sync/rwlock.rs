//! A reader-writer lock that knows who holds it.
//!
//! The lock is tokio's, around nothing; the value is beside it, as in [`Mutex`](super::Mutex).

#![expect(unsafe_code, reason = "a lock hands out what it guards")]

mod owned;
mod owned_write;
mod read;
mod write;

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::Arc;

pub use self::owned::OwnedRwLockReadGuard;
pub use self::owned_write::{OwnedRwLockMappedWriteGuard, OwnedRwLockWriteGuard};
pub use self::read::RwLockReadGuard;
pub use self::write::{RwLockMappedWriteGuard, RwLockWriteGuard};
use super::TryLockError;
use super::guards::{guard_changes, guard_shows, guard_traits};
use crate::task::waits::{Held, Hold, Kind, Resource, Seat, Watched, arc_of};

/// Tokio's guards of the lock.
type RawRead<'a> = tokio::sync::RwLockReadGuard<'a, ()>;
type RawWrite<'a> = tokio::sync::RwLockWriteGuard<'a, ()>;

/// [`tokio::sync::RwLock`] that knows which tasks hold it and since when, and which tasks wait.
///
/// The first four holders are known one by one, further ones are counted.
///
/// # Cost
/// 6 ns more than tokio's for `read` or `write` and the guard's end, uncontended
/// (`agent/benches/sync.rs`).
///
/// ```
/// use taskscope::sync::RwLock;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let names = RwLock::new(vec!["a"]);
/// names.write().await.push("b");
/// assert_eq!(*names.read().await, ["a", "b"]);
/// # });
/// ```
pub struct RwLock<T: ?Sized> {
    resource: Resource,
    lock: tokio::sync::RwLock<()>,
    value: UnsafeCell<T>,
}

// SAFETY: the value goes where the lock goes.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: the lock lets one thread at a time write the value, and many read it.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

impl<T: ?Sized> RwLock<T> {
    /// What the agent knows of it.
    #[cfg(test)]
    pub(super) fn facts(&self) -> crate::task::waits::State {
        crate::task::waits::state(self.resource.id().unwrap()).unwrap()
    }

    /// A lock that nobody holds.
    #[track_caller]
    pub fn new(value: T) -> Self
    where
        T: Sized,
    {
        Self::of(tokio::sync::RwLock::new(()), value)
    }

    /// A lock that so many can read at a time.
    ///
    /// # Panics
    /// For more than `u32::MAX >> 3` readers.
    #[track_caller]
    pub fn with_max_readers(value: T, max_reads: u32) -> Self
    where
        T: Sized,
    {
        Self::of(tokio::sync::RwLock::with_max_readers((), max_reads), value)
    }

    /// [`new`](Self::new) for statics.
    #[track_caller]
    pub const fn const_new(value: T) -> Self
    where
        T: Sized,
    {
        Self::of(tokio::sync::RwLock::const_new(()), value)
    }

    /// [`with_max_readers`](Self::with_max_readers) for statics.
    ///
    /// # Panics
    /// For more than `u32::MAX >> 3` readers.
    #[track_caller]
    pub const fn const_with_max_readers(value: T, max_reads: u32) -> Self
    where
        T: Sized,
    {
        Self::of(tokio::sync::RwLock::const_with_max_readers((), max_reads), value)
    }

    #[track_caller]
    const fn of(lock: tokio::sync::RwLock<()>, value: T) -> Self
    where
        T: Sized,
    {
        Self { resource: Resource::new(), lock, value: UnsafeCell::new(value) }
    }

    /// Waits until nobody writes, nor waits to write in front of this call. Cancel safe, but the
    /// place in the queue is lost.
    pub async fn read(&self) -> RwLockReadGuard<'_, T> {
        let watched = Watched::new(Held(Kind::RwLockRead, &self.resource), self.lock.read());
        let (raw, at) = watched.await;
        self.read_guard(raw, &Seat::borrowed(at, arc_of(self)))
    }

    /// [`read`](Self::read) for code that is not async.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        self.read_guard(self.lock.blocking_read(), &Seat::loose())
    }

    /// [`read`](Self::read) with a guard that owns a reference count in place of a reference.
    pub async fn read_owned(self: Arc<Self>) -> OwnedRwLockReadGuard<T> {
        let watched = Watched::new(Held(Kind::RwLockRead, &self.resource), self.lock.read());
        // SAFETY: of this lock, and the next to be made is the owned guard.
        let raw = unsafe { forever_read(watched.await.0) };
        OwnedRwLockReadGuard::of_lock(raw, self)
    }

    /// The guard, if nobody writes, nor waits to.
    ///
    /// # Errors
    /// Somebody does.
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        Ok(self.read_guard(self.lock.try_read()?, &Seat::loose()))
    }

    /// [`try_read`](Self::try_read) with a guard that owns a reference count.
    ///
    /// # Errors
    /// Somebody writes, or waits to.
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        // SAFETY: of this lock, and the next to be made is the owned guard.
        let raw = unsafe { forever_read(self.lock.try_read()?) };
        Ok(OwnedRwLockReadGuard::of_lock(raw, self))
    }

    /// Waits until nobody holds it. Cancel safe, but the place in the queue is lost.
    pub async fn write(&self) -> RwLockWriteGuard<'_, T> {
        let watched = Watched::new(Held(Kind::RwLockWrite, &self.resource), self.lock.write());
        let (raw, at) = watched.await;
        self.write_guard(raw, &Seat::borrowed(at, arc_of(self)))
    }

    /// [`write`](Self::write) for code that is not async.
    ///
    /// # Panics
    /// Inside of async code.
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        self.write_guard(self.lock.blocking_write(), &Seat::loose())
    }

    /// [`write`](Self::write) with a guard that owns a reference count in place of a reference.
    pub async fn write_owned(self: Arc<Self>) -> OwnedRwLockWriteGuard<T> {
        let watched = Watched::new(Held(Kind::RwLockWrite, &self.resource), self.lock.write());
        // SAFETY: of this lock, and the next to be made is the owned guard.
        let raw = unsafe { forever_write(watched.await.0) };
        OwnedRwLockWriteGuard::of_lock(raw, self)
    }

    /// The guard, if nobody holds the lock.
    ///
    /// # Errors
    /// Somebody holds it.
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        Ok(self.write_guard(self.lock.try_write()?, &Seat::loose()))
    }

    /// [`try_write`](Self::try_write) with a guard that owns a reference count.
    ///
    /// # Errors
    /// Somebody holds it.
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        // SAFETY: of this lock, and the next to be made is the owned guard.
        let raw = unsafe { forever_write(self.lock.try_write()?) };
        Ok(OwnedRwLockWriteGuard::of_lock(raw, self))
    }

    /// The value, without locking: nobody else has a reference.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Takes the lock apart.
    pub fn into_inner(self) -> T
    where
        T: Sized,
    {
        self.value.into_inner()
    }

    #[inline]
    fn read_guard<'a>(&'a self, raw: RawRead<'a>, seat: &Seat) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard::new(self.resource.hold(seat, 1), raw, self.value.get())
    }

    #[inline]
    fn write_guard<'a>(&'a self, raw: RawWrite<'a>, seat: &Seat) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard::new(self.resource.hold_to_write(seat), raw, self.value.get())
    }
}

/// From here on other readers may come: the holder is one of them.
fn downgrade<'a>(held: &Hold, raw: RawWrite<'a>) -> RawRead<'a> {
    held.change(|holder| holder.permits = 1);
    raw.downgrade()
}

/// A guard whose lock stays where it is for as long as somebody else says.
///
/// # Safety
/// Whoever keeps the guard keeps the lock that it is of for longer.
unsafe fn forever_read(raw: RawRead<'_>) -> RawRead<'static> {
    // SAFETY: only the lifetime changes, and the caller sees to it.
    unsafe { std::mem::transmute(raw) }
}

/// A guard whose lock stays where it is for as long as somebody else says.
///
/// # Safety
/// Whoever keeps the guard keeps the lock that it is of for longer.
unsafe fn forever_write(raw: RawWrite<'_>) -> RawWrite<'static> {
    // SAFETY: only the lifetime changes, and the caller sees to it.
    unsafe { std::mem::transmute(raw) }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// As tokio's: the value, unless somebody writes.
impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => shown.field("data", &&*guard),
            Err(_) => shown.field("data", &format_args!("<locked>")),
        };
        shown.finish()
    }
}

/// The value in a lock of tokio's.
impl<T> From<RwLock<T>> for tokio::sync::RwLock<T> {
    fn from(lock: RwLock<T>) -> Self {
        Self::new(lock.into_inner())
    }
}
