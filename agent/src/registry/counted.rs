//! References to an entry of the registry, and the room that an entry leaves for the next one.
//!
//! An [`Arc`](std::sync::Arc) that others can be made of by who only knows where it is, and whose
//! memory can be used again while they may still be looking. One word, `refs`, says it all: how
//! many references there are, and whether the entry is `LISTED`.
//!
//! Rules, which `tests/loom.rs` checks:
//!
//! 1. The memory of an entry that was ever listed is freed only after the registry has forgotten
//!    where it is, under the lock that readers hold while they look there.
//! 2. Only while an entry is `LISTED` may who owns no reference make one. Its owner, who has one,
//!    takes `LISTED` away for good.
//! 3. From then on who finds but one reference, his own, is alone. The value is written only
//!    then, and another is in its place before the entry is listed again.

#![expect(unsafe_code, reason = "reference counts and memory that is used again")]

use std::cell::{self, RefCell};
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::ptr::NonNull;

use crate::primitives::UnsafeCell;
use crate::primitives::atomic::AtomicU64;
use crate::primitives::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::registry::Place;

/// A reference can be made of the entry by who finds it in the registry.
const LISTED: u64 = 1 << 63;

/// The value is first: a pointer to it is one to the entry.
#[repr(C)]
pub(super) struct Entry<T> {
    value: cell::UnsafeCell<MaybeUninit<T>>,
    /// No references: there is no value.
    refs: AtomicU64,
    /// Where loom sees who reads and who writes the value; nothing else is kept here.
    turn: UnsafeCell<()>,
}

/// A reference to an entry, which lives as long as there are any. See the [module](self).
pub(crate) struct Counted<T>(NonNull<Entry<T>>);

// SAFETY: as an `Arc`.
unsafe impl<T: Send + Sync> Send for Counted<T> {}
// SAFETY: as an `Arc`.
unsafe impl<T: Send + Sync> Sync for Counted<T> {}

impl<T> Counted<T> {
    /// An entry that is in no registry.
    pub(crate) fn unlisted(value: T) -> Self {
        Vacant::boxed().hold(value, 1)
    }

    fn entry(&self) -> &Entry<T> {
        // SAFETY: this reference keeps the entry.
        unsafe { self.0.as_ref() }
    }

    pub(crate) fn as_ptr(&self) -> *const T {
        self.0.as_ptr().cast_const().cast()
    }

    /// Gives the reference up without letting go of it; [`from_raw`](Self::from_raw) takes it
    /// back.
    pub(crate) fn into_raw(self) -> *const T {
        ManuallyDrop::new(self).as_ptr()
    }

    /// # Safety
    /// `value` comes from [`into_raw`](Self::into_raw), and is used for this once.
    pub(crate) unsafe fn from_raw(value: *const T) -> Self {
        // SAFETY: never null.
        Self(unsafe { NonNull::new_unchecked(value.cast_mut().cast()) })
    }

    /// Another reference.
    ///
    /// # Safety
    /// `value` comes from [`as_ptr`](Self::as_ptr) of a reference that is still there.
    pub(crate) unsafe fn of(value: *const T) -> Self {
        // SAFETY: the caller's promise; the one that is there is not let go of.
        let known = ManuallyDrop::new(unsafe { Self::from_raw(value) });
        Self::clone(&known)
    }

    /// From here on nobody can make a reference who has none. For the owner.
    #[inline]
    pub(crate) fn unlist(&self) {
        self.entry().refs.fetch_and(!LISTED, AcqRel);
    }

    /// The room of the entry, which is at `place`, if this is the only reference and no more can
    /// be made.
    #[inline]
    pub(crate) fn vacate(self, place: Place) -> Result<Vacant<T>, Self> {
        if self.entry().refs.load(Acquire) != 1 {
            return Err(self);
        }
        let vacant = Vacant { entry: self.0, place };
        // Nobody else looks at the value (rule 3), and nobody gives the reference back.
        let entry = ManuallyDrop::new(self);
        let Entry { value, refs, turn } = entry.entry();
        // SAFETY: there is a value, and after this nobody takes it for one.
        turn.with_mut(|_| unsafe { (*value.get()).assume_init_drop() });
        refs.store(0, Relaxed);
        Ok(vacant)
    }
}

