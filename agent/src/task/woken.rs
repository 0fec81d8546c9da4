//! A wake, packed into the one word that a waker writes.

/// The low bits of a time are free for flags, see [`FREE_BITS`](crate::clock::FREE_BITS).
const WOKEN: u64 = 1;
const BY_ITSELF: u64 = 2;
const EXACT: u64 = 4;
const FLAGS: u64 = WOKEN | BY_ITSELF | EXACT;

/// A wake, as the waker knows it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wake {
    pub(crate) at: u64,
    /// The time is exact, not that of the last tick.
    pub(crate) exact: bool,
    /// The origin of the task that was being polled where the wake came from; 0 for none.
    pub(crate) by: u32,
    /// That was the task itself.
    pub(crate) by_itself: bool,
}

/// Whether a task has been woken, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Woken(u64);

impl Woken {
    /// It has not.
    pub(crate) const NOT: Self = Self(0);

    #[inline]
    pub(crate) fn by(wake: Wake) -> Self {
        let by_itself = if wake.by_itself { BY_ITSELF } else { 0 };
        let exact = if wake.exact { EXACT } else { 0 };
        Self(wake.at & !FLAGS | WOKEN | by_itself | exact)
    }

    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    #[inline]
    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(crate) fn at(self) -> Option<u64> {
        (!self.is_none()).then_some(self.0 & !FLAGS)
    }

    #[inline]
    pub(crate) fn is_exact(self) -> bool {
        self.0 & EXACT != 0
    }

    #[inline]
    pub(crate) fn by_itself(self) -> bool {
        self.0 & BY_ITSELF != 0
    }

    /// Whether nothing can be learned from the time between the wake and a poll that began
    /// `at`: both are known to the tick only, and it is the same tick.
    #[inline]
    pub(crate) fn is_of_tick(self, at: u64) -> bool {
        self.0 & !(WOKEN | BY_ITSELF) == at & !FLAGS
    }
}
