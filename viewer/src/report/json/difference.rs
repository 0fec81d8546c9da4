//! A difference for programs: `taskscope.diff/1`.
//!
//! A promised format, as `taskscope.dump/1` is: fields may be added, never renamed or removed.
//!
//! What has a number before and after is an object with `before`, `after`, `change` and
//! `change_per_min` (`null` where it is not known how much time went by, or the second is the earlier
//! one). `before` and `after` say what is compared; `secs` is the time from one to the other, less than
//! 0 if the first is the later one; `same_run` whether both are of one run of the service.
//!
//! `changes` has a row for everything that there is or was, the most evident first; `by` lists what
//! makes up a row, and `values` has each of these in words. `kind` is `new`, `gone`, `grown`, `shrunk`,
//! `moved` (all that came or went was or is at another await point) or `same`. `labels`,
//! `spawned_at`, `state`, `await_point` and `wait_kinds` are `null` where rows are not made of them.
//! `came_from` and `went_to` say how many tasks were or are at another await point; `about` is true
//! unless the number is exact. `did_not_move_at_least` is a lower bound from the ages of tasks,
//! `null` of two runs. `live_bytes` has the error of its change in `error_bytes`.

use std::collections::BTreeMap;

use serde::Serialize;
use taskscope_proto::model::{Frame, WaitKind};

use super::shape::{AwaitPointDump, LocationDump};
use super::{await_point, location, moment};
use crate::analyse::{Change, Difference, Key, Move, Pair, Side, Value};

/// The name of the format and its version.
const SCHEMA: &str = "taskscope.diff/1";

#[derive(Serialize)]
struct Dump<'a> {
    schema: &'static str,
    before: SideDump<'a>,
    after: SideDump<'a>,
    secs: Option<f64>,
    same_run: bool,
    remarks: &'a [String],
    tasks: Numbers,
    stuck: Numbers,
    spawned: Option<u64>,
    finished: Option<u64>,
    rss_bytes: Option<Numbers>,
    heap_bytes: Option<Numbers>,
    verdicts: BTreeMap<&'static str, Numbers>,
    did_not_move_at_least: Option<u64>,
    by: Vec<&'a str>,
    changes: Vec<ChangeDump<'a>>,
    omitted_changes: usize,
}

#[derive(Serialize)]
struct SideDump<'a> {
    name: &'a str,
    pid: Option<u32>,
    started_at: Option<String>,
    taken_at: Option<String>,
}

#[derive(Serialize)]
struct Numbers {
    before: u64,
    after: u64,
    change: i64,
    change_per_min: Option<f64>,
}

#[derive(Serialize)]
struct ChangeDump<'a> {
    kind: &'static str,
    values: BTreeMap<&'a str, String>,
    labels: Option<BTreeMap<&'a str, &'a str>>,
    spawned_at: Option<LocationDump<'a>>,
    state: Option<&'static str>,
    await_point: Option<AwaitPointDump<'a>>,
    wait_kinds: Option<Vec<String>>,
    tasks: Numbers,
    stuck: Numbers,
    future_bytes: Numbers,
    live_bytes: Numbers,
    error_bytes: u64,
    verdict: VerdictDump<'a>,
    came_from: Vec<MoveDump<'a>>,
    went_to: Vec<MoveDump<'a>>,
    did_not_move_at_least: Option<u64>,
}

#[derive(Serialize)]
struct VerdictDump<'a> {
    before: &'static str,
    after: &'static str,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct MoveDump<'a> {
    await_point: Option<AwaitPointDump<'a>>,
    tasks: u64,
    about: bool,
}

/// A difference as one JSON object, with at most so many rows.
///
/// # Errors
///
/// None that the data could cause.
pub fn difference_json(
    (before, after): (Side<'_>, Side<'_>),
    difference: &Difference,
    rows: usize,
) -> Result<String, serde_json::Error> {
    let numbers = |pair: Pair| numbers(difference, pair);
    let changes = difference.changes.iter().take(rows);
    let verdicts = difference.verdicts.iter();
    let dump = Dump {
        schema: SCHEMA,
        before: side(before),
        after: side(after),
        secs: difference.between_ms.map(|ms| ms as f64 / 1_000.0),
        same_run: difference.same_run,
        remarks: &difference.remarks,
        tasks: numbers(difference.tasks),
        stuck: numbers(difference.stuck),
        spawned: difference.went_through.map(|(spawned, _)| spawned),
        finished: difference.went_through.map(|(_, finished)| finished),
        rss_bytes: difference.rss_bytes.map(numbers),
        heap_bytes: difference.heap_bytes.map(numbers),
        verdicts: verdicts.map(|(class, pair)| (class.name(), numbers(*pair))).collect(),
        did_not_move_at_least: difference.rested,
        by: difference.keys.iter().map(Key::word).collect(),
        changes: changes.map(|row| change(difference, row)).collect(),
        omitted_changes: difference.changes.len().saturating_sub(rows),
    };
    let mut text = serde_json::to_string_pretty(&dump)?;
    text.push('\n');
    Ok(text)
}

