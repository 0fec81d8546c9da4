//! The groups that deserve a look, with all that is known of each; and the others, a line each.

use std::cmp::Reverse;
use std::time::Duration;

use rustc_hash::FxHashSet;
use taskscope_proto::model::{Class, Group, GroupId, Label, Origin, Profile, State, TaskKind};

use super::chart::trend_words;
use super::page::{Fact, Other, Step, Suspect, TrendLine};
use super::{Incident, singles};
use crate::analyse::numbers::{age, bytes, count, counted, signed};
use crate::analyse::{
    Alike, Crowds, Finding, Heat, alike, allocations, allocations_of, blockers, chain, has_grown,
    held_line, left_line, wait_graph,
};
use crate::report::tree::tree_lines;
use crate::report::{activity, ages, heap, words};

/// Lines of one await tree.
const MOST_LINES: usize = 60;
/// Label sets of one suspect that are told apart.
const MOST_SETS: usize = 8;
/// Groups that are said to wait for a suspect.
const MOST_WAITING: usize = 5;
/// Groups that have a line and no more.
const MOST_OTHERS: usize = 50;

/// The groups that each of the first `most` suspects of a report is made of, the worst of each first:
/// their past, and their tasks, are worth asking for.
pub fn suspected(profile: &Profile, most: usize) -> Vec<Vec<GroupId>> {
    divided(profile, most).0.into_iter().map(|alike| alike.members).collect()
}

/// The suspects, and all the rest.
pub(super) fn divided(profile: &Profile, most: usize) -> (Vec<Alike>, Vec<Alike>) {
    let mut suspects = Vec::new();
    let mut others = Vec::new();
    for one in alike(profile) {
        if suspects.len() < most && deserves_a_look(&one.whole.group) {
            suspects.push(one);
        } else {
            others.push(one);
        }
    }
    (suspects, others)
}

/// Something is the matter with it, it is stuck on something of the service's own, it grows, or others
/// wait for it.
fn deserves_a_look(group: &Group) -> bool {
    let mut finding = Finding::default();
    finding.add(group);
    let bytes = i128::from(group.held.live_bytes) - i128::from(group.live_bytes_minute_ago);
    finding.class > Class::Normal
        || Heat::of(group.count, finding.own_stuck, growth(group)) > Heat::Calm
        || group.waiting_for_it > 0
        || has_grown(i64::try_from(bytes).unwrap_or_default(), &group.held)
}

pub(super) fn suspect(incident: &Incident<'_>, one: &Alike) -> Suspect {
    let (profile, group) = (incident.profile, &one.whole.group);
    let mut tree = group
        .tree
        .as_deref()
        .map(|tree| tree_lines(tree, "", incident.extent.all_frames))
        .unwrap_or_default();
    let tree_cut = tree.len().saturating_sub(MOST_LINES);
    tree.truncate(MOST_LINES);
    Suspect {
        title: title(incident, group),
        class: group.verdict.class,
        reason: reason(profile, one),
        facts: facts(profile, one),
        trend: trend(incident, one),
        holders: blockers(profile, &group.blockers),
        chain: steps(profile, one),
        waiting: waiting(profile, one),
        longest: singles::longest(incident, group.id),
        tree_name: if group.state == State::Running { "Stack" } else { "Await tree" },
        tree,
        tree_cut,
    }
}

fn title(incident: &Incident<'_>, group: &Group) -> String {
    if group.state == State::Finished {
        return left_line(group);
    }
    let origin = incident.profile.origin(group.origin);
    let blocking = origin.is_some_and(|origin| origin.kind == TaskKind::Blocking);
    let what = if blocking { "blocking task" } else { "task" };
    let mut title = format!("{} {}", counted(group.count, what), group.state.name());
    if group.stuck > 0 {
        title = format!("{title}, {} stuck", count(group.stuck));
    }
    let growth = growth(group);
    if growth != 0 { format!("{title}, {} in a minute", signed(growth)) } else { title }
}

fn growth(group: &Group) -> i64 {
    let growth = i128::from(group.count) - i128::from(group.count_minute_ago);
    i64::try_from(growth).unwrap_or(if growth < 0 { i64::MIN } else { i64::MAX })
}

fn reason(profile: &Profile, one: &Alike) -> Option<String> {
    let verdict = &one.whole.group.verdict;
    let since = age(ages::since(&profile.header, verdict.since_ms));
    (verdict.class > Class::Normal).then(|| match &*verdict.reason {
        "" => format!("for {since}, {}", counted(verdict.tasks, "task")),
        reason if one.label_sets.len() > 1 => {
            let (tasks, sets) = (counted(verdict.tasks, "task"), one.label_sets.len());
            format!("{tasks} of {sets} label sets, for {since}. Of the largest: {reason}")
        }
        reason => format!("for {since}: {reason}"),
    })
}

