//! What is remembered, and for how long.

use taskscope_proto::model::{Point, Series};

use super::*;
use crate::fixture;

fn record(history: &mut History, second: u64, lines: &[&str]) {
    let mut profile = fixture::profile(lines);
    profile.header.now_ms = second * 1_000;
    history.record(&profile);
}

fn series(history: &History, group: u64, steps: usize) -> Vec<u64> {
    let window = history.window(steps);
    history.walked(GroupId(group), &window).iter().map(|level| level.count).collect()
}

#[test]
fn bytes_have_a_past_of_their_own_even_when_the_tasks_have_ended() {
    let mut history = History::default();
    record(&mut history, 100, &["3 parked live=30720 < a:1"]);
    record(&mut history, 130, &["0 finished live=51200 < a:1"]);
    record(&mut history, 160, &["0 finished live=51200 < a:1"]);
    let bytes = |history: &History| {
        let walked = history.walked(GroupId(1), &history.window(4));
        walked.iter().map(|level| level.bytes >> 10).collect::<Vec<_>>()
    };
    assert_eq!((bytes(&history), series(&history, 1, 4)), (vec![30, 30, 50, 50], vec![3, 3, 0, 0]));
    let remembered = [10, 20].map(|kib| Point { live_bytes: kib << 10, ..Point::default() });
    let series = vec![Series::new(Subject::Group(GroupId(1)), 100_000, &remembered)];
    history.take_in(1, Some(&HistoryPage { series, step_ms: 1_000, ..HistoryPage::default() }));
    assert_eq!(bytes(&history), [10, 30, 50, 50], "what the agent knows of the first seconds");
}

#[test]
fn memory_has_a_past_from_before_anybody_watched() {
    let mut history = History::default();
    for (second, mib) in [(100, 30), (130, 40)] {
        let mut profile = fixture::profile(&["3 parked < a:1"]);
        profile.header.now_ms = second * 1_000;
        profile.header.rss_bytes = Some(mib << 20);
        history.record(&profile);
    }
    let mib = |history: &History| {
        let memory = history.memory(&history.window(5));
        memory.iter().map(|bytes| bytes.map(|bytes| bytes >> 20)).collect::<Vec<_>>()
    };
    assert_eq!(mib(&history), [Some(30), Some(30), Some(40)], "of 60 s, half of them known");
    let resident = [10, 20].map(|mib| Point { live_bytes: mib << 20, ..Point::default() });
    let points: Vec<Point> = [[resident[0]; 20], [resident[1]; 20]].concat();
    let series = vec![Series::new(Subject::Process, 70_000, &points)];
    history.take_in(1, Some(&HistoryPage { series, step_ms: 1_000, ..HistoryPage::default() }));
    // At 70, 85, 100, 115 and 130 s: what was seen since the agent told stays as it was seen.
    assert_eq!(mib(&history), [10, 10, 20, 30, 40].map(Some));
    assert!(!history.lacks_totals());
}

#[test]
fn a_group_has_the_count_of_its_latest_change() {
    let mut history = History::default();
    record(&mut history, 100, &["3 parked < a:1"]);
    record(&mut history, 120, &["5 parked < a:1"]);
    record(&mut history, 160, &["5 parked < a:1", "7 parked < a:2"]);
    assert_eq!(series(&history, 1, 4), [3, 5, 5, 5]);
    assert_eq!(series(&history, 2, 4), [0, 0, 0, 7]);
}

#[test]
fn a_group_that_is_gone_counts_zero_and_is_forgotten_after_ten_minutes() {
    let mut history = History::default();
    record(&mut history, 100, &["3 parked < a:1"]);
    record(&mut history, 130, &[]);
    assert_eq!(series(&history, 1, 3), [3, 0], "nothing is known of 60 s ago");
    record(&mut history, 729, &[]);
    assert!(!history.is_empty());
    record(&mut history, 731, &[]);
    assert!(history.is_empty());
}

fn remembered(history: &mut History, from: u64, counts: &[u64]) {
    let point = |count: &u64| Point { count: *count, stuck: 0, live_bytes: 0 };
    let points: Vec<Point> = counts.iter().map(point).collect();
    let series = vec![Series::new(Subject::Group(GroupId(1)), from * 1_000, &points)];
    history.take_in(1, Some(&HistoryPage { series, step_ms: 1_000, ..HistoryPage::default() }));
}

#[test]
fn what_the_agent_remembers_comes_before_what_was_seen() {
    let mut history = History::default();
    record(&mut history, 100, &["5 parked < a:1"]);
    assert_eq!(history.unfilled().collect::<Vec<_>>(), [GroupId(1)]);
    assert_eq!(series(&history, 1, 4), [5]);
    remembered(&mut history, 40, &[[1; 20], [2; 20], [4; 20]].concat());
    assert_eq!(history.unfilled().count(), 0);
    assert_eq!(series(&history, 1, 4), [1, 2, 4, 5]);
    // What is seen from then on goes on from there.
    record(&mut history, 120, &["7 parked < a:1"]);
    assert_eq!(series(&history, 1, 5), [1, 2, 4, 5, 7]);
}

