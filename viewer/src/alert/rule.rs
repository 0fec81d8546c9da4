//! A rule: what has to be so, for how long, and how bad that is.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::Class;

use crate::analyse::Filter;

/// How bad it is. Later means worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look.
    #[default]
    Warning,
    /// Somebody has to look now.
    Critical,
}

impl Severity {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}

/// What is counted of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Amount {
    /// Living tasks.
    Tasks,
    /// Tasks that are in their state for longer than the service's threshold.
    Stuck,
    /// Bytes of the heap.
    Bytes,
}

/// What a rule looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A group has a verdict.
    Verdict {
        /// Which.
        class: Class,
        /// Or a worse one.
        or_worse: bool,
    },
    /// The count of tasks rises, and does not stop.
    Rising {
        /// The time that is looked back over.
        over: Duration,
    },
    /// There is more of something than a number, or less.
    Amount {
        /// Of what.
        of: Amount,
        /// More, as against less.
        more: bool,
        /// The number.
        than: u64,
    },
    /// The resident memory is over a share of the limit of the control group.
    Memory {
        /// Percent.
        over: u32,
    },
    /// No worker of a runtime has polled anything for a while though tasks are ready.
    Blocked,
    /// Less than a share of the service's tasks is tracked.
    Coverage {
        /// Percent.
        below: u32,
    },
    /// The share that is tracked fell, since the run began.
    CoverageDropped {
        /// By so many points of percent from its best.
        by: u32,
    },
    /// The agent does not answer any more.
    Gone,
}

impl What {
    /// Whether it is about tasks, so that words can choose some of them.
    pub fn is_of_tasks(self) -> bool {
        matches!(self, Self::Verdict { .. } | Self::Rising { .. } | Self::Amount { .. })
    }
}

/// What has to be so, for how long, and how bad that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which nothing else has.
    pub name: Arc<str>,
    /// What it looks for.
    pub what: What,
    /// Only in these tasks.
    pub filter: Filter,
    /// In the tasks of each labels and spawn location by themselves, as against all together.
    pub each: bool,
    /// How long it has to be so.
    pub hold: Duration,
    /// How long it has to be over.
    pub clear: Duration,
    /// How long after its end the same alert does not fire again.
    pub cool_down: Duration,
    /// How bad it is.
    pub severity: Severity,
}

impl Rule {
    /// How long a condition has to be over unless a rule says otherwise.
    pub const CLEAR: Duration = Duration::from_secs(30);
    /// How long an alert rests unless a rule says otherwise.
    pub const COOL_DOWN: Duration = Duration::from_mins(10);
    /// The time that a rise is looked for in unless a rule says otherwise.
    pub const OVER: Duration = Duration::from_mins(15);

    /// A rule over all tasks, which fires at once, with a warning.
    pub fn new(name: &str, what: What) -> Self {
        Self {
            name: name.into(),
            what,
            filter: Filter::default(),
            each: matches!(what, What::Verdict { .. }),
            hold: Duration::ZERO,
            clear: Self::CLEAR,
            cool_down: Self::COOL_DOWN,
            severity: Severity::Warning,
        }
    }
}
