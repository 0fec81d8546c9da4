//! What a lock, a semaphore or a channel carries, so that it can be found in the table.

use std::panic::Location;
use std::sync::OnceLock;

use super::entry::{Holder, WRITER};
use super::seat::Seat;
use super::slot::Slot;
use super::table;

/// Which resource: its slot, and the generation of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ResourceId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl ResourceId {
    fn of(slot: &Slot) -> Self {
        Self { index: slot.index, generation: slot.generation() }
    }
}

/// Part of something that tasks hold or wait for. It takes a slot at its first use and gives it
/// back when it goes.
#[derive(Debug)]
pub(crate) struct Resource {
    slot: OnceLock<Option<&'static Slot>>,
    pub(crate) made_at: &'static Location<'static>,
}

impl Resource {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        Self { slot: OnceLock::new(), made_at: Location::caller() }
    }

    /// One made at the same place.
    pub(crate) const fn another(&self) -> Self {
        Self { slot: OnceLock::new(), made_at: self.made_at }
    }

    /// Its slot; `None` when there are too many resources.
    #[inline]
    pub(crate) fn slot(&self) -> Option<&'static Slot> {
        match self.slot.get() {
            Some(slot) => *slot,
            None => self.first_use(),
        }
    }

    #[cold]
    fn first_use(&self) -> Option<&'static Slot> {
        *self.slot.get_or_init(table::lend)
    }

    pub(crate) fn id(&self) -> Option<ResourceId> {
        self.slot().map(ResourceId::of)
    }

    /// Notes that the current task has it, alone. For who has got it just now.
    #[inline]
    pub(crate) fn hold_alone(&self, seat: &Seat) -> HoldAlone {
        let slot = self.slot();
        if let Some(slot) = slot {
            slot.hold_alone(seat.owner, &seat.holder(0));
        }
        HoldAlone(slot)
    }

    /// Notes that the current task has it, beside others perhaps.
    #[inline]
    pub(crate) fn hold(&self, seat: &Seat, permits: u32) -> Hold {
        let slot = self.slot();
        let entry =
            slot.map_or(0, |slot| slot.hold(seat.thread, seat.owner, &seat.holder(permits)));
        Hold { slot, entry }
    }

    /// Notes that the current task has it alone, where others may have it beside each other.
    #[inline]
    pub(crate) fn hold_to_write(&self, seat: &Seat) -> Hold {
        let slot = self.slot();
        if let Some(slot) = slot {
            slot.hold_alone(seat.owner, &seat.holder(WRITER));
        }
        Hold { slot, entry: 0 }
    }

    /// Notes who uses an end of it; see [`Slot::note_use`].
    #[inline]
    pub(crate) fn note_use(&self, end: usize) {
        if let Some(slot) = self.slot() {
            slot.note_use(end, Seat::task());
        }
    }
}

impl Drop for Resource {
    fn drop(&mut self) {
        if let Some(Some(slot)) = self.slot.take() {
            table::take_back(slot);
        }
    }
}

/// The note that a task has a resource alone. It has to go before the resource is let go of.
#[derive(Debug)]
pub(crate) struct HoldAlone(Option<&'static Slot>);

impl Drop for HoldAlone {
    #[inline]
    fn drop(&mut self) {
        if let Some(slot) = self.0 {
            slot.let_go_alone();
        }
    }
}

/// The note that a task has a resource, beside others perhaps. It has to go before the resource is
/// let go of.
#[derive(Debug)]
pub(crate) struct Hold {
    slot: Option<&'static Slot>,
    entry: u32,
}

impl Hold {
    /// Corrects the note.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Holder)) {
        if let Some(slot) = self.slot {
            slot.change(self.entry, change);
        }
    }

    /// Notes that what was held is never given back.
    pub(crate) fn forget(&self, permits: u32) {
        if let Some(slot) = self.slot {
            slot.note_forgotten(permits);
        }
    }
}

impl Drop for Hold {
    #[inline]
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            slot.let_go(self.entry);
        }
    }
}

/// One end's handle of a channel. All handles share the slot; the last gives it back.
#[derive(Debug)]
pub(crate) struct End {
    slot: Option<&'static Slot>,
    pub(crate) made_at: &'static Location<'static>,
    sender: bool,
}

/// What goes in.
const IN: usize = 0;
/// What comes out.
const OUT: usize = 1;

impl End {
    /// The two ends of a new channel.
    #[track_caller]
    pub(crate) fn pair() -> (Self, Self) {
        let sender = Self::sender();
        let receiver = sender.other(false);
        (sender, receiver)
    }

    /// The first end of a new channel.
    #[track_caller]
    pub(crate) fn sender() -> Self {
        let slot = table::lend();
        if let Some(slot) = slot {
            slot.add_handle(true);
            slot.note_use(IN, Seat::task());
        }
        Self { slot, made_at: Location::caller(), sender: true }
    }

    /// An end of a channel of which nothing is known.
    #[track_caller]
    pub(crate) fn unknown(sender: bool) -> Self {
        Self { slot: None, made_at: Location::caller(), sender }
    }

    /// Another handle of the same channel.
    pub(crate) fn other(&self, sender: bool) -> Self {
        if let Some(slot) = self.slot {
            slot.add_handle(sender);
        }
        Self { slot: self.slot, made_at: self.made_at, sender }
    }

    pub(crate) fn id(&self) -> Option<ResourceId> {
        self.slot.map(ResourceId::of)
    }

    /// Notes that the current task puts something in, or is about to.
    #[inline]
    pub(crate) fn note_in(&self) {
        self.note(IN);
    }

    /// Notes that the current task takes something out.
    #[inline]
    pub(crate) fn note_out(&self) {
        self.note(OUT);
    }

    #[inline]
    fn note(&self, end: usize) {
        if let Some(slot) = self.slot {
            slot.note_use(end, Seat::task());
        }
    }
}

/// A further handle, at the same end. Who makes one of the first end is about to use it.
impl Clone for End {
    fn clone(&self) -> Self {
        if self.sender {
            self.note_in();
        }
        self.other(self.sender)
    }
}

impl Drop for End {
    #[inline]
    fn drop(&mut self) {
        if let Some(slot) = self.slot
            && slot.drop_handle(self.sender)
        {
            table::take_back(slot);
        }
    }
}
