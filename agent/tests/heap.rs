//! Which tasks hold the heap, through the allocator of this very process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::alloc::System;
use std::hint::black_box;
use std::sync::{Arc, Mutex};

use support::pending_with_waker;
use taskscope::alloc::{TaskAlloc, sample_every};
use taskscope::model::{Group, HeapOwner, HeapSite, Profile, State};
use taskscope::prelude::*;
use taskscope::{SnapshotOptions, labels};

#[global_allocator]
static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);

const MIB: usize = 1 << 20;
/// Smaller than usual: with few blocks errors are large.
const MEAN: u32 = 16 << 10;

/// Blocks of 16 KiB: each is sampled with a chance of 63 %.
fn hold(mib: usize) -> Vec<Vec<u8>> {
    (0..mib * 64).map(|_| black_box(vec![1_u8; MIB / 64])).collect()
}

fn thread<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> std::thread::JoinHandle<T> {
    std::thread::Builder::new().name("test".into()).spawn(run).unwrap()
}

fn profile() -> Profile {
    taskscope::snapshot(SnapshotOptions::default()).profile
}

async fn snapshot() -> Profile {
    tokio::task::spawn_blocking(profile).await.unwrap()
}

fn group<'a>(profile: &'a Profile, value: &str, state: State) -> Vec<&'a Arc<Group>> {
    let labeled = |group: &&Arc<Group>| group.labels.get("task").is_some_and(|v| **v == *value);
    profile.groups.iter().filter(labeled).filter(|group| group.state == state).collect()
}

/// The site at which most is held under a label.
fn top_site<'a>(profile: &'a Profile, value: &str) -> &'a HeapSite {
    let labeled = |site: &&Arc<HeapSite>| site.labels.get("task").is_some_and(|v| **v == *value);
    let sites = profile.heap_sites.iter().filter(labeled);
    sites.max_by_key(|site| site.held.live_bytes).unwrap()
}

fn is_about(bytes: u64, error: u64, mib: usize) {
    let truth = (mib * MIB) as u64;
    // The error is stated for 95 % of all cases. Three times as much is six standard deviations.
    assert!(bytes.abs_diff(truth) <= 3 * error, "{bytes} +- {error}, in truth {truth}");
    assert!(error < truth / 8, "{bytes} +- {error}, in truth {truth}");
}

#[tokio::test]
async fn living_tasks_hold_what_they_allocated_and_the_line_is_known() {
    sample_every(MEAN);
    let mut tasks = Vec::new();
    for n in 0..10_usize {
        let name = format!("holder-{n}");
        let task = async move {
            let held = hold(2 * n);
            pending_with_waker().await;
            drop(held);
        };
        tasks.push(taskscope::spawn(task.labeled(labels! { "task" => name })));
    }
    tokio::task::yield_now().await;
    let profile = snapshot().await;
    let heap = profile.header.heap.unwrap();
    is_about(heap.held.live_bytes, heap.held.error_bytes, 90);
    assert_eq!(heap.mean_sample_bytes, MEAN);
    for n in [4, 9_usize] {
        let name = format!("holder-{n}");
        let groups = group(&profile, &name, State::Parked);
        let [group] = groups[..] else { panic!("{groups:#?}") };
        is_about(group.held.live_bytes, group.held.error_bytes, 2 * n);
        assert_eq!((group.held.outlived_bytes, group.held.outlived_blocks), (0, 0));
        let blocks = group.held.blocks as f64 / (2 * n * 64) as f64;
        assert!((0.5..2.0).contains(&blocks), "{group:#?}");
        let site = top_site(&profile, &name);
        let point = site.stack.as_ref().and_then(|stack| stack.await_point.clone()).unwrap();
        let location = point.location.as_ref().unwrap();
        assert!(location.file.ends_with("tests/heap.rs"), "{location:?}");
        let line = include_str!("heap.rs").lines().nth(location.line as usize - 1).unwrap();
        assert!(line.contains("vec![1_u8"), "{location:?}: {line}: {site:#?}");
        let origin = profile.origin(site.origin.unwrap()).unwrap();
        assert!(origin.spawned_at.file.ends_with("tests/heap.rs"));
        assert!(origin.allocated_bytes > 0, "{origin:?}");
    }
    for task in tasks {
        task.abort();
        task.await.unwrap_err();
    }
    let profile = snapshot().await;
    let heap = profile.header.heap.unwrap();
    assert!(heap.held.live_bytes - heap.agent_bytes < (20 * MIB) as u64, "{heap:?}");
}

