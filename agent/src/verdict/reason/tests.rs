use super::super::samples::group;
use super::*;

fn finding(class: Class, kind: Evidence) -> Finding {
    Finding {
        class,
        kind,
        class_since_ms: 0,
        since_ms: 7,
        limit_ms: 30_000,
        overdue: 1_240,
        spawned: 1_240,
        survived: 1_240,
        expected: 1.2,
        finished_share: 0.999,
        within_ms: 80,
        score: 99.0,
    }
}

fn words(class: Class, kind: Evidence) -> String {
    let group = group(1_300, &[WaitKind::MpscSend]);
    survivors(&group, 1_240, &finding(class, kind), |ms| format!("14:02:0{ms} UTC"))
}

#[test]
fn a_leak_is_told_with_its_numbers() {
    assert_eq!(
        words(Class::Suspect, Evidence::Survivors),
        "1\u{a0}240 of 1\u{a0}240 tasks spawned here since 14:02:07 UTC have not finished; before that 99.9\u{a0}% \
         finished within 80\u{a0}ms; 1\u{a0}240 of them wait at src/a.rs:41:9 for mpsc_send"
    );
}

#[test]
fn what_is_late_and_what_only_grows_are_told_apart() {
    assert_eq!(
        words(Class::Slow, Evidence::Survivors),
        "1\u{a0}240 of 1\u{a0}240 tasks spawned here since 14:02:07 UTC took longer than 30\u{a0}s, or still do; \
         usually 99.9\u{a0}% finished within 80\u{a0}ms; 1\u{a0}240 of them wait at src/a.rs:41:9 for mpsc_send"
    );
    assert_eq!(
        words(Class::Suspect, Evidence::Floor),
        "none of the 1\u{a0}240 tasks spawned here since 14:02:07 UTC has finished, and they become \
         more; 1\u{a0}240 of them wait at src/a.rs:41:9 for mpsc_send"
    );
}

#[test]
fn proofs_say_what_is_proven() {
    assert_eq!(
        proven(&group(2, &[WaitKind::Mutex]), 2),
        "2 tasks can never run again by themselves: they wait at src/a.rs:41:9 for mutex in a \
         cycle, or for tasks that can never run again"
    );
    assert_eq!(
        proven(&group(24, &[WaitKind::Nothing]), 3),
        "3 of 24 tasks can never run again by themselves: no waker of theirs is left, so nothing \
         can wake them"
    );
}

#[test]
fn numbers_are_written_for_people() {
    assert_eq!(
        [count(7), count(1_000), count(12_345_678)],
        ["7", "1\u{a0}000", "12\u{a0}345\u{a0}678"]
    );
    let spans = [80, 1_500, 30_000, 600_000, 90_000_000].map(span);
    assert_eq!(spans, ["80\u{a0}ms", "1.5\u{a0}s", "30\u{a0}s", "10\u{a0}min", "25\u{a0}h"]);
}
