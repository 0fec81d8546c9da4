//! What tokio's documentation promises of a `LocalSet` holds for ours, and local tasks are seen.
//!
//! Every check of a promise runs against tokio's own set too.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;

use tokio::runtime::Runtime;

mod support;

use support::{count, pending_with_waker, until, with};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Makes the tests twice: with tokio's `task` and with ours.
macro_rules! of_both {
    ($($(#[$attribute:meta])* fn $name:ident() $body:block)*) => {
        mod of_tokio {
            use super::*;
            use tokio::task::{self, LocalSet};
            $(#[test] $(#[$attribute])* fn $name() $body)*
        }
        mod of_taskscope {
            use super::*;
            use taskscope::task::{self, LocalSet};
            $(#[test] $(#[$attribute])* fn $name() $body)*
        }
    };
}

of_both! {
    fn run_until_drives_what_was_spawned_before_and_inside() {
        let local = LocalSet::new();
        let before = local.spawn_local(async { task::spawn_local(async { 1 }).await.unwrap() });
        let sum = local.run_until(async {
            before.await.unwrap() + task::spawn_local(async { 2 }).await.unwrap()
        });
        assert_eq!(runtime().block_on(sum), 3);
    }

    fn block_on_drives_the_set_on_a_runtime() {
        let value = Rc::new(5);
        let shared = value.clone();
        let task = async move { task::spawn_local(async move { *shared }).await.unwrap() };
        assert_eq!(LocalSet::new().block_on(&runtime(), task), *value);
    }

    fn awaited_it_ends_with_the_last_of_its_tasks() {
        let local = LocalSet::default();
        let ended = Rc::new(Cell::new(0));
        for _ in 0..3 {
            let ended = ended.clone();
            drop(local.spawn_local(async move {
                task::yield_now().await;
                ended.set(ended.get() + 1);
            }));
        }
        runtime().block_on(local);
        assert_eq!(ended.get(), 3);
    }

    fn tasks_that_are_not_done_stay_for_the_next_time() {
        let (runtime, local) = (runtime(), LocalSet::new());
        let steps = Rc::new(Cell::new(0));
        let counts = steps.clone();
        let task = local.spawn_local(async move {
            loop {
                counts.set(counts.get() + 1);
                task::yield_now().await;
            }
        });
        local.block_on(&runtime, task::yield_now());
        let first = steps.get();
        local.block_on(&runtime, async { task::yield_now().await; task::yield_now().await });
        assert!(first < steps.get(), "{first}");
        task.abort();
        assert!(local.block_on::<_>(&runtime, task).unwrap_err().is_cancelled());
    }

    fn entered_it_takes_tasks_spawned_outside() {
        let local = LocalSet::new();
        let task = {
            let _entered = local.enter();
            task::spawn_local(async { 4 })
        };
        assert_eq!(local.block_on(&runtime(), task).unwrap(), 4);
    }

    fn dropped_it_drops_its_tasks() {
        let local = LocalSet::new();
        let alive = Rc::new(());
        let held = alive.clone();
        let handle = local.spawn_local(async move {
            pending::<()>().await;
            drop(held);
        });
        local.block_on(&runtime(), task::yield_now());
        assert_eq!(Rc::strong_count(&alive), 2);
        drop(local);
        assert_eq!(Rc::strong_count(&alive), 1);
        assert!(runtime().block_on(handle).unwrap_err().is_cancelled());
    }

    fn its_debug_form_is_tokios_and_every_set_has_an_id() {
        let (one, two) = (LocalSet::new(), LocalSet::new());
        assert_eq!(format!("{one:?}"), "LocalSet");
        assert_eq!(one.id(), one.id());
        assert_ne!(one.id(), two.id());
    }
}

#[test]
fn a_set_may_be_handed_to_who_wants_tokios() {
    let local = taskscope::task::LocalSet::new();
    let mut tokios = tokio::task::JoinSet::new();
    tokios.spawn_local_on(async { 1 }, &local);
    let local: tokio::task::LocalSet = local.into();
    let local: taskscope::task::LocalSet = local.into();
    assert_eq!(local.block_on(&runtime(), tokios.join_next()).unwrap().unwrap(), 1);
}

#[test]
fn local_tasks_and_the_root_of_the_set_are_tasks_with_await_points() {
    let local = taskscope::task::LocalSet::new();
    let root = async {
        taskscope::set_labels(taskscope::labels! { "case" => "root of a set" });
        let inner = async {
            taskscope::set_labels(taskscope::labels! { "case" => "in a set" });
            pending_with_waker().await;
        };
        drop(taskscope::spawn_local(inner));
        let seen = until(|profile| {
            let point = |case: &str| {
                let groups = with(profile, "case", case);
                let tree = groups.first()?.tree.as_ref()?;
                tree.await_point.as_ref().map(|frame| frame.location.clone().unwrap().file)
            };
            Some((point("in a set")?, point("root of a set")?, count(profile, "case", "in a set")))
        });
        seen.await
    };
    let (inner, outer, tasks) = local.block_on(&runtime(), root);
    assert_eq!(
        (&*inner, &*outer, tasks),
        ("agent/tests/support/mod.rs", "agent/tests/support/mod.rs", 1)
    );
}
