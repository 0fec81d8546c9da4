//! All rules over one service, and the alerts that come of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use taskscope_proto::model::{Process, Profile};

use super::life::{Held, Life};
use super::reading::{Memory, Reading, begin_with, readings};
use super::trend::Sample;
use super::{At, Rule, Severity, Subject, What};

pub use super::life::Turn;

/// Alerts of one rule. A service with more of them needs no more words.
const MOST_OF_A_RULE: usize = 100;

/// An alert, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The rule's name.
    pub rule: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
    /// The service's name; its address where it never answered.
    pub process: Arc<str>,
    /// The address of its agent.
    pub target: Arc<str>,
    /// What it is about.
    pub subject: Subject,
    /// Why, in one sentence with numbers.
    pub text: Arc<str>,
    /// Since when the condition holds.
    pub since: At,
    /// Since when it fires; `None`: it is pending.
    pub fired: Option<At>,
    /// When it was resolved.
    pub resolved: Option<At>,
}

impl Alert {
    /// The order of a list: firing first, the worst first, then the oldest.
    pub fn order(&self) -> (bool, Reverse<Severity>, At) {
        (self.fired.is_none(), Reverse(self.severity), self.since)
    }
}

/// An alert that begins to fire, or is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which of the two.
    pub turn: Turn,
    /// The alert after it.
    pub alert: Alert,
}

#[derive(Debug, Default)]
struct Entry {
    life: Life,
    text: Arc<str>,
}

/// A rule and what it has found.
#[derive(Debug)]
struct Watch {
    rule: Rule,
    memory: Memory,
    entries: BTreeMap<Subject, Entry>,
    left_out: u64,
}

/// See the [module](super).
#[derive(Debug)]
pub struct Engine {
    target: Arc<str>,
    process: Arc<str>,
    run_id: Option<u64>,
    watches: Vec<Watch>,
}

impl Engine {
    /// Watches the service behind an address by these rules.
    pub fn new(target: &str, rules: Vec<Rule>) -> Self {
        let watch =
            |rule| Watch { rule, memory: Memory::default(), entries: BTreeMap::new(), left_out: 0 };
        let watches = rules.into_iter().map(watch).collect();
        Self { target: target.into(), process: target.into(), run_id: None, watches }
    }

    /// Takes in what the service tells, and says what that changes.
    pub fn profile(&mut self, process: &Process, profile: &Profile, at: At) -> Vec<Change> {
        if self.run_id != Some(process.run_id) {
            self.run_id = Some(process.run_id);
            self.process = Arc::clone(&process.name);
            self.watches.iter_mut().for_each(|watch| watch.memory.clear());
        }
        self.step(at, |watch| {
            let found = readings(&watch.rule, profile, &mut watch.memory, at.moment);
            Some(found)
        })
    }

    /// Takes in how many tasks there were before, in seconds of [`At::moment`], which are below zero for
    /// what was before that clock began; in their order. It changes no alert by itself.
    pub(super) fn begin_with(&mut self, before: &[Sample]) {
        for watch in &mut self.watches {
            begin_with(&watch.rule, before, &mut watch.memory);
        }
    }

    /// Takes in that the agent does not answer, and why.
    pub fn gone(&mut self, why: &str, at: At) -> Vec<Change> {
        self.step(at, |watch| {
            if watch.rule.what != What::Gone {
                return None;
            }
            let text = why.to_owned();
            Some(vec![Reading { subject: Subject::Service, held: Held::Over, text }])
        })
    }

    /// `read`: what a rule reads; `None` where it cannot.
    fn step(
        &mut self,
        at: At,
        mut read: impl FnMut(&mut Watch) -> Option<Vec<Reading>>,
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        for watch in &mut self.watches {
            let found = read(watch);
            if found.is_none() {
                watch.unseen();
            }
            let turned = found.map(|found| watch.take_in(found, at)).unwrap_or_default();
            let (process, target) = (&self.process, &self.target);
            changes.extend(turned.into_iter().map(|(turn, subject, before)| {
                let alert = watch.rule.alert(process, target, subject, &before);
                let over = turn == Turn::Resolved;
                Change { turn, alert: Alert { resolved: over.then_some(at), ..alert } }
            }));
            watch.forget(at);
        }
        changes
    }

    /// What is pending and what fires: firing first, the worst first, then the oldest.
    pub fn alerts(&self) -> Vec<Alert> {
        let alerts = self.watches.iter().flat_map(|watch| {
            let alive = watch.entries.iter().filter(|(_, entry)| entry.life.since().is_some());
            alive.map(|(subject, entry)| {
                watch.rule.alert(&self.process, &self.target, subject.clone(), entry)
            })
        });
        let mut alerts: Vec<Alert> = alerts.collect();
        alerts.sort_by_key(Alert::order);
        alerts
    }

    /// How many subjects found no room in the last look: more than a hundred alerts of one rule,
    /// and more than a thousand counts that may rise.
    pub fn left_out(&self) -> u64 {
        let of = |watch: &Watch| watch.left_out.saturating_add(watch.memory.left_out);
        self.watches.iter().map(of).fold(0, u64::saturating_add)
    }
}

impl Rule {
    fn alert(&self, process: &Arc<str>, target: &Arc<str>, subject: Subject, of: &Entry) -> Alert {
        Alert {
            rule: Arc::clone(&self.name),
            severity: self.severity,
            process: Arc::clone(process),
            target: Arc::clone(target),
            subject,
            text: Arc::clone(&of.text),
            since: of.life.since().unwrap_or_default(),
            fired: of.life.fired(),
            resolved: None,
        }
    }
}

impl Watch {
    /// What turned, and each alert as it was while it fired.
    fn take_in(&mut self, found: Vec<Reading>, at: At) -> Vec<(Turn, Subject, Entry)> {
        self.left_out = 0;
        let mut found: BTreeMap<Subject, Reading> =
            found.into_iter().map(|reading| (reading.subject.clone(), reading)).collect();
        let mut turned = Vec::new();
        for (subject, entry) in &mut self.entries {
            let reading = found.remove(subject);
            let held = reading.as_ref().map_or(Held::Off, |reading| reading.held);
            if let Some(reading) = reading.filter(|reading| reading.held == Held::Over) {
                entry.text = reading.text.into();
            }
            let before = Entry { life: entry.life.clone(), text: Arc::clone(&entry.text) };
            match entry.life.step(held, at, &self.rule) {
                Some(Turn::Fired) => {
                    let now = Entry { life: entry.life.clone(), ..before };
                    turned.push((Turn::Fired, subject.clone(), now));
                }
                Some(Turn::Resolved) => turned.push((Turn::Resolved, subject.clone(), before)),
                None => {}
            }
        }
        for (subject, reading) in found {
            if reading.held != Held::Over {
                continue;
            }
            if self.entries.len() >= MOST_OF_A_RULE {
                self.left_out += 1;
                continue;
            }
            let mut entry = Entry { text: reading.text.into(), ..Entry::default() };
            if let Some(turn) = entry.life.step(Held::Over, at, &self.rule) {
                let now = Entry { life: entry.life.clone(), text: Arc::clone(&entry.text) };
                turned.push((turn, subject.clone(), now));
            }
            self.entries.insert(subject, entry);
        }
        turned
    }

    fn unseen(&mut self) {
        self.entries.values_mut().for_each(|entry| entry.life.unseen());
    }

    fn forget(&mut self, at: At) {
        self.entries.retain(|_, entry| !entry.life.is_spent(at, &self.rule));
    }
}
