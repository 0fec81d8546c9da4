//! What the agent says of tasks: labels, states, ends, parts; and that it leaves nothing behind.

#![expect(clippy::disallowed_methods, reason = "threads of a test need no names")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use taskscope::model::{Labels, Origin, Profile, State, TaskQuery, WaitKind};
use taskscope::prelude::*;
use taskscope::{SnapshotOptions, labels};
use tokio::sync::{Notify, Semaphore, mpsc};

mod support;

use support::{count, pending_with_waker, until, with};

fn origin<'a>(profile: &'a Profile, key: &str, value: &str) -> Option<&'a Arc<Origin>> {
    profile.origins.iter().find(|origin| origin.labels.get(key).is_some_and(|v| **v == *value))
}

#[tokio::test]
async fn a_spawned_task_inherits_a_copy_of_the_labels() {
    let (seen, mut heard) = mpsc::channel::<(&str, Labels)>(8);
    let go = Arc::new(Notify::new());
    let (seen2, go2) = (seen.clone(), go.clone());
    let task = async move {
        let child = taskscope::spawn(async move {
            go2.notified().await;
            seen2.send(("child", taskscope::current_labels())).await.unwrap();
        });
        // Later changes do not reach the child.
        taskscope::set_labels(labels! { "a" => "changed" });
        seen.send(("parent", taskscope::current_labels())).await.unwrap();
        go.notify_one();
        child.await.unwrap();
    };
    taskscope::spawn(task.labeled(labels! { "a" => "1", "b" => "2" })).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), ("parent", labels! { "a" => "changed" }));
    assert_eq!(heard.recv().await.unwrap(), ("child", labels! { "a" => "1", "b" => "2" }));
    assert_eq!(taskscope::label("a"), None, "labels outside of a task");
}

#[tokio::test]
async fn labels_of_a_scope_hold_inside_of_it_and_overlay_those_around() {
    let task = async {
        let inside = async { taskscope::current_labels() };
        let inside = inside.labeled(labels! { "b" => "inner", "c" => "3" }).await;
        (inside, taskscope::current_labels())
    };
    let labeled = task.labeled(labels! { "a" => "1", "b" => "outer" });
    let (inside, after) = taskscope::spawn(labeled).await.unwrap();
    assert_eq!(inside.to_string(), "a=1 b=inner c=3");
    assert_eq!(after.to_string(), "a=1 b=outer");
}

#[tokio::test]
async fn a_task_is_shown_with_the_labels_in_effect_where_it_waits() {
    let task = async {
        taskscope::set_labels(labels! { "case" => "waits", "step" => "outer" });
        pending_with_waker().labeled(labels! { "step" => "inner" }).await;
    };
    let inner = taskscope::spawn(task);
    let both = async {
        taskscope::set_labels(labels! { "case" => "joins", "step" => "outer" });
        let labeled = pending_with_waker().labeled(labels! { "step" => "inner" });
        tokio::join!(labeled, pending_with_waker());
    };
    let outer = taskscope::spawn(both);
    let steps = |profile: &Profile, case: &str| -> Option<String> {
        let groups = with(profile, "case", case);
        let [group] = groups[..] else { return None };
        group.tree.as_ref()?;
        group.labels.get("step").map(ToString::to_string)
    };
    let found = until(move |p| Some((steps(p, "waits")?, steps(p, "joins")?))).await;
    assert_eq!(found, ("inner".to_owned(), "outer".to_owned()));
    inner.abort();
    outer.abort();
}

