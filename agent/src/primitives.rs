//! The atomics, cells and locks of everything that races.
//!
//! Modules whose races are model-checked (`task/wake_slot.rs`, `task/record.rs`,
//! `task/waits/slot.rs`, `registry/counted.rs`, `registry/sharded.rs`) take them from here and from nowhere else.
//! `tests/loom.rs` compiles those same files against loom's versions.

pub(crate) use std::sync::Arc;
pub(crate) use std::sync::atomic;

/// A lock that a panic elsewhere cannot turn into a panic here.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// `UnsafeCell` with loom's access methods.
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    pub(crate) fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
        read(self.0.get())
    }

    pub(crate) fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
        write(self.0.get())
    }
}
