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
