//! Numbers of one run of a process, told apart from those of all others.
//!
//! Small numbers keep their order: the run stands above them. Large ones, hashes for example, get
//! small ones in the order in which they come, and are remembered with them.

use rustc_hash::FxHashMap;

use crate::analyse::NUMBER_BITS;

/// From here on a number is large.
const LARGE: u64 = 1 << (NUMBER_BITS - 1);
/// Large numbers that are remembered. Of more nothing is shown.
const MAX_LARGE: usize = 1 << 20;

/// The numbers of one kind of thing in one run.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    run: u64,
    known: FxHashMap<u64, u64>,
    large: Vec<u64>,
}

impl Numbers {
    /// Of this run.
    pub(super) fn of_run(run: u64) -> Self {
        Self { run, ..Self::default() }
    }

    /// The number that stands for this one among all; `None` if there is no room for it.
    pub(super) fn outside(&mut self, inside: u64) -> Option<u64> {
        let above = self.run << NUMBER_BITS;
        if inside < LARGE {
            return Some(above | inside);
        }
        let next = self.large.len();
        if let Some(known) = self.known.get(&inside) {
            return Some(above | known);
        }
        let number = LARGE | u64::try_from(next).ok().filter(|_| next < MAX_LARGE)?;
        self.large.push(inside);
        self.known.insert(inside, number);
        Some(above | number)
    }

    /// What the process itself calls it; `None` if it is another's.
    pub(super) fn inside(&self, outside: u64) -> Option<u64> {
        if outside >> NUMBER_BITS != self.run {
            return None;
        }
        let number = outside & ((1 << NUMBER_BITS) - 1);
        if number < LARGE {
            return Some(number);
        }
        self.large.get(usize::try_from(number - LARGE).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_number_is_shared_and_each_finds_its_way_back(
            some in prop::collection::hash_set(prop_oneof![0u64..9, any::<u64>()], 0..60),
        ) {
            let mut runs = [Numbers::of_run(1), Numbers::of_run(2)];
            let mut seen = std::collections::HashSet::new();
            for numbers in &mut runs {
                for inside in &some {
                    let outside = numbers.outside(*inside).expect("room");
                    prop_assert!(seen.insert(outside));
                    prop_assert_eq!(numbers.outside(*inside), Some(outside));
                    prop_assert_eq!(numbers.inside(outside), Some(*inside));
                }
            }
            let [first, second] = &runs;
            for outside in seen {
                prop_assert!(first.inside(outside).is_none() || second.inside(outside).is_none());
            }
        }
    }

    #[test]
    fn what_has_no_room_has_no_number() {
        let mut numbers = Numbers::of_run(1);
        for large in 0..MAX_LARGE as u64 {
            numbers.outside(u64::MAX - large);
        }
        assert_eq!(numbers.outside(LARGE), None);
        assert!(numbers.outside(u64::MAX).is_some() && numbers.outside(7).is_some());
    }
}
