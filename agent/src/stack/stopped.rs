//! The stack of a thread that was stopped anywhere, unwound from a copy.
//!
//! Whoever stops the thread copies its registers and the part of its stack that is in use, which
//! a signal handler can do. The rest happens here, on another thread, with nothing of the
//! stopped one: return addresses are found by the unwinding tables that are in memory anyway
//! ([`tables`]). So it needs no frame pointers, which would be of little use: a thread that
//! blocks is stopped in the C library, and that is built without them.

use super::registers::{
    FRAME_POINTER, RETURN_ADDRESS, Registers, STACK_POINTER, without_signature,
};
use super::tables;

/// Frames after which a walk gives up.
const MAX_FRAMES: usize = 2_048;

const WORD: usize = size_of::<usize>();

/// A thread as it was when it was stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopped<'a> {
    pub(crate) registers: Registers,
    /// Where `stack` was.
    pub(crate) base: usize,
    /// The stack from the stack pointer on, and what is below it and still the function's.
    pub(crate) stack: &'a [usize],
}

/// A frame of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoppedFrame {
    /// A return address into the function; for the innermost frame, one past where it was.
    pub(crate) address: usize,
    /// The lowest address of the function's piece of the stack.
    pub(crate) start: usize,
}

impl Stopped<'_> {
    /// A word of the stack.
    pub(super) fn read(&self, at: usize) -> Option<usize> {
        let offset = at.checked_sub(self.base)?;
        if !offset.is_multiple_of(WORD) {
            return None;
        }
        self.stack.get(offset / WORD).copied()
    }
}

/// Shows the frames from the innermost up to the one that holds `top`. Returns whether the walk
/// got there.
pub(crate) fn walk(stopped: &Stopped<'_>, top: usize, mut visit: impl FnMut(StoppedFrame)) -> bool {
    let mut registers = stopped.registers;
    for depth in 0..MAX_FRAMES {
        let (Some(at), Some(start)) = (registers.get(RETURN_ADDRESS), registers.get(STACK_POINTER))
        else {
            return false;
        };
        // Where it was stopped an instruction is at work; everywhere else the call is before it.
        let (call, address) = if depth == 0 { (at, at.wrapping_add(1)) } else { (at - 1, at) };
        let caller = tables::caller(call, &registers, stopped);
        if caller.is_none() && depth > 0 && !tables::is_code(call) {
            return false;
        }
        visit(StoppedFrame { address, start });
        let Some(mut caller) = caller.or_else(|| by_frame_pointer(&registers, stopped)) else {
            return false;
        };
        let Some(end) = caller.get(STACK_POINTER) else { return false };
        if end > top {
            // What lies beyond `top` was not copied.
            return true;
        }
        let Some(next) = caller.get(RETURN_ADDRESS) else { return false };
        // Leaf functions of some machines have no piece of the stack.
        let grows = end > start || (depth == 0 && end == start);
        let next = without_signature(next);
        if !grows || next <= 1 {
            return false;
        }
        caller.set(RETURN_ADDRESS, Some(next));
        registers = caller;
    }
    false
}

/// The caller of a function that no table knows, if it keeps a frame pointer.
fn by_frame_pointer(registers: &Registers, stopped: &Stopped<'_>) -> Option<Registers> {
    let frame = registers.get(FRAME_POINTER)?;
    if frame < registers.get(STACK_POINTER)? {
        return None;
    }
    let mut caller = Registers::unknown();
    caller.set(FRAME_POINTER, stopped.read(frame));
    caller.set(RETURN_ADDRESS, stopped.read(frame.checked_add(WORD)?));
    caller.set(STACK_POINTER, Some(frame.checked_add(2 * WORD)?));
    Some(caller)
}

#[cfg(test)]
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "copies this thread's own stack")]
mod tests {
    use std::hint::black_box;
    use std::mem::MaybeUninit;

    use super::*;
    use crate::stack::registers::{COUNT, interrupted};

    const DEPTH: usize = 3;

    /// Calls itself, and at the depth walks up to `top` from a copy, and on the spot.
    #[inline(never)]
    fn descend(depth: usize, top: usize) -> (Vec<usize>, Vec<usize>) {
        let mut filler = [depth; 8];
        black_box(&mut filler);
        let result = if depth == 0 { both_ways(top) } else { descend(depth - 1, top) };
        black_box(&mut filler);
        result
    }

    #[inline(never)]
    fn both_ways(top: usize) -> (Vec<usize>, Vec<usize>) {
        let mut context = MaybeUninit::<libc::ucontext_t>::zeroed();
        // SAFETY: fills what it is given.
        let context = unsafe {
            assert_eq!(libc::getcontext(context.as_mut_ptr()), 0);
            context.assume_init_ref()
        };
        let mut registers = Registers::unknown();
        for number in 0..COUNT {
            // SAFETY: a context like that of a handler.
            registers.set(number, Some(unsafe { interrupted(context, number) }));
        }
        let base = registers.get(STACK_POINTER).unwrap();
        // SAFETY: this thread's stack, in use up to `top`.
        let word = |at: usize| unsafe { (at as *const usize).read_volatile() };
        let stack: Vec<usize> = (base..top).step_by(WORD).map(word).collect();
        let mut copied = Vec::new();
        let stopped = Stopped { registers, base, stack: &stack };
        assert!(walk(&stopped, top, |frame| copied.push(frame.address)));
        let mut walked = Vec::new();
        crate::stack::prepare();
        assert!(crate::stack::walk(top, |address| {
            walked.push(address);
            true
        }));
        (copied, walked)
    }

    #[test]
    fn a_copied_stack_has_the_callers_that_the_stack_has() {
        let top = black_box([0_usize; 4]);
        let (copied, walked) = descend(DEPTH, std::ptr::from_ref(&top) as usize);
        black_box(&top);
        let last = |addresses: &[usize]| addresses[addresses.len() - DEPTH - 1..].to_vec();
        assert_eq!(last(&copied), last(&walked));
    }

    #[test]
    fn a_stack_of_garbage_leads_nowhere_and_harms_nobody() {
        let code = by_frame_pointer as *const () as usize;
        let mut random = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = |below: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random).unwrap() % below
        };
        for _ in 0..2_000 {
            let base = 0x7000_0000 + WORD * next(1 << 20);
            let stack: Vec<usize> = (0..next(512))
                .map(|_| match next(3) {
                    0 => code + next(4_096),
                    1 => base + next(8_192),
                    _ => next(usize::MAX),
                })
                .collect();
            let mut registers = Registers::unknown();
            for number in 0..COUNT {
                let value = if next(2) == 0 { next(usize::MAX) } else { base + next(4_096) };
                registers.set(number, Some(value));
            }
            registers.set(RETURN_ADDRESS, Some(code + next(4_096)));
            registers.set(STACK_POINTER, Some(base));
            let mut frames = 0;
            let stopped = Stopped { registers, base, stack: &stack };
            walk(&stopped, base + 4_096, |_| frames += 1);
            assert!(frames <= MAX_FRAMES);
        }
    }
}