/// What the tasks are called, and where they differ how many are called how.
fn labels(one: &Alike) -> Vec<Fact> {
    let shared = &one.whole.group.labels;
    let mut facts = Vec::new();
    if !shared.is_empty() {
        facts.push(Fact::code("labels", shared.to_string()));
    }
    if one.label_sets.len() < 2 {
        return facts;
    }
    let is_own = |label: &&Label| shared.get(&label.key) != Some(&label.value);
    for (labels, tasks) in one.label_sets.iter().take(MOST_SETS) {
        let own: Vec<String> = labels
            .iter()
            .filter(is_own)
            .map(|label| format!("{}={}", label.key, label.value))
            .collect();
        let own = if own.is_empty() { "no others".to_owned() } else { own.join(" ") };
        facts.push(Fact::code(counted(*tasks, "task"), own));
    }
    let rest = one.label_sets.get(MOST_SETS..).unwrap_or_default();
    if !rest.is_empty() {
        let tasks = rest.iter().fold(0_u64, |sum, (_, tasks)| sum.saturating_add(*tasks));
        let sets = counted(rest.len() as u64, "more label set");
        facts.push(Fact::words(counted(tasks, "task"), format!("of {sets}")));
    }
    facts
}

fn facts(profile: &Profile, one: &Alike) -> Vec<Fact> {
    let (whole, header) = (&one.whole, &profile.header);
    let group = &whole.group;
    let mut facts = labels(one);
    let running = group.state == State::Running;
    match &group.tree {
        Some(tree) => {
            let name = if running { "runs at" } else { "waits at" };
            facts.push(Fact::code(name, words::await_point(tree)));
            if !running {
                facts.push(Fact::words("waits for", words::wait_kinds(tree)));
            }
        }
        None if !group.tracked => {
            facts.push(Fact::words("waits at", "not known: nobody tracks these tasks"));
        }
        None if group.state == State::Parked => {
            facts.push(Fact::words("waits at", "not captured yet"));
        }
        None => {}
    }
    if group.count > 0 {
        let (oldest, median) = (group.oldest_since_ms, group.median_since_ms);
        let [oldest, median] = [oldest, median].map(|since| age(ages::since(header, since)));
        facts.push(Fact::words("in this state", format!("oldest {oldest}, median {median}")));
    }
    origins(profile, one, &mut facts);
    if group.future_bytes > 0 {
        facts.push(Fact::words("futures", bytes(group.future_bytes)));
    }
    if let Some(held) = held_line(group) {
        facts.push(Fact::words("holds", held));
        let places = match &*one.origins {
            [_] if one.label_sets.len() < 2 => allocations(profile, group),
            origins => allocations_of(profile, origins, group.state == State::Finished),
        };
        let places = heap::lines(&places);
        facts.extend(places.into_iter().map(|place| Fact::code("allocated at", place)));
    }
    if group.waiting_for_it > 0 {
        let tasks = counted(group.waiting_for_it, "task");
        facts.push(Fact::words("holds up", format!("{tasks} of other groups")));
    }
    facts.extend(activity::lines(profile, whole).into_iter().map(|(n, text)| Fact::words(n, text)));
    facts
}

/// Where they were spawned, and what went through there.
fn origins(profile: &Profile, one: &Alike, facts: &mut Vec<Fact>) {
    let Some(origin) = profile.origin(one.whole.group.origin) else { return };
    facts.push(match &origin.spawned_at {
        unknown if unknown.file.is_empty() => Fact::words("spawned at", "not known"),
        place => Fact::code("spawned at", place.to_string()),
    });
    let all = || one.origins.iter().filter_map(|id| profile.origin(*id));
    let sum = |of: fn(&Origin) -> u64| {
        count(all().fold(0, |sum: u64, origin| sum.saturating_add(of(origin))))
    };
    let (spawned, finished) = (sum(|o| o.spawned_last_minute), sum(|o| o.finished_last_minute));
    let rates = format!("{spawned} spawned, {finished} finished there, of these labels");
    facts.push(Fact::words("per minute", rates));
    if let Some(panicked) = all().find(|origin| origin.panicked > 0) {
        let latest = panicked.last_panic.as_deref().unwrap_or("not known");
        facts
            .push(Fact::words("panics", format!("{}; one of them: {latest}", sum(|o| o.panicked))));
    }
}

