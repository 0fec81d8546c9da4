//! Whose memory a thread allocates: usually that of the task that it polls.
//!
//! Two things differ. What the agent keeps for itself is the agent's, whoever's poll makes it. And
//! what a spawn allocates holds the future of the new task, not of the one that spawns it.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

use super::current;
use super::record::Record;
use super::ticket::Ticket;
use crate::primitives::atomic::Ordering::Relaxed;

/// Whose a block of memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Labels in effect where it was allocated.
    pub(crate) labels: u32,
    /// The origin of the task; 0 for none.
    pub(crate) origin: u32,
    pub(crate) task: Ticket,
}

impl Owner {
    /// Of what no tracked task allocates.
    pub(crate) const NOBODY: Self = Self { labels: 0, origin: 0, task: Ticket::NONE };
    /// The agent itself.
    pub(crate) const AGENT: Self = Self { labels: 0, origin: u32::MAX, task: Ticket::NONE };

    pub(crate) fn of(task: &Record, labels: u32) -> Self {
        Self { labels, origin: task.origin.load(Relaxed), task: Ticket::of(task) }
    }
}

thread_local! {
    /// Null: the task that is polled.
    static BEHALF: Cell<*const Owner> = const { Cell::new(ptr::null()) };
}

/// Until it is dropped, what this thread allocates belongs to an owner.
#[must_use]
pub(crate) struct Behalf<'a> {
    before: *const Owner,
    owner: PhantomData<&'a Owner>,
}

impl<'a> Behalf<'a> {
    #[inline]
    pub(crate) fn of(owner: &'a Owner) -> Self {
        Self { before: BEHALF.replace(ptr::from_ref(owner)), owner: PhantomData }
    }

    /// For what the agent keeps for itself.
    #[inline]
    pub(crate) fn agent() -> Behalf<'static> {
        Behalf::of(&Owner::AGENT)
    }
}

impl Drop for Behalf<'_> {
    #[inline]
    fn drop(&mut self) {
        BEHALF.set(self.before);
    }
}

/// Whose it is what this thread allocates now.
#[expect(unsafe_code, reason = "the owner is on this thread's stack, see Behalf")]
pub(crate) fn owner() -> Owner {
    // SAFETY: set by a guard that borrows the owner, and taken away when the guard ends.
    match unsafe { BEHALF.get().as_ref() } {
        Some(owner) => *owner,
        None => current::owner(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lasts_as_long_as_its_guard_and_guards_nest() {
        let other = Owner { labels: 3, origin: 4, task: Ticket::NONE };
        assert_eq!(owner(), Owner::NOBODY);
        {
            let _outer = Behalf::of(&other);
            assert_eq!(owner(), other);
            {
                let _inner = Behalf::agent();
                assert_eq!(owner(), Owner::AGENT);
            }
            assert_eq!(owner(), other);
        }
        assert_eq!(owner(), Owner::NOBODY);
    }
}
