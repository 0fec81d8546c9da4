//! Tracked tasks: [`tokio::task`] with a record for each task.
//!
//! Every name of [`tokio::task`] is here too: what starts a task starts a tracked one, the rest is
//! tokio's own. Beyond tokio's there are [`spawn_on`], [`spawn_blocking_on`] and [`Inherit`].

// A task: its record, its waker, the future that ties them to an executor.
//
// ```text
//  executor's task ──owns──▶ Tracked<F> ──Arc──▶ Record ◀──Arc── registry
//        ▲                      │ polls F with
//        │                      ▼
//   Record.slot ◀──wake── our Waker ──clone──▶ leaf's stored waker, counted by the slot
// ```
//
// - A `Tracked` future owns a `Record`; the registry shares it so that it can be listed.
// - The inner future is polled with a waker of ours. Its data pointer is the record, whose slot
//   counts the clones that leaves keep: so it is known when nobody is left who could wake.
// - Our waker passes a wake on to the executor's waker, which `WakeSlot`
//   keeps. That makes a cycle, broken when the future ends.
// - In a poll that captures, the inner future is polled with a waker of another vtable (so
//   `will_wake` says no and every leaf clones it); its clone walks the stack.
//
// Rules:
//
// 1. Inside a waker's `clone` nothing locks, allocates, resolves symbols or panics.
// 2. A panic of the inner future is noted and goes on unchanged.
// 3. Nothing here knows the profile, the server or the verdicts.

pub(crate) mod behalf;
mod blocking;
pub(crate) mod capture;
pub(crate) mod current;
mod handle;
pub(crate) mod inner_poll;
pub(crate) mod origin;
pub(crate) mod probe;
pub(crate) mod record;
pub(crate) mod span_labels;
pub(crate) mod state;
mod stopwatch;
mod surface;
pub(crate) mod threads;
pub(crate) mod ticket;
pub(crate) mod times;
pub(crate) mod tracked;
pub(crate) mod tracker;
pub(crate) mod waits;
pub(crate) mod wake_slot;
mod waker;
pub(crate) mod woken;

pub use handle::JoinHandle;
pub use surface::*;
pub use tracked::Tracked;
