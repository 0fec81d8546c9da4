//! What a report says, in the order in which it is said, and in no format.

use taskscope_proto::model::Class;

use super::chart::Stretch;
use crate::report::tree::TreeLine;

/// A whole report. Its texts may hold anything that a service says.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// The name of the service.
    pub(super) service: String,
    /// Which process, when, from where.
    pub(super) heading: Vec<Fact>,
    /// What is wrong, the worst first.
    pub(super) answer: Vec<Finding>,
    /// Tasks, memory, coverage.
    pub(super) totals: Vec<Fact>,
    /// What was before.
    pub(super) past: Vec<Stretch>,
    /// What is to be said of that.
    pub(super) past_notes: Vec<String>,
    /// The groups that deserve a look.
    pub(super) suspects: Vec<Suspect>,
    /// The others, the first of them.
    pub(super) others: Vec<Other>,
    /// How many are in no list.
    pub(super) left_out: Option<String>,
    /// What is lost or not known.
    pub(super) unknown: Vec<Fact>,
    /// How all this was found out.
    pub(super) measured: Vec<Fact>,
}

/// Something with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: Value,
}

/// How something is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A sentence.
    Words(String),
    /// A place, a command, labels.
    Code(String),
}

impl Fact {
    pub(super) fn words(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Value::Words(value.into()) }
    }

    pub(super) fn code(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Value::Code(value.into()) }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// How bad it is; `None` where no verdict says so.
    pub(super) class: Option<Class>,
    /// With whom, if it is with some tasks.
    pub(super) tasks: String,
    /// What.
    pub(super) words: String,
}

/// A group that deserves a look.
#[derive(Clone, Debug)]
pub(super) struct Suspect {
    /// `224 tasks parked, 205 of them stuck`.
    pub(super) title: String,
    pub(super) class: Class,
    /// Why, in a sentence.
    pub(super) reason: Option<String>,
    pub(super) facts: Vec<Fact>,
    /// How many tasks it had.
    pub(super) trend: Option<TrendLine>,
    /// Who could let its tasks go on.
    pub(super) holders: Vec<String>,
    /// From its tasks to those at the root.
    pub(super) chain: Vec<Step>,
    /// Who waits for its tasks.
    pub(super) waiting: Vec<String>,
    /// Some of its tasks.
    pub(super) longest: Vec<String>,
    /// What the tree is called.
    pub(super) tree_name: &'static str,
    pub(super) tree: Vec<TreeLine>,
    /// Lines of the tree that are left out.
    pub(super) tree_cut: usize,
}

/// A step towards the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) text: String,
    /// It was there before: a cycle.
    pub(super) again: bool,
}

/// How many tasks there were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrendLine {
    pub(super) counts: Vec<u64>,
    /// The same in words.
    pub(super) words: String,
}

/// A group in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    pub(super) class: Class,
    pub(super) tasks: String,
    pub(super) growth: String,
    pub(super) stuck: String,
    pub(super) oldest: String,
    pub(super) labels: String,
    pub(super) place: String,
}