#[tokio::test]
async fn results_panics_and_aborts_come_through_unchanged_and_are_counted() {
    let run = |kind: &'static str| {
        taskscope::spawn(async move {
            taskscope::set_labels(labels! { "ends" => kind });
            tokio::task::yield_now().await;
            match kind {
                "panic" => panic!("no stock of {}", std::hint::black_box(7)),
                "abort" => pending().await,
                _ => 42,
            }
        })
    };
    assert_eq!(run("fine").await.unwrap(), 42);
    let panic = run("panic").await.unwrap_err().into_panic();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "no stock of 7");
    let aborted = run("abort");
    until(|p| (count(p, "ends", "abort") == 1).then_some(())).await;
    aborted.abort();
    assert!(aborted.await.unwrap_err().is_cancelled());
    let seen = until(|profile| {
        let flow = |kind| {
            let origin = origin(profile, "ends", kind)?;
            Some((origin.finished, origin.aborted, origin.panicked, origin.last_panic.clone()))
        };
        Some((flow("fine")?, flow("abort")?, flow("panic")?))
    })
    .await;
    assert_eq!(seen.0, (1, 0, 0, None));
    assert_eq!(seen.1, (1, 1, 0, None));
    assert_eq!(seen.2, (1, 0, 1, Some("no stock of 7".into())));
}

#[tokio::test]
async fn a_blocking_closure_runs_with_labels_and_shows_as_running() {
    let (release, held) = std::sync::mpsc::sync_channel::<()>(0);
    let task = async move {
        taskscope::spawn_blocking(move || {
            held.recv().unwrap();
            taskscope::label("case")
        })
        .await
        .unwrap()
    };
    let handle = taskscope::spawn(task.labeled(labels! { "case" => "blocking" }));
    until(|profile| {
        let groups = with(profile, "case", "blocking");
        let running = groups.iter().any(|group| group.state == State::Running);
        let waiting = groups.iter().any(|group| {
            let tree = group.tree.as_ref();
            tree.is_some_and(|tree| tree.wait_kinds == [WaitKind::SpawnBlocking])
        });
        (running && waiting).then_some(())
    })
    .await;
    release.send(()).unwrap();
    assert_eq!(handle.await.unwrap().as_deref(), Some("blocking"));
    let panics = taskscope::spawn_blocking(|| panic!("in a closure"));
    assert!(panics.await.unwrap_err().is_panic());
}

#[tokio::test]
async fn a_tracked_future_is_a_task_under_any_spawner_and_a_part_inside_of_a_task() {
    let label = |case: &str| labels! { "case" => case.to_owned() };
    let bare = tokio::spawn(pending_with_waker().labeled(label("bare")));
    let parts = taskscope::spawn(async move {
        taskscope::set_labels(label("parts"));
        tokio::join!(pending_with_waker().tracked(), pending_with_waker().tracked());
    });
    let tree = until(|profile| {
        (count(profile, "case", "bare") == 1).then_some(())?;
        let groups = with(profile, "case", "parts");
        let [group] = groups[..] else { return None };
        assert_eq!(group.count, 1, "the parts are counted as tasks");
        group.tree.clone()
    })
    .await;
    assert_eq!(tree.wait_kinds, [WaitKind::Oneshot]);
    let leaves: u32 = tree.nodes.iter().map(|node| node.leaves).sum();
    assert_eq!(leaves, 2, "{tree:#?}");
    bare.abort();
    parts.abort();
}

#[tokio::test]
async fn a_local_set_inside_of_a_tracked_task_has_tasks_of_its_own() {
    let local = tokio::task::LocalSet::new();
    let inner = async {
        tokio::task::spawn_local(pending_with_waker().labeled(labels! { "case" => "local" }));
        pending_with_waker().await;
    };
    let driver = local.run_until(inner).tracked();
    let seen = until(|profile| {
        let groups = with(profile, "case", "local");
        groups.iter().find_map(|group| group.tree.clone())
    });
    let tree = tokio::select! {
        () = driver => unreachable!(),
        tree = seen => tree,
    };
    assert_eq!(tree.wait_kinds, [WaitKind::Oneshot]);
    let frames: Vec<_> = tree.nodes.iter().map(|node| node.frame.function.to_string()).collect();
    assert!(frames.iter().all(|name| !name.contains("LocalSet")), "{frames:?}");
}

