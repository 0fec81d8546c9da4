//! What rows in rows say.

use proptest::prelude::*;

use super::*;
use crate::analyse::pivot;
use crate::fixture;

const LINES: [&str; 6] = [
    "8 parked stuck=8 was=2 age=60 median=30 points=80 class=suspect task=audit tenant=a @ src/audit.rs:41 mpsc_send < src/main.rs:3",
    "2 parked stuck=2 was=2 age=90 median=80 points=20 task=audit tenant=b @ src/audit.rs:41 mpsc_send < src/main.rs:3",
    "5 parked was=5 task=audit tenant=b @ src/audit.rs:50 mutex < src/main.rs:3",
    "100 parked was=100 age=5 task=fetch tenant=a @ src/fetch.rs:1 io_read < src/main.rs:9",
    "6 parked was=1 age=2 task=fetch tenant=b @ src/fetch.rs:2 io_read < src/main.rs:9",
    "0 parked was=0 task=gone < src/main.rs:11",
];

fn keys(words: &[&str]) -> Vec<Key> {
    words.iter().map(|word| Key::named(word)).collect()
}

fn all(profile: &Profile) -> Vec<u32> {
    (0..u32::try_from(profile.groups.len()).expect("few groups")).collect()
}

/// `+ value (rows inside) tasks growth spawned/min heat`, indented; `+` can be opened, `-` closed.
fn lines(nested: &Nested) -> Vec<String> {
    let line = |row: &Row| {
        let indent = "  ".repeat(row.values.len() - 1);
        let sign = match row.opens {
            Some(true) => "-",
            Some(false) => "+",
            None => " ",
        };
        let value = row.values.last().map(Value::to_string).unwrap_or_default();
        let Sum { count, growth, spawned_per_min, .. } = row.sum;
        let (inside, heat) = (row.inside, row.heat.words());
        format!("{indent}{sign} {value} ({inside}) {count} {growth:+} {spawned_per_min} {heat}")
    };
    nested.rows.iter().map(line).collect()
}

fn check(words: &[&str], sort: Sort, nest: &Nest, expected: &[&str]) {
    let profile = fixture::profile(&LINES);
    let found = nested(&profile, &keys(words), &all(&profile), (sort, None), nest);
    assert_eq!(lines(&found), expected, "{words:?}");
}

#[test]
fn closed_rows_are_those_of_the_first_key() {
    let outer = ["+ audit (2) 15 +6 20 stuck and growing", "+ fetch (2) 106 +5 20 growing"];
    check(&["task", "tenant"], Sort::default(), &Nest::default(), &outer);
}

#[test]
fn open_rows_are_followed_by_those_in_them_in_the_same_order() {
    let mut nest = Nest::default();
    let text = |text: &str| Value::Text(text.into());
    nest.set(&[text("audit")], true);
    nest.set(&[text("audit"), text("b")], true);
    // What nobody sees is as open as it was left.
    nest.set(&[text("fetch"), text("a")], true);
    let by_count = Sort { column: Column::Count, descending: true };
    check(
        &["task", "tenant", "await"],
        by_count,
        &nest,
        &[
            "+ fetch (2) 106 +5 20 growing",
            "- audit (2) 15 +6 20 stuck and growing",
            "  + a (1) 8 +6 10 stuck and growing",
            "  - b (2) 7 +0 10 stuck",
            "      src/audit.rs:50:1 (0) 5 +0 10 calm",
            "      src/audit.rs:41:1 (0) 2 +0 10 stuck",
        ],
    );
    nest.set(&[text("audit")], false);
    let by_key = Sort { column: Column::Key(0), descending: false };
    let outer = ["+ audit (2) 15 +6 20 stuck and growing", "+ fetch (2) 106 +5 20 growing"];
    check(&["task", "tenant", "await"], by_key, &nest, &outer);
}

