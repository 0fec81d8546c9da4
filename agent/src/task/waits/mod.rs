//! Who holds what, and who waits for what.
//!
//! Two tables, which whoever makes a profile reads while the service goes on:
//!
//! - *slots* (`slot`, `table`): one for each lock, semaphore or channel in use, with its holders or
//!   those who used its ends last. The resource carries where its slot is (`resource`).
//! - *waits* (`wait`): one for each pending future that is known (`watched`).
//!
//! What is read of a resource was true at one moment; what is read of two may be of two moments.
//! Who draws a conclusion looks twice at what it rests on.
//!
//! Waits for what others hold are always known. Of waits for something to happen (messages,
//! notifications, the end of a task) those are known of tasks that the agent has looked at since
//! they parked.

pub(crate) mod entry;
mod resource;
mod seat;
mod sight;
pub(crate) mod slot;
mod table;
mod wait;
mod watched;

pub(crate) use entry::{Holder, Polls, Seen, WRITER};
pub(crate) use resource::{End, Hold, HoldAlone, Resource, ResourceId};
pub(crate) use seat::{Seat, arc_of};
pub(crate) use sight::{note_what_is_held, was_looked_through};
pub(crate) use slot::State;
pub(crate) use wait::{About, Kind, Targets, Wait};
pub(crate) use watched::{AtEnd, Event, Held, Seldom, Subject, Watched};

use super::ticket::Ticket;

impl Holder {
    /// The task; [`Ticket::NONE`] for code that no task runs.
    pub(crate) fn ticket(&self) -> Ticket {
        if self.id == 0 { Ticket::NONE } else { Ticket::from_bits(self.place, self.id) }
    }
}

/// Shows every wait that is there during the whole call, and some of those that come or go.
pub(crate) fn for_each(visit: impl FnMut(&Wait)) {
    wait::for_each(visit);
}

/// The waits of the task with this id. Looks at all of them.
#[cfg(test)]
pub(crate) fn of_task(id: u64) -> Vec<Wait> {
    let mut waits = Vec::new();
    for_each(|wait| {
        if wait.task.to_bits().1 == id {
            waits.push(wait.clone());
        }
    });
    waits
}

/// What is known of a resource; `None` if it is gone, or its holders come and go too fast.
pub(crate) fn state(resource: ResourceId) -> Option<State> {
    table::get(resource.index)?.read(resource.generation)
}

/// Resources and waits that found no room since start.
pub(crate) fn lost() -> (u64, u64) {
    (table::lost(), wait::lost())
}

/// What both tables take up.
pub(crate) fn bytes() -> usize {
    table::bytes() + wait::bytes()
}

#[cfg(test)]
mod tests;
