//! A service with nothing changed but one line of its Cargo.toml: every task that it starts shows.

// In a service the line in Cargo.toml does this.
extern crate taskscope_tokio as tokio;

use std::future::pending;
use std::time::{Duration, Instant};

use taskscope::model::Profile;
use taskscope::{SnapshotOptions, snapshot};
use tokio::runtime::{Builder, Handle, LocalOptions, Runtime};
use tokio::task::{JoinHandle, JoinSet, LocalSet};
use tokio::taskscope;

const FILE: &str = "agent/tokio/tests/tracked.rs";

/// The lines of this file at which tasks were spawned, sorted.
fn lines(profile: &Profile) -> Vec<u32> {
    let places = profile.origins.iter().map(|origin| &origin.spawned_at);
    let mut lines: Vec<u32> =
        places.filter(|place| &*place.file == FILE).map(|place| place.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// The lines of this file that living tasks wait on, once all those that are parked are known.
fn await_lines(alive: usize) -> Vec<u32> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let profile = snapshot(SnapshotOptions::default()).profile;
        let groups = profile.groups.iter();
        let points = groups.filter_map(|group| {
            let point = group.tree.as_ref()?.await_point.clone()?.location.clone()?;
            (group.count > 0 && &*point.file == FILE).then_some(point.line)
        });
        let mut lines: Vec<u32> = points.collect();
        lines.sort_unstable();
        if lines.len() == alive {
            return lines;
        }
        assert!(Instant::now() < deadline, "not {alive} but {lines:?} of {profile:#?}");
    }
}

#[test]
fn every_way_to_start_a_task_starts_a_tracked_one() {
    let runtime = Runtime::new().unwrap();
    let local_runtime = Builder::new_current_thread().build_local(LocalOptions::default()).unwrap();
    let local = LocalSet::new();
    let first = line!();
    drop(runtime.spawn(pending::<()>()));
    drop(runtime.spawn_blocking(|| ()));
    drop(runtime.handle().spawn(pending::<()>()));
    drop(runtime.handle().spawn_blocking(|| ()));
    drop(local_runtime.spawn_local(pending::<()>()));
    drop(local_runtime.spawn_blocking(|| ()));
    drop(local.spawn_local(pending::<()>()));
    runtime.block_on(async {});
    runtime.handle().block_on(async {});
    local_runtime.block_on(async {});
    local.block_on(&runtime, async {});
    let last = line!();
    let outside: Vec<u32> = (first + 1..last).collect();
    assert_eq!(lines(&snapshot(SnapshotOptions::default()).profile), outside);

    let (first, last) = local.block_on(&runtime, async {
        let (mut set, handle) = (JoinSet::new(), Handle::current());
        let first = line!();
        drop(tokio::spawn(pending::<()>()));
        drop(tokio::task::spawn(pending::<()>()));
        drop(tokio::task::spawn_blocking(|| ()));
        drop(tokio::task::spawn_local(pending::<()>()));
        drop(handle.spawn(pending::<()>()));
        drop(tokio::task::Builder::new().name("named").spawn(pending::<()>()).unwrap());
        set.spawn(pending::<()>());
        set.spawn_on(pending(), &handle);
        set.spawn_local(pending());
        set.spawn_blocking(|| ());
        (first, line!())
    });
    let seen = lines(&snapshot(SnapshotOptions::default()).profile);
    let inside: Vec<u32> = (first + 1..last).collect();
    assert_eq!(seen.into_iter().filter(|line| inside.contains(line)).collect::<Vec<_>>(), inside);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_root_of_a_test_or_a_main_is_a_task_with_an_await_point() {
    // Looks from a thread of its own while this task waits for the answer.
    let looks = tokio::task::spawn_blocking(|| await_lines(1));
    let lines = looks.await.unwrap();
    assert_eq!(lines, [line!() - 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn tasks_in_macros_and_under_timers_have_await_points_of_the_service() {
    let first = line!();
    let joins = tokio::spawn(async {
        tokio::join!(pending::<()>(), tokio::time::sleep(Duration::from_mins(10)));
    });
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<()>(1);
    let reads = tokio::spawn(async move { receiver.recv().await });
    let lines = tokio::task::spawn_blocking(|| await_lines(3)).await.unwrap();
    assert_eq!(lines, [first + 2, first + 5, first + 6]);
    drop(sender);
    reads.await.unwrap();
    joins.abort();
}

/// Functions of another crate, with tokio's own types.
mod other_crate {
    use real_tokio::runtime::{Handle, Runtime};
    use real_tokio::task::{JoinHandle, JoinSet, LocalSet};

    pub(crate) fn by_reference(_: &Handle, _: &Runtime, _: &LocalSet) {}
    pub(crate) fn by_value(_: Handle, _: JoinHandle<u8>, _: JoinSet<u8>) {}
    pub(crate) fn starts(handle: &Handle) -> JoinHandle<u8> {
        handle.spawn(async { 1 })
    }
}

#[test]
fn crates_that_want_tokios_types_get_them_and_theirs_are_taken() {
    let runtime = Runtime::new().unwrap();
    let local = LocalSet::new();
    other_crate::by_reference(runtime.handle(), &runtime, &local);
    let handle: JoinHandle<u8> = runtime.spawn(async { 2 });
    other_crate::by_value(runtime.handle().clone().into(), handle.into(), JoinSet::new().into());
    let theirs: JoinHandle<u8> = other_crate::starts(runtime.handle()).into();
    assert_eq!(runtime.block_on(theirs).unwrap(), 1);
    let runtime: real_tokio::runtime::Runtime = runtime.into();
    let runtime: Runtime = runtime.into();
    runtime.shutdown_background();
}
