//! What a rule reads from a profile: of which subjects its condition holds, and in what words.

use std::time::Duration;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Class, Coverage, Group, Header, Profile};

use super::life::Held;
use super::track::Tracks;
use super::trend::{Sample, Trend};
use super::{Amount, Rule, Subject, What};
use crate::analyse::numbers::{age, bytes, count, counted};
use crate::analyse::runtimes;

/// Fewer tasks are no share of anything.
const FEW: u64 = 20;

/// How it stands with one subject. Those that are not mentioned are off.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) subject: Subject,
    pub(super) held: Held,
    /// Why, for people.
    pub(super) text: String,
}

/// What a rule remembers from one profile to the next.
#[derive(Debug, Default)]
pub(super) struct Memory {
    tracks: Tracks,
    /// The best share of tracked tasks in this run, percent.
    best: f64,
    /// Counts that found no room.
    pub(super) left_out: u64,
}

impl Memory {
    /// Another run of the service: what it counts is new.
    pub(super) fn clear(&mut self) {
        self.tracks.clear();
        self.best = 0.0;
    }
}

/// Takes in how many tasks there were before, where a rule asks whether all of them become more. Of
/// groups that are gone nobody knows how many there were, so of single ones only what is seen counts.
pub(super) fn begin_with(rule: &Rule, before: &[Sample], memory: &mut Memory) {
    if let What::Rising { over } = rule.what
        && !rule.each
        && rule.filter.is_empty()
    {
        memory.tracks.begin_with(Subject::Service, before, over);
    }
}

/// Reads a profile by a rule.
pub(super) fn readings(
    rule: &Rule,
    profile: &Profile,
    memory: &mut Memory,
    at: Duration,
) -> Vec<Reading> {
    match rule.what {
        What::Verdict { class, or_worse } => verdicts(rule, profile, class, or_worse),
        What::Rising { over } => {
            let counts = sums(rule, profile, Amount::Tasks);
            memory.left_out = memory.tracks.take_in(&counts, at, over);
            rising(&memory.tracks, &counts, over)
        }
        What::Amount { of, more, than } => {
            let sums = sums(rule, profile, of);
            sums.into_iter().filter_map(|(s, sum)| amount(s, sum, of, more, than)).collect()
        }
        What::Memory { over } => of_service(used_memory(&profile.header, over)),
        What::Blocked => blocked(&profile.header),
        What::Coverage { below } => of_service(covered(profile.header.coverage, below)),
        What::CoverageDropped { by } => {
            of_service(dropped(profile.header.coverage, by, &mut memory.best))
        }
        // Here it is.
        What::Gone => Vec::new(),
    }
}

fn of_service(read: Option<(Held, String)>) -> Vec<Reading> {
    let reading = |(held, text)| Reading { subject: Subject::Service, held, text };
    read.map(reading).into_iter().collect()
}

fn chosen<'a>(rule: &Rule, profile: &'a Profile) -> impl Iterator<Item = &'a Group> {
    let chosen = rule.filter.matches(profile).into_iter();
    chosen.filter_map(|at| profile.groups.get(usize::try_from(at).ok()?)).map(|group| &**group)
}

fn verdicts(rule: &Rule, profile: &Profile, class: Class, or_worse: bool) -> Vec<Reading> {
    let mut worst: FxHashMap<Subject, &Group> = FxHashMap::default();
    for group in chosen(rule, profile) {
        let known = group.verdict.class;
        if known != class && !(or_worse && known > class) {
            continue;
        }
        let standing = |group: &Group| (group.verdict.class, group.verdict.points);
        let worst = worst.entry(Subject::of(group, profile)).or_insert(group);
        if standing(group) > standing(worst) {
            *worst = group;
        }
    }
    let reading = |(subject, group): (Subject, &Group)| {
        let verdict = &group.verdict;
        let text = if verdict.reason.is_empty() {
            let tasks = counted(verdict.tasks, "task");
            format!("{subject}: {}, {tasks}", verdict.class.name())
        } else {
            format!("{subject}: {}", verdict.reason)
        };
        Reading { subject, held: Held::Over, text }
    };
    worst.into_iter().map(reading).collect()
}

