//! Profiles of services that a console-subscriber told of.

use super::*;
use crate::connect::console::fixture::{
    at, changes, model, moment, parked, seconds, told, update, with_op, with_resource,
};

fn lines(profile: &Profile) -> Vec<String> {
    let mut lines: Vec<String> = profile
        .groups
        .iter()
        .map(|group| {
            let waits = group.tree.as_ref().map(|tree| tree.wait_kinds.as_slice());
            let waits = match waits {
                None => "-".to_owned(),
                Some([]) => "unknown".to_owned(),
                Some(kinds) => kinds.iter().map(ToString::to_string).collect(),
            };
            let (count, state, stuck) = (group.count, group.state.name(), group.stuck);
            format!("{} {count} {state} {waits} stuck={stuck}", group.labels)
        })
        .collect();
    lines.sort();
    lines
}

fn folded(model: &Model, secs: u64) -> Profile {
    fold(model, &mut Past::default(), moment(at(secs)))
}

#[test]
fn equal_tasks_are_one_group_and_each_state_another() {
    let model = model(&[
        parked(1, "a").polled(3, 40),
        parked(2, "a").polled(4, 95),
        parked(3, "a").polled(2, 50).running(99),
        parked(4, "b").polled(2, 50).woken(60),
        parked(5, "b").polled(2, 90).field("tenant", "acme"),
    ]);
    let profile = folded(&model, 100);
    assert_eq!(
        lines(&profile),
        [
            "task=a 1 running - stuck=0",
            "task=a 2 parked unknown stuck=0",
            "task=b 1 ready - stuck=1",
            "task=b tenant=acme 1 parked unknown stuck=0",
        ]
    );
    let header = &profile.header;
    assert_eq!((header.now_ms, header.coverage.tracked, header.coverage.alive), (100_000, 5, None));
    assert_eq!((header.totals.parked, header.totals.spawned, header.heap), (3, 5, None));
    let two = profile.groups.iter().find(|group| group.count == 2).unwrap();
    assert_eq!((two.oldest_since_ms, two.median_since_ms), (seconds(40), seconds(95)));
    assert_eq!((two.activity.polls, two.activity.running_us), (7, 4_000));
    let origin = profile.origin(two.origin).unwrap();
    assert_eq!((origin.spawned_at.to_string().as_str(), origin.spawned), ("src/main.rs:3:5", 3));
}

#[test]
fn who_waits_for_a_lock_comes_before_who_waits_for_something_unknown_and_who_sleeps_comes_last() {
    let specs = [(1, "idle"), (2, "idle"), (3, "idle"), (4, "locked"), (5, "sleeps")];
    let specs = specs.map(|(id, name)| parked(id, name).polled(2, 20).wakers(1));
    let mut past = Past::default();
    // A minute ago there was less of all.
    let before = told(update(30, &[]));
    fold(&before, &mut past, moment(at(30)));
    let mut first = with_resource(update(100, &specs), (8, "Mutex", 0, false));
    first = with_op(first, (10, "Mutex::lock", 8, 4, 20));
    first = with_resource(first, (9, "Sleep", 0, false));
    first = with_op(first, (11, "Sleep::new_timeout", 9, 5, 20));
    let profile = fold(&told(first), &mut past, moment(at(100)));
    let mut groups: Vec<_> = profile.groups.iter().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.verdict.points));
    let order: Vec<String> = groups.iter().map(|group| group.labels.to_string()).collect();
    assert_eq!(order, ["task=locked", "task=idle", "task=sleeps"]);
    assert!(
        groups.iter().all(|group| group.verdict.class == taskscope_proto::model::Class::Normal)
    );
    assert_eq!([groups[0].stuck, groups[1].stuck, groups[2].stuck], [1, 0, 0]);
}

#[test]
fn a_group_keeps_its_number_from_one_connection_to_the_next() {
    let one = model(&[parked(1, "a"), parked(2, "b")]);
    let other = model(&[parked(901, "b"), parked(900, "a")]);
    let ids =
        |model: &Model| folded(model, 100).groups.iter().map(|group| group.id).collect::<Vec<_>>();
    assert_eq!(ids(&one), ids(&other));
}

#[test]
fn more_than_a_minute_ago_is_growth() {
    let mut model = model(&[parked(1, "a")]);
    let mut past = Past::default();
    fold(&model, &mut past, moment(at(100)));
    let more: Vec<_> = (2..9).map(|id| parked(id, "a").created(110).polled(1, 110)).collect();
    model.apply(update(111, &more));
    let profile = fold(&model, &mut past, moment(at(111)));
    let group = &profile.groups[0];
    assert_eq!((group.count, group.count_minute_ago), (8, 1));
    assert_eq!(profile.origins[0].spawned_last_minute, 7);
    let ends: Vec<_> = more.into_iter().map(|spec| spec.ended(112)).collect();
    model.apply(changes(300, &ends));
    assert_eq!(folded(&model, 300).header.totals.finished, 7);
}
