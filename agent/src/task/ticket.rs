//! Finding a record again without holding it.
//!
//! A handle that shared its task's record would cost a reference count per spawn, and the memory
//! of a finished task for as long as somebody keeps the handle. A ticket is two numbers: where the
//! registry put the record, and whose record it was.

use std::sync::Arc;

use super::record::Record;
use super::tracker;
use crate::primitives::atomic::Ordering::Relaxed;
use crate::registry::Place;

/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    place: u64,
    id: u64,
}

impl Ticket {
    /// Of no record: the registry has no such place, and says so without a lock.
    pub(crate) const NONE: Self = Self { place: u64::MAX, id: 0 };

    /// A ticket taken apart by [`to_bits`](Self::to_bits).
    pub(crate) fn from_bits(place: u64, id: u64) -> Self {
        Self { place, id }
    }

    /// Place and id.
    pub(crate) fn to_bits(self) -> (u64, u64) {
        (self.place, self.id)
    }

    pub(crate) fn of(record: &Record) -> Self {
        Self { place: record.birth.place, id: record.birth.id }
    }

    /// Whether the task has not ended.
    pub(crate) fn is_alive(self) -> bool {
        self.find(|_| ()).is_some()
    }

    /// Marks the task as one that nobody waits for any more; nothing happens if it has ended.
    pub(crate) fn detach(self) {
        self.find(|record| record.detached.store(true, Relaxed));
    }

    fn find<R>(self, read: impl FnOnce(&Record) -> R) -> Option<R> {
        tracker::find(Place::from_bits(self.place), self.id, read)
    }
}

/// Detaches its task when dropped, unless it was disarmed.
#[derive(Debug)]
pub(crate) struct DetachOnDrop(Ticket);

impl DetachOnDrop {
    pub(crate) fn new(ticket: Ticket) -> Self {
        Self(ticket)
    }

    /// For tasks without a record.
    pub(crate) fn disarmed() -> Self {
        Self(Ticket::NONE)
    }

    pub(crate) fn disarm(&mut self) {
        self.0 = Ticket::NONE;
    }

    /// Whose handle it is, unless it was disarmed.
    pub(crate) fn ticket(&self) -> Ticket {
        self.0
    }
}

impl Drop for DetachOnDrop {
    fn drop(&mut self) {
        self.0.detach();
    }
}

/// The tickets of a set of tasks. Those of tasks that have ended are thrown away now and then, so
/// that there are never many more tickets than tasks.
#[derive(Debug, Default)]
pub(crate) struct Tickets {
    tickets: Vec<Ticket>,
    sweep_at: usize,
}

impl Tickets {
    /// Fewer than these are not worth a sweep.
    const FEW: usize = 32;
    /// More than these are not listed one by one.
    const SOME: usize = 256;

    pub(crate) const fn new() -> Self {
        Self { tickets: Vec::new(), sweep_at: Self::FEW }
    }

    pub(crate) fn push(&mut self, ticket: Ticket) {
        if self.tickets.len() >= self.sweep_at {
            self.tickets.retain(|ticket| ticket.is_alive());
            self.sweep_at = Self::FEW.max(self.tickets.len() * 2);
        }
        self.tickets.push(ticket);
    }

    /// The tasks that have not ended, if there are `expected` of them; `None` for more than
    /// [`SOME`](Self::SOME).
    pub(crate) fn living(&self, expected: usize) -> Option<Arc<[Ticket]>> {
        if expected > Self::SOME {
            return None;
        }
        let living = self.tickets.iter().copied().filter(|ticket| ticket.is_alive());
        let living: Arc<[Ticket]> = living.take(expected + 1).collect();
        (living.len() == expected).then_some(living)
    }

    /// Marks all tasks as detached, and forgets them.
    pub(crate) fn detach(&mut self) {
        self.tickets.drain(..).for_each(Ticket::detach);
    }
}

#[cfg(test)]
mod tests;
