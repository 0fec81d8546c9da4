//! How many tasks the rows of a table had at another moment.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::Profile;

use super::combinations::Combinations;
use super::{Key, Value};

/// The tasks of rows at another moment, by the values of these rows: of rows of all keys, and of
/// those of the first few that other rows lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Then {
    tasks: FxHashMap<Arc<[Value]>, u64>,
}

impl Then {
    /// Of the groups at `indices` of the profile of that moment, by these keys.
    pub fn of(profile: &Profile, keys: &[Key], indices: &[u32]) -> Self {
        let combinations = Combinations::of(profile, keys, indices);
        let mut tasks: FxHashMap<Arc<[Value]>, u64> = FxHashMap::default();
        for (known, level) in combinations.levels().iter().enumerate() {
            let mut counts = vec![0_u64; level.len()];
            for (at, of) in indices.iter().zip(&level.of) {
                let count = profile.groups.get(*at as usize).map_or(0, |group| group.count);
                if let Some(sum) = counts.get_mut(*of as usize) {
                    *sum = sum.saturating_add(count);
                }
            }
            let values = (0..).map(|at| combinations.values(known, at));
            tasks.extend(values.zip(counts));
        }
        Self { tasks }
    }

    /// How many tasks the row with these values had; a row that was not there had none.
    pub fn tasks(&self, values: &[Value]) -> u64 {
        self.tasks.get(values).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn rows_of_all_keys_and_of_the_first_few_are_known() {
        let profile = fixture::profile(&[
            "8 parked t=a u=1 < src/m.rs:1",
            "3 parked t=a u=2 < src/m.rs:1",
            "5 parked t=b u=1 < src/m.rs:1",
        ]);
        let keys = ["t", "u"].map(Key::named);
        let then = Then::of(&profile, &keys, &[0, 1, 2]);
        let some = Then::of(&profile, &keys, &[0, 2]);
        let text = |text: &&str| Value::Text((**text).into());
        for (values, expected, filtered) in [
            (&["a", "1"][..], 8, 8),
            (&["a", "2"][..], 3, 0),
            (&["a"][..], 11, 8),
            (&["b"][..], 5, 5),
            (&[][..], 16, 13),
            (&["c"][..], 0, 0),
        ] {
            let values: Vec<Value> = values.iter().map(text).collect();
            assert_eq!((then.tasks(&values), some.tasks(&values)), (expected, filtered));
        }
    }
}