#[tokio::test]
async fn a_capture_keeps_the_time_since_when_a_task_is_parked() {
    let task = taskscope::spawn(pending_with_waker().labeled(labels! { "case" => "since" }));
    let since = |profile: &Profile| {
        let groups = with(profile, "case", "since");
        groups.first().map(|group| (group.oldest_since_ms, group.tree.is_some()))
    };
    let (first, _) = until(move |p| since(p).filter(|(_, captured)| *captured)).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let fresh = std::thread::spawn(|| {
        let capture = Some(taskscope::model::Capture::Fresh);
        taskscope::snapshot(SnapshotOptions { capture, ..SnapshotOptions::default() })
    });
    while !fresh.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (second, _) = since(&fresh.join().unwrap().profile).unwrap();
    // The clock is read anew each time; the moment it stands for is the same.
    assert!(first.abs_diff(second) <= 2, "{first} {second}");
    let query = TaskQuery { limit: 1_000, ..TaskQuery::default() };
    let page = taskscope::tasks(&query);
    let task_page =
        page.tasks.iter().find(|t| t.labels.get("case").is_some_and(|c| &**c == "since"));
    assert_eq!(task_page.unwrap().polls, 1, "captures count as polls");
    task.abort();
}

#[tokio::test]
async fn a_task_is_listed_before_those_that_it_spawned() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let parent = taskscope::spawn(async move {
        let children: Vec<_> = (0..3).map(|_| taskscope::spawn(pending_with_waker())).collect();
        tell.send(()).unwrap();
        pending_with_waker().await;
        drop(children);
    });
    told.await.unwrap();
    let all = taskscope::tasks(&TaskQuery { limit: 1_000, ..TaskQuery::default() });
    let family = all.tasks.iter().filter_map(|task| {
        let parent = task.parent?;
        let siblings = all.tasks.iter().filter(|task| task.parent == Some(parent)).count();
        (siblings == 3 && all.tasks.iter().any(|task| task.id == parent)).then_some(parent)
    });
    let families: Vec<u64> = family.collect();
    let id = *families.first().expect("a task with three children");
    let query = TaskQuery {
        limit: 10,
        tasks: vec![id],
        children_of: Some(id),
        order: taskscope::model::TaskOrder::Newest,
        ..TaskQuery::default()
    };
    let page = taskscope::tasks(&query);
    assert_eq!((page.total, page.tasks.len(), page.heeded), (4, 4, true));
    assert_eq!(page.tasks[0].id, id);
    assert!(page.tasks[1..].iter().all(|task| task.parent == Some(id)));
    parent.abort();
}

/// A task that no waker is left for is shown as such, with labels around its future or without.
#[tokio::test]
async fn a_task_without_a_waker_waits_for_nothing() {
    let plain = taskscope::spawn(async {
        taskscope::set_labels(labels! { "case" => "lost" });
        pending::<()>().await;
    });
    let labeled = taskscope::spawn(pending::<()>().labeled(labels! { "case" => "lost, labeled" }));
    let nested = async { pending::<()>().labeled(labels! { "step" => "inner" }).await };
    let nested = taskscope::spawn(nested.labeled(labels! { "case" => "lost, nested" }));
    let fine = pending_with_waker().labeled(labels! { "case" => "not lost" });
    let fine = taskscope::spawn(fine);
    until(|profile| {
        let kinds = |case: &str| {
            let groups = with(profile, "case", case);
            let [group] = groups[..] else { return None };
            Some(group.tree.as_ref()?.wait_kinds.clone())
        };
        assert_ne!(kinds("not lost").unwrap_or_default(), [WaitKind::Nothing]);
        for case in ["lost", "lost, labeled", "lost, nested"] {
            (kinds(case)? == [WaitKind::Nothing]).then_some(())?;
        }
        (kinds("not lost")? == [WaitKind::Oneshot]).then_some(())
    })
    .await;
    for task in [plain, labeled, nested, fine] {
        task.abort();
    }
}

/// A future that counts how many of its kind live.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

