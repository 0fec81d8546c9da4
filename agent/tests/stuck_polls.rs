//! Tasks that block their thread inside of a poll show the line that blocks.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::hint::black_box;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, mpsc};
use std::thread::sleep;
use std::time::Duration;

use support::blocked::{
    SOON, agent, labeled, line_of, profile, runs_at, spawn, thread, wait_for, workers,
};
use support::with;
use taskscope::model::{State, TaskKind, TaskQuery};
use taskscope::prelude::*;
use taskscope::task::LocalSet;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

const HERE: &str = file!();

#[test]
fn a_std_mutex_shows_the_line_that_locks() {
    let _agent = agent(SOON);
    let runtime = workers(1);
    let lock = Arc::new(Mutex::new(()));
    let held = lock.lock().unwrap();
    let theirs = Arc::clone(&lock);
    let line = line!() + 2;
    let locks = async move {
        drop(theirs.lock());
    };
    let task = spawn(&runtime, "lock", locks);
    let group = runs_at("lock", HERE, line);
    let tree = group.tree.as_ref().unwrap();
    assert!(tree.wait_kinds.is_empty(), "{tree:#?}");
    // From the root to the lock, and nothing of the executor or the agent.
    let frames: Vec<_> = tree.nodes.iter().map(|node| &node.frame).collect();
    assert!(frames[0].user, "{frames:#?}");
    assert!(frames.iter().any(|frame| frame.function.contains("lock_contended")), "{frames:#?}");
    drop(held);
    runtime.block_on(task).unwrap();
    assert!(with(&profile(), "task", "lock").is_empty());
    let lost = profile().header.lost;
    assert_eq!((lost.stacks, lost.chains), (0, 0), "the stack was unwound up to the poll");
}

#[test]
fn a_sleeping_thread_shows_the_line_that_sleeps() {
    let _agent = agent(SOON);
    let runtime = workers(1);
    let stop = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&stop);
    let line = line!() + 3;
    let sleeps = async move {
        while !theirs.load(Relaxed) {
            sleep(Duration::from_millis(300));
        }
    };
    let task = spawn(&runtime, "sleep", sleeps);
    runs_at("sleep", HERE, line);
    stop.store(true, Relaxed);
    runtime.block_on(task).unwrap();
}

#[test]
fn a_loop_shows_a_line_of_the_loop() {
    let _agent = agent(SOON);
    let runtime = workers(1);
    let stop = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&stop);
    let first = line!() + 2;
    let spins = async move {
        let mut sum = 0_u64;
        while !theirs.load(Relaxed) {
            sum = black_box(sum.wrapping_mul(3) + 1);
        }
    };
    let last = line!() - 1;
    let task = spawn(&runtime, "spin", spins);
    wait_for(|| {
        let profile = profile();
        let groups = with(&profile, "task", "spin");
        let lines: Vec<_> = groups.iter().map(|group| line_of(group, HERE)).collect();
        let seen = matches!(lines[..], [Some(line)] if (first..=last).contains(&line));
        if seen { Ok(()) } else { Err(format!("{lines:?}, not {first} to {last}: {groups:#?}")) }
    });
    stop.store(true, Relaxed);
    runtime.block_on(task).unwrap();
}

/// Between the end of a function's frame and its return its caller's frame pointer is back in its
/// register, but unwinding tables look for it where it was saved: below the stack pointer by now.
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "calls a function that stays in this state")]
mod at_the_end_of_a_function {
    use super::*;

    std::arch::global_asm!(
        ".globl taskscope_test_spins_before_it_returns",
        ".type taskscope_test_spins_before_it_returns, @function",
        "taskscope_test_spins_before_it_returns:",
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "2: pause",
        "cmp byte ptr [rdi], 0",
        "je 2b",
        "ret",
        ".cfi_endproc",
        ".size taskscope_test_spins_before_it_returns, . - taskscope_test_spins_before_it_returns",
    );

    unsafe extern "C" {
        safe fn taskscope_test_spins_before_it_returns(stop: &AtomicBool);
    }

    #[test]
    fn it_shows_the_line_that_called_it() {
        let _agent = agent(SOON);
        let runtime = workers(1);
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&stop);
        let line = line!() + 2;
        let spins = async move {
            taskscope_test_spins_before_it_returns(&theirs);
            black_box(());
        };
        let task = spawn(&runtime, "spin", spins);
        runs_at("spin", HERE, line);
        stop.store(true, Relaxed);
        runtime.block_on(task).unwrap();
        assert_eq!(profile().header.lost.chains, 0);
    }
}

#[test]
fn block_on_in_a_worker_shows_the_line_that_calls_it() {
    let _agent = agent(SOON);
    let runtime = workers(2);
    let (tell, told) = oneshot::channel::<()>();
    let line = line!() + 2;
    let blocks = async move {
        tokio::task::block_in_place(|| Handle::current().block_on(told)).unwrap();
    };
    let task = spawn(&runtime, "block_on", blocks);
    runs_at("block_on", HERE, line);
    tell.send(()).unwrap();
    runtime.block_on(task).unwrap();
}

/// A function of its own, as blocking code usually is; the compiler may inline it.
fn read(from: &mpsc::Receiver<()>) {
    from.recv().unwrap();
}
const READ: u32 = line!() - 2;

