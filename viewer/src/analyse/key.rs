//! Keys: by what tasks are told apart, and the value of each key for a group.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use taskscope_proto::model::{Combine, Group, Location, Origin, Profile, State, Tree, WaitKind};

use super::process::PROCESS;

/// Something to group tasks by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The process, where several are looked at as one.
    Process,
    /// The value of one label.
    Label(Arc<str>),
    /// The source line where the tasks wait.
    AwaitPoint,
    /// The source line of `spawn`.
    SpawnedAt,
    /// What the tasks do.
    State,
    /// What the tasks wait for.
    WaitKind,
    /// Whether somebody still holds the tasks' handles.
    Handle,
    /// Whether the tasks that spawned them still live.
    Parent,
    /// What is the matter with them.
    Verdict,
}

impl Key {
    /// The keys that every service has.
    pub const FIXED: [Self; 7] = [
        Self::AwaitPoint,
        Self::SpawnedAt,
        Self::State,
        Self::WaitKind,
        Self::Handle,
        Self::Parent,
        Self::Verdict,
    ];

    /// Its name on a command line: that of the label, or one of the words below.
    pub fn word(&self) -> &str {
        match self {
            Self::Process => PROCESS,
            Self::Label(key) => key,
            Self::AwaitPoint => "await",
            Self::SpawnedAt => "spawn",
            Self::State => "state",
            Self::WaitKind => "wait",
            Self::Handle => "handle",
            Self::Parent => "parent",
            Self::Verdict => "verdict",
        }
    }

    /// The key with this name; a label where it is none of the others.
    pub fn named(word: &str) -> Self {
        let fixed = Self::FIXED.iter().chain([&Self::Process]).find(|key| key.word() == word);
        fixed.cloned().unwrap_or_else(|| Self::Label(word.into()))
    }

    /// The column's title.
    pub fn title(&self) -> &str {
        match self {
            Self::Process => PROCESS,
            Self::Label(key) => key,
            Self::AwaitPoint => "await point",
            Self::SpawnedAt => "spawned at",
            Self::State => "state",
            Self::WaitKind => "waits for",
            Self::Handle => "handle",
            Self::Parent => "parent",
            Self::Verdict => "verdict",
        }
    }

    /// What the tasks of `group` have in common in this key.
    pub fn value(&self, group: &Group, origin: Option<&Origin>) -> Value {
        match self {
            Self::Label(_) | Self::Process => {
                let key = if let Self::Label(key) = self { key } else { PROCESS };
                match group.labels.get(key) {
                    Some(value) => Value::Text(value.clone()),
                    None => Value::Blank("not set"),
                }
            }
            Self::AwaitPoint => await_point(group),
            Self::SpawnedAt => match origin {
                Some(origin) if !origin.spawned_at.file.is_empty() => {
                    Value::Place(origin.spawned_at.clone())
                }
                _ => Value::Blank("unknown"),
            },
            Self::State => Value::State(group.state),
            Self::Verdict => Value::Word(group.verdict.class.name()),
            Self::WaitKind => match group.tree.as_deref() {
                Some(tree) if group.state != State::Running => Value::waits(tree),
                _ => Value::Blank(without_tree(group)),
            },
            Self::Handle | Self::Parent if !group.tracked => Value::Blank("not tracked"),
            Self::Handle | Self::Parent if group.state == State::Finished => Value::Blank("ended"),
            Self::Handle => Value::Word(if group.detached { "detached" } else { "held" }),
            Self::Parent => Value::Word(if group.orphan { "orphan" } else { "alive or none" }),
        }
    }
}

fn await_point(group: &Group) -> Value {
    let Some(tree) = group.tree.as_deref() else {
        return Value::Blank(without_tree(group));
    };
    match tree.await_point.as_deref() {
        Some(frame) => match &frame.location {
            Some(location) => Value::Place(location.clone()),
            None => Value::Text(frame.function.clone()),
        },
        None if group.state == State::Running => Value::Blank("no user code on the stack"),
        None if no_waker(tree) => Value::Blank("no live waker"),
        None if tree.nodes.is_empty() => Value::Blank("not known"),
        None => Value::Blank("no user code on the chain"),
    }
}

