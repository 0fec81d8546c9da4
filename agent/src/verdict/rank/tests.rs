use taskscope_proto::model::{Heap, Held, Labels, Location, OriginId, TaskKind, Totals};

use super::super::samples::{NOW_MS, group};
use super::*;

fn scale() -> Scale {
    Scale::of(&Header { now_ms: NOW_MS, ..Header::default() }, 10_000)
}

fn stuck(count: u64, secs: u64, kinds: &[WaitKind]) -> Group {
    Group { stuck: count, oldest_since_ms: NOW_MS - secs * 1_000, ..group(count, kinds) }
}

fn grown(from: u64, to: u64, kinds: &[WaitKind]) -> Group {
    Group { count_minute_ago: from, ..group(to, kinds) }
}

/// Each group has fewer points than the one before.
fn check(groups: &[Group]) {
    let points: Vec<u64> = groups.iter().map(|group| scale().points(group, None)).collect();
    assert!(points.is_sorted_by(|a, b| a > b), "{points:?}");
}

#[test]
fn what_piles_up_comes_before_what_idles() {
    // A service after 15 s: nothing in the pile is stuck yet, its connections are.
    check(&[
        grown(0, 73, &[WaitKind::MpscSend]),
        grown(0, 3, &[WaitKind::Mutex]),
        stuck(6, 12, &[WaitKind::IoRead]),
        stuck(1, 900, &[WaitKind::Accept]),
    ]);
    // Connections that leak by the hundred are worse than a few that wait for a lock.
    check(&[
        grown(100, 500, &[WaitKind::IoRead]),
        stuck(3, 60, &[WaitKind::Mutex]),
        stuck(700, 5_000, &[WaitKind::Sleep]),
    ]);
}

#[test]
fn old_stuck_tasks_count_more_than_young_ones() {
    check(&[
        stuck(5, 100_000, &[WaitKind::Notify]),
        stuck(5, 1_000, &[WaitKind::Notify]),
        stuck(5, 20, &[WaitKind::Notify]),
    ]);
}

#[test]
fn those_that_others_wait_for_come_first() {
    let root = Group { waiting_for_it: 40, ..stuck(1, 60, &[WaitKind::IoRead]) };
    check(&[root, stuck(12, 60, &[WaitKind::Mutex])]);
}

fn origin(spawned: u64, finished: u64) -> Origin {
    Origin {
        id: OriginId(1),
        labels: Labels::default(),
        spawned_at: Location { file: "src/m.rs".into(), line: 1, column: 1 },
        kind: TaskKind::Async,
        spawned,
        finished,
        aborted: 0,
        panicked: 0,
        last_panic: None,
        spawned_last_minute: spawned,
        finished_last_minute: finished,
        allocated_bytes: 0,
        allocated_bytes_last_minute: 0,
    }
}

#[test]
fn tasks_that_come_faster_than_they_go_are_an_overload() {
    let waits = |kind| stuck(30, 60, &[kind]);
    assert!(is_overloaded(&waits(WaitKind::MpscSend), &origin(450, 92)));
    assert!(is_overloaded(&waits(WaitKind::MpscSend), &origin(450, 344)));
    assert!(!is_overloaded(&waits(WaitKind::MpscSend), &origin(450, 345)));
    assert!(!is_overloaded(&waits(WaitKind::IoRead), &origin(450, 92)));
    assert!(!is_overloaded(&stuck(10, 60, &[WaitKind::MpscSend]), &origin(450, 92)));
}

#[test]
fn a_connection_that_waits_for_its_peer_or_a_message_waits_for_the_outside() {
    let both = |combine| Tree {
        wait_kinds: vec![WaitKind::MpscRecv, WaitKind::IoRead],
        combine,
        ..Tree::default()
    };
    assert!(is_outside(&both(Combine::AnyOf)));
    assert!(!is_outside(&both(Combine::AllOf)));
    assert!(!is_outside(&Tree::default()));
}

#[test]
fn moving_from_one_group_to_another_is_no_growth() {
    let moved = grown(0, 80, &[WaitKind::Notify]);
    assert_eq!(scale().points(&moved, Some(&origin(80, 80))), 0);
    assert_eq!(scale().points(&moved, Some(&origin(80, 70))), 100);
    assert_eq!(scale().points(&moved, Some(&origin(80, 0))), 800);
}

#[test]
fn bytes_that_came_count_past_their_error_and_the_whole_heap_like_all_tasks() {
    let held = |live_bytes| Held { live_bytes, error_bytes: 100, ..Held::default() };
    let header = Header {
        now_ms: NOW_MS,
        heap: Some(Heap { held: held(5_000), ..Heap::default() }),
        totals: Totals { parked: 2_000, ..Totals::default() },
        ..Header::default()
    };
    let scale = Scale::of(&header, 10_000);
    let points = |now: u64, then: u64| {
        let kinds = [WaitKind::IoRead];
        let group = Group { held: held(now), live_bytes_minute_ago: then, ..group(1, &kinds) };
        scale.points(&group, None)
    };
    assert_eq!(points(900, 600), (300 + 800 / 50) * 20_000 / 5_000);
    assert_eq!(points(900, 850), 800 / 50 * 20_000 / 5_000, "within the error");
    assert_eq!(points(100, 900), 0);
    assert_eq!(points(1 << 40, 0), 20_000);
}
