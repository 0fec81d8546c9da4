//! The filter line: words that a group must match, all of them.
//!
//! `fetch` matches anything that is known about a group: its labels, its state, what and where it
//! waits, every frame of its await tree, where it was spawned. `tenant:acme` looks at one label;
//! `state:`, `wait:`, `await:`, `spawn:` and `verdict:` look at one property, `is:stuck` and `is:growing` at a
//! finding, `is:detached`, `is:orphan` and `is:outlived` at what became of handle, parent and task.
//! `bytes>10M` compares what a group holds of the heap; `outlived` and `tasks` compare likewise. A
//! leading `-` turns a word round. Case does not matter.

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Frame, Group, HeapSite, Origin, Profile, Tree};

use super::holding::{difference, has_grown};
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
    Verdict,
    Is,
    Label(String),
    Compare(Amount, Comparison),
}

/// What can be compared with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount {
    Bytes,
    Outlived,
    Tasks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Comparison {
    more: bool,
    or_equal: bool,
    than: u64,
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

    /// Whether a site of the heap passes. What sites do not have (a state, a wait) keeps none out.
    pub fn matches_site(&self, site: &HeapSite, profile: &Profile) -> bool {
        let origin = site.origin.and_then(|id| profile.origin(id)).map(|origin| &**origin);
        self.terms
            .iter()
            .all(|term| term.found_in_site(site, origin).is_none_or(|found| found != term.negated))
    }

    /// Whether a word of it, by itself, finds this frame: what to point out among those that pass.
    pub fn points_at(&self, frame: &Frame) -> bool {
        let words = self.terms.iter();
        let mut words = words.filter(|term| !term.negated && term.field == Field::Anything);
        words.any(|term| term.found_in_frame(frame))
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
        if let Some((amount, comparison)) = comparison(word) {
            let field = Field::Compare(amount, comparison?);
            return Some(Self { negated, field, needle: String::new() });
        }
        let (field, needle) = match word.split_once([':', '=']) {
            // `src/main.rs:41` and `a::b` are places and paths, not a label called `src/main.rs`.
            Some((key, rest)) if !key.contains(['/', '.']) && !rest.starts_with(':') => {
                let field = match key {
                    "state" => Field::State,
                    "wait" => Field::Wait,
                    "await" => Field::Await,
                    "spawn" => Field::Spawn,
                    "verdict" => Field::Verdict,
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
            Field::Verdict => self.is_in(group.verdict.class.name()),
            Field::Is if self.needle == "stuck" => group.stuck > 0,
            Field::Is if self.needle == "growing" => {
                let bytes = difference(group.held.live_bytes, group.live_bytes_minute_ago);
                group.count > group.count_minute_ago || has_grown(bytes, &group.held)
            }
            Field::Is if self.needle == "outlived" => group.held.outlived_bytes > 0,
            Field::Is if self.needle == "detached" => group.detached,
            Field::Is if self.needle == "orphan" => group.orphan,
            Field::Is => false,
            Field::Compare(Amount::Bytes, with) => with.holds(group.held.live_bytes),
            Field::Compare(Amount::Outlived, with) => with.holds(group.held.outlived_bytes),
            Field::Compare(Amount::Tasks, with) => with.holds(group.count),
            Field::Label(key) => group.labels.get(key).is_some_and(|value| self.is_in(value)),
            Field::Anything => {
                self.is_in(group.state.name())
                    || group.labels.iter().any(|l| self.is_in(&l.value) || self.is_in(&l.key))
                    || origin.is_some_and(|o| self.is_in(&o.spawned_at.to_string()))
            }
        }
    }

    /// `None`: sites have nothing of the kind.
    fn found_in_site(&self, site: &HeapSite, origin: Option<&Origin>) -> Option<bool> {
        let spawned = || origin.is_some_and(|o| self.is_in(&o.spawned_at.to_string()));
        let in_labels = || site.labels.iter().any(|l| self.is_in(&l.value) || self.is_in(&l.key));
        let in_stack = || {
            let nodes = site.stack.iter().flat_map(|stack| &stack.nodes);
            nodes.into_iter().any(|node| self.found_in_frame(&node.frame))
        };
        Some(match &self.field {
            Field::Anything => in_labels() || spawned() || in_stack(),
            Field::Label(key) => site.labels.get(key).is_some_and(|value| self.is_in(value)),
            Field::Spawn => spawned(),
            Field::Is if self.needle == "outlived" => site.held.outlived_bytes > 0,
            Field::Compare(Amount::Bytes, with) => with.holds(site.held.live_bytes),
            Field::Compare(Amount::Outlived, with) => with.holds(site.held.outlived_bytes),
            Field::Compare(Amount::Tasks, _)
            | Field::State
            | Field::Wait
            | Field::Await
            | Field::Verdict
            | Field::Is => return None,
        })
    }

    fn found_in_tree(&self, tree: &Tree) -> bool {
        tree.wait_kinds.iter().any(|kind| self.is_in(&kind.to_string()))
            || tree.nodes.iter().any(|node| self.found_in_frame(&node.frame))
    }

    fn found_in_frame(&self, frame: &Frame) -> bool {
        self.is_in(&frame.function)
            || frame.location.as_ref().is_some_and(|place| self.is_in(&place.to_string()))
    }

    fn is_in(&self, text: &str) -> bool {
        let (needle, hay) = (self.needle.as_bytes(), text.as_bytes());
        if text.is_ascii() {
            return hay.windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle));
        }
        text.to_lowercase().contains(&self.needle)
    }
}