#[test]
fn a_day_goes_by_the_minute() {
    let mut history = History::of_a_day();
    record(&mut history, 7_200, &["5 parked < a:1"]);
    record(&mut history, 7_259, &["6 parked < a:1"]);
    record(&mut history, 7_260, &["9 parked < a:1"]);
    assert_eq!(series(&history, 1, 61), [6, 9], "what there was at the end of a minute");
    let point = |count| Point { count, stuck: 0, live_bytes: 0 };
    let points: Vec<Point> = (0..120).map(point).collect();
    let series_of = vec![Series::new(Subject::Group(GroupId(1)), 60_000, &points)];
    let page = HistoryPage { series: series_of, step_ms: 60_000, ..HistoryPage::default() };
    history.take_in(1, Some(&page));
    assert_eq!(series(&history, 1, 5), [0, 30, 60, 90, 9]);
    assert_eq!(history.first_ms(), Some(60_000));
    let at: Vec<_> =
        history.at(3_605).map(|(_, then, before)| (then.count, before.count)).collect();
    assert_eq!(at, [(59, 58)]);
}

#[test]
fn an_answer_of_other_steps_is_none() {
    let mut history = History::default();
    record(&mut history, 100, &["5 parked < a:1"]);
    history.take_in(1, Some(&HistoryPage { step_ms: 60_000, ..HistoryPage::default() }));
    assert_eq!(history.unfilled().count(), 0);
}

#[test]
fn the_time_without_a_connection_is_filled_at_the_next_one() {
    let mut history = History::default();
    record(&mut history, 100, &["5 parked < a:1"]);
    remembered(&mut history, 100, &[5]);
    record(&mut history, 110, &["5 parked < a:1"]);
    history.reconnected();
    record(&mut history, 160, &["9 parked < a:1"]);
    assert_eq!(series(&history, 1, 4), [5, 5, 5, 9], "as far as the viewer knows");
    assert_eq!(history.unfilled().count(), 1);
    remembered(&mut history, 100, &[[5; 20], [6; 20], [8; 20]].concat());
    assert_eq!(series(&history, 1, 4), [5, 6, 8, 9]);
}

#[test]
fn an_agent_that_remembers_nothing_is_asked_once_a_connection() {
    let mut history = History::default();
    record(&mut history, 100, &["5 parked < a:1"]);
    history.take_in(1, None);
    assert_eq!(history.unfilled().count(), 0);
    history.reconnected();
    assert_eq!(history.unfilled().count(), 1);
}

#[test]
fn a_count_that_changes_every_second_is_bounded_by_ten_minutes() {
    let mut history = History::default();
    let mut profile = fixture::profile(&["1 parked < a:1"]);
    for second in 0..2_000 {
        profile.header.now_ms = second * 1_000;
        Arc::make_mut(&mut profile.groups[0]).count = second;
        history.record(&profile);
    }
    assert!(history.groups[0].track.changes() <= 601);
}

#[test]
fn trends_say_what_the_tracks_say_whatever_came_in_when() {
    let mut history = History::default();
    let trend = |history: &History| {
        let window = history.trend();
        let sums = history.of_group(GroupId(1), Trend::Tasks);
        let walked = history.walked(GroupId(1), &window);
        assert_eq!(sums, walked.iter().map(|level| level.count).collect::<Vec<_>>());
        sums.len()
    };
    let mut profile = fixture::profile(&["1 parked < a:1"]);
    for second in 700..1_500_u64 {
        profile.header.now_ms = second * 1_000;
        Arc::make_mut(&mut profile.groups[0]).count = second * 7 % 31 + 1;
        history.record(&profile);
        if second == 900 {
            let points = |second: u64| Point { count: second % 13, ..Point::default() };
            let points: Vec<Point> = (0..500).map(points).collect();
            let series = vec![Series::new(Subject::Group(GroupId(1)), 400_000, &points)];
            let page = HistoryPage { series, step_ms: 1_000, ..HistoryPage::default() };
            history.take_in(1, Some(&page));
        }
        trend(&history);
    }
    // 600 seconds in gaps of 13, and now.
    assert_eq!(trend(&history), 600 / 13 + 1);
}

#[test]
fn groups_come_and_go_and_each_keeps_its_own_past() {
    let mut history = History::default();
    for second in 100..2_500_u64 {
        // Each lives for some while, and then for longer than anybody remembers it not at all.
        let lives = |group: &u64| (second + group * 331) % 1_700 < 400 + group * 10;
        let mut profile = fixture::profile(&["1 parked < a:1"; 40]);
        profile.header.now_ms = second * 1_000;
        profile.groups.retain(|group| lives(&group.id.0));
        for group in &mut profile.groups {
            Arc::make_mut(group).count = second * group.id.0 % 31 + 1;
        }
        history.record(&profile);
        if second % 50 == 0 {
            for group in (1..=40).map(GroupId) {
                let walked = history.walked(group, &history.trend());
                let walked: Vec<u64> = walked.iter().map(|level| level.count).collect();
                let mut told = history.of_group(group, Trend::Tasks);
                if walked.is_empty() {
                    told.clear();
                }
                assert_eq!(told, walked, "{group:?} at {second}");
            }
        }
    }
    assert!(history.groups.len() < 40, "some are forgotten at the end");
}
