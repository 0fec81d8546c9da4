//! The rules that are there without a file. Numbers that every service may reach some day are
//! chosen high: whoever knows the service writes a rule of the same name with a better one.

use std::time::Duration;

use taskscope_proto::model::Class;

use super::{Amount, Rule, Severity, What};

type Line = (&'static str, What, bool, u64, Severity);

/// Name, what, of each group by itself, for how many seconds, how bad.
const TABLE: &[Line] = &[
    ("proven", verdict(Class::Proven), true, 5, Severity::Critical),
    ("suspect", verdict(Class::Suspect), true, 30, Severity::Warning),
    ("rising", RISING, true, 300, Severity::Warning),
    ("rising-in-all", RISING, false, 300, Severity::Warning),
    ("many-stuck", more(Amount::Stuck, 1_000), false, 60, Severity::Warning),
    ("many-tasks", more(Amount::Tasks, 250_000), false, 60, Severity::Info),
    ("memory", What::Memory { over: 90 }, false, 60, Severity::Critical),
    ("blocked", What::Blocked, false, 5, Severity::Critical),
    ("coverage", What::CoverageDropped { by: 10 }, false, 60, Severity::Info),
    ("gone", What::Gone, false, 10, Severity::Critical),
];

const RISING: What = What::Rising { over: Rule::OVER };

const fn verdict(class: Class) -> What {
    What::Verdict { class, or_worse: false }
}

const fn more(of: Amount, than: u64) -> What {
    What::Amount { of, more: true, than }
}

/// All of them.
pub fn built_in() -> Vec<Rule> {
    let rule = |&(name, what, each, secs, severity): &Line| {
        let hold = Duration::from_secs(secs);
        Rule { each, hold, severity, ..Rule::new(name, what) }
    };
    TABLE.iter().map(rule).collect()
}
