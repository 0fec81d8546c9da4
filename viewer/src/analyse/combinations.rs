//! Which combinations of values there are, and which groups have them.
//!
//! Groups share label sets, trees and origins, and a value is read from one of these: it is made
//! once for each of them, and from then on goes by a number. So the values of ten thousand groups
//! are compared without looking at a letter of them.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Class, Group, Profile, State};

use super::{Key, Value};

/// The combinations of the values of some keys: those of no key, of the first, of the first two,
/// and so on.
pub(super) struct Combinations {
    levels: Vec<Level>,
}

/// The combinations of the first few keys.
#[derive(Default)]
pub(super) struct Level {
    /// Of each, the one of one key less that it belongs to, and the value that it adds.
    all: Vec<(u32, Value)>,
    /// Of each group that was asked about, which it has.
    pub(super) of: Vec<u32>,
}

impl Level {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// For each of them, the one of one key less that it belongs to.
    pub(super) fn parents(&self) -> impl Iterator<Item = u32> {
        self.all.iter().map(|(parent, _)| *parent)
    }

    /// The value of the last key.
    pub(super) fn last_value(&self, at: u32) -> Option<&Value> {
        self.all.get(at as usize).map(|(_, value)| value)
    }
}

impl Combinations {
    /// Those that the groups at `indices` have.
    pub(super) fn of(profile: &Profile, keys: &[Key], indices: &[u32]) -> Self {
        let one = (!indices.is_empty()).then_some((0, Value::Blank("all tasks")));
        let none = Level { all: one.into_iter().collect(), of: vec![0; indices.len()] };
        let mut levels = vec![none];
        for key in keys {
            let Some(above) = levels.last() else { break };
            let level = deeper(profile, key, indices, above);
            levels.push(level);
        }
        Self { levels }
    }

    /// Those of no key, of the first, of the first two, and so on.
    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The values that one of so many keys consists of.
    pub(super) fn values(&self, keys: usize, mut at: u32) -> Arc<[Value]> {
        let levels = self.levels.get(1..=keys).unwrap_or_default();
        let mut values = Vec::with_capacity(keys);
        for level in levels.iter().rev() {
            let Some((parent, value)) = level.all.get(at as usize) else { break };
            values.push(value.clone());
            at = *parent;
        }
        values.reverse();
        values.into()
    }
}

/// The combinations of one key more.
fn deeper(profile: &Profile, key: &Key, indices: &[u32], above: &Level) -> Level {
    let mut level = Level::default();
    let mut numbers = Numbers::default();
    let mut known: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    level.of.reserve(indices.len());
    let groups = indices.iter().filter_map(|&at| profile.groups.get(at as usize));
    for (group, &parent) in groups.zip(&above.of) {
        let number = numbers.of(profile, key, group);
        let at = *known.entry((parent, number)).or_insert_with(|| {
            let value = numbers.values.get(number as usize).cloned();
            level.all.push((parent, value.unwrap_or(Value::Blank("unknown"))));
            last(level.all.len())
        });
        level.of.push(at);
    }
    level
}

/// The values of one key, by number.
#[derive(Default)]
struct Numbers {
    values: Vec<Value>,
    known: FxHashMap<Value, u32>,
    sources: FxHashMap<Source, u32>,
}

impl Numbers {
    fn of(&mut self, profile: &Profile, key: &Key, group: &Group) -> u32 {
        let Self { values, known, sources } = self;
        *sources.entry(Source::of(key, group)).or_insert_with(|| {
            let origin = profile.origin(group.origin).map(|origin| &**origin);
            *known.entry(key.value(group, origin)).or_insert_with_key(|value| {
                values.push(value.clone());
                last(values.len())
            })
        })
    }
}

/// What a value is read from: groups for which it is equal have equal values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Source {
    /// Where the label set or the tree lies in memory, or the number of the origin.
    shared: u64,
    state: State,
    class: Class,
    flags: (bool, bool, bool),
}

impl Source {
    fn of(key: &Key, group: &Group) -> Self {
        let shared = match key {
            Key::Label(_) | Key::Process => group.labels.iter().as_slice().as_ptr().addr() as u64,
            Key::AwaitPoint | Key::WaitKind => {
                group.tree.as_ref().map_or(0, |tree| Arc::as_ptr(tree).addr() as u64)
            }
            Key::SpawnedAt => group.origin.0,
            Key::State | Key::Handle | Key::Parent | Key::Verdict => 0,
        };
        Self {
            shared,
            state: group.state,
            class: group.verdict.class,
            flags: (group.tracked, group.detached, group.orphan),
        }
    }
}

/// The number of the last of so many.
fn last(len: usize) -> u32 {
    u32::try_from(len.saturating_sub(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn equal_values_are_one_whether_groups_share_what_they_are_read_from_or_not() {
        let mut profile = fixture::profile(&[
            "1 parked task=a tenant=x @ src/a.rs:1 mutex < src/m.rs:1",
            "1 parked task=a tenant=y @ src/a.rs:1 mutex < src/m.rs:1",
            "1 running task=a tenant=y @ src/a.rs:1 mutex < src/m.rs:1",
            "1 parked task=b tenant=x @ src/a.rs:1 mutex < src/m.rs:2",
            "1 parked task=b tenant=x < src/m.rs:2",
        ]);
        let [first, second, ..] = &mut profile.groups[..] else { panic!("five groups") };
        Arc::make_mut(second).tree.clone_from(&first.tree);
        let keys = [Key::Label("task".into()), Key::AwaitPoint, Key::State];
        let all = Combinations::of(&profile, &keys, &[0, 1, 2, 3, 4]);
        let counts: Vec<usize> = all.levels().iter().map(Level::len).collect();
        assert_eq!(counts, [1, 2, 3, 4]);
        let words = |at: u32| -> String {
            let values = all.values(3, at);
            values.iter().map(Value::to_string).collect::<Vec<_>>().join(" ")
        };
        let expected = [
            "a src/a.rs:1:1 parked",
            "a src/a.rs:1:1 running",
            "b src/a.rs:1:1 parked",
            "b (not captured yet) parked",
        ];
        assert_eq!([0, 1, 2, 3].map(words), expected);
        assert_eq!(all.levels()[3].of, [0, 0, 1, 2, 3]);
    }
}
