//! A difference for a terminal: what is most likely the leak stands first.

use std::fmt::{self, Display, Write};
use std::time::Duration;

use taskscope_proto::model::{Class, Frame, State};

use super::style::{Style, harmless};
use super::{ages, names};
use crate::analyse::numbers::{age, bytes, count, counted, signed, signed_bytes};
use crate::analyse::{Change, Difference, Key, Kind, Move, Pair, Side, Value};

/// Where the values start, behind their names.
const VALUE_COLUMN: usize = 16;

/// A difference as text, with at most so many rows that changed, and as many that did not.
///
/// Text that comes from the service cannot move the cursor or change colours.
pub fn difference_text(
    (before, after): (Side<'_>, Side<'_>),
    difference: &Difference,
    rows: usize,
    style: Style,
) -> String {
    let mut out = String::new();
    let report = Report { sides: (before, after), difference, style };
    // Writing to a string cannot fail.
    report.write(&mut out, rows).ok();
    out
}

struct Report<'a> {
    sides: (Side<'a>, Side<'a>),
    difference: &'a Difference,
    style: Style,
}

impl Report<'_> {
    fn write(&self, out: &mut String, rows: usize) -> fmt::Result {
        self.head(out)?;
        let tells = |change: &&Change| change.kind != Kind::Same || change.class.1 > Class::Normal;
        let (changed, same): (Vec<&Change>, Vec<&Change>) =
            self.difference.changes.iter().partition(tells);
        for (at, change) in (1..).zip(&changed).take(rows) {
            writeln!(out, "\n{}", self.title(at, change))?;
            self.row(out, change)?;
        }
        self.more(out, changed.len(), rows, "that changed")?;
        if !same.is_empty() {
            writeln!(out, "\n{}", self.style.bold("As many as before"))?;
        }
        for change in same.iter().take(rows) {
            writeln!(out, "  {}", self.same(change))?;
        }
        self.more(out, same.len(), rows, "that did not change")
    }

    fn more(&self, out: &mut String, all: usize, shown: usize, which: &str) -> fmt::Result {
        let rest = all.saturating_sub(shown) as u64;
        if rest == 0 {
            return Ok(());
        }
        writeln!(out, "{}", self.style.dim(format!("and {} {which}", counted(rest, "more row"))))
    }

    fn head(&self, out: &mut String) -> fmt::Result {
        let Difference { tasks, stuck, went_through, .. } = self.difference;
        self.moments(out)?;
        writeln!(out, "{}", self.headline())?;
        let mut words = self.numbers(*tasks, " alive");
        if *stuck != Pair::default() {
            write!(words, "; {}", self.numbers(*stuck, " stuck"))?;
        }
        if let Some((spawned, finished)) = went_through {
            let (spawned, finished) = (count(*spawned), count(*finished));
            write!(words, "; {spawned} spawned and {finished} finished meanwhile")?;
        }
        writeln!(out, "tasks: {words}")?;
        for (name, pair) in
            [("memory", self.difference.rss_bytes), ("heap", self.difference.heap_bytes)]
        {
            if let Some(pair) = pair {
                writeln!(out, "{name}: {}", self.sizes(pair))?;
            }
        }
        let verdicts = self.difference.verdicts.iter();
        let verdicts: Vec<String> = verdicts
            .map(|(class, pair)| {
                format!("{} {}", class.name(), numbers_and_change(*pair, " tasks"))
            })
            .collect();
        if !verdicts.is_empty() {
            writeln!(out, "verdicts: {}", verdicts.join("; "))?;
        }
        if let Some(rested @ 1..) = self.difference.rested {
            let tasks = counted(rested, "task");
            writeln!(out, "did not move: {tasks} at least, in their state since before then")?;
        }
        for remark in &self.difference.remarks {
            writeln!(out, "{}", self.style.dim(harmless(&format!("note: {remark}"))))?;
        }
        Ok(())
    }

    /// What is compared.
    fn moments(&self, out: &mut String) -> fmt::Result {
        let (before, after) = self.sides;
        let moment = |side: Side<'_>| {
            ages::moment(side.profile.header.now_unix_ms)
                .map_or_else(|| "some time".to_owned(), |moment| moment.to_string())
        };
        let name = |side: Side<'_>| self.style.bold(harmless(&side.process.name)).to_string();
        let pid = |side: Side<'_>| names::pid(side.process);
        write!(out, "{}  {} → ", name(before), moment(before))?;
        if before.process.name != after.process.name {
            write!(out, "{}  ", name(after))?;
        }
        write!(out, "{}", moment(after))?;
        if let Some(ms) = self.difference.between_ms {
            let later = if ms < 0 { "earlier" } else { "later" };
            write!(out, ", {} {later}", age(Duration::from_millis(ms.unsigned_abs())))?;
        }
        if self.difference.same_run {
            return writeln!(out, ", one run (pid {})", pid(after));
        }
        writeln!(out, ", two runs (pid {}, pid {})", pid(before), pid(after))
    }

    /// The answer, in one line.
    fn headline(&self) -> String {
        let Some((change, sets)) = &self.difference.most_evident() else {
            return "Nothing has grown, and nothing is suspected.".to_owned();
        };
        let sets = (*sets > 1).then(|| format!("{sets} label sets"));
        let labels = Some(labels(self.difference, change)).filter(|labels| !labels.is_empty());
        let who = labels.into_iter().chain(sets).collect::<Vec<_>>().join(" in ");
        let gap = if who.is_empty() { "" } else { ": " };
        let mut words = vec![format!("{}: {who}{gap}{}", change.kind.name(), self.amount(change))];
        words.extend(match (self.place(change), self.value(change, &Key::SpawnedAt)) {
            (Some(_), _) => self.value(change, &Key::AwaitPoint).map(|at| format!(", at {at}")),
            (None, Some(Value::Place(place))) => Some(format!(", spawned at {place}")),
            _ => None,
        });
        if let Some(waits @ Value::Waits(..)) = self.value(change, &Key::WaitKind) {
            words.push(format!(" for {waits}"));
        }
        if change.class.1 > Class::Normal {
            words.push(format!("; {}: {}", change.class.1.name(), change.reason));
        }
        self.style.bad(harmless(&words.concat())).to_string()
    }

    fn title(&self, at: usize, change: &Change) -> String {
        let words = format!("{}: {}", change.kind.name(), self.amount(change));
        let words = format!("{at}. {words}");
        match change.kind {
            Kind::New | Kind::Grown => self.style.bad(words).to_string(),
            Kind::Gone | Kind::Shrunk => self.style.good(words).to_string(),
            Kind::Moved | Kind::Same => self.style.bold(words).to_string(),
        }
    }

    /// `8 → 232 tasks parked, +224 (+448 a minute)`.
    fn amount(&self, change: &Change) -> String {
        let Change { tasks, live_bytes, .. } = change;
        let state = match self.value(change, &Key::State) {
            Some(Value::State(State::Finished)) => {
                let (left, change) = (bytes(live_bytes.after), live_bytes.change());
                let words = format!("{left} left by tasks that have ended");
                return format!("{words}, {}{}", signed_bytes(change), self.rate_of_bytes(change));
            }
            Some(Value::State(state)) => format!(" {}", state.name()),
            _ => String::new(),
        };
        let (before, after) = (count(tasks.before), count(tasks.after));
        let amount = match change.kind {
            Kind::Gone => return format!("{}{state}", counted(tasks.before, "task")),
            Kind::Same => return format!("{}{state}", counted(tasks.after, "task")),
            Kind::New => format!("{}{state}", counted(tasks.after, "task")),
            _ => format!("{before} → {after} tasks{state}, {}", signed(tasks.change())),
        };
        if tasks.change() == 0 {
            return format!("{}{state}", counted(tasks.after, "task"));
        }
        let rate = self.difference.per_minute(tasks.change()).map(rate);
        rate.map_or(amount.clone(), |rate| format!("{amount} ({rate} a minute)"))
    }

    fn row(&self, out: &mut String, change: &Change) -> fmt::Result {
        let Change { class, stuck, future_bytes, live_bytes, .. } = change;
        if *class != (Class::Normal, Class::Normal) {
            let was = class.0.name();
            let words = match (class.0 == class.1, change.kind) {
                (_, Kind::Gone) => format!("was {was}: {}", change.reason),
                (true, _) => format!("{was}, as before: {}", change.reason),
                (false, _) if class.1 == Class::Normal => format!("{was} → normal"),
                (false, _) => format!("{was} → {}: {}", class.1.name(), change.reason),
            };
            self.line(out, "verdict", self.style.bad(harmless(&words)))?;
        }
        if *stuck != Pair::default() {
            self.line(out, "stuck", numbers_and_change(*stuck, ""))?;
        }
        let labels = labels(self.difference, change);
        if !labels.is_empty() {
            self.line(out, "labels", harmless(&labels))?;
        }
        if let Some((name, place)) = self.place(change) {
            self.line(out, name, self.style.point(harmless(&place)))?;
        } else if let Some(why) = self.unknown_place(change) {
            self.line(out, "waits at", why)?;
        }
        for (key, value) in self.difference.keys.iter().zip(&*change.values) {
            let name = match (key, value) {
                (Key::Label(_) | Key::State | Key::AwaitPoint, _)
                | (Key::WaitKind, Value::Blank(_)) => continue,
                (key, _) => key.title(),
            };
            self.line(out, name, harmless(&value.to_string()))?;
        }
        for (name, moves) in [("came from", &change.came_from), ("went to", &change.went_to)] {
            for step in moves {
                self.line(out, name, harmless(&step_words(step)))?;
            }
        }
        if let Some(rested @ 1..) = change.rested {
            let of = counted(change.tasks.after, "task");
            self.line(out, "did not move", format_args!("{} of {of} at least", count(rested)))?;
        }
        if *live_bytes != Pair::default() {
            let error = bytes(change.error_bytes);
            self.line(out, "holds", format_args!("{} ± {error}", self.sizes(*live_bytes)))?;
        }
        if future_bytes.change() != 0 {
            self.line(out, "futures", self.sizes(*future_bytes))?;
        }
        Ok(())
    }

    /// A row in which nothing changed, in one line.
    fn same(&self, change: &Change) -> String {
        let mut words = vec![self.amount(change)];
        words.extend(Some(labels(self.difference, change)).filter(|labels| !labels.is_empty()));
        let spawned = self.value(change, &Key::SpawnedAt);
        let place = self.place(change).map(|(name, place)| format!("{name} {place}"));
        let spawned = spawned.map(|place| format!("spawned at {place}"));
        words.extend(place.or(spawned));
        if let Some(rested @ 1..) = change.rested {
            words.push(format!("{} did not move at least", count(rested)));
        }
        harmless(&words.join("; "))
    }

    fn value<'c>(&self, change: &'c Change, key: &Key) -> Option<&'c Value> {
        let at = self.difference.keys.iter().position(|known| known == key)?;
        change.values.get(at)
    }

    /// Where its tasks wait, and how that is called.
    fn place(&self, change: &Change) -> Option<(&'static str, String)> {
        let place = self.value(change, &Key::AwaitPoint)?;
        if matches!(place, Value::Blank(_)) {
            return None;
        }
        let runs = self.value(change, &Key::State) == Some(&Value::State(State::Running));
        let name = match (change.kind, runs) {
            (Kind::Gone, _) => "waited at",
            (_, true) => "runs at",
            (_, false) => "waits at",
        };
        Some((name, place_words(place, change.frame.as_deref())))
    }

    /// Why it is not known where its tasks wait, though they do.
    fn unknown_place<'c>(&self, change: &'c Change) -> Option<&'c Value> {
        let parked = self.value(change, &Key::State) == Some(&Value::State(State::Parked));
        self.value(change, &Key::AwaitPoint).filter(|_| parked)
    }

    fn numbers(&self, pair: Pair, what: &str) -> String {
        let words = numbers_and_change(pair, what);
        match self.difference.per_minute(pair.change()).filter(|_| pair.change() != 0) {
            Some(per_minute) => format!("{words} ({} a minute)", rate(per_minute)),
            None => words,
        }
    }

    fn sizes(&self, pair: Pair) -> String {
        let (before, after, change) = (bytes(pair.before), bytes(pair.after), pair.change());
        if change == 0 {
            return format!("{after}, as before");
        }
        let rate = self.rate_of_bytes(change);
        format!("{before} → {after}, {}{rate}", signed_bytes(change))
    }

    /// ` (+7.5 MiB a minute)`, where that is known.
    fn rate_of_bytes(&self, change: i64) -> String {
        let Some(rate) = self.difference.per_minute(change) else { return String::new() };
        #[expect(clippy::cast_possible_truncation, reason = "float to int saturates")]
        let rate = signed_bytes(rate.round() as i64);
        format!(" ({rate} a minute)")
    }

    fn line(&self, out: &mut String, name: &str, value: impl Display) -> fmt::Result {
        let gap = VALUE_COLUMN.saturating_sub(name.chars().count() + 2).max(1);
        writeln!(out, "  {}{:gap$}{value}", self.style.dim(name), "")
    }
}