/// How many tasks there were, if that is known of all that they are made of.
fn trend(incident: &Incident<'_>, one: &Alike) -> Option<TrendLine> {
    let trends = incident.trends;
    let mut counts: Vec<u64> = Vec::new();
    for id in &one.members {
        let of = trends.of.get(id)?;
        counts.resize(counts.len().max(of.len()), 0);
        counts.iter_mut().zip(of).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
    }
    if counts.len() < 2 {
        return None;
    }
    let words = trend_words(&counts, trends.span_secs)?;
    Some(TrendLine { counts, words })
}

fn steps(profile: &Profile, one: &Alike) -> Vec<Step> {
    let group = &one.whole.group;
    let mut seen = FxHashSet::default();
    let steps = chain(profile, group).into_iter().enumerate().map(|(at, link)| {
        let again = link.group.is_some_and(|id| !seen.insert(id));
        let text = match one.label_sets.len() {
            sets @ 2.. if at == 0 && group.labels.is_empty() => {
                format!("{} of {sets} label sets", counted(group.count, "task"))
            }
            _ => link.text,
        };
        Step { text, again }
    });
    steps.collect()
}

/// `24 tasks of task=audit, waiting at src/a.rs:3:1 for mutex: mutex made at …, held by these`.
fn waiting(profile: &Profile, one: &Alike) -> Vec<String> {
    if one.whole.group.waiting_for_it == 0 {
        return Vec::new();
    }
    let held_up = |id: &GroupId| {
        let at = profile.groups.binary_search_by_key(id, |group| group.id).ok()?;
        profile.groups.get(at).filter(|group| group.waiting_for_it > 0)
    };
    let mut found: Vec<(u64, String)> = Vec::new();
    for group in one.members.iter().filter_map(held_up).take(MOST_WAITING) {
        let graph = wait_graph(profile, group, Crowds::OneByOne);
        for edge in graph.edges.iter().filter(|edge| edge.to == 0) {
            let Some(from) = graph.nodes.get(edge.from) else { continue };
            let text = format!("{}, {}: {} these", from.name, from.does, edge.about);
            match found.iter_mut().find(|(_, known)| *known == text) {
                Some((tasks, _)) => *tasks = tasks.saturating_add(edge.tasks),
                None => found.push((edge.tasks, text)),
            }
        }
    }
    found.sort_by_key(|(tasks, _)| Reverse(*tasks));
    let rest = found.len().saturating_sub(MOST_WAITING);
    let lines = found.iter().take(MOST_WAITING);
    let mut lines: Vec<String> =
        lines.map(|(tasks, text)| format!("{} of {text}", counted(*tasks, "task"))).collect();
    if rest > 0 {
        lines.push(format!("and {} more", counted(rest as u64, "group")));
    }
    lines
}

/// The others, and how many there was no room for.
pub(super) fn others(profile: &Profile, all: &[Alike]) -> (Vec<Other>, Option<String>) {
    let lines = all.iter().take(MOST_OTHERS).map(|one| other(profile, one));
    let rest = all.get(MOST_OTHERS..).unwrap_or_default();
    let tasks = rest.iter().fold(0_u64, |sum, one| sum.saturating_add(one.whole.group.count));
    let groups = rest.iter().fold(0_u64, |sum, one| sum.saturating_add(one.members.len() as u64));
    let groups = counted(groups, "group");
    let left = format!("{groups} with {} in all are left out here.", counted(tasks, "task"));
    (lines.collect(), (!rest.is_empty()).then_some(left))
}

fn other(profile: &Profile, one: &Alike) -> Other {
    let group = &one.whole.group;
    let labels = group.labels.to_string();
    let oldest = Duration::from_millis(profile.header.now_ms.saturating_sub(group.oldest_since_ms));
    let is_left = group.state == State::Finished;
    Other {
        class: group.verdict.class,
        tasks: if is_left {
            format!("{} left", bytes(group.held.live_bytes))
        } else {
            format!("{} {}", count(group.count), group.state.name())
        },
        growth: signed(growth(group)),
        stuck: count(group.stuck),
        oldest: if is_left { String::new() } else { age(oldest) },
        labels: match one.label_sets.len() {
            0 | 1 => labels,
            sets => format!("{labels} ({sets} label sets)").trim_start().to_owned(),
        },
        place: match &group.tree {
            Some(tree) => words::await_point(tree),
            None => profile
                .origin(group.origin)
                .map(|origin| format!("spawned at {}", origin.spawned_at))
                .unwrap_or_default(),
        },
    }
}