/// Reads `bytes>10M`: nothing if it is no comparison, nothing in it if it is unfinished.
fn comparison(word: &str) -> Option<(Amount, Option<Comparison>)> {
    let (name, rest) = word.split_at_checked(word.find(['<', '>'])?)?;
    let amount = match name.to_lowercase().as_str() {
        "bytes" => Amount::Bytes,
        "outlived" => Amount::Outlived,
        "tasks" => Amount::Tasks,
        _ => return None,
    };
    let more = rest.starts_with('>');
    let rest = &rest[1..];
    let (or_equal, number) = rest.strip_prefix('=').map_or((false, rest), |number| (true, number));
    let of = |than| Comparison { more, or_equal, than };
    Some((amount, size(number).map(of)))
}

/// Reads `512`, `64K`, `1.5MiB`: units are powers of 1,024, as they are on the screen.
fn size(text: &str) -> Option<u64> {
    let text = text.to_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let power = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float to int saturates, and no sign was read"
    )]
    Some((number * 1_024_f64.powi(power)) as u64)
}

impl Comparison {
    fn holds(self, number: u64) -> bool {
        match (self.or_equal && number == self.than, self.more) {
            (true, _) => true,
            (false, true) => number > self.than,
            (false, false) => number < self.than,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_filter_keeps_the_groups_that_match_all_of_its_words() {
        let profile = fixture::profile(&[
            "8 parked stuck=8 was=2 class=suspect task=audit tenant=acme @ src/audit.rs:41 mpsc_send < src/main.rs:3",
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
        check("verdict:suspect", &[0]);
        check("-verdict:normal", &[0]);
        check("is:purple", &[]);
        check("tenant:", &[0, 1, 2]);
        check("- nothing-like-this", &[]);
    }

    #[test]
    fn sites_of_the_heap_are_kept_by_what_they_have() {
        let mut profile = fixture::profile(&["1 parked task=a < src/m.rs:7"]);
        profile.heap_sites = fixture::sites(&[
            "1 live=2048 left=5 task=leak of=1 @ src/m.rs:1 src/cache.rs:4 ~vec:7",
            "2 live=10 @ src/main.rs:1",
        ]);
        let check = |line: &str, expected: &[u64]| {
            let filter = Filter::parse(line);
            let sites = profile.heap_sites.iter();
            let found = sites.filter(|site| filter.matches_site(site, &profile));
            assert_eq!(found.map(|site| site.id.0).collect::<Vec<_>>(), expected, "{line}");
        };
        check("cache.rs", &[1]);
        check("-cache.rs", &[2]);
        check("task:leak", &[1]);
        check("spawn:m.rs:7", &[1]);
        check("is:outlived", &[1]);
        check("bytes<1K", &[2]);
        check("state:parked is:stuck", &[1, 2]);
        let filter = Filter::parse("cache.rs -vec task:leak");
        let points = |place: &str| filter.points_at(&fixture::frame(place, true));
        assert!(points("src/cache.rs:4") && !points("vec:7") && !points("leak:1"));
    }

    #[test]
    fn groups_are_kept_by_what_they_hold() {
        let profile = fixture::profile(&[
            "8 parked live=2097152 livewas=1048576 error=65536 task=leak < src/m.rs:1",
            "0 finished live=1536 left=1536 task=warm < src/m.rs:2",
            "3 parked live=10 livewas=5 error=6 task=calm < src/m.rs:3",
        ]);
        let check = |line: &str, expected: &[u32]| {
            assert_eq!(Filter::parse(line).matches(&profile), expected, "{line}");
        };
        check("bytes>1M", &[0]);
        check("bytes>=2MiB", &[0]);
        check("bytes>2m", &[]);
        check("bytes<1.5K", &[2]);
        check("bytes<=1.5k", &[1, 2]);
        check("-bytes>1K", &[2]);
        check("outlived>1", &[1]);
        check("tasks>3 bytes>1", &[0]);
        check("is:outlived", &[1]);
        check("is:growing", &[0]);
        check("state:finished", &[1]);
        // Unfinished, and no comparison at all.
        check("bytes>", &[0, 1, 2]);
        check("bytes>1x", &[0, 1, 2]);
        check("box<dyn", &[]);
    }
}
