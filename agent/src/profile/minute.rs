//! What a number was a minute ago, in a few words of memory.

/// Milliseconds between two memories.
const STEP_MS: u64 = 5_000;
/// Memories that make up a minute.
const STEPS: usize = 12;

/// Remembers a number for a minute, every five seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Minute {
    /// The step that `past` ends with.
    step: u64,
    /// The number at the last steps, the latest at the end.
    past: [u64; STEPS],
    latest: u64,
}

impl Minute {
    /// Notes the number at a time. Times must not go back.
    pub(super) fn note(&mut self, now_ms: u64, number: u64) {
        let step = now_ms / STEP_MS;
        let passed = usize::try_from(step.saturating_sub(self.step)).unwrap_or(STEPS).min(STEPS);
        self.past.rotate_left(passed);
        let from = STEPS - passed;
        self.past.iter_mut().skip(from).for_each(|past| *past = self.latest);
        self.step = step.max(self.step);
        self.latest = number;
    }

    /// The number a minute before the last note; 0 if that was before the first.
    pub(super) fn ago(&self) -> u64 {
        self.past.first().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_comes_back_after_a_minute() {
        let mut minute = Minute::default();
        for second in 0..=200_u64 {
            minute.note(second * 1_000, second);
            let expected = second.saturating_sub(60);
            assert!(minute.ago().abs_diff(expected) <= 5, "{second}: {}", minute.ago());
        }
    }

    #[test]
    fn a_long_pause_forgets_all_but_the_latest() {
        let mut minute = Minute::default();
        minute.note(1_000, 7);
        minute.note(1_000_000, 0);
        assert_eq!(minute.ago(), 7);
        minute.note(1_100_000, 0);
        assert_eq!(minute.ago(), 0);
    }
}
