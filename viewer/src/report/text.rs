//! The report for a terminal: what is worst comes first.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use taskscope_proto::model::{Class, Group, Origin, Process, Profile, Runtime, State, TaskKind};

use super::style::{Style, harmless};
use super::{activity, ages, heap, names, tree, words};
use crate::analyse::numbers::{age, bytes, count, counted};
use crate::analyse::{
    Whole, allocations, blockers, chain, heap_line, held_line, left_line, losses, memory_line,
    most_suspicious_first, of_nobody, runtimes,
};

/// Where the values start, behind their names.
const VALUE_COLUMN: usize = 14;

/// A whole profile as text, most suspicious groups first.
///
/// Text that comes from the service cannot move the cursor or change colours.
pub fn text(process: &Process, profile: &Profile, style: Style) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    Report { process, profile, style }.write(&mut out).ok();
    out
}

struct Report<'a> {
    process: &'a Process,
    profile: &'a Profile,
    style: Style,
}

impl Report<'_> {
    fn write(&self, out: &mut String) -> fmt::Result {
        self.head(out)?;
        for (at, whole) in (1..).zip(most_suspicious_first(self.profile)) {
            writeln!(out)?;
            self.title(out, at, &whole.group)?;
            self.group(out, &whole)?;
        }
        let of_nobody = heap::lines(&of_nobody(self.profile));
        if !of_nobody.is_empty() {
            writeln!(out, "\n{}", self.style.bold("Allocated by no tracked task"))?;
            for place in of_nobody {
                writeln!(out, "  {}", harmless(&place))?;
            }
        }
        Ok(())
    }

    fn head(&self, out: &mut String) -> fmt::Result {
        let (process, header) = (self.process, &self.profile.header);
        let up = age(ages::since(header, 0));
        write!(out, "{}", self.style.bold(harmless(&process.name)))?;
        write!(out, "  pid {}  up {up}", names::pid(process))?;
        write!(out, "  {}", harmless(&process.agent))?;
        if let Some(moment) = ages::moment(header.now_unix_ms) {
            write!(out, "  {moment}")?;
        }
        writeln!(out)?;
        writeln!(out, "{}", words::totals(&header.totals))?;
        writeln!(out, "coverage: {}", words::coverage(header))?;
        if let Some(memory) = memory_line(header) {
            writeln!(out, "memory: {memory}")?;
        }
        if let Some(heap) = heap_line(header) {
            writeln!(out, "heap: {heap}")?;
        }
        for runtime in &header.runtimes {
            self.runtime(out, runtime)?;
        }
        for note in losses(Some(process), header) {
            let words = format!("note: {}. {}", note.text, note.meaning);
            writeln!(out, "{}", self.style.dim(harmless(&words)))?;
        }
        Ok(())
    }

    fn runtime(&self, out: &mut String, runtime: &Runtime) -> fmt::Result {
        let (flavor, business) = (runtime.flavor.name(), runtimes::business(runtime));
        writeln!(out, "runtime {}: {flavor}, {business}; {}", runtime.id, runtimes::load(runtime))?;
        match runtimes::stall(runtime, &self.profile.header) {
            Some(words) => writeln!(out, "{}", self.style.bad(format!("STALLED: {words}"))),
            None => Ok(()),
        }
    }

    fn title(&self, out: &mut String, at: usize, group: &Group) -> fmt::Result {
        if group.state == State::Finished {
            let title = format!("{at}. {}", left_line(group));
            return writeln!(out, "{}", self.style.bold(title));
        }
        let origin = self.profile.origin(group.origin);
        let blocking = origin.is_some_and(|origin| origin.kind == TaskKind::Blocking);
        let what = if blocking { "blocking task" } else { "task" };
        let title = format!("{at}. {} {}", counted(group.count, what), group.state.name());
        write!(out, "{}", self.style.bold(title))?;
        if group.stuck > 0 {
            let after = ages::secs(Duration::from_millis(self.process.stuck_after_ms));
            let stuck = format!("{} stuck for more than {after} s", count(group.stuck));
            write!(out, ", {}", self.style.bad(stuck))?;
        }
        let growth = i128::from(group.count) - i128::from(group.count_minute_ago);
        if growth != 0 {
            write!(out, ", {growth:+} in a minute")?;
        }
        writeln!(out)
    }

    fn group(&self, out: &mut String, whole: &Whole) -> fmt::Result {
        let group = &whole.group;
        self.verdict(out, group)?;
        if !group.labels.is_empty() {
            self.line(out, "labels", harmless(&group.labels.to_string()))?;
        }
        if let Some(tree) = &group.tree {
            let running = group.state == State::Running;
            let name = if running { "runs at" } else { "waits at" };
            self.line(out, name, self.style.point(harmless(&words::await_point(tree))))?;
            if !running {
                self.line(out, "waits for", harmless(&words::wait_kinds(tree)))?;
            }
        } else if !group.tracked {
            self.line(out, "waits at", "not known: nobody tracks these tasks")?;
        } else if group.state == State::Parked {
            self.line(out, "waits at", "not captured yet")?;
        }
        if group.count > 0 {
            let header = &self.profile.header;
            let oldest = age(ages::since(header, group.oldest_since_ms));
            let median = age(ages::since(header, group.median_since_ms));
            let size = bytes(group.future_bytes);
            let words = format_args!("oldest {oldest}, median {median}; futures {size}");
            self.line(out, "since", words)?;
        }
        self.heap(out, group)?;
        if let Some(origin) = self.profile.origin(group.origin) {
            self.origin(out, origin)?;
        }
        for (name, value) in activity::lines(self.profile, whole) {
            self.line(out, name, harmless(&value))?;
        }
        let Some(tree) = group.tree.as_deref().filter(|tree| !tree.nodes.is_empty()) else {
            return Ok(());
        };
        let name = if group.state == State::Running { "stack" } else { "await tree" };
        writeln!(out, "  {}", self.style.dim(name))?;
        out.write_str(&tree::lines(tree, "    ", self.style))
    }

    /// What is the matter with the group, and who could help it.
    fn verdict(&self, out: &mut String, group: &Group) -> fmt::Result {
        let verdict = &group.verdict;
        if verdict.class != Class::Normal {
            let since = age(ages::since(&self.profile.header, verdict.since_ms));
            let words = format!("{}, for {since}: {}", verdict.class.name(), verdict.reason);
            self.line(out, "verdict", self.style.bad(harmless(&words)))?;
        }
        for blocker in blockers(self.profile, &group.blockers) {
            self.line(out, "blocked by", harmless(&blocker))?;
        }
        if group.waiting_for_it > 0 {
            let tasks = counted(group.waiting_for_it, "task");
            self.line(out, "holds up", format_args!("{tasks} of other groups"))?;
        }
        // A single step is what stands above.
        let links = Some(chain(self.profile, group)).filter(|links| links.len() > 2);
        for (at, link) in (0..).zip(links.unwrap_or_default()) {
            let name = if at == 0 { "chain" } else { "" };
            self.line(out, name, harmless(&format!("{:at$}{}", "", link.text)))?;
        }
        Ok(())
    }

    /// What the group holds, and where that was allocated.
    fn heap(&self, out: &mut String, group: &Group) -> fmt::Result {
        let Some(held) = held_line(group) else { return Ok(()) };
        self.line(out, "holds", self.style.bad(held))?;
        for place in heap::lines(&allocations(self.profile, group)) {
            self.line(out, "allocated", harmless(&place))?;
        }
        Ok(())
    }

    fn origin(&self, out: &mut String, origin: &Origin) -> fmt::Result {
        let place = match &origin.spawned_at {
            unknown if unknown.file.is_empty() => "not known".to_owned(),
            place => place.to_string(),
        };
        let place = harmless(&place);
        let (spawned, finished) = (origin.spawned_last_minute, origin.finished_last_minute);
        let allocated = match origin.allocated_bytes_last_minute {
            0 => String::new(),
            allocated => format!(", {} allocated", bytes(allocated)),
        };
        let rates = format_args!(
            "{place} (last minute: {spawned} spawned, {finished} finished{allocated})"
        );
        self.line(out, "spawned at", rates)?;
        if origin.panicked == 0 {
            return Ok(());
        }
        let latest = origin.last_panic.as_deref().map(harmless).unwrap_or_default();
        let panics = format!("{}, the latest: {latest}", origin.panicked);
        self.line(out, "panics", self.style.bad(panics))
    }

    fn line(&self, out: &mut String, name: &str, value: impl Display) -> fmt::Result {
        let gap = VALUE_COLUMN.saturating_sub(name.len() + 2);
        writeln!(out, "  {}{:gap$}{value}", self.style.dim(name), "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_report_tells_the_worst_first() {
        let text = text(&fixture::process(), &fixture::profile(), Style::default());
        insta::assert_snapshot!(text, @r"
        checkout  pid 4711  up 2 m 04 s  taskscope 0.1.0  2026-01-02T03:06:09Z
        11 tasks alive: 10 parked, 1 running, 0 ready, 0 new; 40 spawned, 29 finished (1 aborted, 3 panicked)
        coverage: 11 of 12 tasks tracked (92 %)
        memory: 45 MiB resident; 61 MiB of 512 MiB used by the control group (12 %); 3.0 MiB by the agent
        runtime 1: multi_thread, 2 workers 53 % busy; 12 tasks, 1 queued
        STALLED: no worker of runtime 1 has polled anything for 3 s while 2 tasks are ready
        note: 4 label sets folded, mostly `request_id`. Too many different labels: their tasks are counted under `…`. A label with a value for each request or connection does this; take it off, or give it fewer values.
        note: 2 await chains cut. Chains with more frames or branches than the agent keeps.
        note: debug info: line tables only. File, line and column are exact. Names of inlined functions are short.
        note: 1 capture to come. Parked tasks whose await tree is still to be captured, within budget.

        1. 8 tasks parked, 6 stuck for more than 10 s, +6 in a minute
          verdict     suspect, for 41 s: 8 of 8 tasks spawned here since 03:04:27 have not finished
          blocked by  mpsc_send made at src/audit.rs:12:30 (8 tasks): received last by task 3 (task=call) 1 m 04 s ago, waiting at src/call.rs:7:5 for mutex, notify
          labels      task=audit tenant=acme
          waits at    src/audit.rs:41:37  demo::audit::log
          waits for   mpsc_send
          since       oldest 1 m 01 s, median 30 s; futures 4.0 KiB
          spawned at  src/main.rs:3:5 (last minute: 12 spawned, 0 finished)
          await tree
            src/main.rs:3:5  demo::main
            src/main.rs:20:9  demo::handle
            src/audit.rs:41:37  demo::audit::log
            · tokio::sync::mpsc::Sender::send (+1) → mpsc_send

        2. 1 task parked
          holds up    8 tasks of other groups
          labels      task=call
          waits at    src/call.rs:7:5  demo::call
          waits for   all of mutex, notify
          since       oldest 1 m 04 s, median 1 m 04 s; futures 256 B
          spawned at  src/main.rs:3:5 (last minute: 12 spawned, 0 finished)
          await tree
            src/main.rs:3:5  demo::main
            ├─ src/call.rs:7:5  demo::call
            │  ├─ src/call.rs:12:9  demo::left
            │  │  · tokio::sync::Mutex::lock → mutex
            │  └─ src/call.rs:17:9  demo::right → notify
            └─ · tokio::time::Sleep → sleep (aside)

        3. 1 task running
          since       oldest 1 m 04 s, median 1 m 04 s; futures 256 B
          spawned at  src/main.rs:9:5 (last minute: 12 spawned, 0 finished)
          panics      3, the latest: index out of bounds:  [2J

        4. 1 task parked
          waits at    not captured yet
          since       oldest < 1 s, median 1 m 04 s; futures 256 B
        ");
    }

    #[test]
    fn a_running_group_says_where_it_runs_and_not_what_it_waits_for() {
        let mut profile = fixture::profile();
        let stack = profile.groups.iter().find_map(|group| group.tree.clone());
        profile.groups.retain(|group| group.state == State::Running);
        std::sync::Arc::make_mut(&mut profile.groups[0]).tree = stack;
        let text = text(&fixture::process(), &profile, Style::default());
        assert!(text.contains("  runs at     src/audit.rs:41:37  demo::audit::log\n"), "{text}");
        assert!(text.contains("  stack\n"), "{text}");
        assert!(!text.contains("waits "), "{text}");
    }

    #[test]
    fn nothing_of_the_service_reaches_the_terminal_as_a_command() {
        let style = Style { coloured: false, all_frames: true };
        let text = text(&fixture::process(), &fixture::profile(), style);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }

    #[test]
    fn an_empty_process_is_reported_too() {
        let text = text(&Process::default(), &Profile::default(), Style::default());
        assert!(text.contains("0 tasks alive"), "{text}");
    }
}