impl<T> Deref for Counted<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        let Entry { value, turn, .. } = self.entry();
        // SAFETY: while there are references there is a value, and nobody writes it (rule 3).
        turn.with(|_| unsafe { (*value.get()).assume_init_ref() })
    }
}

impl<T> Clone for Counted<T> {
    fn clone(&self) -> Self {
        self.entry().refs.fetch_add(1, Relaxed);
        Self(self.0)
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        if self.entry().refs.fetch_sub(1, Release) != 1 {
            return;
        }
        // Whatever others did with the value comes before.
        self.entry().refs.load(Acquire);
        // SAFETY: this was the last reference, the entry is not listed, and the registry has
        // forgotten it (rule 1): else it would have been vacated.
        drop(unsafe {
            let mut entry = Box::from_raw(self.0.as_ptr());
            entry.turn.with_mut(|_| ());
            entry.value.get_mut().assume_init_drop();
            entry
        });
    }
}

impl<T: fmt::Debug> fmt::Debug for Counted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

/// The room of an entry without one, and where the registry has it.
#[must_use = "has to be filled or discarded: the registry points to it"]
pub(crate) struct Vacant<T> {
    entry: NonNull<Entry<T>>,
    place: Place,
}

// SAFETY: there is no value in it.
unsafe impl<T> Send for Vacant<T> {}

impl<T> Vacant<T> {
    /// Room that the registry does not know of yet.
    pub(super) fn boxed() -> Self {
        let entry = Box::new(Entry {
            value: cell::UnsafeCell::new(MaybeUninit::uninit()),
            refs: AtomicU64::new(0),
            turn: UnsafeCell::new(()),
        });
        Self { entry: NonNull::from(Box::leak(entry)), place: Place::NONE }
    }

    pub(super) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    pub(super) fn entry(&self) -> *const Entry<T> {
        self.entry.as_ptr()
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// An entry that everybody can find who knows its place. Its owner has to
    /// [`unlist`](Counted::unlist) it before letting go of it.
    #[inline]
    pub(crate) fn fill(self, value: T) -> Counted<T> {
        let listed = if self.place == Place::NONE { 0 } else { LISTED };
        self.hold(value, listed + 1)
    }

    #[inline]
    fn hold(self, value: T, refs: u64) -> Counted<T> {
        // SAFETY: room for an entry without a value is nobody else's to write (rule 3).
        unsafe {
            let entry = self.entry.as_ref();
            entry.turn.with_mut(|_| (*entry.value.get()).write(value));
            entry.refs.store(refs, Release);
        }
        Counted(self.entry)
    }

    /// Gives the memory back.
    ///
    /// # Safety
    /// The registry has forgotten it.
    pub(super) unsafe fn free(self) {
        // SAFETY: rule 1; and there is no value, so no references either.
        drop(unsafe { Box::from_raw(self.entry.as_ptr()) });
    }
}

/// A reference to an entry that may be listed, or may have room only.
///
/// # Safety
/// The caller holds the lock under which the registry would forget the entry.
pub(super) unsafe fn share<T>(entry: *const Entry<T>) -> Option<Counted<T>> {
    // SAFETY: rule 1.
    let refs = unsafe { &(*entry).refs };
    let mut now = refs.load(Relaxed);
    while now & LISTED != 0 {
        match refs.compare_exchange_weak(now, now + 1, Acquire, Relaxed) {
            // SAFETY: never null; the reference was just counted.
            Ok(_) => return Some(Counted(unsafe { NonNull::new_unchecked(entry.cast_mut()) })),
            Err(other) => now = other,
        }
    }
    None
}

/// Room that a thread keeps for its next entries, so that few of them need the allocator or a lock
/// of the registry. Whoever owns it has to discard what is in it.
pub(crate) struct Spares<T>(RefCell<Vec<Vacant<T>>>);

impl<T> Spares<T> {
    /// More a thread does not keep.
    pub(crate) const MOST: usize = 32;

    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<Vacant<T>> {
        self.0.try_borrow_mut().ok()?.pop()
    }

    /// Keeps the room, or hands it back if there is enough.
    #[inline]
    pub(crate) fn push(&self, vacant: Vacant<T>) -> Result<(), Vacant<T>> {
        match self.0.try_borrow_mut() {
            Ok(mut spares) if spares.len() < Self::MOST => {
                spares.push(vacant);
                Ok(())
            }
            _ => Err(vacant),
        }
    }
}
