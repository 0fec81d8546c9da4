//! Groups that a report has to show, and what may be thought of all others.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::report::{Group, Report};
use crate::sources::{Place, Source, marked};

/// Where the program is.
pub(super) const FOLDER: &str = "tests/src/bin/leaks";
/// Leaking cases of most patterns.
const LEAKS: u64 = 24;

/// What is thought of a group, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing to see.
    Normal,
    /// Late, but they do finish.
    Slow,
    /// They pile up and do not finish.
    Suspect,
    /// They can never finish by themselves.
    Proven,
}

impl Class {
    /// The class of a group, if the agent has given a verdict.
    ///
    /// # Panics
    /// It is none that we know.
    pub fn of(group: Group<'_>) -> Option<Self> {
        Some(match group.class()? {
            "normal" => Self::Normal,
            "slow" => Self::Slow,
            "suspect" => Self::Suspect,
            "proven" => Self::Proven,
            other => panic!("{other:?} is no class"),
        })
    }
}

/// How tokio's time goes in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// As everywhere, on two workers.
    Real,
    /// It stands still and jumps from timer to timer, on one thread.
    Paused,
}

/// All groups with this role, state, wait kind and place.
#[derive(Clone, Debug)]
pub struct Expected {
    role: &'static str,
    state: &'static str,
    kind: Option<&'static str>,
    /// Whether they are at the line that carries the pattern's name and the role.
    placed: bool,
    /// How many tasks there are in all, by clock.
    real: u64,
    paused: u64,
    /// Whether there may be more.
    grows: bool,
    /// Whether they are polled now and then, and so in other states and at other waits as well.
    moves: bool,
    classes: RangeInclusive<Class>,
    /// The role of those that hold what they wait for, or are what they wait for.
    held_by: Option<&'static str>,
    /// What the agent is told to call stuck, seconds, if it is to hurry.
    stuck_after: Option<&'static str>,
}

/// 24 tasks that wait at their line for this.
pub fn parked(role: &'static str, kind: &'static str) -> Expected {
    Expected {
        role,
        state: "parked",
        kind: Some(kind),
        placed: true,
        real: LEAKS,
        paused: LEAKS,
        grows: false,
        moves: false,
        classes: Class::Normal..=Class::Slow,
        held_by: None,
        stuck_after: None,
    }
}

/// 24 tasks without a waker, and so without a line: proven.
pub fn dead(role: &'static str) -> Expected {
    Expected { placed: false, ..parked(role, "nothing") }.proven()
}

/// Tasks that keep a thread at their line.
pub fn running(role: &'static str) -> Expected {
    Expected { state: "running", kind: None, ..parked(role, "") }
}

/// 24 tasks that were never polled.
pub fn new(role: &'static str) -> Expected {
    Expected { state: "new", kind: None, placed: false, ..parked(role, "") }
}

impl Expected {
    /// As many as this.
    #[must_use]
    pub fn count(self, count: u64) -> Self {
        self.counts(count, count)
    }

    /// As many as this, by clock.
    #[must_use]
    pub fn counts(self, real: u64, paused: u64) -> Self {
        Self { real, paused, ..self }
    }

    /// As many as this and more.
    #[must_use]
    pub fn at_least(self, count: u64) -> Self {
        Self { grows: true, ..self.count(count) }
    }

    /// They are polled now and then, and so in other states and at other waits as well.
    #[must_use]
    pub fn that_move(self) -> Self {
        Self { moves: true, ..self }
    }

    /// Tasks that can never finish.
    #[must_use]
    pub fn proven(self) -> Self {
        Self { classes: Class::Proven..=Class::Proven, ..self }
    }

    /// Tasks that pile up; whether somebody could help them nobody knows.
    #[must_use]
    pub fn suspect(self) -> Self {
        Self { classes: Class::Suspect..=Class::Suspect, ..self }
    }

    /// Tasks that are late, and pile up.
    #[must_use]
    pub fn slow_or_suspect(self) -> Self {
        Self { classes: Class::Slow..=Class::Suspect, ..self }
    }

    /// Tasks that hold the others up, and may be counted among them.
    #[must_use]
    pub fn suspect_or_better(self) -> Self {
        Self { classes: Class::Normal..=Class::Suspect, ..self }
    }

    /// A task of this role holds what they wait for, or is what they wait for.
    #[must_use]
    pub fn held_by(self, role: &'static str) -> Self {
        Self { held_by: Some(role), ..self }
    }

    /// 24 of them and more, whose wait is not up to the service, or who do not rest at all: the
    /// agent says nothing worse of them than slow until they have become more for a hundred times
    /// as long as it takes to be stuck.
    #[must_use]
    pub fn suspect_in_the_end(self) -> Self {
        Self { stuck_after: Some("0.25"), ..self.at_least(LEAKS).suspect() }
    }

