//! How near the memory is to its limit.

/// Parts of the limit, in percent, at which the memory is worth a look.
const STEPS: [u64; 3] = [80, 90, 95];
/// A step counts again once the memory was this many percent below it.
const BELOW: u64 = 5;

/// Which of the steps were passed.
#[derive(Debug, Default)]
pub(super) struct Steps {
    passed: usize,
}

impl Steps {
    /// The step in percent that was passed just now, the highest if there are several.
    pub(super) fn note(&mut self, used: u64, limit: u64) -> Option<u64> {
        let percent = percent(used, limit)?;
        let at_or_above = |margin: u64| {
            STEPS.iter().take_while(|step| percent.saturating_add(margin) >= **step).count()
        };
        let now = at_or_above(0);
        let passed = (now > self.passed).then(|| STEPS.get(now - 1)).flatten();
        self.passed = self.passed.max(now).min(at_or_above(BELOW - 1));
        passed.copied()
    }
}

/// How many percent of the limit are used; `None` without a limit.
pub(super) fn percent(used: u64, limit: u64) -> Option<u64> {
    let percent = u128::from(used) * 100 / u128::from(limit.max(1));
    (limit > 0).then(|| u64::try_from(percent).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_passed_once_until_the_memory_was_well_below_it() {
        let mut steps = Steps::default();
        let told: Vec<Option<u64>> = [10, 79, 80, 85, 79, 80, 92, 95, 99, 91, 95, 89, 90, 70, 96]
            .map(|used| steps.note(used, 100))
            .to_vec();
        let none = None;
        let expected = [
            none,
            none,
            Some(80),
            none,
            none,
            none,
            Some(90),
            Some(95),
            none,
            none,
            none,
            none,
            none,
            none,
            Some(95),
        ];
        assert_eq!(told, expected);
        assert_eq!(Steps::default().note(5, 0), None);
        assert_eq!(Steps::default().note(u64::MAX, 1), Some(95));
    }
}
