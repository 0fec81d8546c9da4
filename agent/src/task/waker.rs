//! The two wakers that inner futures are polled with.

#![expect(unsafe_code, reason = "a waker is a vtable over a raw pointer")]

use std::mem::ManuallyDrop;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::capture::Chains;
use super::current;
use super::record::Record;
use crate::registry::Counted;

/// Data: a `*const Record`. The waker is counted by the record's slot, which keeps the record.
static NORMAL: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);
/// Data: a `&Capturing` of the poll under way. Its clones are normal wakers.
static CAPTURING: RawWakerVTable =
    RawWakerVTable::new(clone_capturing, wake_capturing, wake_capturing, drop_capturing);

/// A waker that nobody counts: for the duration of one poll.
#[inline]
pub(super) fn borrowed(record: &Counted<Record>) -> ManuallyDrop<Waker> {
    // SAFETY: the vtable fits the data. The waker is never dropped, so it is never given back;
    // clones of it are counted.
    ManuallyDrop::new(unsafe { Waker::new(record.as_ptr().cast(), &NORMAL) })
}

/// A capturing waker's data. It lives on the stack of one poll.
#[derive(Debug)]
pub(super) struct Capturing<'a> {
    pub(super) record: &'a Counted<Record>,
    pub(super) chains: *mut Chains,
}

/// A waker whose clones write down the stack they are made on.
#[inline]
pub(super) fn capturing(data: &Capturing<'_>) -> ManuallyDrop<Waker> {
    // SAFETY: the vtable fits the data. The inner future sees the waker through `&Context` only,
    // so it can keep nothing but clones, and those are normal wakers.
    ManuallyDrop::new(unsafe { Waker::new(std::ptr::from_ref(data).cast(), &CAPTURING) })
}

/// Whether this is a waker of that record, capturing or not.
#[inline]
pub(super) fn is_of(waker: &Waker, record: *const Record) -> bool {
    if std::ptr::eq(waker.vtable(), &raw const CAPTURING) {
        // SAFETY: the data of this vtable; the poll that owns it is still under way.
        let Capturing { record: own, .. } = unsafe { &*waker.data().cast::<Capturing<'_>>() };
        std::ptr::eq(own.as_ptr(), record)
    } else {
        std::ptr::eq(waker.vtable(), &raw const NORMAL) && std::ptr::eq(waker.data().cast(), record)
    }
}

/// What a clone of this waker would be, without the stack walk if it is a capturing one.
#[inline]
pub(super) fn plain(waker: &Waker) -> ManuallyDrop<Waker> {
    if std::ptr::eq(waker.vtable(), &raw const CAPTURING) {
        // SAFETY: the data of this vtable; the poll that owns it is still under way.
        let Capturing { record, .. } = unsafe { &*waker.data().cast::<Capturing<'_>>() };
        borrowed(record)
    } else {
        // SAFETY: the same waker once more, never dropped: the original is counted.
        ManuallyDrop::new(unsafe { Waker::new(waker.data(), waker.vtable()) })
    }
}

// SAFETY (of all functions below): `data` is what the vtable's comment says.

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the waker that is cloned keeps the record alive: as a counted one, or as that of a
    // poll under way.
    unsafe { clone_of(data.cast()) }
}

/// A waker of the record that is counted.
///
/// # Safety
/// The caller owns a waker of the record, or was lent one in a poll under way.
#[inline]
unsafe fn clone_of(record: *const Record) -> RawWaker {
    // SAFETY: the caller's promise.
    match unsafe { (*record).slot.add() } {
        None => RawWaker::new(record.cast(), &NORMAL),
        Some(executors) => {
            let executors = ManuallyDrop::new(executors);
            RawWaker::new(executors.data(), executors.vtable())
        }
    }
}

unsafe fn wake(data: *const ()) {
    let record = data.cast::<Record>();
    // SAFETY: the waker keeps the record alive until it is given back, which happens once.
    unsafe {
        wake_record(&*record);
        Record::give_back(record);
    }
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker keeps the record alive.
    unsafe { wake_record(&*data.cast::<Record>()) };
}

unsafe fn drop_waker(data: *const ()) {
    // SAFETY: given back once.
    unsafe { Record::give_back(data.cast()) };
}

/// Notes the wake and passes it on.
///
/// # Safety
/// The caller owns a waker of the record, or the record is being polled by its thread.
#[inline]
unsafe fn wake_record(record: &Record) {
    current::note_wake(record);
    // SAFETY: the caller's promise. While a poll is under way nobody but its thread writes the
    // slot, and that thread is in the poll.
    unsafe { record.slot.wake() };
}

unsafe fn clone_capturing(data: *const ()) -> RawWaker {
    // SAFETY: see `CAPTURING`; the poll that owns the data is still under way.
    let Capturing { record, chains } = unsafe { &*data.cast::<Capturing<'_>>() };
    // SAFETY: `chains` is not used by anybody else while that poll runs, see `Chains::record`.
    unsafe { Chains::record(*chains) };
    // SAFETY: that poll lent the waker that is cloned.
    unsafe { clone_of(record.as_ptr()) }
}

unsafe fn wake_capturing(data: *const ()) {
    // SAFETY: see `CAPTURING`.
    let Capturing { record, .. } = unsafe { &*data.cast::<Capturing<'_>>() };
    // SAFETY: that poll is under way.
    unsafe { wake_record(record) };
}

unsafe fn drop_capturing(_data: *const ()) {}