/// How much of something the chosen tasks have: of each subject, or together.
fn sums(rule: &Rule, profile: &Profile, of: Amount) -> FxHashMap<Subject, u64> {
    let mut sums: FxHashMap<Subject, u64> = FxHashMap::default();
    if !rule.each {
        sums.insert(Subject::Service, 0);
    }
    for group in chosen(rule, profile) {
        let subject = if rule.each { Subject::of(group, profile) } else { Subject::Service };
        let more = match of {
            Amount::Tasks => group.count,
            Amount::Stuck if group.tracked => group.stuck,
            Amount::Stuck => 0,
            Amount::Bytes => group.held.live_bytes,
        };
        let sum = sums.entry(subject).or_default();
        *sum = sum.saturating_add(more);
    }
    sums
}

fn rising(tracks: &Tracks, counts: &FxHashMap<Subject, u64>, over: Duration) -> Vec<Reading> {
    let reading = |(subject, trend): (&Subject, Trend)| {
        let now = count(counts.get(subject).copied().unwrap_or(0));
        let (held, text) = match trend {
            Trend::Flat => return None,
            Trend::GoesOn => (Held::Near, String::new()),
            Trend::Rises(slope) => {
                let over = age(over);
                let by = format!("rising by {slope:.1} tasks a minute for {over}");
                (Held::Over, format!("{subject}: {by}, now {now}"))
            }
        };
        Some(Reading { subject: subject.clone(), held, text })
    };
    tracks.trends().filter_map(reading).collect()
}

fn amount(subject: Subject, sum: u64, of: Amount, more: bool, than: u64) -> Option<Reading> {
    let tenth = than / 10;
    let (over, near) = if more {
        (sum > than, sum > than.saturating_sub(tenth))
    } else {
        (sum < than, sum < than.saturating_add(tenth))
    };
    let held = match (over, near) {
        (true, _) => Held::Over,
        (false, true) => Held::Near,
        (false, false) => return None,
    };
    let (sum, than) = match of {
        Amount::Tasks => (counted(sum, "task"), count(than)),
        Amount::Stuck => (format!("{} stuck", counted(sum, "task")), count(than)),
        Amount::Bytes => (format!("{} of the heap", bytes(sum)), bytes(than)),
    };
    let compared = if more { "more" } else { "less" };
    Some(Reading { text: format!("{subject}: {sum}, {compared} than {than}"), subject, held })
}

/// Resident memory: what the control group counts has cached files in it, which it gives back.
fn used_memory(header: &Header, over: u32) -> Option<(Held, String)> {
    let limit = header.memory_limit_bytes.filter(|limit| *limit > 0)?;
    let used = header.rss_bytes.or(header.memory_current_bytes)?;
    let share = used as f64 * 100.0 / limit as f64;
    let held = above(share, f64::from(over))?;
    let text = format!("{} of {} resident, {share:.0} %", bytes(used), bytes(limit));
    Some((held, text))
}

/// A number against a threshold that is crossed upwards.
fn above(value: f64, threshold: f64) -> Option<Held> {
    if value > threshold {
        return Some(Held::Over);
    }
    (value > threshold * 0.9).then_some(Held::Near)
}

fn blocked(header: &Header) -> Vec<Reading> {
    let reading = |runtime| {
        let text = runtimes::stall(runtime, header)?;
        Some(Reading { subject: Subject::Runtime(runtime.id), held: Held::Over, text })
    };
    header.runtimes.iter().filter_map(reading).collect()
}

/// Percent of the tasks alive that are tracked.
fn share(coverage: Coverage) -> Option<f64> {
    let alive = coverage.alive.filter(|alive| *alive >= FEW)?;
    Some((coverage.tracked as f64 * 100.0 / alive as f64).min(100.0))
}

/// Over again at nine tenths of the share that is *not* tracked.
fn covered(coverage: Coverage, below: u32) -> Option<(Held, String)> {
    let share = share(coverage)?;
    let held = above(100.0 - share, 100.0 - f64::from(below))?;
    Some((held, format!("{share:.0} % of the tasks are tracked, less than {below} %")))
}

fn dropped(coverage: Coverage, by: u32, best: &mut f64) -> Option<(Held, String)> {
    let share = share(coverage)?;
    *best = best.max(share);
    let held = above(*best - share, f64::from(by))?;
    Some((held, format!("{share:.0} % of the tasks are tracked, after {best:.0} %")))
}
