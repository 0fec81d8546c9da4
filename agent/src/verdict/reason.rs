//! The one sentence, with numbers, that says why a group has its verdict.

use taskscope_proto::model::{Group, Origin, Tree, WaitKind};

use super::finding::{Class, Evidence, Finding};

/// Why tasks are proven never to run again.
///
/// `24 of 24 tasks can never run again: they wait at src/a.rs:10:9 for mutex in a cycle, or for
/// tasks that can never run again`.
pub(crate) fn proven(group: &Group, tasks: u64) -> String {
    let who = some_of(tasks, group.count);
    let dead = |tree: &Tree| tree.wait_kinds == [WaitKind::Nothing];
    let why = match &group.tree {
        Some(tree) if dead(tree) => "no waker of theirs is left, so nothing can wake them".into(),
        _ => format!("they wait{} in a cycle, or for tasks that can never run again", wait(group)),
    };
    format!("{who} can never run again by themselves: {why}")
}

/// Why tasks are likely never to run again: what they wait for was seen with tasks that wait for
/// them, but may be elsewhere by now.
pub(crate) fn caught(group: &Group, tasks: u64) -> String {
    let who = some_of(tasks, group.count);
    let wait = wait(group);
    format!(
        "{who} wait{wait} in a cycle, or for tasks that do, by who was last seen to hold or receive"
    )
}

/// Why the tasks of an origin are suspect, or slow. `clock` writes down a moment of the agent's
/// clock.
///
/// `1,240 of 1,240 tasks spawned here since 14:02:09 have not finished; before that 99.9 % finished
/// within 80 ms; 1,240 wait at src/audit.rs:41:37 for mpsc_send`.
pub(crate) fn survivors(
    group: &Group,
    overdue: u64,
    finding: &Finding,
    clock: impl Fn(u64) -> String,
) -> String {
    let Finding { spawned, survived, since_ms, limit_ms, .. } = *finding;
    let learned = learned(finding);
    let here = format!("{} of them{}", count(overdue), does(group));
    let since = clock(since_ms);
    match (finding.class, finding.kind) {
        (_, Evidence::Floor) => format!(
            "none of the {} tasks spawned here since {since} has finished, and they become more; \
             {here}",
            count(survived)
        ),
        (Class::Slow, _) => format!(
            "{} of {} tasks spawned here since {since} took longer than {}, or still do{learned}; \
             {here}",
            count(survived),
            count(spawned),
            span(limit_ms)
        ),
        (Class::Suspect | Class::Normal, _) => format!(
            "{} of {} tasks spawned here since {since} have not finished{learned}; {here}",
            count(survived),
            count(spawned)
        ),
    }
}

/// Why tasks are slow that come faster than they go.
///
/// `450 tasks were spawned here in the last minute and 92 finished; 258 of 357 have been waiting at
/// src/audit.rs:41:37 for mpsc_send for longer than 10 s`.
pub(crate) fn overload(group: &Group, origin: &Origin, stuck_after_ms: u64) -> String {
    format!(
        "{} tasks were spawned here in the last minute and {} finished; {} of {} have been \
         waiting{} for longer than {}",
        count(origin.spawned_last_minute),
        count(origin.finished_last_minute),
        count(group.stuck),
        count(group.count),
        wait(group),
        span(stuck_after_ms)
    )
}

/// `; before that 99.9 % finished within 80 ms`, or nothing if there was no before.
fn learned(finding: &Finding) -> String {
    if finding.within_ms == 0 || finding.finished_share <= 0.0 {
        return String::new();
    }
    let percent = format!("{:.2}", (finding.finished_share * 10_000.0).floor() / 100.0);
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    let verb = if finding.class == Class::Slow { "usually" } else { "before that" };
    format!("; {verb} {percent}\u{a0}% finished within {}", span(finding.within_ms))
}

/// ` wait at src/audit.rs:41:37 for mpsc_send`.
fn does(group: &Group) -> String {
    use taskscope_proto::model::State;
    match group.state {
        State::Parked => format!(" wait{}", wait(group)),
        State::Running => format!(" run{}", place(group)),
        State::Ready => " are ready to run".into(),
        State::New => " were never polled".into(),
        State::Finished => " have ended".into(),
    }
}

fn place(group: &Group) -> String {
    let frame = group.tree.as_ref().and_then(|tree| tree.await_point.as_ref());
    let place = frame.and_then(|frame| frame.location.as_ref());
    place.map(|place| format!(" at {place}")).unwrap_or_default()
}

/// ` at src/audit.rs:41:37 for mpsc_send`.
fn wait(group: &Group) -> String {
    let kinds = group.tree.iter().flat_map(|tree| &tree.wait_kinds);
    let kinds: Vec<String> = kinds.map(ToString::to_string).collect();
    let place = place(group);
    if kinds.is_empty() { place } else { format!("{place} for {}", kinds.join(", ")) }
}

/// `24 tasks`, `24 of 30 tasks`.
fn some_of(part: u64, all: u64) -> String {
    let noun = if all == 1 { "task" } else { "tasks" };
    if part >= all {
        format!("{} {noun}", count(all))
    } else {
        format!("{} of {} {noun}", count(part), count(all))
    }
}

/// `1 240`, with no line break in it: as the viewer writes numbers.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

/// `80 ms`, `1.5 s`, `12 s`, `3 min`, `2 h`, with no line break in it.
fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}\u{a0}ms"),
        1_000..10_000 => format!("{:.1}\u{a0}s", ms as f64 / 1e3),
        10_000..120_000 => format!("{}\u{a0}s", ms / 1_000),
        120_000..7_200_000 => format!("{}\u{a0}min", ms / 60_000),
        _ => format!("{}\u{a0}h", ms / 3_600_000),
    }
}

#[cfg(test)]
mod tests;
