//! The filter line: words that a group must match, all of them.
//!
//! `fetch` matches anything that is known about a group: its labels, its state, what and where it
//! waits, every frame of its await tree, where it was spawned. `tenant:acme` looks at one label;
//! `state:`, `wait:`, `await:` and `spawn:` look at one property, `is:stuck` and `is:growing` at a
//! finding, `is:detached` and `is:orphan` at what became of handle and parent. A leading `-` turns a word round. Case does not matter.

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Frame, Group, Origin, Profile, Tree};

use super::{Key, Value};

/// A parsed filter line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    negated: bool,
    field: Field,
    /// Lower case, never empty.
    needle: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Field {
    Anything,
    State,
    Wait,
    Await,
    Spawn,
    Is,
    Label(String),
}

impl Filter {
    /// Reads a filter line. Every line means something; unfinished words are left out.
    pub fn parse(line: &str) -> Self {
        Self { terms: line.split_whitespace().filter_map(Term::parse).collect() }
    }

    /// Whether every group passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Indices of the groups that pass.
    pub fn matches(&self, profile: &Profile) -> Vec<u32> {
        let mut trees: FxHashMap<(usize, *const Tree), bool> = FxHashMap::default();
        let passes = |group: &Group| {
            let origin = profile.origin(group.origin).map(|origin| &**origin);
            self.terms.iter().enumerate().all(|(at, term)| {
                let found = term.found(group, origin)
                    || (term.field == Field::Anything
                        && group.tree.as_ref().is_some_and(|tree| {
                            // Many groups share a tree: look through each once.
                            *trees
                                .entry((at, std::sync::Arc::as_ptr(tree)))
                                .or_insert_with(|| term.found_in_tree(tree))
                        }));
                found != term.negated
            })
        };
        let mut passes = passes;
        (0u32..).zip(&profile.groups).filter(|(_, group)| passes(group)).map(|(i, _)| i).collect()
    }
}

impl Term {
    fn parse(word: &str) -> Option<Self> {
        let (negated, word) = match word.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        let (field, needle) = match word.split_once([':', '=']) {
            // `src/main.rs:41` and `a::b` are places and paths, not a label called `src/main.rs`.
            Some((key, rest)) if !key.contains(['/', '.']) && !rest.starts_with(':') => {
                let field = match key {
                    "state" => Field::State,
                    "wait" => Field::Wait,
                    "await" => Field::Await,
                    "spawn" => Field::Spawn,
                    "is" => Field::Is,
                    label => Field::Label(label.to_owned()),
                };
                (field, rest)
            }
            _ => (Field::Anything, word),
        };
        let needle = needle.to_lowercase();
        (!needle.is_empty()).then_some(Self { negated, field, needle })
    }

    fn found(&self, group: &Group, origin: Option<&Origin>) -> bool {
        let has = |value: &Value| match value {
            Value::Text(text) => self.is_in(text),
            other => self.is_in(&other.to_string()),
        };
        match &self.field {
            Field::State => self.is_in(group.state.name()),
            Field::Wait => has(&Key::WaitKind.value(group, origin)),
            Field::Await => has(&Key::AwaitPoint.value(group, origin)),
            Field::Spawn => has(&Key::SpawnedAt.value(group, origin)),
            Field::Is if self.needle == "stuck" => group.stuck > 0,
            Field::Is if self.needle == "growing" => group.count > group.count_minute_ago,
            Field::Is if self.needle == "detached" => group.detached,
            Field::Is if self.needle == "orphan" => group.orphan,
            Field::Is => false,
            Field::Label(key) => group.labels.get(key).is_some_and(|value| self.is_in(value)),
            Field::Anything => {
                self.is_in(group.state.name())
                    || group.labels.iter().any(|l| self.is_in(&l.value) || self.is_in(&l.key))
                    || origin.is_some_and(|o| self.is_in(&o.spawned_at.to_string()))
            }
        }
    }

    fn found_in_tree(&self, tree: &Tree) -> bool {
        let in_frame = |frame: &Frame| {
            self.is_in(&frame.function)
                || frame.location.as_ref().is_some_and(|place| self.is_in(&place.to_string()))
        };
        tree.wait_kinds.iter().any(|kind| self.is_in(&kind.to_string()))
            || tree.nodes.iter().any(|node| in_frame(&node.frame))
    }

    fn is_in(&self, text: &str) -> bool {
        let (needle, hay) = (self.needle.as_bytes(), text.as_bytes());
        if text.is_ascii() {
            return hay.windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle));
        }
        text.to_lowercase().contains(&self.needle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_filter_keeps_the_groups_that_match_all_of_its_words() {
        let profile = fixture::profile(&[
            "8 parked stuck=8 was=2 task=audit tenant=acme @ src/audit.rs:41 mpsc_send < src/main.rs:3",
            "3 parked task=fetch tenant=globex @ src/net/http.rs:7 io_read < src/main.rs:9",
            "1 running task=fetch < src/main.rs:9",
        ]);
        let check = |line: &str, expected: &[u32]| {
            assert_eq!(Filter::parse(line).matches(&profile), expected, "{line}");
        };
        check("", &[0, 1, 2]);
        check("FETCH", &[1, 2]);
        check("-fetch", &[0]);
        check("task:fetch state:parked", &[1]);
        check("tenant=acme", &[0]);
        check("-tenant:acme", &[1, 2]);
        check("http.rs:7", &[1]);
        check("wait:mpsc", &[0]);
        check("spawn:main.rs:9", &[1, 2]);
        check("await:running", &[2]);
        check("is:stuck", &[0]);
        check("is:growing", &[0]);
        check("is:purple", &[]);
        check("tenant:", &[0, 1, 2]);
        check("- nothing-like-this", &[]);
    }
}