#[test]
fn a_blocking_closure_shows_where_it_is() {
    let _agent = agent(SOON);
    let runtime = workers(1);
    let (tell, told) = mpsc::sync_channel(1);
    let closure = async move { taskscope::spawn_blocking(move || read(&told)).await };
    let task = spawn(&runtime, "closure", closure);
    let groups = wait_for(|| {
        let profile = profile();
        let groups = with(&profile, "task", "closure");
        let running = groups.iter().find(|group| group.state == State::Running);
        match running.map(|group| (line_of(group, HERE), profile.origin(group.origin).unwrap())) {
            Some((Some(READ), origin)) if origin.kind == TaskKind::Blocking => {
                Ok(groups.into_iter().cloned().collect::<Vec<_>>())
            }
            _ => Err(format!("{groups:#?}")),
        }
    });
    assert_eq!(groups.len(), 2, "the closure, and the task that waits for it");
    let tree = groups.iter().find(|g| g.state == State::Running).unwrap().tree.clone().unwrap();
    let names = tree.nodes.iter().map(|node| node.frame.function.to_string());
    let names: Vec<String> = names.collect();
    assert!(!names.iter().any(|name| name.starts_with("tokio::runtime")), "{names:#?}");
    tell.send(()).unwrap();
    runtime.block_on(task).unwrap().unwrap();
}

#[test]
fn a_task_inside_of_another_one_and_that_one_each_show_their_own_line() {
    let _agent = agent(SOON);
    let (tell, told) = mpsc::sync_channel(1);
    let inner_line = line!() + 2;
    let inner = async move {
        told.recv().unwrap();
    };
    let outer_line = line!() + 5;
    let thread = thread("local", move || {
        let runtime = Builder::new_current_thread().build().unwrap();
        let set = LocalSet::new();
        let inner = set.spawn_local(inner.labeled(labeled("inner")));
        let outer = async { set.run_until(inner).await.unwrap() };
        runtime.block_on_tracked(outer.labeled(labeled("outer")));
    });
    runs_at("inner", HERE, inner_line);
    runs_at("outer", HERE, outer_line);
    tell.send(()).unwrap();
    thread.join().unwrap();
}

#[test]
fn everything_is_answered_while_all_workers_are_blocked() {
    let _agent = agent(SOON);
    let runtime = workers(2);
    let lock = Arc::new(Mutex::new(()));
    let held = lock.lock().unwrap();
    let line = line!() + 1;
    let locks = |lock: Arc<Mutex<()>>| async move { drop(lock.lock()) };
    let tasks: Vec<_> = (0..2).map(|_| spawn(&runtime, "lock", locks(Arc::clone(&lock)))).collect();
    wait_for(|| {
        let profile = profile();
        let groups = with(&profile, "task", "lock");
        let seen: Vec<_> = groups.iter().map(|g| (g.state, g.count, line_of(g, HERE))).collect();
        let expected = [(State::Running, 2, Some(line))];
        if seen == expected { Ok(()) } else { Err(format!("{seen:?}")) }
    });
    let waiting = spawn(&runtime, "waiting", async {});
    wait_for(|| {
        let states: Vec<_> = with(&profile(), "task", "waiting").iter().map(|g| g.state).collect();
        if states == [State::New] { Ok(()) } else { Err(format!("{states:?}")) }
    });
    let page = taskscope::tasks(&TaskQuery { limit: 10, ..TaskQuery::default() });
    let blocked = page.tasks.iter().filter(|task| task.state == State::Running);
    let trees = blocked.map(|task| task.tree.as_ref().unwrap().await_point.is_some());
    assert_eq!(trees.collect::<Vec<_>>(), [true, true]);
    drop(held);
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    runtime.block_on(waiting).unwrap();
}

#[test]
fn a_stack_belongs_to_its_poll() {
    let _agent = agent(SOON);
    let runtime = workers(1);
    let ((tell, told), (wake, woken)) = (mpsc::sync_channel(1), oneshot::channel::<()>());
    let line = line!() + 2;
    let blocks_then_waits = async move {
        told.recv().unwrap();
        woken.await.unwrap();
    };
    let task = spawn(&runtime, "both", blocks_then_waits);
    runs_at("both", HERE, line);
    tell.send(()).unwrap();
    wait_for(|| {
        let profile = profile();
        let groups = with(&profile, "task", "both");
        let seen: Vec<_> = groups.iter().map(|g| (g.state, line_of(g, HERE))).collect();
        let expected = [(State::Parked, Some(line + 1))];
        if seen == expected { Ok(()) } else { Err(format!("{seen:?}")) }
    });
    wake.send(()).unwrap();
    runtime.block_on(task).unwrap();
}

#[test]
fn a_part_shows_the_labels_that_are_in_effect_where_it_blocks() {
    let _agent = agent(SOON);
    let runtime = workers(1);
    let (tell, told) = mpsc::sync_channel(1);
    let line = line!() + 2;
    let part = async move {
        told.recv().unwrap();
    };
    let task = spawn(&runtime, "whole", async { part.labeled(labeled("part")).await });
    runs_at("part", HERE, line);
    tell.send(()).unwrap();
    runtime.block_on(task).unwrap();
}