/// `task=audit tenant=acme`: those that are keys of the difference.
fn labels(difference: &Difference, change: &Change) -> String {
    let all = difference.keys.iter().zip(&*change.values);
    let set = all.filter_map(|(key, value)| match (key, value) {
        (Key::Label(key), Value::Text(value)) => Some(format!("{key}={value}")),
        _ => None,
    });
    set.collect::<Vec<_>>().join(" ")
}

fn place_words(place: &Value, frame: Option<&Frame>) -> String {
    let function = frame.map(|frame| names::function(&frame.function));
    match (place, function) {
        (Value::Place(_), Some(function)) if !function.is_empty() => format!("{place}  {function}"),
        _ => place.to_string(),
    }
}

fn step_words(step: &Move) -> String {
    let about = if step.about { "about " } else { "" };
    let place = place_words(&step.place, step.frame.as_deref());
    format!("{place}: {about}{}", counted(step.tasks, "task"))
}

/// `8 → 232 alive, +224`.
fn numbers_and_change(pair: Pair, what: &str) -> String {
    let (before, after, change) = (count(pair.before), count(pair.after), pair.change());
    match change {
        0 => format!("{after}{what}, as before"),
        _ => format!("{before} → {after}{what}, {}", signed(change)),
    }
}

/// A change in a minute: whole from ten on.
fn rate(per_minute: f64) -> String {
    if per_minute.abs() < 10.0 {
        return format!("{per_minute:+.1}");
    }
    #[expect(clippy::cast_possible_truncation, reason = "float to int saturates")]
    signed(per_minute.round() as i64)
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::{Process, Profile};

    use super::*;
    use crate::analyse::difference;
    use crate::fixture::{self, NOW_MS};

    fn told(before: &Profile, after: &Profile, rows: usize) -> String {
        let process = Process { name: "shop".into(), pid: 7, ..Process::default() };
        let sides = [before, after].map(|profile| Side { process: &process, profile });
        let [before, after] = sides;
        let found = difference(before, after, None);
        difference_text((before, after), &found, rows, Style::default())
    }

    fn two_minutes() -> (Profile, Profile) {
        let mut before = fixture::profile(&[
            "8 parked t=audit @ src/audit.rs:41 mpsc_send < src/m.rs:1",
            "6 parked t=fetch @ src/fetch.rs:7 io_read < src/m.rs:2",
            "2 parked age=700 median=600 t=worker @ src/worker.rs:5 accept < src/m.rs:3",
            "3 running t=batch < src/m.rs:4",
            "0 finished live=4096 error=100 t=cache < src/m.rs:5",
        ]);
        before.header.now_ms = NOW_MS - 120_000;
        before.header.now_unix_ms = 1_767_323_045_000;
        before.header.rss_bytes = Some(30 << 20);
        let mut after = fixture::profile(&[
            "232 parked stuck=205 class=suspect about=164 age=130 bytes=70000 t=audit @ \
             src/audit.rs:41 mpsc_send < src/m.rs:1",
            "2 parked t=fetch @ src/fetch.rs:7 io_read < src/m.rs:2",
            "4 parked t=fetch @ src/fetch.rs:9 mutex < src/m.rs:2",
            "2 parked age=700 median=600 t=worker @ src/worker.rs:5 accept < src/m.rs:3",
            "0 finished live=1048576 error=1000 t=cache < src/m.rs:5",
        ]);
        after.header.now_unix_ms = 1_767_323_165_000;
        after.header.rss_bytes = Some(45 << 20);
        after.header.totals.spawned = 230;
        (before, after)
    }

    #[test]
    fn the_leak_stands_first_and_what_did_not_change_last() {
        let (before, after) = two_minutes();
        insta::assert_snapshot!(told(&before, &after, 9));
    }

    #[test]
    fn rows_beyond_those_asked_for_are_counted() {
        let (before, after) = two_minutes();
        let text = told(&before, &after, 1);
        assert!(text.contains("\nand 4 more rows that changed\n"), "{text}");
        assert!(!text.contains("\n2. "), "{text}");
        assert!(told(&before, &after, 5).contains("\n5. "));
    }

    #[test]
    fn a_state_compared_with_itself_says_so() {
        let (before, _) = two_minutes();
        let text = told(&before, &before, 9);
        let second = text.lines().nth(1);
        assert_eq!(second, Some("Nothing has grown, and nothing is suspected."), "{text}");
        assert!(!text.contains("\n1. "), "{text}");
    }

    #[test]
    fn the_service_cannot_paint_the_terminal() {
        let (before, mut after) = two_minutes();
        let group = std::sync::Arc::make_mut(&mut after.groups[0]);
        group.verdict.reason = "\u{1b}[2J gone".into();
        assert!(!told(&before, &after, 9).contains('\u{1b}'));
    }
}
