//! Are there frame pointers in this build?
//!
//! The agent is compiled with the same flags as the service around it, so a short chain of its
//! own functions tells. The chain is walked both ways; the answers have to agree.

use std::hint::black_box;

use super::{frame_pointers, unwind};

const DEPTH: usize = 3;

/// Whether both ways of walking see the same callers.
pub(super) fn frame_pointers_work() -> bool {
    frame_pointers::prepare();
    let top = black_box([0_usize; 4]);
    let end = std::ptr::from_ref(&top) as usize;
    let seen = descend(DEPTH, end);
    black_box(&top);
    seen
}

#[inline(never)]
fn descend(depth: usize, top: usize) -> bool {
    let mut filler = [depth; 8];
    black_box(&mut filler);
    let result = if depth == 0 { compare(top) } else { descend(depth - 1, top) };
    black_box(&mut filler);
    result
}

#[inline(never)]
fn compare(top: usize) -> bool {
    let mut walked = [0; 16];
    let mut unwound = [0; 16];
    let whole = frame_pointers::walk(top, &mut fill(&mut walked));
    let found = whole == Some(true) && unwind::walk(top, &mut fill(&mut unwound));
    // The two walks start in different places of this function and below it; what they have in
    // common are the return addresses into `descend`.
    let last = |addresses: &[usize]| {
        let used: Vec<usize> = addresses.iter().copied().take_while(|a| *a != 0).collect();
        used.into_iter().rev().take(DEPTH + 1).collect::<Vec<_>>()
    };
    let (walked, unwound) = (last(&walked), last(&unwound));
    found && walked.len() == DEPTH + 1 && walked == unwound
}

fn fill(addresses: &mut [usize]) -> impl FnMut(usize) -> bool {
    let mut places = addresses.iter_mut();
    move |address| match places.next() {
        Some(place) => {
            *place = address;
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The workspace is built with frame pointers, so the fast way has to be found.
    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn frame_pointers_are_found_in_a_build_that_has_them() {
        assert!(frame_pointers_work());
    }
}
