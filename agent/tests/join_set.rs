//! What tokio's documentation promises of a `JoinSet` holds for ours.
//!
//! Every check runs against tokio's own set too: one that tokio does not satisfy is wrong.

use std::collections::HashMap;
use std::future::{pending, poll_fn};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Makes the tests twice: with tokio's `task` and with ours.
macro_rules! of_both {
    ($($(#[$attribute:meta])* async fn $name:ident() $body:block)*) => {
        mod of_tokio {
            use super::*;
            use tokio::task::{self, JoinSet};
            $(#[tokio::test] $(#[$attribute])* async fn $name() $body)*
        }
        mod of_taskscope {
            use super::*;
            use taskscope::task::{self, JoinSet};
            $(#[tokio::test] $(#[$attribute])* async fn $name() $body)*
        }
    };
}

of_both! {
    async fn every_way_to_start_a_task_adds_one() {
        let mut set = JoinSet::new();
        let local = task::LocalSet::new();
        set.spawn(async { 1 });
        set.spawn_on(async { 2 }, &Handle::current());
        set.spawn_blocking(|| 3);
        set.spawn_blocking_on(|| 4, &Handle::current());
        set.spawn_local_on(async { 5 }, &local);
        let results = local.run_until(async {
            set.spawn_local(async { 6 });
            assert_eq!(set.len(), 6);
            set.join_all().await
        });
        let mut results = results.await;
        results.sort_unstable();
        assert_eq!(results, [1, 2, 3, 4, 5, 6]);
    }

    async fn tasks_are_joined_in_the_order_in_which_they_end() {
        let mut set = JoinSet::new();
        let mut let_go = Vec::new();
        for number in 0..3 {
            let (go, held) = oneshot::channel::<()>();
            let_go.push(go);
            set.spawn(async move {
                held.await.unwrap();
                number
            });
        }
        for (number, go) in let_go.into_iter().enumerate().rev() {
            assert!(set.try_join_next().is_none());
            go.send(()).unwrap();
            assert_eq!(set.join_next().await.unwrap().unwrap(), number);
        }
        assert!(set.join_next().await.is_none());
        assert!(set.try_join_next().is_none());
        assert!(set.is_empty());
    }

    async fn ids_tell_the_tasks_apart() {
        let mut set = JoinSet::new();
        let mut names = HashMap::new();
        names.insert(set.spawn(async { "a" }).id(), "a");
        names.insert(set.spawn(async { "b" }).id(), "b");
        let (id, name) = set.join_next_with_id().await.unwrap().unwrap();
        assert_eq!(names.remove(&id), Some(name));
        let joined = poll_fn(|cx| set.poll_join_next_with_id(cx)).await;
        let (id, name) = joined.unwrap().unwrap();
        assert_eq!(names.remove(&id), Some(name));
        let panics = set.spawn(async { panic!("in a set") });
        while !panics.is_finished() {
            task::yield_now().await;
        }
        let error = set.try_join_next_with_id().unwrap().unwrap_err();
        assert_eq!(error.id(), panics.id());
        assert!(error.is_panic());
    }

    async fn a_task_can_be_aborted_by_its_handle() {
        let mut set = JoinSet::new();
        let aborted = set.spawn(pending());
        set.spawn(async {});
        assert!(set.join_next().await.unwrap().is_ok());
        aborted.abort();
        assert!(set.join_next().await.unwrap().unwrap_err().is_cancelled());
    }

    async fn all_aborted_they_stay_until_they_are_joined() {
        let mut set: JoinSet<()> = [pending(), pending()].into_iter().collect();
        set.abort_all();
        assert_eq!(set.len(), 2);
        while let Some(result) = set.join_next().await {
            assert!(result.unwrap_err().is_cancelled());
        }
    }

    async fn shut_down_or_dropped_it_ends_its_tasks() {
        let alive = Arc::new(());
        let task = |alive: &Arc<()>| {
            let alive = alive.clone();
            async move {
                pending::<()>().await;
                drop(alive);
            }
        };
        let mut set = JoinSet::new();
        set.extend([task(&alive), task(&alive)]);
        assert_eq!(Arc::strong_count(&alive), 3);
        set.shutdown().await;
        assert_eq!((set.len(), Arc::strong_count(&alive)), (0, 1));
        set.spawn(task(&alive));
        drop(set);
        while Arc::strong_count(&alive) > 1 {
            task::yield_now().await;
        }
    }

    async fn detached_tasks_run_on() {
        let mut set = JoinSet::new();
        let (send, result) = oneshot::channel();
        set.spawn(async move {
            task::yield_now().await;
            send.send(7).unwrap();
        });
        set.detach_all();
        assert!(set.is_empty() && set.join_next().await.is_none());
        drop(set);
        assert_eq!(result.await.unwrap(), 7);
    }

    async fn joining_all_passes_a_panic_on() {
        let mut set = JoinSet::new();
        set.spawn(async { panic!("one of two") });
        set.spawn(pending());
        let result = AssertUnwindSafe(set.join_all()).catch_unwind().await;
        assert_eq!(*result.unwrap_err().downcast_ref::<&str>().unwrap(), "one of two");
    }

    async fn joining_may_be_given_up_without_loss() {
        let mut set = JoinSet::new();
        let (go, held) = oneshot::channel::<()>();
        set.spawn(async move { held.await.unwrap() });
        tokio::select! {
            biased;
            _ = set.join_next() => unreachable!("nobody let it go"),
            () = task::yield_now() => {}
        }
        go.send(()).unwrap();
        assert!(set.join_next().await.unwrap().is_ok());
    }

    async fn polled_while_empty_it_is_ready_and_while_busy_it_is_not() {
        let mut set = JoinSet::<()>::default();
        assert!(matches!(poll_fn(|cx| Poll::Ready(set.poll_join_next(cx))).await, Poll::Ready(None)));
        set.spawn(pending());
        assert!(poll_fn(|cx| Poll::Ready(set.poll_join_next(cx))).await.is_pending());
        assert_eq!(format!("{set:?}"), "JoinSet { len: 1 }");
    }

    async fn a_long_row_of_joins_lets_others_run() {
        const TASKS: usize = 1_000;
        let mut set: JoinSet<()> = (0..TASKS).map(|_| async {}).collect();
        while !set.is_empty() {
            // All tasks end before the first is joined.
            task::yield_now().await;
            let joined = poll_fn(|cx| {
                let mut joined = 0;
                while let Poll::Ready(Some(_)) = set.poll_join_next(cx) {
                    joined += 1;
                }
                Poll::Ready(joined)
            });
            assert!(joined.await <= 128, "the budget of one poll");
        }
    }
}

#[tokio::test]
async fn tokios_set_is_reached_both_ways() {
    let mut ours = taskscope::task::JoinSet::new();
    ours.spawn(async { 1 });
    let mut tokios: tokio::task::JoinSet<u8> = ours.into();
    tokios.spawn(async { 2 });
    let mut ours: taskscope::task::JoinSet<u8> = tokios.into();
    ours.spawn(async { 3 });
    assert_eq!(ours.join_all().await.iter().sum::<u8>(), 6);
}
