//! The groups that deserve a look, with all that is known of each; and the others, a line each.

use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashSet;
use taskscope_proto::model::{Class, Group, GroupId, Profile, State, TaskKind};

use super::Incident;
use super::chart::trend_words;
use super::page::{Fact, Other, Step, Suspect, TrendLine};
use crate::analyse::numbers::{age, bytes, count, counted, signed};
use crate::analyse::{
    Whole, allocations, blockers, chain, has_grown, held_line, left_line, most_suspicious_first,
    wait_graph,
};
use crate::report::tree::tree_lines;
use crate::report::{activity, ages, heap, words};

/// Lines of one await tree.
const MOST_LINES: usize = 60;
/// Groups that are said to wait for a suspect.
const MOST_WAITING: usize = 5;
/// Groups that have a line and no more.
const MOST_OTHERS: usize = 50;

/// The groups that the first `most` suspects of a report are made of: their past is worth asking for.
pub fn suspected(profile: &Profile, most: usize) -> Vec<GroupId> {
    let (suspects, _) = divided(profile, most);
    suspects.iter().flat_map(|whole| members(profile, &whole.group)).collect()
}

/// The suspects, and all the rest.
pub(super) fn divided(profile: &Profile, most: usize) -> (Vec<Whole>, Vec<Whole>) {
    let mut suspects = Vec::new();
    let mut others = Vec::new();
    for whole in most_suspicious_first(profile) {
        if suspects.len() < most && deserves_a_look(&whole.group) {
            suspects.push(whole);
        } else {
            others.push(whole);
        }
    }
    (suspects, others)
}

/// Something is the matter with it, it grows, or others wait for it.
fn deserves_a_look(group: &Group) -> bool {
    let bytes = i128::from(group.held.live_bytes) - i128::from(group.live_bytes_minute_ago);
    group.verdict.class > Class::Normal
        || group.stuck > 0
        || group.count > group.count_minute_ago
        || group.waiting_for_it > 0
        || has_grown(i64::try_from(bytes).unwrap_or_default(), &group.held)
}

/// The groups that are one in a report: detached tasks and orphans stand with the others there.
fn members<'a>(profile: &'a Profile, of: &'a Group) -> impl Iterator<Item = GroupId> + 'a {
    let tree = |group: &Group| group.tree.as_ref().map(Arc::as_ptr);
    let is_same = move |group: &&Arc<Group>| {
        (group.origin, group.state, tree(group)) == (of.origin, of.state, tree(of))
            && group.labels == of.labels
    };
    profile.groups.iter().filter(is_same).map(|group| group.id)
}