#[test]
fn all_can_be_open_but_some() {
    let mut nest = Nest::all_open();
    nest.set(&[Value::Text("fetch".into())], false);
    let by_key = Sort { column: Column::Key(1), descending: true };
    check(
        &["task", "await"],
        by_key,
        &nest,
        &[
            "+ fetch (2) 106 +5 20 growing",
            "- audit (2) 15 +6 20 stuck and growing",
            "    src/audit.rs:50:1 (0) 5 +0 10 calm",
            "    src/audit.rs:41:1 (0) 10 +6 20 stuck and growing",
        ],
    );
}

#[test]
fn the_first_of_the_innermost_rows_is_known_while_it_is_closed() {
    let profile = fixture::profile(&LINES);
    let keys = keys(&["task", "tenant", "await"]);
    let nest = Nest::default();
    let found = nested(&profile, &keys, &all(&profile), (Sort::default(), None), &nest);
    let (values, heat) = found.first.expect("rows");
    let words: Vec<String> = values.iter().map(Value::to_string).collect();
    assert_eq!(words, ["audit", "a", "src/audit.rs:41:1"]);
    assert_eq!(heat, Heat::Piling);
    let mut nest = nest;
    nest.open_to(&values);
    assert!(nest.is_open(&values[..1]) && nest.is_open(&values[..2]) && !nest.is_open(&values));
}

#[test]
fn without_keys_and_without_groups_there_is_nothing_to_open() {
    let none = nested(
        &Profile::default(),
        &keys(&["task"]),
        &[],
        (Sort::default(), None),
        &Nest::default(),
    );
    assert!(none.rows.is_empty() && none.first.is_none());
}

proptest! {
    /// A row on any level is the row of a pivot by the keys down to it.
    #[test]
    fn each_level_is_the_pivot_by_the_keys_so_far(
        groups in prop::collection::vec((0u64..50, 0u64..50, 0u8..4, 0u8..3, 0u8..3, 0u64..90), 0..40),
        chosen in prop::collection::vec(0usize..9, 1..5),
    ) {
        let lines: Vec<String> = groups.iter().enumerate().map(|(at, (count, was, task, tenant, line, age))| {
            let stuck = count / 2;
            format!("{count} parked stuck={stuck} was={was} age={age} median={} points={at} task=t{task} tenant={tenant} @ src/a.rs:{line} mutex < src/m.rs:{tenant}", age / 2)
        }).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let profile = fixture::profile(&lines);
        let known: Vec<Key> = [Key::Label("task".into()), Key::Label("tenant".into())]
            .into_iter().chain(Key::FIXED).collect();
        let mut keys: Vec<Key> = Vec::new();
        for key in chosen.iter().map(|&at| known[at].clone()) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let indices = all(&profile);
        let found = nested(&profile, &keys, &indices, (Sort::default(), None), &Nest::all_open());
        for level in 1..=keys.len() {
            let mut flat = pivot(&profile, &keys[..level], &indices).rows;
            let on_level = found.rows.iter().filter(|row| row.values.len() == level);
            let mut rows: Vec<Row> = on_level.cloned().collect();
            for row in &mut rows {
                let own = flat.iter().find(|own| own.values == row.values);
                prop_assert!(own.is_some_and(|own| own.heat <= row.heat));
                (row.inside, row.opens, row.heat) = (0, None, Heat::Calm);
            }
            for row in &mut flat {
                row.heat = Heat::Calm;
            }
            rows.sort_by(|a, b| a.values.cmp(&b.values));
            flat.sort_by(|a, b| a.values.cmp(&b.values));
            prop_assert_eq!(rows, flat);
        }
        // The warmth of a row is that of the warmest in it.
        for (at, row) in found.rows.iter().enumerate().filter(|(_, row)| row.opens.is_some()) {
            let inside = found.rows[at + 1..].iter().take_while(|r| r.values.starts_with(&row.values));
            let warmest = inside.filter(|r| r.values.len() == row.values.len() + 1).map(|r| r.heat).max();
            prop_assert!(warmest.is_some_and(|warmest| warmest <= row.heat));
        }
        prop_assert_eq!(found.total, pivot(&profile, &keys, &indices).total);
    }
}
