//! The groups as a table for a terminal, one line each.

use std::cmp::Reverse;
use std::fmt::Write as _;

use taskscope_proto::model::{Class, Process, Profile, Source, State};

use super::ages;
use super::names::pid;
use super::style::{Style, harmless};
use crate::analyse::numbers::{age, bytes, count, signed};
use crate::analyse::{Whole, chain, growth, heap_line, memory_line, most_suspicious_first};

/// How a table is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopTable {
    /// Which groups come first.
    pub sort: TopSort,
    /// How many are shown.
    pub rows: usize,
}

/// Which groups come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TopSort {
    /// Most suspicious
    #[default]
    Suspicion,
    /// Most tasks
    Tasks,
    /// Most tasks more than a minute ago
    Growth,
    /// Most stuck tasks
    Stuck,
    /// Most bytes of the heap
    Bytes,
    /// Most bytes more than a minute ago
    BytesGrowth,
}

/// Groups of which it is said above the table what is the matter.
const FINDINGS: usize = 3;

/// The table, with what is known of the process above it.
pub fn top(process: &Process, profile: &Profile, table: TopTable, style: Style) -> String {
    let header = &profile.header;
    let mut out = String::new();
    let (totals, up) = (&header.totals, age(ages::since(header, 0)));
    let name = style.bold(harmless(&process.name));
    let states = format!(
        "{} tasks: {} parked, {} running, {} ready, {} new",
        count(totals.alive()),
        count(totals.parked),
        count(totals.running),
        count(totals.ready),
        count(totals.new)
    );
    // Writing to a string cannot fail.
    writeln!(out, "{name}  pid {}  up {up}  {states}", pid(process)).ok();
    if process.source == Source::Console {
        writeln!(out, "console-subscriber: verdicts and memory are not known").ok();
    }
    let heap = heap_line(header);
    if let Some(memory) = memory_line(header) {
        writeln!(out, "memory: {memory}").ok();
    }
    if let Some(heap) = &heap {
        writeln!(out, "heap: {heap}").ok();
    }
    let mut wholes = most_suspicious_first(profile);
    for line in findings(profile, &wholes) {
        writeln!(out, "{}", style.bad(harmless(&line))).ok();
    }
    writeln!(out).ok();
    sort(&mut wholes, table.sort);
    let lines = wholes.iter().take(table.rows).map(|whole| cells(profile, whole, heap.is_some()));
    let titles = titles(heap.is_some()).map(str::to_owned);
    let lines: Vec<Vec<String>> = std::iter::once(titles.collect()).chain(lines).collect();
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|at| lines.iter().filter_map(|line| line.get(at)).map(|c| c.chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    for (at, line) in lines.iter().enumerate() {
        let cells = line.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (text, width))| {
            // Numbers to the right, words as they are.
            if column + 2 < columns { format!("{text:>width$}") } else { format!("{text:width$}") }
        });
        let text = cells.collect::<Vec<_>>().join("  ");
        let text = text.trim_end();
        let text = if at == 0 { style.dim(text).to_string() } else { text.to_owned() };
        writeln!(out, "{text}").ok();
    }
    let rest = wholes.len().saturating_sub(table.rows);
    if rest > 0 {
        writeln!(out, "and {} more", count(rest as u64)).ok();
    }
    out
}

/// What is the matter with the worst groups, who is at the root of it, and who makes the heap grow.
fn findings(profile: &Profile, wholes: &[Whole]) -> Vec<String> {
    let judged = wholes.iter().filter(|whole| whole.group.verdict.class > Class::Normal);
    let mut lines = Vec::new();
    for Whole { group, .. } in judged.take(FINDINGS) {
        let verdict = &group.verdict;
        lines.push(format!("{}: {} {}", verdict.class.name(), group.labels, verdict.reason));
        let chain = chain(profile, group);
        lines.extend(chain.iter().skip(1).map(|link| format!("  {}", link.text)));
    }
    let growth = growth(profile);
    lines.extend(growth.map(|found| format!("growing: {} {}", found.name(), found.words())));
    lines
}

fn sort(wholes: &mut [Whole], by: TopSort) {
    // Stable: what is equal stays in the order of suspicion.
    wholes.sort_by_key(|Whole { group, .. }| {
        let more = |now: u64, before: u64| i128::from(now) - i128::from(before);
        Reverse(match by {
            TopSort::Suspicion => 0,
            TopSort::Tasks => i128::from(group.count),
            TopSort::Growth => more(group.count, group.count_minute_ago),
            TopSort::Stuck => i128::from(group.stuck),
            TopSort::Bytes => i128::from(group.held.live_bytes),
            TopSort::BytesGrowth => more(group.held.live_bytes, group.live_bytes_minute_ago),
        })
    });
}

