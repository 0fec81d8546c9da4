//! A task's fields as labels.
//!
//! The name of a task is the label `task`. Of the other fields those stay out that are another for
//! each task (its number) or that are known otherwise (its size, its place). A key with too many
//! values is folded: what comes after the first thousand is `…`, and counted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use console_api::Field;
use console_api::field::{Name, Value};
use taskscope_proto::limits::MAX_LABELS;
use taskscope_proto::model::{Label, Labels};

use super::words::{REST, cut};

/// Different values of one key that are kept apart.
const MAX_VALUES: usize = 1_000;
/// Keys that are kept.
const MAX_KEYS: usize = 64;
/// Bytes of a key, and of a value.
const MAX_KEY_BYTES: usize = 64;
const MAX_VALUE_BYTES: usize = 256;

/// Never labels: the number of the task, and what is said of it elsewhere.
const NO_LABELS: [&str; 4] = ["task.id", "size.bytes", "original_size.bytes", "kind"];

/// What the fields of a task say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Its labels.
    pub(super) labels: Labels,
    /// tokio's number of it.
    pub(super) number: Option<u64>,
    /// Size of its future.
    pub(super) bytes: u64,
    /// A closure on a thread for blocking ones.
    pub(super) blocking: bool,
}

/// The keys and values seen so far.
#[derive(Debug, Default)]
pub(super) struct Book {
    keys: HashMap<Arc<str>, Key>,
    sets: HashSet<Labels>,
    folded: u64,
}

#[derive(Debug, Default)]
struct Key {
    name: Arc<str>,
    values: HashSet<Arc<str>>,
    folded: u64,
}

impl Book {
    /// Reads the fields of a task. `name_of` finds a field's name that was sent as a number.
    pub(super) fn read<'a>(
        &mut self,
        fields: &'a [Field],
        name_of: impl Fn(&'a Field) -> Option<&'a str>,
    ) -> Told {
        let mut told = Told::default();
        let mut labels = Vec::new();
        let mut folded = false;
        for field in fields {
            let (Some(name), Some(value)) = (name_of(field), &field.value) else { continue };
            match (name, value) {
                ("task.id", Value::U64Val(number)) => told.number = Some(*number),
                ("size.bytes", Value::U64Val(bytes)) => told.bytes = *bytes,
                ("kind", value) => {
                    let kind = text(value);
                    told.blocking = kind == "blocking";
                    // Most tasks are: it would say nothing.
                    if !told.blocking && kind != "task" {
                        folded |= self.label(name, &kind, &mut labels);
                    }
                }
                (name, _) if NO_LABELS.contains(&name) => {}
                ("task.name", value) => folded |= self.label("task", &text(value), &mut labels),
                (name, value) => folded |= self.label(name, &text(value), &mut labels),
            }
        }
        self.folded += u64::from(folded);
        told.labels = self.shared(Labels::new(labels));
        told
    }

    /// Adds a label, if it has a value and there is room; whether the value was folded.
    fn label(&mut self, key: &str, value: &str, labels: &mut Vec<Label>) -> bool {
        let (key, value) = (cut(key, MAX_KEY_BYTES), cut(value, MAX_VALUE_BYTES));
        if value.is_empty() || key.is_empty() || labels.len() >= MAX_LABELS {
            return false;
        }
        if !self.keys.contains_key(key) {
            if self.keys.len() >= MAX_KEYS {
                return true;
            }
            let name: Arc<str> = key.into();
            self.keys.insert(Arc::clone(&name), Key { name, ..Key::default() });
        }
        let Some(known) = self.keys.get_mut(key) else { return true };
        let (value, folded) = known.keep(value);
        let key = Arc::clone(&known.name);
        labels.push(Label { key, value });
        folded
    }

    /// Equal sets share their memory, as far as it is worth it.
    fn shared(&mut self, labels: Labels) -> Labels {
        if let Some(known) = self.sets.get(&labels) {
            return known.clone();
        }
        if self.sets.len() < MAX_KEYS * MAX_VALUES {
            self.sets.insert(labels.clone());
        }
        labels
    }

    /// Tasks of which a label was folded.
    pub(super) fn folded(&self) -> u64 {
        self.folded
    }

    /// The key of which most values were folded.
    pub(super) fn worst_key(&self) -> Option<Arc<str>> {
        let folded = self.keys.values().filter(|key| key.folded > 0);
        let worst = folded.max_by_key(|key| (key.folded, &key.name))?;
        Some(Arc::clone(&worst.name))
    }
}

impl Key {
    /// The value, shared, or `…` if there are too many; and whether it is that.
    fn keep(&mut self, value: &str) -> (Arc<str>, bool) {
        if let Some(known) = self.values.get(value) {
            return (Arc::clone(known), false);
        }
        if self.values.len() >= MAX_VALUES {
            self.folded += 1;
            return (REST.into(), true);
        }
        let value: Arc<str> = value.into();
        self.values.insert(Arc::clone(&value));
        (value, false)
    }
}

/// The name of a field that carries it.
pub(super) fn own_name(field: &Field) -> Option<&str> {
    match field.name.as_ref()? {
        Name::StrName(name) => Some(name),
        Name::NameIdx(_) => None,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::DebugVal(text) | Value::StrVal(text) => text.clone(),
        Value::U64Val(number) => number.to_string(),
        Value::I64Val(number) => number.to_string(),
        Value::BoolVal(truth) => truth.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: Value) -> Field {
        let name = Some(Name::StrName(name.into()));
        Field { metadata_id: None, name, value: Some(value) }
    }

    fn text_field(name: &str, value: &str) -> Field {
        field(name, Value::DebugVal(value.into()))
    }

    #[test]
    fn the_name_is_the_label_task_and_numbers_are_no_labels() {
        let fields = [
            text_field("kind", "task"),
            text_field("task.name", "audit"),
            field("task.id", Value::U64Val(7)),
            field("size.bytes", Value::U64Val(640)),
            field("tenant", Value::StrVal("acme".into())),
            text_field("empty", ""),
        ];
        let told = Book::default().read(&fields, own_name);
        assert_eq!(told.labels.to_string(), "task=audit tenant=acme");
        assert_eq!((told.number, told.bytes, told.blocking), (Some(7), 640, false));
    }

    #[test]
    fn only_kinds_that_say_something_are_labels() {
        for (kind, labels, blocking) in
            [("task", "", false), ("block_on", "kind=block_on", false), ("blocking", "", true)]
        {
            let told = Book::default().read(&[text_field("kind", kind)], own_name);
            assert_eq!((&*told.labels.to_string(), told.blocking), (labels, blocking));
        }
    }

    #[test]
    fn a_key_with_a_value_for_each_task_is_folded_and_named() {
        let mut book = Book::default();
        let mut last = Labels::default();
        for number in 0..MAX_VALUES + 20 {
            let fields = [text_field("task.name", "call"), text_field("id", &number.to_string())];
            last = book.read(&fields, own_name).labels;
        }
        assert_eq!(last.to_string(), "id=… task=call");
        assert_eq!((book.folded(), book.worst_key().as_deref()), (20, Some("id")));
    }

    #[test]
    fn no_more_keys_are_kept_than_there_is_room_for() {
        let mut book = Book::default();
        for number in 0..1_000 {
            let key = format!("key{number}");
            let many: Vec<_> = (0..90).map(|i| text_field(&format!("{key}-{i}"), "x")).collect();
            assert!(book.read(&many, own_name).labels.len() <= MAX_LABELS);
        }
        assert_eq!(book.keys.len(), MAX_KEYS);
    }
}