async fn stormy(counted: Counted, semaphore: Arc<Semaphore>, i: usize) {
    let _counted = counted;
    let labeled = async {
        let _permit = semaphore.acquire().await.unwrap();
        tokio::task::yield_now().await;
    };
    match i % 4 {
        0 => drop(tokio::time::timeout(Duration::from_millis(3), labeled.tracked()).await),
        1 => labeled.labeled(labels! { "storm" => "scope" }).await,
        2 => {
            tokio::select! {
                () = labeled => {}
                () = tokio::time::sleep(Duration::from_micros(700)) => {}
            }
        }
        _ => labeled.await,
    }
}

/// Spawns, aborts, wakes and captures as fast as it can, then counts what is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn after_a_storm_of_spawns_aborts_wakes_and_captures_nothing_is_left() {
    const ROUNDS: usize = 60;
    const TASKS: usize = 300;
    let alive = Arc::new(AtomicUsize::new(0));
    let semaphore = Arc::new(Semaphore::new(8));
    let stop = Arc::new(AtomicUsize::new(0));
    let snapshots = Arc::new(AtomicUsize::new(0));
    let captures = {
        let (stop, snapshots) = (stop.clone(), snapshots.clone());
        std::thread::spawn(move || {
            while stop.load(Ordering::Acquire) == 0 {
                let options = SnapshotOptions {
                    capture: Some(taskscope::model::Capture::Fresh),
                    patience: Duration::from_millis(20),
                };
                taskscope::snapshot(options);
                snapshots.fetch_add(1, Ordering::AcqRel);
            }
        })
    };
    let mut rounds = 0;
    // The storm goes on until it has been captured in its midst.
    while rounds < ROUNDS || snapshots.load(Ordering::Acquire) < 4 {
        rounds += 1;
        let handles: Vec<_> = (0..TASKS)
            .map(|i| {
                alive.fetch_add(1, Ordering::AcqRel);
                let task = stormy(Counted(alive.clone()), semaphore.clone(), i);
                taskscope::spawn(task.labeled(labels! { "case" => "storm" }))
            })
            .collect();
        for (i, handle) in handles.into_iter().enumerate() {
            if i % 5 == 0 {
                handle.abort();
            }
            // Aborted or done: both are fine here.
            drop(handle.await);
        }
    }
    stop.store(1, Ordering::Release);
    captures.join().unwrap();
    assert_eq!(alive.load(Ordering::Acquire), 0, "futures leak");
    let left = until(|profile| {
        let left = count(profile, "case", "storm");
        (left == 0).then_some(left)
    });
    assert_eq!(left.await, 0);
    let flow = until(|profile| {
        let origins = profile.origins.iter();
        let storm = origins.filter(|o| o.spawned_at.file.ends_with("tasks.rs"));
        storm.max_by_key(|o| o.spawned).map(|o| (o.spawned, o.finished))
    });
    assert_eq!(flow.await, ((rounds * TASKS) as u64, (rounds * TASKS) as u64));
    assert_eq!(semaphore.available_permits(), 8);
}

/// A stale waker must not keep the task's memory, nor wake into it.
#[tokio::test]
async fn a_waker_that_outlives_its_task_keeps_nothing_of_it() {
    use std::task::{Context, Poll, Waker};

    struct GivesAway(std::sync::mpsc::SyncSender<Waker>, Counted);
    impl Future for GivesAway {
        type Output = ();
        fn poll(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            let Self(_, _counted) = &*self;
            drop(self.0.try_send(cx.waker().clone()));
            Poll::Pending
        }
    }
    let (send, wakers) = std::sync::mpsc::sync_channel(1);
    let alive = Arc::new(AtomicUsize::new(1));
    let task = taskscope::spawn(GivesAway(send, Counted(alive.clone())));
    let waker = loop {
        match wakers.try_recv() {
            Ok(waker) => break waker,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(alive.load(Ordering::Acquire), 0, "the future lives on");
    waker.wake_by_ref();
    let moved = std::thread::spawn(move || waker.wake());
    moved.join().unwrap();
}
