//! All slots of the process: lent to resources at their first use, taken back when those go.
//!
//! Slots are made a segment at a time and never freed. Free ones are kept by the thread that took
//! them back, a few; the rest in a list.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::OnceLock;

use super::slot::Slot;
use crate::primitives::Mutex;
use crate::primitives::atomic::Ordering::Relaxed;
use crate::primitives::atomic::{AtomicU32, AtomicU64, AtomicUsize};
use crate::task::behalf::Behalf;

/// Slots of a segment, and segments: a million slots.
const SEGMENT: usize = 1 << 10;
const SEGMENTS: usize = 1 << 10;
/// Free slots that a thread keeps, and how many of them it gives away or gets at a time.
const SPARES: usize = 32;
const BATCH: usize = SPARES / 2;

static ALL: [OnceLock<Box<[Slot]>>; SEGMENTS] = [const { OnceLock::new() }; SEGMENTS];
/// All slots lie between these addresses, with much else perhaps.
static LOWEST: AtomicUsize = AtomicUsize::new(usize::MAX);
static HIGHEST: AtomicUsize = AtomicUsize::new(0);
/// Slots that were ever lent.
static USED: AtomicU32 = AtomicU32::new(0);
static FREE: Mutex<Vec<&'static Slot>> = Mutex::new(Vec::new());
/// Resources that found no slot: nothing is known of them.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Free slots of a thread, given back when it ends.
struct Spares {
    slots: [Option<&'static Slot>; SPARES],
    len: usize,
}

impl Spares {
    fn pop(&mut self) -> Option<&'static Slot> {
        if self.len == 0 {
            let mut free = FREE.lock();
            let from = free.len().saturating_sub(BATCH);
            for slot in free.drain(from..) {
                self.push(slot);
            }
        }
        self.len = self.len.checked_sub(1)?;
        self.slots.get_mut(self.len)?.take()
    }

    /// There has to be room.
    fn push(&mut self, slot: &'static Slot) {
        if let Some(place) = self.slots.get_mut(self.len) {
            *place = Some(slot);
            self.len += 1;
        }
    }

    fn give_away(&mut self, count: usize) {
        let _own = Behalf::agent();
        let mut free = FREE.lock();
        for _ in 0..count.min(self.len) {
            self.len -= 1;
            free.extend(self.slots.get_mut(self.len).and_then(Option::take));
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        self.give_away(SPARES);
    }
}

thread_local! {
    static OWN: RefCell<Spares> = const { RefCell::new(Spares { slots: [None; SPARES], len: 0 }) };
}

/// The slot with this index.
pub(super) fn get(index: u32) -> Option<&'static Slot> {
    let index = index as usize;
    ALL.get(index / SEGMENT)?.get()?.get(index % SEGMENT)
}

/// Between which addresses all slots lie; `None` if there is none.
pub(super) fn bounds() -> Option<Range<usize>> {
    let bounds = LOWEST.load(Relaxed)..HIGHEST.load(Relaxed);
    (!bounds.is_empty()).then_some(bounds)
}

/// The slot at this address, if there is one.
#[cold]
pub(super) fn at(address: usize) -> Option<&'static Slot> {
    let segments = ALL.iter().map_while(OnceLock::get);
    let mut offsets = segments.map(|slots| (slots, address.wrapping_sub(slots.as_ptr().addr())));
    let (slots, offset) = offsets.find(|(slots, offset)| *offset < size_of_val(&***slots))?;
    if offset % size_of::<Slot>() == 0 { slots.get(offset / size_of::<Slot>()) } else { None }
}

/// A slot for a resource; `None`, and counted, when all are lent.
#[cold]
pub(super) fn lend() -> Option<&'static Slot> {
    let spare = OWN.try_with(|own| own.try_borrow_mut().ok()?.pop()).ok().flatten();
    let Some(slot) = spare.or_else(make) else {
        LOST.fetch_add(1, Relaxed);
        return None;
    };
    slot.lend();
    Some(slot)
}

fn make() -> Option<&'static Slot> {
    let limit = SEGMENT * SEGMENTS;
    let next = |used: u32| ((used as usize) < limit).then_some(used + 1);
    let index = USED.try_update(Relaxed, Relaxed, next).ok()?;
    let at = index as usize;
    let segment = ALL.get(at / SEGMENT)?.get_or_init(|| {
        let _own = Behalf::agent();
        // A million fits.
        let first = u32::try_from(at - at % SEGMENT).unwrap_or(0);
        let slots: Box<[Slot]> = (first..).take(SEGMENT).map(Slot::new).collect();
        let addresses = slots.as_ptr_range();
        LOWEST.fetch_min(addresses.start.addr(), Relaxed);
        HIGHEST.fetch_max(addresses.end.addr(), Relaxed);
        slots
    });
    segment.get(at % SEGMENT)
}

/// Takes a slot back from a resource that goes.
#[cold]
pub(super) fn take_back(slot: &'static Slot) {
    slot.take_back();
    let kept = OWN.try_with(|own| {
        let mut own = own.try_borrow_mut().ok()?;
        if own.len == SPARES {
            own.give_away(BATCH);
        }
        own.push(slot);
        Some(())
    });
    if !matches!(kept, Ok(Some(()))) {
        let _own = Behalf::agent();
        FREE.lock().push(slot);
    }
}

/// Resources of which nothing is known because there were too many.
pub(super) fn lost() -> u64 {
    LOST.load(Relaxed)
}

/// What the slots take up.
pub(super) fn bytes() -> usize {
    (USED.load(Relaxed) as usize).next_multiple_of(SEGMENT) * size_of::<Slot>()
}
