//! Graphs of a few groups that wait for each other.

use std::sync::Arc;

use taskscope_proto::model::{Blocker, Holder, Relation, WaitKind};

use super::*;
use crate::fixture;

/// Groups of one task each, and who waits for whom.
fn profile(groups: usize, waits: &[(usize, usize)]) -> Profile {
    let lines: Vec<String> =
        (0..groups).map(|at| format!("1 parked task=t{at} @ src/a.rs:{at} mutex < m:1")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut profile = fixture::profile(&lines);
    for (from, to) in waits {
        wait(&mut profile, *from, *to);
    }
    profile
}

/// Lets one task of a group wait for another.
fn wait(profile: &mut Profile, from: usize, to: usize) {
    let to = profile.groups[to].id;
    Arc::make_mut(&mut profile.groups[from]).blockers.push(Blocker {
        kind: WaitKind::Mutex,
        made_at: None,
        tasks: 1,
        relation: Relation::Holds,
        since_ms: 0,
        holder: Some(Holder { task: 1, group: Some(to), ended: false }),
        holders: 1,
    });
}

/// Whom a node waits for, with how many tasks.
fn edges_of(graph: &WaitGraph, from: usize) -> Vec<(usize, u64)> {
    let own = graph.edges.iter().filter(|edge| edge.from == from);
    own.map(|edge| (edge.to, edge.tasks)).collect()
}

fn graph_of(profile: &Profile, at: usize) -> WaitGraph {
    wait_graph(profile, &profile.groups[at], Crowds::Together)
}

fn columns(graph: &WaitGraph) -> Vec<(&str, usize, usize)> {
    graph.nodes.iter().map(|node| (&*node.name, node.column, node.place)).collect()
}

#[test]
fn who_waits_stands_left_and_who_is_waited_for_right() {
    let profile = profile(6, &[(0, 1), (1, 2), (3, 0), (4, 0)]);
    let graph = graph_of(&profile, 0);
    let expected = [
        ("task=t0", 1, 0),
        ("task=t1", 2, 0),
        ("task=t2", 3, 0),
        ("task=t3", 0, 0),
        ("task=t4", 0, 1),
    ];
    assert_eq!(columns(&graph), expected);
    assert_eq!((graph.columns, graph.edges.len(), graph.left_out), (4, 4, 0));
    let roots: Vec<bool> = graph.nodes.iter().map(|node| node.is_root).collect();
    assert_eq!(roots, [false, false, true, false, false]);
    assert!(graph.edges.iter().all(|edge| !edge.in_cycle));
}

#[test]
fn a_cycle_is_marked_and_who_only_waits_for_it_is_not_in_it() {
    let profile = profile(4, &[(0, 1), (1, 0), (2, 0), (3, 3)]);
    let graph = graph_of(&profile, 0);
    let marks: Vec<bool> = graph.nodes.iter().map(|node| node.in_cycle).collect();
    assert_eq!((marks, graph.nodes.len()), (vec![true, true, false], 3));
    let marks: Vec<bool> = graph.edges.iter().map(|edge| edge.in_cycle).collect();
    assert_eq!(marks, [true, true, false]);
    assert_eq!(graph.edges[0].about, "mutex, held by");
    let itself = graph_of(&profile, 3);
    assert!(itself.nodes[0].in_cycle && itself.edges[0].in_cycle);
}

#[test]
fn what_finds_no_room_is_counted() {
    let waits: Vec<(usize, usize)> = (1..100).map(|at| (at, 0)).collect();
    let profile = profile(100, &waits);
    let graph = graph_of(&profile, 0);
    assert_eq!((graph.nodes.len(), graph.left_out), (MOST_NODES, 100 - MOST_NODES));
    // Each waits for the next: the last one shown is not the last.
    let chain: Vec<(usize, usize)> = (0..99).map(|at| (at, at + 1)).collect();
    let profile = self::profile(100, &chain);
    let graph = graph_of(&profile, 0);
    assert!(graph.left_out > 0 && graph.nodes.iter().all(|node| !node.is_root));
}

/// One holder, for whom `tenants` groups wait at one line, three at another, and one that is waited for.
fn crowd(tenants: usize) -> Profile {
    let mut lines = vec!["1 parked task=holder @ src/a.rs:1 io_read < m:1".to_owned()];
    let req = |tenant| {
        let count = tenant + 1;
        format!("{count} parked task=req tenant=t{tenant} @ src/a.rs:7 mutex < m:1")
    };
    lines.extend((0..tenants).map(req));
    lines.extend((0..3).map(|at| format!("1 parked task=few{at} @ src/a.rs:8 mutex < m:1")));
    lines.push("1 parked task=req tenant=waited @ src/a.rs:7 mutex < m:1".to_owned());
    lines.push("1 parked task=behind @ src/a.rs:9 join < m:1".to_owned());
    let waited = lines.len() - 2;
    let mut waits: Vec<(usize, usize)> = (1..=waited).map(|at| (at, 0)).collect();
    waits.push((waited + 1, waited));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut profile = fixture::profile(&lines);
    for (from, to) in waits {
        wait(&mut profile, from, to);
    }
    profile
}

#[test]
fn a_crowd_that_waits_alike_is_one_node_with_all_of_its_tasks() {
    let profile = crowd(60);
    let graph = graph_of(&profile, 0);
    let nodes: Vec<(&str, usize, u64)> =
        graph.nodes.iter().map(|node| (&*node.name, node.groups, node.tasks)).collect();
    let expected = [
        ("task=holder", 1, 1),
        ("task=req: 60 groups by tenant", 60, 60 * 61 / 2),
        ("task=few0", 1, 1),
        ("task=few1", 1, 1),
        ("task=few2", 1, 1),
        ("task=req tenant=waited", 1, 1),
        ("task=behind", 1, 1),
    ];
    assert_eq!((nodes, graph.left_out), (expected.to_vec(), 0));
    let crowd: Vec<(usize, u64)> = edges_of(&graph, 1);
    assert_eq!(crowd, [(0, 60)], "one arrow for all, of as many tasks as wait");
}

#[test]
fn who_waits_for_two_things_of_one_is_one_with_two_arrows() {
    let mut profile = crowd(5);
    for waits in 1..=5 {
        for _ in 0..waits {
            wait(&mut profile, waits, 0);
        }
    }
    Arc::make_mut(&mut profile.groups[6]).blockers[0].tasks = 7;
    wait(&mut profile, 6, 0);
    let graph = graph_of(&profile, 0);
    let names: Vec<&str> = graph.nodes.iter().map(|node| &*node.name).collect();
    assert_eq!(names.iter().filter(|name| **name == "task=few0").count(), 1, "{names:?}");
    let few = names.iter().position(|name| *name == "task=few0").expect("it waits");
    assert_eq!(edges_of(&graph, few), [(0, 7), (0, 1)]);
    let groups: usize = graph.nodes.iter().map(|node| node.groups).sum();
    assert_eq!(groups, profile.groups.len());
}

#[test]
fn one_by_one_nothing_is_put_together() {
    let profile = crowd(20);
    let graph = wait_graph(&profile, &profile.groups[0], Crowds::OneByOne);
    assert_eq!((graph.nodes.len(), graph.left_out), (26, 0));
    assert!(graph.nodes.iter().all(|node| node.groups == 1));
}

#[test]
fn a_crowd_is_called_by_what_all_have_and_what_they_differ_in() {
    let profile = fixture::profile(&[
        "1 parked task=a tenant=x zone=1 @ src/a.rs:1 mutex < m:1",
        "1 parked task=a tenant=y zone=1 @ src/a.rs:1 mutex < m:1",
        "1 parked task=a zone=1 @ src/a.rs:1 mutex < m:1",
        "1 parked @ src/a.rs:1 mutex < m:1",
    ]);
    let groups: Vec<&Group> = profile.groups.iter().map(|group| &**group).collect();
    let name =
        |some: &[usize]| crowds::name(&some.iter().map(|at| groups[*at]).collect::<Vec<_>>());
    assert_eq!(name(&[0]), "task=a tenant=x zone=1");
    assert_eq!(name(&[0, 1]), "task=a zone=1: 2 groups by tenant");
    assert_eq!(name(&[0, 1, 2]), "task=a zone=1: 3 groups by tenant");
    assert_eq!(name(&[0, 3]), "2 groups by task, tenant, zone");
    assert_eq!(name(&[3, 3]), "2 groups");
}