pub(super) fn suspect(incident: &Incident<'_>, whole: &Whole) -> Suspect {
    let (profile, group) = (incident.profile, &whole.group);
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
        reason: reason(profile, group),
        facts: facts(profile, whole),
        trend: trend(incident, group),
        holders: blockers(profile, &group.blockers),
        chain: steps(profile, group),
        waiting: waiting(profile, group),
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

fn reason(profile: &Profile, group: &Group) -> Option<String> {
    let verdict = &group.verdict;
    let since = age(ages::since(&profile.header, verdict.since_ms));
    (verdict.class > Class::Normal).then(|| match &*verdict.reason {
        "" => format!("for {since}, {}", counted(verdict.tasks, "task")),
        reason => format!("for {since}: {reason}"),
    })
}

fn facts(profile: &Profile, whole: &Whole) -> Vec<Fact> {
    let (group, header) = (&whole.group, &profile.header);
    let mut facts = Vec::new();
    if !group.labels.is_empty() {
        facts.push(Fact::code("labels", group.labels.to_string()));
    }
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
    if let Some(origin) = profile.origin(group.origin) {
        let place = match &origin.spawned_at {
            unknown if unknown.file.is_empty() => Fact::words("spawned at", "not known"),
            place => Fact::code("spawned at", place.to_string()),
        };
        facts.push(place);
        let (spawned, finished) = (origin.spawned_last_minute, origin.finished_last_minute);
        let rates = format!("{} spawned, {} finished", count(spawned), count(finished));
        facts.push(Fact::words("per minute", format!("{rates} there, of these labels")));
        if origin.panicked > 0 {
            let latest = origin.last_panic.as_deref().unwrap_or("not known");
            let panics = format!("{}, the latest: {latest}", count(origin.panicked));
            facts.push(Fact::words("panics", panics));
        }
    }
    if group.future_bytes > 0 {
        facts.push(Fact::words("futures", bytes(group.future_bytes)));
    }
    if let Some(held) = held_line(group) {
        facts.push(Fact::words("holds", held));
        let places = heap::lines(&allocations(profile, group));
        facts.extend(places.into_iter().map(|place| Fact::code("allocated at", place)));
    }
    if group.waiting_for_it > 0 {
        let tasks = counted(group.waiting_for_it, "task");
        facts.push(Fact::words("holds up", format!("{tasks} of other groups")));
    }
    facts.extend(activity::lines(profile, whole).into_iter().map(|(n, text)| Fact::words(n, text)));
    facts
}

fn trend(incident: &Incident<'_>, group: &Group) -> Option<TrendLine> {
    let trends = incident.trends;
    let mut counts: Vec<u64> = Vec::new();
    for of in members(incident.profile, group).filter_map(|id| trends.of.get(&id)) {
        counts.resize(counts.len().max(of.len()), 0);
        counts.iter_mut().zip(of).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
    }
    if counts.len() < 2 {
        return None;
    }
    let words = trend_words(&counts, trends.span_secs)?;
    Some(TrendLine { counts, words })
}

fn steps(profile: &Profile, group: &Group) -> Vec<Step> {
    let mut seen = FxHashSet::default();
    let steps = chain(profile, group).into_iter().map(|link| {
        let again = link.group.is_some_and(|id| !seen.insert(id));
        Step { text: link.text, again }
    });
    steps.collect()
}

/// `audit-writer, waiting at src/a.rs:3:1 for mutex (24 tasks): mutex made at …, held by it`.
fn waiting(profile: &Profile, group: &Group) -> Vec<String> {
    if group.waiting_for_it == 0 {
        return Vec::new();
    }
    let graph = wait_graph(profile, group);
    let mut edges: Vec<_> = graph.edges.iter().filter(|edge| edge.to == 0).collect();
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.tasks));
    let lines = edges.iter().take(MOST_WAITING).filter_map(|edge| {
        let from = graph.nodes.get(edge.from)?;
        let tasks = counted(edge.tasks, "task");
        Some(format!("{tasks} of {}, {}: {} these", from.name, from.does, edge.about))
    });
    let mut lines: Vec<String> = lines.collect();
    if edges.len() > MOST_WAITING {
        lines.push(format!("and {} more", counted((edges.len() - MOST_WAITING) as u64, "group")));
    }
    lines
}

/// The others, and how many there was no room for.
pub(super) fn others(profile: &Profile, wholes: &[Whole]) -> (Vec<Other>, Option<String>) {
    let lines = wholes.iter().take(MOST_OTHERS).map(|whole| other(profile, &whole.group));
    let rest = wholes.get(MOST_OTHERS..).unwrap_or_default();
    let tasks = rest.iter().fold(0_u64, |sum, whole| sum.saturating_add(whole.group.count));
    let groups = counted(rest.len() as u64, "group");
    let left = format!("{groups} with {} in all are left out here.", counted(tasks, "task"));
    (lines.collect(), (!rest.is_empty()).then_some(left))
}

fn other(profile: &Profile, group: &Group) -> Other {
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
        labels: group.labels.to_string(),
        place: match &group.tree {
            Some(tree) => words::await_point(tree),
            None => profile
                .origin(group.origin)
                .map(|origin| format!("spawned at {}", origin.spawned_at))
                .unwrap_or_default(),
        },
    }
}