/// Whether a tree says that nothing will ever wake its tasks. A tree without any chain may also
/// be of tasks that nobody can look into.
pub(super) fn no_waker(tree: &Tree) -> bool {
    tree.nodes.is_empty() && tree.wait_kinds.contains(&WaitKind::Nothing)
}

/// Why a group in this state has no await tree.
fn without_tree(group: &Group) -> &'static str {
    match group.state {
        State::New => "never polled",
        State::Ready => "ready to run",
        State::Running => "running",
        State::Parked if !group.tracked => "not tracked",
        State::Parked => "not captured yet",
        State::Finished => "ended",
    }
}

/// The value of a [`Key`]; equal values land in one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// A label's value, or a function whose source line is not known.
    Text(Arc<str>),
    /// A source line.
    Place(Location),
    /// A state.
    State(State),
    /// What the chains wait for, and how they belong together.
    Waits(Combine, Arc<[WaitKind]>),
    /// One of few.
    Word(&'static str),
    /// No value, and why.
    Blank(&'static str),
}

impl Value {
    fn waits(tree: &Tree) -> Self {
        if tree.wait_kinds.is_empty() {
            return Self::Blank("unknown");
        }
        Self::Waits(tree.combine, tree.wait_kinds.as_slice().into())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Place(location) => location.fmt(f),
            Self::State(state) => f.write_str(state.name()),
            Self::Waits(combine, kinds) => {
                let word = match combine {
                    _ if kinds.len() < 2 => "",
                    Combine::One => "",
                    Combine::AnyOf => "any of ",
                    Combine::AllOf => "all of ",
                };
                f.write_str(word)?;
                for (i, kind) in kinds.iter().enumerate() {
                    let gap = if i == 0 { "" } else { ", " };
                    write!(f, "{gap}{kind}")?;
                }
                Ok(())
            }
            Self::Word(word) => f.write_str(word),
            Self::Blank(why) => write!(f, "({why})"),
        }
    }
}

/// Every key that says something about this profile: the process, where groups say so, the label
/// keys, then the fixed ones.
pub fn keys_of(profile: &Profile) -> Vec<Key> {
    let mut seen = FxHashSet::default();
    let mut labels = BTreeSet::new();
    for group in &profile.groups {
        // Groups share label sets: look at each once.
        if seen.insert(group.labels.iter().as_slice().as_ptr()) {
            labels.extend(group.labels.iter().map(|label| label.key.clone()));
        }
    }
    let process = labels.remove(PROCESS).then_some(Key::Process);
    let labels = labels.into_iter().map(Key::Label);
    process.into_iter().chain(labels).chain(Key::FIXED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_group_shows_the_value_of_each_key_or_why_there_is_none() {
        let profile = fixture::profile(&[
            "8 parked stuck=8 task=audit @ src/audit.rs:41 mpsc_send < src/main.rs:3",
            "2 running task=audit < src/main.rs:3",
            "1 parked - < src/main.rs:9",
            "0 finished live=9 task=audit < src/main.rs:3",
        ]);
        let check = |at: usize, key: &Key, expected: &str| {
            let group = &profile.groups[at];
            let origin = profile.origin(group.origin);
            assert_eq!(key.value(group, origin.map(|o| &**o)).to_string(), expected);
        };
        let task = Key::Label("task".into());
        check(0, &task, "audit");
        check(0, &Key::AwaitPoint, "src/audit.rs:41:1");
        check(0, &Key::SpawnedAt, "src/main.rs:3:1");
        check(0, &Key::State, "parked");
        check(0, &Key::WaitKind, "mpsc_send");
        check(1, &Key::AwaitPoint, "(running)");
        check(2, &task, "(not set)");
        check(2, &Key::AwaitPoint, "(not captured yet)");
        check(0, &Key::Handle, "held");
        check(0, &Key::Parent, "alive or none");
        check(3, &Key::State, "finished");
        check(3, &Key::AwaitPoint, "(ended)");
        check(3, &Key::Handle, "(ended)");
        check(0, &Key::Verdict, "normal");
        assert_eq!(keys_of(&profile).len(), 8);
    }
}
