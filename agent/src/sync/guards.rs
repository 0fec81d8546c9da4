//! What all guards have in common.

/// `Deref` of a guard that points to what it guards by `data`.
macro_rules! guard_traits {
    ([$($generics:tt)*] $guard:ty => $target:ty) => {
        impl<$($generics)*> std::ops::Deref for $guard {
            type Target = $target;

            #[inline]
            fn deref(&self) -> &$target {
                // SAFETY: the guard has the lock, and what it guards outlives it.
                unsafe { &*self.data() }
            }
        }
    };
}

/// `DerefMut` of such a guard, which has the lock alone.
macro_rules! guard_changes {
    ([$($generics:tt)*] $guard:ty => $target:ty) => {
        impl<$($generics)*> std::ops::DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut $target {
                // SAFETY: the guard has the lock alone, and what it guards outlives it.
                unsafe { &mut *self.data() }
            }
        }
    };
}

/// `Debug` and `Display` of a guard: those of what it guards.
macro_rules! guard_shows {
    ([$($generics:tt)*] $guard:ty => $target:ty) => {
        /// As what it guards.
        impl<$($generics)*> std::fmt::Debug for $guard
        where
            $target: std::fmt::Debug,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&**self, f)
            }
        }

        /// As what it guards.
        impl<$($generics)*> std::fmt::Display for $guard
        where
            $target: std::fmt::Display,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&**self, f)
            }
        }
    };
}

pub(super) use {guard_changes, guard_shows, guard_traits};