fn titles(heap: bool) -> impl Iterator<Item = &'static str> {
    let bytes = ["bytes", "growth"].into_iter().filter(move |_| heap);
    ["verdict", "tasks", "growth", "stuck", "oldest"]
        .into_iter()
        .chain(bytes)
        .chain(["labels", "where"])
}

fn cells(profile: &Profile, whole: &Whole, heap: bool) -> Vec<String> {
    let group = &whole.group;
    let growth = |now: u64, before: u64| {
        i64::try_from(i128::from(now) - i128::from(before)).unwrap_or_default()
    };
    let oldest = ages::since(&profile.header, group.oldest_since_ms);
    let class = group.verdict.class;
    let mut cells = vec![
        if class == Class::Normal { String::new() } else { class.name().to_owned() },
        count(group.count),
        signed(growth(group.count, group.count_minute_ago)),
        count(group.stuck),
        if group.count > 0 { age(oldest) } else { "-".to_owned() },
    ];
    if heap {
        let held = group.held.live_bytes;
        let grown = growth(held, group.live_bytes_minute_ago);
        let sign = if grown < 0 { "-" } else { "+" };
        cells.push(bytes(held));
        cells.push(if grown == 0 {
            "0".to_owned()
        } else {
            format!("{sign}{}", bytes(grown.unsigned_abs()))
        });
    }
    cells.push(harmless(&group.labels.to_string()));
    cells.push(harmless(&place(profile, whole)));
    cells
}

/// Where the tasks wait, or were spawned.
fn place(profile: &Profile, whole: &Whole) -> String {
    let group = &whole.group;
    let tree = group.tree.as_deref();
    let point = tree.and_then(|tree| tree.await_point.as_ref());
    let kinds = tree
        .map(|tree| tree.wait_kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let spawned = || match profile.origin(group.origin) {
        Some(origin) => format!("spawned at {}", origin.spawned_at),
        None => "not known".to_owned(),
    };
    let state = if group.state == State::Finished { "ended" } else { group.state.name() };
    match point.and_then(|frame| frame.location.as_ref()) {
        Some(location) => format!("{location} {}", kinds.unwrap_or_default()),
        None => match kinds.filter(|kinds| !kinds.is_empty()) {
            Some(kinds) => format!("{state}, waits for {kinds}, {}", spawned()),
            None => format!("{state}, {}", spawned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taskscope_proto::model::{Heap, Held};

    use super::*;
    use crate::fixture;

    fn profile() -> Profile {
        let mut profile = fixture::profile(&[
            "8 parked class=suspect stuck=8 was=2 age=60 task=audit @ src/audit.rs:41 mpsc_send < src/main.rs:3",
            "2 running was=2 age=2 task=fetch < src/main.rs:9",
        ]);
        let held = Held { live_bytes: 100 << 20, ..Held::default() };
        profile.header.heap = Some(Heap { held, ..Heap::default() });
        let fetch = Arc::make_mut(&mut profile.groups[1]);
        fetch.held = Held { live_bytes: 3 << 20, ..Held::default() };
        fetch.live_bytes_minute_ago = (3 << 20) - (512 << 10);
        profile
    }

    fn table(profile: &Profile, sort: TopSort, rows: usize) -> Vec<String> {
        let table = TopTable { sort, rows };
        let text = top(&Process::default(), profile, table, Style::default());
        let lines = text.lines().skip_while(|line| !line.is_empty()).skip(1);
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn a_line_for_each_group_in_the_order_asked_for() {
        let audit = "suspect 8 +6 8 1 m 00 s 0 B 0 task=audit src/audit.rs:41:1 mpsc_send";
        let fetch = "2 0 0 2 s 3.0 MiB +512 KiB task=fetch running, spawned at src/main.rs:9:1";
        let titles = "verdict tasks growth stuck oldest bytes growth labels where";
        for (sort, expected) in [
            (TopSort::Suspicion, [audit, fetch]),
            (TopSort::Tasks, [audit, fetch]),
            (TopSort::Bytes, [fetch, audit]),
            (TopSort::BytesGrowth, [fetch, audit]),
        ] {
            let lines = table(&profile(), sort, 9);
            assert_eq!(lines, [titles, expected[0], expected[1]], "{sort:?}");
        }
        assert_eq!(table(&profile(), TopSort::Bytes, 1), [titles, fetch, "and 1 more"]);
    }

    #[test]
    fn above_the_table_stands_what_is_the_matter() {
        let text = top(&Process::default(), &profile(), TopTable::default(), Style::default());
        assert!(text.contains("\nsuspect: task=audit suspect of group 1\n"), "{text}");
    }

    #[test]
    fn without_the_allocator_there_are_no_bytes() {
        let mut profile = profile();
        profile.header.heap = None;
        let lines = table(&profile, TopSort::Tasks, 1);
        assert_eq!(lines[0], "verdict tasks growth stuck oldest labels where");
    }
}