fn side(side: Side<'_>) -> SideDump<'_> {
    SideDump {
        name: &side.process.name,
        pid: Some(side.process.pid).filter(|pid| *pid != 0),
        started_at: moment(side.process.started_at_unix_ms),
        taken_at: moment(side.profile.header.now_unix_ms),
    }
}

fn numbers(difference: &Difference, pair: Pair) -> Numbers {
    let Pair { before, after } = pair;
    let change = pair.change();
    Numbers { before, after, change, change_per_min: difference.per_minute(change) }
}

fn change<'a>(difference: &'a Difference, row: &'a Change) -> ChangeDump<'a> {
    let numbers = |pair: Pair| numbers(difference, pair);
    let with_keys = || difference.keys.iter().zip(&*row.values);
    let value = |wanted: Key| with_keys().find(|(key, _)| **key == wanted).map(|(_, value)| value);
    let labels = with_keys().filter_map(|(key, value)| match (key, value) {
        (Key::Label(key), Value::Text(value)) => Some((&**key, &**value)),
        _ => None,
    });
    let has_labels = difference.keys.iter().any(|key| matches!(key, Key::Label(_)));
    ChangeDump {
        kind: row.kind.name(),
        values: with_keys().map(|(key, value)| (key.word(), value.to_string())).collect(),
        labels: has_labels.then(|| labels.collect()),
        spawned_at: value(Key::SpawnedAt).and_then(|value| match value {
            Value::Place(place) => Some(location(place)),
            _ => None,
        }),
        state: value(Key::State).and_then(|value| match value {
            Value::State(state) => Some(state.name()),
            _ => None,
        }),
        await_point: value(Key::AwaitPoint).and_then(|value| point(value, row.frame.as_deref())),
        wait_kinds: value(Key::WaitKind).map(|value| match value {
            Value::Waits(_, kinds) => kinds.iter().map(WaitKind::to_string).collect(),
            _ => Vec::new(),
        }),
        tasks: numbers(row.tasks),
        stuck: numbers(row.stuck),
        future_bytes: numbers(row.future_bytes),
        live_bytes: numbers(row.live_bytes),
        error_bytes: row.error_bytes,
        verdict: VerdictDump {
            before: row.class.0.name(),
            after: row.class.1.name(),
            reason: Some(&*row.reason).filter(|reason| !reason.is_empty()),
        },
        came_from: row.came_from.iter().map(step).collect(),
        went_to: row.went_to.iter().map(step).collect(),
        did_not_move_at_least: row.rested,
    }
}

fn step(step: &Move) -> MoveDump<'_> {
    MoveDump {
        await_point: point(&step.place, step.frame.as_deref()),
        tasks: step.tasks,
        about: step.about,
    }
}

/// An await point, with its function where it is known.
fn point<'a>(value: &Value, frame: Option<&'a Frame>) -> Option<AwaitPointDump<'a>> {
    frame.filter(|_| !matches!(value, Value::Blank(_))).map(await_point)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};
    use taskscope_proto::model::Process;

    use super::*;
    use crate::analyse::difference;
    use crate::fixture::{self, NOW_MS};

    fn told(keys: Option<&[Key]>, rows: usize) -> Json {
        let process = Process { name: "shop".into(), pid: 7, ..Process::default() };
        let mut before =
            fixture::profile(&["8 parked t=audit @ src/audit.rs:41 mpsc_send < src/m.rs:1"]);
        before.header.now_ms = NOW_MS - 30_000;
        let after = fixture::profile(&[
            "2 parked age=90 t=audit @ src/audit.rs:41 mpsc_send < src/m.rs:1",
            "9 parked class=suspect about=9 t=audit @ src/audit.rs:50 mutex < src/m.rs:1",
        ]);
        let side = |profile| Side { process: &process, profile };
        let sides = (side(&before), side(&after));
        let found = difference(sides.0, sides.1, keys);
        serde_json::from_str(&difference_json(sides, &found, rows).unwrap()).unwrap()
    }

    #[test]
    fn every_promised_key_is_there() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&told(None, 1)).unwrap());
    }

    #[test]
    fn what_rows_are_not_made_of_is_null() {
        let told = told(Some(&[Key::Label("t".into())]), 9);
        let row = &told["changes"][0];
        assert_eq!((&told["by"], &row["values"]), (&json!(["t"]), &json!({"t": "audit"})));
        assert_eq!((&row["kind"], &row["labels"]), (&json!("grown"), &json!({"t": "audit"})));
        for unknown in ["spawned_at", "state", "await_point", "wait_kinds"] {
            assert_eq!(row[unknown], Json::Null, "{unknown}");
        }
        assert_eq!(
            row["tasks"],
            json!({"before": 8, "after": 11, "change": 3, "change_per_min": 6.0})
        );
    }
}
