//! The chosen row for somewhere else: as text, as JSON, and as a command that opens it again.

use std::fmt::Write as _;

use serde_json::json;

use crate::analyse::numbers::{age, count, counted, signed};
use crate::analyse::{Key, Row, Value};
use crate::command::Command;
use crate::screen::{Detail, Screen};

/// What it is called, and what to copy; `None` while no row is chosen.
pub(super) fn row(command: &Command, screen: &Screen) -> Option<(&'static str, String)> {
    let detail = screen.detail.as_ref()?;
    let row = screen.table.rows.get(detail.row?)?;
    Some(match command {
        Command::CopyJson => ("the row as JSON", to_json(screen, detail, row)),
        Command::CopyLink => ("a command", link(screen, row)),
        _ => ("the row as text", text(screen, detail, row)),
    })
}

fn text(screen: &Screen, detail: &Detail, row: &Row) -> String {
    let sum = &row.sum;
    let now = screen.received_at;
    let mut out = String::new();
    // Writing to a string cannot fail.
    if let Some(process) = screen.process.as_ref().filter(|_| !screen.is_of_all) {
        writeln!(out, "{} (pid {})", process.name, process.pid).ok();
    }
    for (key, value) in screen.table.keys.iter().zip(row.values.iter()) {
        writeln!(out, "{}: {value}", key.title()).ok();
    }
    let (oldest, median) = (
        screen.age_in_words(sum.oldest_since_ms, now),
        screen.age_in_words(row.median_since_ms, now),
    );
    writeln!(
        out,
        "{}, {} in a minute, {} stuck; oldest {oldest}, median {median}",
        counted(sum.count, "task"),
        signed(sum.growth),
        count(sum.stuck)
    )
    .ok();
    if !sum.finding.reason.is_empty() {
        let since = age(screen.age(sum.finding.since_ms, now));
        writeln!(out, "{} for {since}: {}", sum.finding.class.name(), sum.finding.reason).ok();
    }
    for blocker in &detail.blockers {
        writeln!(out, "blocked by {blocker}").ok();
    }
    for (step, link) in detail.chain.iter().enumerate() {
        writeln!(out, "{}{}", "  ".repeat(step.min(8)), link.text).ok();
    }
    for node in &detail.tree.nodes {
        let depth = "  ".repeat(depth(detail, node.parent).min(40));
        let frame = &node.frame;
        let place = frame.location.as_ref().map(|place| format!("{place} ")).unwrap_or_default();
        writeln!(out, "{:>7}  {depth}{place}{}", count(node.tasks), frame.function).ok();
    }
    out
}

/// How many frames stand above a node with this parent.
fn depth(detail: &Detail, parent: Option<u32>) -> usize {
    let above = |at: &u32| detail.tree.nodes.get(*at as usize).and_then(|node| node.parent);
    std::iter::successors(parent, above).take(detail.tree.nodes.len()).count()
}

fn to_json(screen: &Screen, detail: &Detail, row: &Row) -> String {
    let sum = &row.sum;
    let now = screen.received_at;
    let secs = |since: Option<u64>| since.map(|since| screen.age(since, now).as_secs_f64());
    let keys = screen.table.keys.iter().zip(row.values.iter());
    let keys: serde_json::Map<String, serde_json::Value> =
        keys.map(|(key, value)| (key.title().to_owned(), json!(value.to_string()))).collect();
    let tree = detail.tree.nodes.iter().map(|node| {
        json!({
            "parent": node.parent,
            "function": &*node.frame.function,
            "at": node.frame.location.as_ref().map(ToString::to_string),
            "tasks": node.tasks,
        })
    });
    let tree: Vec<serde_json::Value> = tree.collect();
    let chain: Vec<&str> = detail.chain.iter().map(|link| &*link.text).collect();
    // Of all services the row itself says which process it is of.
    let process = screen.process.as_ref().filter(|_| !screen.is_of_all);
    let object = json!({
        "process": process.map(|process| json!({"name": &*process.name, "pid": process.pid})),
        "row": keys,
        "tasks": sum.count,
        "growth_per_min": sum.growth,
        "stuck": sum.stuck,
        "oldest_secs": secs(sum.oldest_since_ms),
        "median_secs": secs(row.median_since_ms),
        "verdict": {"class": sum.finding.class.name(), "reason": &*sum.finding.reason},
        "held_by": &detail.blockers,
        "chain": chain,
        "tree": tree,
    });
    // All of it has a text.
    serde_json::to_string_pretty(&object).unwrap_or_default()
}

/// `taskscope view 127.0.0.1:6670 --by task,await --filter 'task:audit await:src/audit.rs:41:37'`.
fn link(screen: &Screen, row: &Row) -> String {
    let words: Vec<&str> = screen.table.keys.iter().map(Key::word).collect();
    let pairs = screen.table.keys.iter().zip(row.values.iter());
    let filter: Vec<String> = pairs.filter_map(|(key, value)| term(key, value)).collect();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut line = format!("taskscope view {}", screen.target.as_deref().unwrap_or("ADDR"));
    if !words.is_empty() {
        line = format!("{line} --by {}", quoted(&words.join(",")));
    }
    if screen.table.nested {
        line.push_str(" --nest");
    }
    if !filter.is_empty() {
        line = format!("{line} --filter {}", quoted(&filter.join(" ")));
    }
    line
}

/// The word of the filter that finds this value. A filter has no spaces within a word: the first of
/// several has to do.
fn term(key: &Key, value: &Value) -> Option<String> {
    if matches!(value, Value::Blank(_)) || matches!(key, Key::Handle | Key::Parent) {
        return None;
    }
    let text = value.to_string();
    let first = text.split_whitespace().next()?;
    Some(format!("{}:{first}", key.word()))
}
