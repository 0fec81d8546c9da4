//! Labels: the key=value tags of a task.

use std::fmt;
use std::sync::Arc;

/// One key=value tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label {
    /// The key, e.g. `tenant`.
    pub key: Arc<str>,
    /// The value, e.g. `acme`.
    pub value: Arc<str>,
}

/// A set of labels, sorted by key, each key once. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<[Label]>);

impl Labels {
    /// Sorts the labels; of two with the same key the later one wins.
    pub fn new(labels: impl IntoIterator<Item = Label>) -> Self {
        let mut all: Vec<Label> = labels.into_iter().collect();
        all.reverse();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all.dedup_by(|later, first| later.key == first.key);
        Self(all.into())
    }

    /// The value of `key`, if it is set.
    pub fn get(&self, key: &str) -> Option<&Arc<str>> {
        let at = self.0.binary_search_by(|label| (*label.key).cmp(key)).ok()?;
        self.0.get(at).map(|label| &label.value)
    }

    /// The labels in the order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, Label> {
        self.0.iter()
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self(Arc::new([]))
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = &'a Label;
    type IntoIter = std::slice::Iter<'a, Label>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// `task=fetch tenant=acme`; nothing for the empty set.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, label) in self.iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            write!(f, "{gap}{label}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::new(pairs.iter().map(|(k, v)| Label { key: (*k).into(), value: (*v).into() }))
    }

    #[test]
    fn the_later_of_two_equal_keys_wins() {
        let set = labels(&[("b", "1"), ("a", "2"), ("b", "3")]);
        assert_eq!(set.to_string(), "a=2 b=3");
        assert_eq!(set.get("b").map(|v| &**v), Some("3"));
        assert_eq!(set.get("c"), None);
    }
}
