//! What a parked task waits for, as far as a console-subscriber can know.
//!
//! tokio tells of its locks, semaphores, barriers, oneshots and intervals, and of the permits of
//! bounded channels; of sleeps it does in some versions (in 1.54 a console-subscriber does not see
//! them). It tells of nothing else: of no socket, no handle, no receiver, no other crate's future.
//! So that a task polled a timer last does not mean that it sleeps: it may be a receiver's deadline. A task's living wakers give that away: there are more of them than
//! operations it polled. Then, and where several operations are left, nothing is said.

use std::collections::HashMap;
use std::sync::Arc;

use taskscope_proto::model::WaitKind;

use super::entry::{Op, Task};
use super::model::Model;

/// Steps from a part to what it is a part of.
const MAX_STEPS: usize = 8;
/// Operations of one task that are looked at; of one with more nothing is said.
const MAX_OPS: usize = 16;

/// The operations of each task, by its span.
pub(super) struct Waits<'a> {
    model: &'a Model,
    by_task: HashMap<u64, Vec<(u64, &'a Op)>>,
}

impl<'a> Waits<'a> {
    /// Looks them up, all at once.
    pub(super) fn of(model: &'a Model) -> Self {
        let mut by_task: HashMap<u64, Vec<_>> = HashMap::new();
        for (id, op) in model.ops.iter().filter(|(_, op)| !op.ready) {
            if let Some(task) = op.task {
                by_task.entry(task).or_default().push((*id, op));
            }
        }
        Self { model, by_task }
    }

    /// What the task waits for; `None` if that is not known.
    pub(super) fn kind(&self, span: u64, task: &Task) -> Option<WaitKind> {
        let ops = self.by_task.get(&span)?;
        // Only what it polled the last time: the rest is another branch of its, or put aside.
        let since = task.doings.polls.started;
        let pending = ops.iter().filter(|(_, op)| op.polls.started >= since).copied();
        let pending: Vec<(u64, &Op)> = pending.take(MAX_OPS + 1).collect();
        if pending.len() > MAX_OPS {
            return None;
        }
        let outer: Vec<&Op> = pending
            .iter()
            .filter(|(id, op)| !self.is_part(*id, op, &pending))
            .map(|(_, op)| *op)
            .collect();
        let ticks = outer.iter().filter(|op| &*op.source == "Interval::tick").count();
        // A tick polls a sleep of its own.
        let leaves = outer.len().saturating_sub(ticks) as u64;
        if task.doings.wakers > leaves.max(1) {
            return None;
        }
        one(outer.iter().map(|op| self.kind_of(op)))
    }

    /// Whether the operation only serves another one of these.
    fn is_part(&self, id: u64, op: &Op, others: &[(u64, &Op)]) -> bool {
        let above = |first: Option<u64>, parent: &dyn Fn(u64) -> Option<u64>| {
            std::iter::successors(first, |id| parent(*id)).take(MAX_STEPS).collect::<Vec<_>>()
        };
        let ops = above(op.parent, &|id| self.model.ops.get(&id)?.parent);
        let resource = |id: u64| self.model.resources.get(&id)?.parent;
        let resources = above(op.resource.and_then(resource), &resource);
        others.iter().any(|(other, entry)| {
            let holds = entry.resource.is_some_and(|resource| resources.contains(&resource));
            *other != id && (ops.contains(other) || holds)
        })
    }

    fn kind_of(&self, op: &Op) -> WaitKind {
        let resource = op.resource.and_then(|id| self.model.resources.get(&id));
        let inside = resource.and_then(|resource| self.model.resources.get(&resource.parent?));
        let nameless = resource.is_some_and(|resource| resource.internal);
        let kind = match (nameless, inside) {
            // The runtime's own: what it is a part of says more.
            (true, Some(outside)) => Some(&outside.kind),
            _ => resource.map(|resource| &resource.kind),
        };
        match kind.map_or("", |kind| &**kind) {
            // Of all that is made of a semaphore only the bounded channel shows nothing of itself.
            "Semaphore" if nameless && inside.is_none() => WaitKind::MpscSend,
            "Semaphore" => WaitKind::Semaphore,
            "Mutex" => WaitKind::Mutex,
            "RwLock" if op.source.starts_with("RwLock::write") => WaitKind::RwlockWrite,
            "RwLock" if op.source.starts_with("RwLock::read") => WaitKind::RwlockRead,
            "Barrier" => WaitKind::Barrier,
            "Notify" => WaitKind::Notify,
            "OnceCell" => WaitKind::OnceCell,
            "Sender|Receiver" if &*op.source == "Receiver::await" => WaitKind::Oneshot,
            "Sleep" => WaitKind::Sleep,
            "Interval" => WaitKind::Interval,
            _ => WaitKind::Other(Arc::clone(&op.source)),
        }
    }
}

/// The one kind that these come down to. A timer beside something else is its deadline.
fn one(kinds: impl Iterator<Item = WaitKind>) -> Option<WaitKind> {
    let (timers, mut others): (Vec<_>, Vec<_>) = kinds.partition(WaitKind::is_timer);
    others.sort();
    others.dedup();
    match (others.len(), timers.len()) {
        (0, _) if timers.contains(&WaitKind::Interval) => Some(WaitKind::Interval),
        (0, 1..) => Some(WaitKind::Sleep),
        (1, _) => others.pop(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