#[tokio::test]
async fn what_a_task_leaves_behind_has_outlived_it() {
    sample_every(MEAN);
    let cache = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..16 {
        let cache = Arc::clone(&cache);
        let task = async move { cache.lock().unwrap().extend(hold(1)) };
        taskscope::spawn(task.labeled(labels! { "task" => "warm" })).await.unwrap();
    }
    let profile = snapshot().await;
    let groups = group(&profile, "warm", State::Finished);
    let [group] = groups[..] else { panic!("{groups:#?}") };
    assert_eq!(group.count, 0);
    is_about(group.held.live_bytes, group.held.error_bytes, 16);
    assert_eq!(group.held.outlived_bytes, group.held.live_bytes);
    let site = top_site(&profile, "warm");
    assert_eq!(site.held.outlived_bytes, site.held.live_bytes);
    drop(std::mem::take(&mut *cache.lock().unwrap()));
    let profile = snapshot().await;
    let left: u64 = group_bytes(&profile, "warm");
    assert_eq!(left, 0);
}

fn group_bytes(profile: &Profile, value: &str) -> u64 {
    let groups = group(profile, value, State::Finished);
    groups.iter().map(|group| group.held.live_bytes).sum()
}

#[tokio::test]
async fn what_no_task_allocates_is_nobodys_and_what_the_agent_does_is_its_own() {
    sample_every(MEAN);
    let held = thread(|| hold(24)).join().unwrap();
    let profile = snapshot().await;
    let heap = profile.header.heap.unwrap();
    is_about(heap.unattributed_bytes, heap.held.error_bytes, 24);
    let nobody = profile.heap_sites.iter().filter(|site| site.owner == HeapOwner::Nobody);
    let top = nobody.max_by_key(|site| site.held.live_bytes).unwrap();
    assert!(top.held.live_bytes > (12 * MIB) as u64, "{top:#?}");
    assert_eq!((top.origin, top.labels.len()), (None, 0));
    // The first look read the executable's symbols, and keeps them.
    let agent = snapshot().await;
    let heap = agent.header.heap.unwrap();
    assert!(heap.agent_bytes > 100_000, "{heap:?}");
    let of_agent = agent.heap_sites.iter().filter(|site| site.owner == HeapOwner::Agent);
    let sum: u64 = of_agent.map(|site| site.held.live_bytes).sum();
    assert!(sum.abs_diff(heap.agent_bytes) < 1_000, "{sum}, {heap:?}");
    let function = &top.stack.as_ref().unwrap().await_point.as_ref().unwrap().function;
    assert!(!function.is_empty());
    drop(held);
}

#[tokio::test]
async fn a_block_that_grows_belongs_to_who_grew_it() {
    let block = Arc::new(Mutex::new(Vec::<u8>::new()));
    for (name, mib) in [("first", 4), ("second", 32)] {
        let block = Arc::clone(&block);
        let task = async move { block.lock().unwrap().resize(mib * MIB, 1) };
        taskscope::spawn(task.labeled(labels! { "task" => name })).await.unwrap();
    }
    let profile = snapshot().await;
    assert_eq!(group_bytes(&profile, "first"), 0);
    // Sampled for sure, to the chance of one in 10^27.
    assert_eq!(group_bytes(&profile, "second"), (32 * MIB) as u64);
}

#[tokio::test]
async fn a_block_may_be_freed_on_another_thread() {
    let (sender, receiver) = std::sync::mpsc::sync_channel::<Vec<Vec<u8>>>(4);
    let freeing = thread(move || receiver.into_iter().for_each(drop));
    for _ in 0..32 {
        let sender = sender.clone();
        let task = async move { sender.send(hold(1)).unwrap() };
        taskscope::spawn(task.labeled(labels! { "task" => "sent" })).await.unwrap();
    }
    drop(sender);
    freeing.join().unwrap();
    let profile = snapshot().await;
    assert_eq!(group_bytes(&profile, "sent"), 0);
}

#[tokio::test]
async fn what_a_spawn_allocates_is_the_new_tasks() {
    sample_every(MEAN);
    let parent = async {
        // A thread goes by the new distance from its next sample on, and that may be far.
        drop(black_box(vec![1_u8; 16 << 20]));
        let child = || async {
            let large = black_box([7_u8; 16 << 10]);
            pending_with_waker().await;
            black_box(&large);
        };
        let labels = || labels! { "task" => "child" };
        (0..512)
            .map(|_| taskscope::task::Builder::new().labels(labels()).spawn(child()))
            .collect::<Vec<_>>()
    };
    let parent = parent.labeled(labels! { "task" => "parent" });
    let children = taskscope::spawn(parent).await.unwrap();
    let profile = snapshot().await;
    let held: u64 = profile
        .groups
        .iter()
        .filter(|group| group.labels.get("task").is_some_and(|v| **v == *"child"))
        .map(|group| group.held.live_bytes)
        .sum();
    is_about(held, (MIB / 2) as u64, 8);
    assert!(group_bytes(&profile, "parent") < MIB as u64, "{profile:#?}");
    drop(children);
}
