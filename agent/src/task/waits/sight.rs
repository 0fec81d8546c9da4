//! Looks for guards in the memory of a parked task, and for what they borrow from.
//!
//! A guard can be moved to another task, and nothing is told of that: a move is a copy of bytes. Two
//! things can be known of a task that rests.
//!
//! - Whether the guard's bytes are there. A guard holds the address of its lock's slot, so a task
//!   in whose future that address does not stand has no guard of it there. The reverse is not so:
//!   what was moved away leaves its bytes behind until something else takes their place.
//! - Whether the task keeps alive what the guard borrows: the lock lies in the task's future, or in
//!   an `Arc` of which the address stands there. Such a guard borrows from the future, and nothing
//!   that does can leave it. A guard that can borrows a lock that is never dropped (a static, a
//!   leaked box), and no `Arc` is needed for that.
//!
//! Where both are found the guard is surely there. Where its bytes are not, it is surely elsewhere.
//! Where they are, and in another task too that took none of the lock and was polled since, it may be
//! in either.

use std::ops::Range;

use super::entry::{Polls, Seen};
use super::seat::COUNTS;
use super::slot::Slot;
use super::table;
use crate::task::record::Record;

/// Bytes of a future that are looked through. Proofs do without the guards of larger ones.
const MOST_BYTES: usize = 1 << 16;
/// Guards of one task that are looked for.
const MOST_GUARDS: usize = 16;

/// Notes what the task holds by guards in the memory of its future, which lies at this address. For
/// who is polling the task, between its polls of the future.
///
/// # Cost
/// Once the process has used a lock of [`sync`](crate::sync): half a nanosecond for eight bytes, and
/// as much again for each guard found. The bounds above keep that below a tenth of a millisecond.
pub(crate) fn note_what_is_held(task: &Record, address: usize) {
    let bytes = task.birth.future_bytes as usize;
    let Some(slots) = table::bounds().filter(|_| bytes <= MOST_BYTES) else { return };
    let future = address..address + bytes;
    let mut found = [const { None }; MOST_GUARDS];
    let mut room = found.iter_mut();
    words::each(&future, |word| {
        if slots.contains(&word)
            && let Some(slot) = table::at(word)
            && let Some(place) = room.next()
        {
            *place = Some(slot);
        }
    });
    let all = || found.iter().copied().map_while(|slot: Option<&'static Slot>| slot);
    for (at, slot) in all().enumerate() {
        let is_same = |other: &&Slot| other.index == slot.index;
        if !all().take(at).any(|other| is_same(&other)) {
            let with_owner = keeps(&future, slot.owner());
            let count = all().filter(is_same).count();
            let seen = Seen { polls: Polls::of(task.polls()), with_owner };
            slot.note_seen(task.birth.id, count, seen);
            slot.note_stranger(task.birth.id, task.last_polled());
        }
    }
}

/// Whether the future of the task, which rests, was looked through in this rest: whatever it holds in
/// its own memory was seen, up to the bounds above.
pub(crate) fn was_looked_through(task: &Record) -> bool {
    words::CAN_BE_READ && task.birth.future_bytes as usize <= MOST_BYTES && task.tree() != 0
}

/// Whether the lock is in the future that would have this `Arc`, or the address of the `Arc` is.
fn keeps(future: &Range<usize>, owner: usize) -> bool {
    let mut is_kept = owner == 0 || future.contains(&owner.wrapping_add(COUNTS));
    if !is_kept {
        words::each(future, |word| is_kept |= word == owner);
    }
    is_kept
}

#[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod words {
    #![expect(unsafe_code, reason = "what lies between the fields of a future has no type")]

    use std::arch::asm;
    use std::ops::Range;

    pub(super) const CAN_BE_READ: bool = true;

    /// Shows every aligned word of this memory.
    ///
    /// The language has no value for what was never written, and a future is full of it. For the
    /// machine it is a number like others, so the machine reads it.
    pub(super) fn each(memory: &Range<usize>, mut show: impl FnMut(usize)) {
        const WORD: usize = size_of::<usize>();
        let mut at = memory.start.next_multiple_of(WORD);
        while at + WORD <= memory.end {
            let word: usize;
            // SAFETY: reads eight bytes of a future that the caller is polling: they are there,
            // nobody else may touch them, and nothing is written.
            unsafe {
                #[cfg(target_arch = "x86_64")]
                asm!("mov {}, qword ptr [{}]", out(reg) word, in(reg) at,
                    options(readonly, nostack, preserves_flags));
                #[cfg(target_arch = "aarch64")]
                asm!("ldr {}, [{}]", out(reg) word, in(reg) at,
                    options(readonly, nostack, preserves_flags));
            }
            show(word);
            at += WORD;
        }
    }
}

/// Nothing is seen here, so nothing that rests on a guard is proven.
#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
mod words {
    pub(super) const CAN_BE_READ: bool = false;

    pub(super) fn each(_memory: &std::ops::Range<usize>, _show: impl FnMut(usize)) {}
}