    /// The place where the tasks of a pattern wait.
    fn at(self, pattern: &str, sources: &[Source]) -> Placed {
        let remark = format!("{pattern}: {}", self.role);
        Placed { place: self.placed.then(|| marked(sources, &remark)), expected: self }
    }

    fn worst(&self) -> Class {
        *self.classes.end()
    }

    /// Whether it is known who holds the group up, where the lock was made if it is one, and a chain
    /// from one to the other.
    fn names_holder(&self, group: Group<'_>) -> bool {
        let Some(role) = self.held_by else { return true };
        let held_by = group.0["held_by"].as_array();
        let is_ours = |file: &str| file.starts_with(FOLDER);
        let is_named = |blocker: &Value| {
            let made_at = blocker["made_at"]["file"].as_str();
            blocker["holder"]["labels"]["role"] == role && made_at.is_none_or(is_ours)
        };
        let has_chain = group.0["chain"].as_array().is_some_and(|chain| !chain.is_empty());
        held_by.is_some_and(|blockers| blockers.iter().any(is_named)) && has_chain
    }
}

/// What is expected, and where.
struct Placed {
    expected: Expected,
    place: Option<Place>,
}

impl Placed {
    /// Whether a group is what is expected.
    fn is(&self, group: Group<'_>) -> bool {
        let expected = &self.expected;
        let is_there = match (group.await_point(), &self.place) {
            (None, None) => true,
            // A macro's wait, and a running task, have a line and another word on it.
            (Some(at), Some(place)) if place.column == 0 => {
                (&at.file, at.line) == (&place.file, place.line)
            }
            (at, place) => at == *place,
        };
        group.role() == expected.role
            && group.count() > 0
            && group.state() == expected.state
            && group.wait_kinds() == expected.kind.as_slice()
            && is_there
    }

    /// Whether the same tasks may have been seen before the agent knew where they wait, or on the
    /// move.
    fn may_be(&self, group: Group<'_>) -> bool {
        let is_known = !group.wait_kinds().is_empty();
        group.role() == self.expected.role && (self.expected.moves || !is_known)
    }

    fn check(&self, clock: Clock, report: &Report) -> Result<(), String> {
        let expected = &self.expected;
        let wanted = match clock {
            Clock::Real => expected.real,
            Clock::Paused => expected.paused,
        };
        let found: Vec<Group<'_>> = report.groups().filter(|group| self.is(*group)).collect();
        let count: u64 = found.iter().map(Group::count).sum();
        if count < wanted || (count > wanted && !expected.grows) {
            return Err(format!("{count} instead of {wanted} of {expected:?} at {:?}", self.place));
        }
        let origin = |group: &Group<'_>| group.0["spawned_at"].clone();
        let origins: HashSet<Value> = found.iter().map(origin).collect();
        if origins.len() < found.len() && !expected.moves {
            return Err(format!("{} groups of {expected:?} from one line", found.len()));
        }
        for group in found {
            if !Class::of(group).is_some_and(|class| expected.classes.contains(&class)) {
                return Err(format!("{:?} instead of the class of {expected:?}", group.class()));
            }
            if !expected.names_holder(group) {
                let (held_by, chain) = (&group.0["held_by"], &group.0["chain"]);
                return Err(format!("held by {held_by}, chain {chain}: not as {expected:?}"));
            }
        }
        Ok(())
    }
}

/// What is wrong with a report.
#[derive(Debug)]
pub(super) enum Wrong {
    /// It may come.
    Missing(String),
    /// It must never be said.
    Said(String),
}

/// All that is expected of a pattern.
pub(super) struct Expectations(Vec<Placed>);

impl Expectations {
    /// What a control may show.
    pub(super) const NONE: Self = Self(Vec::new());

    pub(super) fn of(pattern: &str, expected: &[Expected], sources: &[Source]) -> Self {
        Self(expected.iter().map(|one| one.clone().at(pattern, sources)).collect())
    }

    /// What the agent is told to call stuck, seconds, if it is to hurry.
    pub(super) fn stuck_after(&self) -> Option<&'static str> {
        self.0.iter().find_map(|one| one.expected.stuck_after)
    }

    /// Whether everything is there that is expected, and nothing else above `slow`.
    pub(super) fn check(&self, clock: Clock, report: &Report) -> Result<(), Wrong> {
        for group in report.groups() {
            let worst = self.worst(group);
            if let Some(class) = Class::of(group)
                && class > worst
            {
                return Err(Wrong::Said(format!("{class:?} is above {worst:?}: {}", group.0)));
            }
        }
        self.0.iter().try_for_each(|one| one.check(clock, report)).map_err(Wrong::Missing)
    }

    /// The worst that may be thought of a group.
    fn worst(&self, group: Group<'_>) -> Class {
        let is = self.0.iter().find(|one| one.is(group));
        let one = is.or_else(|| self.0.iter().find(|one| one.may_be(group)));
        one.map_or(Class::Slow, |one| one.expected.worst().max(Class::Slow))
    }
}
