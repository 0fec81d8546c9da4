//! The filter line: words that a group must match, all of them.
//!
//! `fetch` matches anything that is known about a group: its labels, its state, what and where it
//! waits, every frame of its await tree, where it was spawned. `tenant:acme` looks at one label, `label:`
//! at all of them; `state:`, `wait:`, `await:`, `spawn:` and `verdict:` look at one property, `is:stuck` and
//! `is:growing` at a finding, `is:detached`, `is:orphan` and `is:outlived` at what became of handle, parent and task.
//! `bytes>10M` compares what a group holds of the heap; `outlived` and `tasks` compare likewise.
//! `~` is `:`, and `=` asks for the whole text rather than a part. A leading `-` turns a word round. Case does
//! not matter.
//!
//! `idle>5m` and `age<1h` are about single tasks: a group passes `idle>` if its oldest task does, `idle<` if its median
//! task does, and any `age`, which no group knows. The agent keeps the tasks of a row to those that meet them.

mod amount;

use rustc_hash::FxHashMap;
use taskscope_proto::limits::MAX_CONDITIONS;
use taskscope_proto::model::{Frame, Group, HeapSite, Origin, Profile, State, TaskCondition, Tree};

pub(crate) use amount::{size as read_size, time as read_time};

use super::holding::{difference, has_grown};
use super::{Key, Value};
use amount::{Amount, Comparison, comparison};

/// A parsed filter line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
    problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    negated: bool,
    field: Field,
    /// The whole text has to be equal.
    whole: bool,
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
    AnyLabel,
    Label(String),
    Compare(Amount, Comparison),
}

const VERDICTS: [&str; 4] = ["normal", "slow", "suspect", "proven"];
const FINDINGS: [&str; 5] = ["stuck", "growing", "outlived", "detached", "orphan"];

fn not_possible(key: &str, needle: &str, possible: &[&str]) -> String {
    format!("{key}:{needle} finds nothing: {key} is one of {}", possible.join(", "))
}

impl Filter {
    /// Reads a filter line. Every line means something; unfinished words are left out.
    pub fn parse(line: &str) -> Self {
        let terms: Vec<Term> = line.split_whitespace().filter_map(Term::parse).collect();
        let unread = || line.split_whitespace().find_map(amount::problem);
        let problem = unread().or_else(|| terms.iter().find_map(Term::problem));
        Self { terms, problem }
    }

    /// What is wrong with the line: the first word that can find nothing, and what is possible.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// What single tasks have to be like beside what all tasks of their group have in common.
    pub fn conditions(&self) -> Vec<TaskCondition> {
        let condition = |term: &Term| {
            let Field::Compare(amount, comparison) = &term.field else { return None };
            Some(TaskCondition { negated: term.negated, check: amount.check(*comparison)? })
        };
        self.terms.iter().filter_map(condition).take(MAX_CONDITIONS).collect()
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
        let now_ms = profile.header.now_ms;
        let passes = |group: &Group| {
            let origin = profile.origin(group.origin).map(|origin| &**origin);
            self.terms.iter().enumerate().all(|(at, term)| {
                if matches!(term.field, Field::Compare(Amount::Age, _)) {
                    return true;
                }
                let found = term.found(group, origin, now_ms)
                    || (matches!(term.field, Field::Anything | Field::Await)
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
            return Some(Self { negated, field, whole: false, needle: String::new() });
        }
        let sign = word.find([':', '=', '~']);
        let whole = sign.is_some_and(|at| word[at..].starts_with('='));
        let (field, needle) = match word.split_once([':', '=', '~']) {
            // `src/main.rs:41` and `a::b` are places and paths, not a label called `src/main.rs`.
            Some((key, rest)) if !key.contains(['/', '.']) && !rest.starts_with(':') => {
                let field = match key {
                    "state" => Field::State,
                    "wait" => Field::Wait,
                    "await" => Field::Await,
                    "spawn" => Field::Spawn,
                    "verdict" => Field::Verdict,
                    "is" => Field::Is,
                    "label" => Field::AnyLabel,
                    label => Field::Label(label.to_owned()),
                };
                (field, rest)
            }
            _ => (Field::Anything, word),
        };
        let needle = needle.to_lowercase();
        let whole = whole && field != Field::Anything;
        (!needle.is_empty()).then_some(Self { negated, field, whole, needle })
    }

    fn found(&self, group: &Group, origin: Option<&Origin>, now_ms: u64) -> bool {
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
            Field::Compare(Amount::Idle, with) => {
                let since = if with.more { group.oldest_since_ms } else { group.median_since_ms };
                group.count > 0 && with.holds(now_ms.saturating_sub(since))
            }
            Field::Compare(Amount::Age, _) => true,
            Field::AnyLabel => {
                group.labels.iter().any(|l| self.is_in(&l.value) || self.is_in(&l.key))
            }
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
            Field::AnyLabel => in_labels(),
            Field::Label(key) => site.labels.get(key).is_some_and(|value| self.is_in(value)),
            Field::Spawn => spawned(),
            Field::Is if self.needle == "outlived" => site.held.outlived_bytes > 0,
            Field::Compare(Amount::Bytes, with) => with.holds(site.held.live_bytes),
            Field::Compare(Amount::Outlived, with) => with.holds(site.held.outlived_bytes),
            Field::Compare(Amount::Tasks | Amount::Idle | Amount::Age, _)
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

    /// What is wrong with a word that can find nothing.
    fn problem(&self) -> Option<String> {
        let states = State::ALL.into_iter().chain([State::Finished]).map(State::name);
        let (key, possible): (_, Vec<&str>) = match self.field {
            Field::State => ("state", states.collect()),
            Field::Verdict => ("verdict", VERDICTS.to_vec()),
            Field::Is => {
                let known = FINDINGS.contains(&&*self.needle);
                return (!known).then(|| not_possible("is", &self.needle, &FINDINGS));
            }
            _ => return None,
        };
        let found = possible.iter().any(|name| self.is_in(name));
        (!found).then(|| not_possible(key, &self.needle, &possible))
    }

    fn is_in(&self, text: &str) -> bool {
        if self.whole {
            return text.eq_ignore_ascii_case(&self.needle) || text.to_lowercase() == self.needle;
        }
        let (needle, hay) = (self.needle.as_bytes(), text.as_bytes());
        if text.is_ascii() {
            return hay.windows(needle.len()).any(|part| part.eq_ignore_ascii_case(needle));
        }
        text.to_lowercase().contains(&self.needle)
    }
}

#[cfg(test)]
mod tests;
