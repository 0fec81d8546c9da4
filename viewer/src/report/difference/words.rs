//! What is said of a difference, in words without colours.

use taskscope_proto::model::{Class, Frame, State};

use crate::analyse::numbers::{bytes, count, counted, signed, signed_bytes};
use crate::analyse::{Change, Difference, Key, Kind, Move, Pair, Value};
use crate::report::names;

/// What is said where there is no leak to be seen.
const NOTHING: &str = "Nothing has grown, and nothing is suspected.";

/// Puts rows of a difference into words.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) difference: &'a Difference,
}

impl Words<'_> {
    /// The answer in one line: what is most likely the leak.
    pub(super) fn headline(self) -> String {
        let Some((change, sets)) = &self.difference.most_evident() else {
            return NOTHING.to_owned();
        };
        let sets = (*sets > 1).then(|| format!("{sets} label sets"));
        let labels = Some(self.labels(change)).filter(|labels| !labels.is_empty());
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
            words.push(format!("; {}", change.class.1.name()));
        }
        words.concat()
    }

    /// Why that is suspected or proven, if it is; begins with a colon.
    pub(super) fn reason(self) -> String {
        let evident = self.difference.most_evident().map(|(change, _)| change);
        let judged = evident.filter(|change| change.class.1 > Class::Normal);
        judged
            .filter(|change| !change.reason.is_empty())
            .map(|change| format!(": {}", change.reason))
            .unwrap_or_default()
    }

    /// `8 → 232 tasks parked, +224 (+448 a minute)`.
    pub(super) fn amount(self, change: &Change) -> String {
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

    pub(super) fn value<'c>(self, change: &'c Change, key: &Key) -> Option<&'c Value> {
        let at = self.difference.keys.iter().position(|known| known == key)?;
        change.values.get(at)
    }

    /// Where its tasks wait, and how that is called.
    pub(super) fn place(self, change: &Change) -> Option<(&'static str, String)> {
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
    pub(super) fn unknown_place(self, change: &Change) -> Option<&Value> {
        let parked = self.value(change, &Key::State) == Some(&Value::State(State::Parked));
        self.value(change, &Key::AwaitPoint).filter(|_| parked)
    }

    pub(super) fn numbers(self, pair: Pair, what: &str) -> String {
        let words = numbers_and_change(pair, what);
        match self.difference.per_minute(pair.change()).filter(|_| pair.change() != 0) {
            Some(per_minute) => format!("{words} ({} a minute)", rate(per_minute)),
            None => words,
        }
    }

    pub(super) fn sizes(self, pair: Pair) -> String {
        let (before, after, change) = (bytes(pair.before), bytes(pair.after), pair.change());
        if change == 0 {
            return format!("{after}, as before");
        }
        let rate = self.rate_of_bytes(change);
        format!("{before} → {after}, {}{rate}", signed_bytes(change))
    }

    /// ` (+7.5 MiB a minute)`, where that is known.
    fn rate_of_bytes(self, change: i64) -> String {
        let Some(rate) = self.difference.per_minute(change) else { return String::new() };
        #[expect(clippy::cast_possible_truncation, reason = "float to int saturates")]
        let rate = signed_bytes(rate.round() as i64);
        format!(" ({rate} a minute)")
    }

    /// `task=audit tenant=acme`: those that are keys of the difference.
    pub(super) fn labels(self, change: &Change) -> String {
        let all = self.difference.keys.iter().zip(&*change.values);
        let set = all.filter_map(|(key, value)| match (key, value) {
            (Key::Label(key), Value::Text(value)) => Some(format!("{key}={value}")),
            _ => None,
        });
        set.collect::<Vec<_>>().join(" ")
    }
}

fn place_words(place: &Value, frame: Option<&Frame>) -> String {
    let function = frame.map(|frame| names::function(&frame.function));
    match (place, function) {
        (Value::Place(_), Some(function)) if !function.is_empty() => format!("{place}  {function}"),
        _ => place.to_string(),
    }
}

pub(super) fn step_words(step: &Move) -> String {
    let about = if step.about { "about " } else { "" };
    let place = place_words(&step.place, step.frame.as_deref());
    format!("{place}: {about}{}", counted(step.tasks, "task"))
}

/// `8 → 232 alive, +224`.
pub(super) fn numbers_and_change(pair: Pair, what: &str) -> String {
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
