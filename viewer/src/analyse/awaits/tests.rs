//! What the shapes and the transforms promise.

use std::collections::BTreeMap;

use proptest::prelude::*;
use taskscope_proto::model::Profile;

use super::*;
use crate::analyse::lines::Visible;
use crate::fixture::{NOW_MS, chain, frame, profile};

/// Groups of so many tasks, each with these frames as its only way.
fn with_trees(chains: &[(u64, Vec<&str>)]) -> Profile {
    let lines: Vec<String> =
        chains.iter().map(|(n, _)| format!("{n} parked age=9 median=3 bytes=64 - < m:1")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut profile = profile(&lines);
    for (group, (_, frames)) in profile.groups.iter_mut().zip(chains) {
        Arc::make_mut(group).tree = Some(chain(frames, &WaitKind::Mutex));
    }
    profile
}

fn trees(now: &[(u64, &str)]) -> Profile {
    let ways = now.iter().map(|(n, way)| (*n, way.split(' ').collect()));
    with_trees(&ways.collect::<Vec<_>>())
}

fn asked(profile: &Profile, then: &Profile, query: &AwaitQuery, fold: bool) -> AwaitTree {
    let groups = |profile: &Profile| -> Vec<Arc<Group>> { profile.groups.clone() };
    let (now, then) = (groups(profile), groups(then));
    let (now, then): (Vec<&Group>, Vec<&Group>) =
        (now.iter().map(|g| &**g).collect(), then.iter().map(|g| &**g).collect());
    let moment = |groups| AwaitMoment { groups, now_ms: NOW_MS };
    await_tree(moment(&now), moment(&then), query, fold)
}

fn in_shape(shape: Shape) -> AwaitQuery {
    AwaitQuery { shape, ..AwaitQuery::default() }
}

fn words(tree: &AwaitTree, shape: Shape, fold: bool) -> Vec<String> {
    let line = |row: VisibleRow| {
        let indent = "  ".repeat(row.depth as usize);
        match row.shows {
            Visible::Folded(run) => format!("{indent}… {run}"),
            Visible::Node(at) => {
                let node = &tree.nodes[at as usize];
                let place = node.frame.location.as_ref().expect("a place");
                let before = if shape == Shape::Difference {
                    format!("{} → ", node.before)
                } else {
                    String::new()
                };
                let mut words =
                    format!("{indent}{}:{} {before}{}", place.file, place.line, node.weight);
                for (holds, mark) in [
                    (node.point.is_some(), " <- here"),
                    (node.secondary, " (secondary)"),
                    (node.found, " !"),
                    (!node.wait_kinds.is_empty(), " mutex"),
                ] {
                    words.push_str(if holds { mark } else { "" });
                }
                words
            }
        }
    };
    await_lines(tree, shape, fold).into_iter().map(line).collect()
}

fn check(query: &AwaitQuery, fold: bool, ways: &[(u64, &str)], expected: &[&str]) {
    let tree = asked(&trees(ways), &Profile::default(), query, fold);
    assert_eq!(words(&tree, query.shape, fold), expected, "{query:?}");
}

const WAYS: [(u64, &str); 3] = [(3, "a:1 a:2 ~x:1 ~x:2"), (8, "a:1 b:3 ~x:1 ~x:2"), (1, "b:1 a:2")];

#[test]
fn one_tree_from_both_ends_and_as_cells() {
    let expected = [
        "a:1 11",
        "  b:3 8 <- here",
        "    x:1 8",
        "      x:2 8 mutex",
        "  a:2 3 <- here",
        "    x:1 3",
        "      x:2 3 mutex",
        "b:1 1",
        "  a:2 1 <- here mutex",
    ];
    check(&in_shape(Shape::Tree), true, &WAYS, &expected);
    // Which line do most tasks wait on?
    let expected = ["b:3 8 <- here mutex", "  a:1 8", "a:2 4 <- here mutex", "  a:1 3", "  b:1 1"];
    check(&in_shape(Shape::Inverted), true, &WAYS, &expected);
    check(
        &in_shape(Shape::Flame),
        true,
        &WAYS,
        &[
            "a:1 11",
            "  b:3 8 <- here mutex",
            "  a:2 3 <- here mutex",
            "b:1 1",
            "  a:2 1 <- here mutex",
        ],
    );
}

#[test]
fn each_transform_reshapes_every_shape() {
    let with = |transform: fn(Arc<Frame>) -> Transform, at: &str, shape| AwaitQuery {
        transforms: vec![transform(frame(at, true))],
        ..in_shape(shape)
    };
    let from = with(Transform::From, "a:2", Shape::Flame);
    check(&from, true, &WAYS, &["a:2 4 <- here mutex"]);
    let up_to = with(Transform::UpTo, "a:1", Shape::Inverted);
    check(&up_to, true, &WAYS, &["a:1 11 mutex"]);
    let without = with(Transform::Without, "a:1", Shape::Flame);
    let left = ["b:3 8 <- here mutex", "a:2 3 <- here mutex", "b:1 1", "  a:2 1 <- here mutex"];
    check(&without, true, &WAYS, &left);
    let merge = with(Transform::Merge, "a:2", Shape::Tree);
    let recursive: [(u64, &str); 1] = [(5, "a:1 a:2 a:3 a:2 a:4")];
    check(&merge, true, &recursive, &["a:1 5", "  a:2 5", "    a:4 5 <- here mutex"]);
    // A frame that is nowhere leaves nothing of what has to pass it, and all of the rest.
    let tree =
        asked(&trees(&WAYS), &Profile::default(), &with(Transform::From, "z:1", Shape::Tree), true);
    assert_eq!((tree.nodes.len(), tree.weight, tree.whole), (0, 0, 12));
    let all = ["a:1 5", "  a:2 5", "    a:3 5", "      a:2 5", "        a:4 5 <- here mutex"];
    check(&with(Transform::Without, "z:1", Shape::Tree), true, &recursive, &all);
}

#[test]
fn several_waits_of_a_task_are_all_in_the_tree_and_one_way_elsewhere() {
    let mut profile = trees(&[(6, "a:1 a:2 ~x:1")]);
    let group = Arc::make_mut(&mut profile.groups[0]);
    let tree = Arc::make_mut(group.tree.as_mut().expect("a tree"));
    for (at, secondary) in [("~y:1", false), ("~t:1", true)] {
        let mut branch = tree.nodes[2].clone();
        (branch.frame, branch.secondary) = (frame(at.trim_start_matches('~'), false), secondary);
        tree.nodes.push(branch);
    }
    let none = Profile::default();
    let tree = asked(&profile, &none, &in_shape(Shape::Tree), true);
    let expected = [
        "a:1 6",
        "  a:2 6 <- here",
        "    x:1 6 mutex",
        "    y:1 6 mutex",
        "    t:1 6 (secondary) mutex",
    ];
    assert_eq!(
        (words(&tree, Shape::Tree, true), tree.several),
        (expected.map(String::from).into(), 6)
    );
    for fold in [true, false] {
        let tree = asked(&profile, &none, &in_shape(Shape::Inverted), fold);
        assert_eq!(words(&tree, Shape::Inverted, fold), ["a:2 6 <- here mutex", "  a:1 6"]);
    }
}

#[test]
fn a_search_points_at_frames_and_says_how_much_passes_them() {
    let query = AwaitQuery { search: " B:".into(), ..in_shape(Shape::Flame) };
    let tree = asked(&trees(&WAYS), &Profile::default(), &query, true);
    assert_eq!((tree.found, tree.weight), (9, 12));
    let found = tree.nodes.iter().filter(|node| node.found).count();
    assert_eq!(found, 2);
    let query = AwaitQuery { search: "  ".into(), ..query };
    let tree = asked(&trees(&WAYS), &Profile::default(), &query, true);
    assert!(tree.found == 0 && tree.nodes.iter().all(|node| !node.found));
}

#[test]
fn another_moment_stands_beside_and_what_changed_most_comes_first() {
    let then = trees(&[(3, "a:1 a:2"), (8, "a:1 b:3"), (2, "c:1")]);
    let now = trees(&[(3, "a:1 a:2"), (30, "a:1 b:3"), (1, "b:1 a:2")]);
    let tree = asked(&now, &then, &in_shape(Shape::Difference), true);
    assert_eq!((tree.before, tree.weight), (13, 34));
    let expected = [
        "a:1 11 → 33",
        "  b:3 8 → 30 <- here mutex",
        "  a:2 3 → 3 <- here mutex",
        "c:1 2 → 0 <- here mutex",
        "b:1 0 → 1",
        "  a:2 0 → 1 <- here mutex",
    ];
    assert_eq!(words(&tree, Shape::Difference, true), expected);
}

#[test]
fn weights_are_tasks_time_and_the_size_of_futures() {
    let profile = trees(&WAYS);
    let weigh = |weight| {
        let query = AwaitQuery { weight, ..in_shape(Shape::Flame) };
        asked(&profile, &Profile::default(), &query, true).weight
    };
    assert_eq!(AwaitWeight::ALL.map(weigh), [12, 12 * 3_000, 3 * 64]);
    let check = |weight: AwaitWeight, expected: [&str; 3]| {
        let short = weight.short(90_000);
        assert_eq!([short, weight.words(90_000), weight.change(90_000, 0)], expected);
        assert_eq!(weight.change(7, 7), "0");
    };
    check(AwaitWeight::Tasks, ["90\u{a0}000", "90\u{a0}000 tasks", "-90\u{a0}000"]);
    check(AwaitWeight::Time, ["~1 m 30 s", "about 1 m 30 s", "~-1 m 30 s"]);
    let time = |millis| (AwaitWeight::Time.short(millis), AwaitWeight::Time.words(millis));
    assert_eq!(time(0), ("0".into(), "no time".into()));
    assert_eq!(time(999), ("< 1 s".into(), "less than a second".into()));
    check(AwaitWeight::Futures, ["88 KiB", "88 KiB of futures", "-88 KiB"]);
}

/// What ends at each chain of frames, read from the roots on.
fn ends(tree: &AwaitTree) -> BTreeMap<Vec<String>, (u64, u64)> {
    let mut own: Vec<(u64, u64)> = tree.nodes.iter().map(|n| (n.weight, n.before)).collect();
    for node in &tree.nodes {
        if let Some(parent) = node.parent {
            own[parent as usize].0 -= node.weight;
            own[parent as usize].1 -= node.before;
        }
    }
    let chain = |at: usize| {
        let parent = |&at: &usize| tree.nodes[at].parent.map(|parent| parent as usize);
        let up = std::iter::successors(Some(at), parent);
        let mut names: Vec<String> =
            up.map(|at| tree.nodes[at].frame.function.to_string()).collect();
        names.reverse();
        names
    };
    let ends = own.into_iter().enumerate().filter(|(_, own)| *own != (0, 0));
    ends.map(|(at, own)| (chain(at), own)).collect()
}

fn turned(ends: BTreeMap<Vec<String>, (u64, u64)>) -> BTreeMap<Vec<String>, (u64, u64)> {
    ends.into_iter().map(|(way, own)| (way.into_iter().rev().collect(), own)).collect()
}

const PLACES: [&str; 7] = ["a:1", "a:2", "b:1", "b:2", "~x:1", "~x:2", "~y:1"];

fn any_ways() -> impl Strategy<Value = Vec<(u64, Vec<&'static str>)>> {
    let way = prop::collection::vec(prop::sample::select(&PLACES[..]), 1..7);
    prop::collection::vec((1u64..50, way), 0..12)
}

fn any_transform() -> impl Strategy<Value = Transform> {
    let made = |(kind, at): (u8, &str)| {
        let frame = frame(at.trim_start_matches('~'), !at.starts_with('~'));
        match kind {
            0 => Transform::From(frame),
            1 => Transform::UpTo(frame),
            2 => Transform::Merge(frame),
            _ => Transform::Without(frame),
        }
    };
    (0u8..4, prop::sample::select(&PLACES[..])).prop_map(made)
}

proptest! {
    #[test]
    fn inverting_keeps_every_weight_and_twice_gives_the_same_chains(
        now in any_ways(),
        then in any_ways(),
        transforms in prop::collection::vec(any_transform(), 0..3),
        fold: bool,
    ) {
        let (now, then) = (with_trees(&now), with_trees(&then));
        let of = |shape| {
            let query = AwaitQuery { transforms: transforms.clone(), ..in_shape(shape) };
            asked(&now, &then, &query, fold)
        };
        let (flame, inverted) = (of(Shape::Flame), of(Shape::Inverted));
        prop_assert_eq!(flame.weight, inverted.weight);
        let roots = |tree: &AwaitTree| -> u64 {
            tree.nodes.iter().filter(|node| node.parent.is_none()).map(|node| node.weight).sum()
        };
        prop_assert_eq!(roots(&flame), flame.weight);
        prop_assert_eq!(roots(&inverted), flame.weight);
        prop_assert_eq!(turned(ends(&inverted)), ends(&flame));
        // What was inverted is a tree like any other: inverted again it is what it was.
        let chains = ends(&inverted).into_iter().filter(|(_, own)| own.0 > 0);
        let chains: Vec<(u64, Vec<String>)> = chains.map(|(way, own)| (own.0, way)).collect();
        let plain = |way: &'_ [String]| -> Vec<String> {
            way.iter().map(|name| name.replace("fn at ", "")).collect()
        };
        let names: Vec<(u64, Vec<String>)> =
            chains.iter().map(|(tasks, way)| (*tasks, plain(way))).collect();
        let names: Vec<(u64, Vec<&str>)> = names.iter()
            .map(|(tasks, way)| (*tasks, way.iter().map(String::as_str).collect()))
            .collect();
        let again = asked(
            &with_trees(&names), &Profile::default(), &in_shape(Shape::Inverted), false,
        );
        let now: BTreeMap<Vec<String>, u64> = ends(&flame)
            .into_iter().filter(|(_, own)| own.0 > 0).map(|(way, own)| (way, own.0)).collect();
        let again: BTreeMap<Vec<String>, u64> =
            ends(&again).into_iter().map(|(way, own)| (way, own.0)).collect();
        prop_assert_eq!(again, now);
    }

    #[test]
    fn transforms_invent_no_task_and_those_that_only_reshape_lose_none(
        now in any_ways(),
        transforms in prop::collection::vec(any_transform(), 1..4),
        shape in prop::sample::select(&Shape::ALL[..]),
        fold: bool,
    ) {
        let profile = with_trees(&now);
        let tasks: u64 = now.iter().map(|(count, _)| count).sum();
        let reshaping = transforms.iter()
            .all(|t| matches!(t, Transform::Merge(_) | Transform::Without(_)));
        let query = AwaitQuery { transforms, ..in_shape(shape) };
        let tree = asked(&profile, &Profile::default(), &query, fold);
        prop_assert_eq!(tree.whole, tasks);
        prop_assert!(tree.weight <= tasks);
        prop_assert!(!reshaping || tree.weight == tasks);
        prop_assert!(tree.nodes.iter().all(|node| node.weight <= tree.weight));
        for (at, node) in tree.nodes.iter().enumerate() {
            prop_assert!(node.parent.is_none_or(|parent| (parent as usize) < at));
        }
    }

    #[test]
    fn the_difference_holds_both_moments_and_none_to_itself(now in any_ways(), then in any_ways()) {
        let (now, then) = (with_trees(&now), with_trees(&then));
        let query = in_shape(Shape::Difference);
        let both = asked(&now, &then, &query, true);
        let (alone, before) = (
            asked(&now, &Profile::default(), &query, true),
            asked(&then, &Profile::default(), &query, true),
        );
        prop_assert_eq!((both.weight, both.before), (alone.weight, before.weight));
        let same = asked(&now, &now, &query, true);
        prop_assert!(same.nodes.iter().all(|node| node.weight == node.before));
    }
}
