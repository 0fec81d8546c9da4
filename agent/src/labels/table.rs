//! All label sets of the process, each known by a number; 0 is the empty set.
//!
//! Sets are never forgotten, so their number is bounded: a key may have [`MAX_VALUES`] values
//! and the table [`MAX_SETS`] sets. Values beyond that become `…`; how often, and for which key
//! most, is kept.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, OnceLock};

use rustc_hash::FxBuildHasher;
use taskscope_proto::model::{Label, Labels};

use crate::primitives::Mutex;
use crate::registry::{Full, Interner};

/// Distinct values of one key.
const MAX_VALUES: usize = 1_000;
/// Distinct keys.
const MAX_KEYS: usize = 256;
/// Distinct label sets.
const MAX_SETS: u32 = 50_000;
/// What stands for all further values.
const FOLDED: &str = "…";

static EMPTY: LazyLock<Labels> = LazyLock::new(Labels::default);
static SETS: Interner<Labels> = Interner::new(MAX_SETS, weigh);
static VALUES: Mutex<Values> = Mutex::new(Values::new());

/// What was folded so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// How many sets lost a value.
    pub(crate) sets: u64,
    /// The key that lost most.
    pub(crate) key: Option<Arc<str>>,
}

/// What a set takes up, strings included, though sets share some of them.
fn weigh(labels: &Labels) -> usize {
    let strings = |label: &Label| size_of::<Label>() + label.key.len() + label.value.len();
    labels.iter().map(strings).sum()
}

/// What all sets take up, roughly.
pub(crate) fn bytes() -> usize {
    SETS.bytes()
}

/// The set with this number.
pub(crate) fn get(number: u32) -> &'static Labels {
    SETS.get(number).unwrap_or(&EMPTY)
}

/// The number of a set of labels.
pub(crate) fn intern(labels: Labels) -> u32 {
    if labels.is_empty() {
        return 0;
    }
    if let Some(number) = SETS.find(&labels) {
        return number;
    }
    let labels = VALUES.lock().admit(labels);
    SETS.intern(labels).unwrap_or_else(|Full| fold_all())
}

/// The number of the labels `outer` overlaid with `inner`.
pub(crate) fn overlay(outer: u32, inner: u32) -> u32 {
    match (outer, inner) {
        (0, set) | (set, 0) => set,
        _ => {
            let both = get(outer).iter().chain(get(inner));
            intern(Labels::new(both.cloned()))
        }
    }
}

/// What was folded so far.
pub(crate) fn folded() -> Folded {
    VALUES.lock().folded()
}

/// The table is full: one last set stands for all others.
fn fold_all() -> u32 {
    static LAST: OnceLock<u32> = OnceLock::new();
    VALUES.lock().sets += 1;
    *LAST.get_or_init(|| {
        let label = Label { key: FOLDED.into(), value: FOLDED.into() };
        SETS.intern_beyond_limit(Labels::new([label])).unwrap_or(0)
    })
}

#[derive(Debug)]
struct Values {
    by_key: HashMap<Arc<str>, Key, FxBuildHasher>,
    sets: u64,
}

#[derive(Debug, Default)]
struct Key {
    values: HashSet<Arc<str>, FxBuildHasher>,
    folded: u64,
}

impl Values {
    const fn new() -> Self {
        Self { by_key: HashMap::with_hasher(FxBuildHasher), sets: 0 }
    }

    /// The labels with values beyond the limit folded.
    fn admit(&mut self, labels: Labels) -> Labels {
        let mut folded = false;
        let kept = labels.iter().take(taskscope_proto::limits::MAX_LABELS).map(|label| {
            if self.knows(label) {
                return label.clone();
            }
            folded = true;
            Label { key: label.key.clone(), value: FOLDED.into() }
        });
        let kept = Labels::new(kept.collect::<Vec<_>>());
        self.sets += u64::from(folded || kept.len() < labels.len());
        if folded { kept } else { labels_unless_cut(labels, kept) }
    }

    fn knows(&mut self, label: &Label) -> bool {
        if !self.by_key.contains_key(&label.key) && self.by_key.len() >= MAX_KEYS {
            return false;
        }
        let key = self.by_key.entry(label.key.clone()).or_default();
        if key.values.contains(&label.value) {
            return true;
        }
        if key.values.len() >= MAX_VALUES {
            key.folded += 1;
            return false;
        }
        key.values.insert(label.value.clone())
    }

    fn folded(&self) -> Folded {
        let most = self.by_key.iter().max_by_key(|(_, key)| key.folded);
        let key = most.filter(|(_, key)| key.folded > 0).map(|(name, _)| name.clone());
        Folded { sets: self.sets, key }
    }
}

fn labels_unless_cut(whole: Labels, kept: Labels) -> Labels {
    if kept.len() == whole.len() { whole } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str, value: &str) -> Labels {
        Labels::new([Label { key: key.into(), value: value.into() }])
    }

    #[test]
    fn equal_sets_share_a_number() {
        assert_eq!(intern(set("table", "a")), intern(set("table", "a")));
        assert_ne!(intern(set("table", "a")), intern(set("table", "b")));
        assert_eq!(intern(Labels::default()), 0);
    }

    #[test]
    fn an_overlay_wins_key_by_key() {
        let outer = intern(Labels::new([
            Label { key: "a".into(), value: "1".into() },
            Label { key: "b".into(), value: "2".into() },
        ]));
        let both = overlay(outer, intern(set("b", "3")));
        assert_eq!(get(both).to_string(), "a=1 b=3");
    }

    #[test]
    fn a_key_with_endless_values_folds_and_is_named() {
        let mut values = Values::new();
        for i in 0..MAX_VALUES + 5 {
            let admitted = values.admit(set("request", &i.to_string()));
            let folded = admitted.get("request").map(|v| &**v) == Some(FOLDED);
            assert_eq!(folded, i >= MAX_VALUES, "{i}");
        }
        let lost = values.folded();
        assert_eq!((lost.sets, lost.key.as_deref()), (5, Some("request")));
    }
}
