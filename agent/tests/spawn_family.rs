//! Every way to start a task shows a task: with the caller's place, the right labels, and the line
//! that it waits on.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::panic::Location;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use taskscope::model::{Profile, WaitKind};
use taskscope::prelude::*;
use taskscope::task::{self, Builder, Inherit, JoinSet, LocalSet};
use taskscope::{labels, snapshot};
use tokio::runtime::{Handle, LocalOptions, Runtime};
use tokio::sync::Notify;

mod support;

use support::{count, pending_with_waker, until, with};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[track_caller]
fn here() -> u32 {
    Location::caller().line()
}

/// The lines of this file at which tasks with this label were spawned, each once.
fn lines(profile: &Profile, case: &str) -> Vec<u32> {
    let origins = profile.origins.iter();
    let of_case = origins.filter(|origin| origin.labels.get("case").is_some_and(|v| **v == *case));
    let places = of_case.map(|origin| &origin.spawned_at);
    let mut lines: Vec<u32> =
        places.filter(|place| &*place.file == FILE).map(|place| place.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

const FILE: &str = "agent/tests/spawn_family.rs";

/// Where the only group of living tasks with this label waits, once that is known.
fn await_line(profile: &Profile, case: &str) -> Option<(String, u32)> {
    let groups = with(profile, "case", case);
    let [group] = groups[..] else { return None };
    let point = group.tree.as_ref()?.await_point.clone()?.location.clone()?;
    Some((point.file.to_string(), point.line))
}

fn case(case: &'static str) -> Builder<'static> {
    Builder::new().labels(labels! { "case" => case })
}

#[test]
fn the_place_of_a_task_is_where_it_was_spawned() {
    let runtime = runtime();
    let local = LocalSet::new();
    let options = LocalOptions::default();
    let builder = &mut tokio::runtime::Builder::new_current_thread();
    let local_runtime = builder.build_local(options).unwrap();
    let root = async {
        taskscope::set_labels(labels! { "case" => "places" });
        let (on, mut set) = (&Handle::current(), JoinSet::new());
        let wait = std::future::pending::<()>;
        let (go, held) = std::sync::mpsc::sync_channel::<()>(0);
        let held = std::sync::Arc::new(std::sync::Mutex::new(held));
        let block = || {
            let held = held.clone();
            move || while held.lock().unwrap().recv().is_ok() {}
        };
        let first = here();
        drop(task::spawn(wait()));
        drop(task::spawn_on(wait(), on));
        drop(task::spawn_local(wait()));
        drop(task::spawn_blocking(block()));
        drop(task::spawn_blocking_on(block(), on));
        drop(on.spawn_tracked(wait()));
        drop(on.spawn_blocking_tracked(block()));
        drop(local.spawn_local(wait()));
        drop(local_runtime.spawn_tracked(wait()));
        drop(local_runtime.spawn_local_tracked(wait()));
        drop(Builder::new().spawn(wait()));
        drop(Builder::new().spawn_on(wait(), on));
        drop(Builder::new().spawn_local(wait()));
        drop(Builder::new().spawn_local_on(wait(), &local));
        drop(Builder::new().spawn_blocking(block()));
        drop(Builder::new().spawn_blocking_on(block(), on));
        set.spawn(wait());
        set.spawn_on(wait(), on);
        set.spawn_local(wait());
        set.spawn_local_on(wait(), &local);
        set.spawn_blocking(block());
        set.spawn_blocking_on(block(), on);
        set.extend([wait()]);
        let last = here();
        // Not waiting for anything: the tasks are there from the moment they are spawned.
        let profile = snapshot(taskscope::SnapshotOptions::default()).profile;
        let expected: Vec<u32> = (first + 1..last).collect();
        let seen: Vec<u32> = lines(&profile, "places");
        drop(go);
        (expected, seen.into_iter().filter(|line| (first..last).contains(line)).collect::<Vec<_>>())
    };
    let (expected, seen) = local.block_on(&runtime, root);
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_builder_names_labels_and_says_what_is_inherited() {
    let parent = async {
        let labels = || async { taskscope::current_labels().to_string() };
        let all = Builder::new().name("all").spawn(labels()).await.unwrap();
        let none = Builder::new().inherit(Inherit::None).spawn(labels()).await.unwrap();
        let only = Builder::new()
            .inherit(Inherit::Only(&["tenant", "nobody has this"]))
            .labels(labels! { "step" => "2" })
            .spawn_blocking(|| taskscope::current_labels().to_string());
        let over = Builder::new()
            .labels(labels! { "tenant" => "umbrella" })
            .labels(labels! { "route" => "/a" })
            .labels(labels! { "route" => "/b" })
            .spawn_on(labels(), &Handle::current());
        [all, none, only.await.unwrap(), over.await.unwrap()]
    };
    let seen = parent.labeled(labels! { "tenant" => "acme", "route" => "/" });
    assert_eq!(
        taskscope::spawn(seen).await.unwrap(),
        ["name=all route=/ tenant=acme", "", "step=2 tenant=acme", "route=/b tenant=umbrella",]
    );
}

#[test]
fn the_root_of_block_on_is_a_task_with_an_await_point() {
    let check = |name: &'static str, run: fn(&Runtime, &'static str) -> Option<u32>| {
        // Another thread looks: the root waits.
        let runtime = runtime();
        let watcher = std::thread::Builder::new().name("watcher".into()).spawn(move || {
            let look = until(move |profile| await_line(profile, name));
            self::runtime().block_on(look)
        });
        let line = run(&runtime, name).unwrap();
        let (file, seen) = watcher.unwrap().join().unwrap();
        assert_eq!((&*file, seen), (FILE, line), "{name}");
    };
    check("tracked root", |runtime, name| runtime.block_on(sleeps(name).tracked()));
    check("root", |runtime, name| runtime.block_on_tracked(sleeps(name)));
    check("root on a handle", |runtime, name| {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let handle = runtime.handle().clone();
        let thread = std::thread::Builder::new().name("root".into());
        let root = thread.spawn(move || {
            let line = handle.block_on_tracked(sleeps(name));
            drop(stop);
            line
        });
        drop(runtime.block_on(stopped));
        root.unwrap().join().unwrap()
    });
}

/// Says where it waits, after it has waited.
async fn sleeps(name: &'static str) -> Option<u32> {
    taskscope::set_labels(labels! { "case" => name });
    let line = here() + 1;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    Some(line)
}

#[test]
fn a_root_inside_of_a_blocking_closure_is_a_task_of_its_own() {
    runtime().block_on(async {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let handle = Handle::current();
        let closure = case("inner root").spawn_blocking(move || {
            handle.block_on_tracked(async {
                taskscope::set_labels(labels! { "case" => "inner root", "is" => "root" });
                drop(stopped.await);
            });
        });
        let seen = until(|profile| {
            let groups = with(profile, "is", "root");
            let [group] = groups[..] else { return None };
            let kinds = group.tree.as_ref()?.wait_kinds.clone();
            Some((kinds, count(profile, "case", "inner root")))
        });
        assert_eq!(seen.await, (vec![WaitKind::Oneshot], 2));
        drop(stop);
        closure.await.unwrap();
    });
}

#[tokio::test]
async fn tracked_inside_of_a_task_tracker_shows_tasks() {
    let tracker = tokio_util::task::TaskTracker::new();
    for _ in 0..3 {
        let task = pending_with_waker().labeled(labels! { "case" => "tracker" });
        drop(tracker.spawn(task));
        // The other way round: the tracker's token is around what is tracked.
        let task = tracker.track_future(pending_with_waker());
        drop(taskscope::spawn(task.labeled(labels! { "case" => "tracked by both" })));
    }
    let seen = until(|profile| {
        let kinds = |case: &str| {
            let groups = with(profile, "case", case);
            let tree = groups.first()?.tree.clone()?;
            tree.await_point
                .is_some()
                .then_some((tree.wait_kinds.clone(), count(profile, "case", case)))
        };
        Some((kinds("tracker")?, kinds("tracked by both")?))
    });
    let expected = || (vec![WaitKind::Oneshot], 3);
    assert_eq!(seen.await, (expected(), expected()));
}

#[tokio::test]
async fn tracked_children_of_futures_unordered_show_as_parts_with_their_await_points() {
    let task = task::spawn(async {
        taskscope::set_labels(labels! { "case" => "unordered" });
        let children = FuturesUnordered::new();
        let notified = async { Notify::new().notified().await };
        children.push(pending_with_waker().boxed().tracked());
        children.push(notified.boxed().tracked());
        children.collect::<Vec<()>>().await;
    });
    let seen = until(|profile| {
        let groups = with(profile, "case", "unordered");
        let [group] = groups[..] else { return None };
        assert_eq!(group.count, 1, "the children are counted as tasks");
        let tree = group.tree.as_ref()?;
        let leaves: u32 = tree.nodes.iter().map(|node| node.leaves).sum();
        (leaves == 2).then(|| tree.wait_kinds.clone())
    });
    assert_eq!(seen.await, [WaitKind::Oneshot, WaitKind::Notify]);
    task.abort();
}

#[tokio::test]
async fn tasks_of_a_set_show_and_so_does_the_wait_for_them() {
    let waits = task::spawn(async {
        taskscope::set_labels(labels! { "case" => "set", "is" => "parent" });
        let mut set = JoinSet::new();
        for _ in 0..2 {
            set.spawn(pending_with_waker().labeled(labels! { "is" => "child" }));
        }
        let line = here() + 1;
        set.join_next().await.unwrap().unwrap();
        line
    });
    let seen = until(|profile| {
        let groups = with(profile, "is", "parent");
        let [parent] = groups[..] else { return None };
        let tree = parent.tree.clone()?;
        (tree.wait_kinds == [WaitKind::JoinSet]).then_some(())?;
        let file = tree.await_point.as_ref()?.location.as_ref()?.file.to_string();
        let children = with(profile, "is", "child");
        let [child] = children[..] else { return None };
        Some((file, child.count, child.tree.as_ref()?.wait_kinds.clone()))
    });
    assert_eq!(seen.await, (FILE.to_owned(), 2, vec![WaitKind::Oneshot]));
    waits.abort();
}
