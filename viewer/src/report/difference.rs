//! A difference for a terminal: what is most likely the leak stands first.

#[cfg(test)]
mod tests;
mod words;

use std::fmt::{self, Display, Write};
use std::time::Duration;

use taskscope_proto::model::Class;

use super::style::{Style, harmless};
use super::{ages, names};
use crate::analyse::numbers::{age, bytes, count, counted};
use crate::analyse::{Change, Difference, Key, Kind, Pair, Side, Value};

use self::words::{Words, numbers_and_change, step_words};

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
    let words = Words { difference };
    let report = Report { sides: (before, after), difference, words, style };
    // Writing to a string cannot fail.
    report.write(&mut out, rows).ok();
    out
}

/// What is most likely the leak, in one line, without the reasons of verdicts.
pub fn headline(difference: &Difference) -> String {
    Words { difference }.headline()
}

struct Report<'a> {
    sides: (Side<'a>, Side<'a>),
    difference: &'a Difference,
    words: Words<'a>,
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
        let headline = harmless(&(self.words.headline() + &self.words.reason()));
        writeln!(out, "{}", self.style.bad(headline))?;
        let mut words = self.words.numbers(*tasks, " alive");
        if *stuck != Pair::default() {
            write!(words, "; {}", self.words.numbers(*stuck, " stuck"))?;
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
                writeln!(out, "{name}: {}", self.words.sizes(pair))?;
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

    fn title(&self, at: usize, change: &Change) -> String {
        let words = format!("{}: {}", change.kind.name(), self.words.amount(change));
        let words = format!("{at}. {words}");
        match change.kind {
            Kind::New | Kind::Grown => self.style.bad(words).to_string(),
            Kind::Gone | Kind::Shrunk => self.style.good(words).to_string(),
            Kind::Moved | Kind::Same => self.style.bold(words).to_string(),
        }
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
        let labels = self.words.labels(change);
        if !labels.is_empty() {
            self.line(out, "labels", harmless(&labels))?;
        }
        if let Some((name, place)) = self.words.place(change) {
            self.line(out, name, self.style.point(harmless(&place)))?;
        } else if let Some(why) = self.words.unknown_place(change) {
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
            self.line(out, "holds", format_args!("{} ± {error}", self.words.sizes(*live_bytes)))?;
        }
        if future_bytes.change() != 0 {
            self.line(out, "futures", self.words.sizes(*future_bytes))?;
        }
        Ok(())
    }

    /// A row in which nothing changed, in one line.
    fn same(&self, change: &Change) -> String {
        let mut words = vec![self.words.amount(change)];
        words.extend(Some(self.words.labels(change)).filter(|labels| !labels.is_empty()));
        let spawned = self.words.value(change, &Key::SpawnedAt);
        let place = self.words.place(change).map(|(name, place)| format!("{name} {place}"));
        let spawned = spawned.map(|place| format!("spawned at {place}"));
        words.extend(place.or(spawned));
        if let Some(rested @ 1..) = change.rested {
            words.push(format!("{} did not move at least", count(rested)));
        }
        harmless(&words.join("; "))
    }

    fn line(&self, out: &mut String, name: &str, value: impl Display) -> fmt::Result {
        let gap = VALUE_COLUMN.saturating_sub(name.chars().count() + 2).max(1);
        writeln!(out, "  {}{:gap$}{value}", self.style.dim(name), "")
    }
}
