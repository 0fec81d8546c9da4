//! The course of a pattern: healthy cases, leaking ones, and healthy ones beside them.

use crate::catalogue::Pattern;
use crate::stage::{Fate, beat, beats};

/// Healthy cases before the first leak, one a beat: the agent learns how long they live.
const HEALTHY: u32 = 200;
/// Beats between two leaks.
const BETWEEN_LEAKS: u32 = 5;
/// Beats between two healthy cases beside the leaks.
const BETWEEN_SIBLINGS: u32 = 10;
/// Healthy cases between two leaks of a pattern that goes on to leak.
const BEFORE_THE_NEXT: u32 = 3;

/// Runs a pattern for as long as the process lives.
pub(crate) async fn drive(pattern: Pattern) {
    let (start, leaks) = match pattern {
        Pattern::Piles(start, leaks)
        | Pattern::Grows(start, leaks)
        | Pattern::Blocks(start, leaks) => (start, leaks),
        Pattern::Runs(run) => {
            run();
            return std::future::pending().await;
        }
    };
    for _ in 0..HEALTHY {
        start(Fate::Healthy);
        beat().await;
    }
    for _ in 0..leaks {
        start(Fate::Leaking);
        beats(BETWEEN_LEAKS).await;
    }
    for number in 1_u32.. {
        if !matches!(pattern, Pattern::Blocks(..)) {
            start(Fate::Healthy);
        }
        if matches!(pattern, Pattern::Grows(..)) && number % BEFORE_THE_NEXT == 0 {
            start(Fate::Leaking);
        }
        beats(BETWEEN_SIBLINGS).await;
    }
}
