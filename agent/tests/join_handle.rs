//! What tokio's documentation promises of a `JoinHandle` holds for ours.
//!
//! Every check runs against tokio's own handle too: one that tokio does not satisfy is wrong.

use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::sync::oneshot;

/// The polls of finished handles that one poll of a task is allowed.
const BUDGET: usize = 128;

/// Sets a flag when dropped.
struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

fn flag() -> (Arc<AtomicBool>, SetOnDrop) {
    let flag = Arc::new(AtomicBool::new(false));
    (flag.clone(), SetOnDrop(flag))
}

#[derive(Default)]
struct CountWakes(AtomicUsize);

impl Wake for CountWakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

fn is_send<T: Send>(_: &T) {}
fn is_sync<T: Sync>(_: &T) {}
fn is_unpin<T: Unpin>(_: &T) {}
fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>(_: &T) {}

/// Makes the tests twice: with tokio's `task` and with ours.
macro_rules! of_both {
    ($($(#[$attribute:meta])* async fn $name:ident() $body:block)*) => {
        mod of_tokio {
            use super::*;
            use tokio::task;
            $(#[tokio::test] $(#[$attribute])* async fn $name() $body)*
        }
        mod of_taskscope {
            use super::*;
            use taskscope::task;
            $(#[tokio::test] $(#[$attribute])* async fn $name() $body)*
        }
    };
}

of_both! {
    async fn awaiting_it_gives_what_the_task_returned() {
        assert_eq!(task::spawn(async { "done" }).await.unwrap(), "done");
        assert_eq!(task::spawn_blocking(|| "done").await.unwrap(), "done");
        let local = task::LocalSet::new();
        let result = local.run_until(async { task::spawn_local(async { "done" }).await });
        assert_eq!(result.await.unwrap(), "done");
    }

    async fn dropped_it_lets_the_task_run_on() {
        let (send, result) = oneshot::channel();
        drop(task::spawn(async move {
            task::yield_now().await;
            send.send(7).unwrap();
        }));
        assert_eq!(result.await.unwrap(), 7);
    }

    async fn dropped_it_drops_what_a_finished_task_returned() {
        let (dropped, value) = flag();
        let handle = task::spawn(async move { value });
        while !handle.is_finished() {
            task::yield_now().await;
        }
        assert!(!dropped.load(Ordering::Acquire));
        drop(handle);
        assert!(dropped.load(Ordering::Acquire));
    }

    async fn an_aborted_task_ends_as_cancelled_and_its_future_is_dropped_before() {
        let (dropped, value) = flag();
        let handle = task::spawn(async move {
            let _value = value;
            pending::<()>().await;
        });
        task::yield_now().await;
        handle.abort();
        handle.abort();
        let error = handle.await.unwrap_err();
        assert!(error.is_cancelled() && !error.is_panic());
        assert!(error.to_string().ends_with("was cancelled"), "{error}");
        assert!(dropped.load(Ordering::Acquire));
    }

    async fn a_task_aborted_before_its_first_poll_never_runs() {
        let (ran, value) = flag();
        let handle = task::spawn(async move {
            std::mem::forget(value);
            unreachable!("it ran");
        });
        handle.abort();
        assert!(handle.await.unwrap_err().is_cancelled());
        assert!(ran.load(Ordering::Acquire), "the future is leaked");
    }

    async fn aborting_a_task_that_has_ended_changes_nothing() {
        let handle = task::spawn(async { 1 });
        while !handle.is_finished() {
            task::yield_now().await;
        }
        handle.abort();
        assert_eq!(handle.await.unwrap(), 1);
    }

    async fn a_closure_at_work_cannot_be_aborted() {
        let (begun, started) = oneshot::channel();
        let (go, held) = std::sync::mpsc::sync_channel::<()>(1);
        let handle = task::spawn_blocking(move || {
            begun.send(()).unwrap();
            held.recv().unwrap();
            "finished"
        });
        started.await.unwrap();
        handle.abort();
        go.send(()).unwrap();
        assert_eq!(handle.await.unwrap(), "finished");
    }

    async fn a_panic_arrives_with_its_payload() {
        let error = task::spawn(async { panic!("out of {}", std::hint::black_box("stock")) });
        let error = error.await.unwrap_err();
        assert!(error.is_panic() && !error.is_cancelled());
        assert!(error.to_string().contains("out of stock"), "{error}");
        assert_eq!(*error.into_panic().downcast::<String>().unwrap(), "out of stock");
        let payload = || std::panic::panic_any(42_u8);
        let error = task::spawn_blocking(payload).await.unwrap_err();
        assert_eq!(*error.try_into_panic().unwrap().downcast::<u8>().unwrap(), 42);
    }

    async fn it_says_when_the_task_has_ended() {
        let (go, held) = oneshot::channel::<()>();
        let handle = task::spawn(async move { held.await.unwrap() });
        let blocking = task::spawn_blocking(|| ());
        task::yield_now().await;
        assert!(!handle.is_finished());
        go.send(()).unwrap();
        while !(handle.is_finished() && blocking.is_finished()) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        handle.await.unwrap();
        blocking.await.unwrap();
    }

    async fn its_id_is_the_one_the_task_knows() {
        let handle = task::spawn(async { task::id() });
        let id = handle.id();
        assert_eq!(handle.abort_handle().id(), id);
        assert_eq!(handle.await.unwrap(), id);
        let panics = task::spawn(async { panic!("with an id") });
        let id = panics.id();
        assert_eq!(panics.await.unwrap_err().id(), id);
    }

    async fn an_abort_handle_works_without_the_join_handle() {
        let (dropped, value) = flag();
        let handle = task::spawn(async move {
            let _value = value;
            pending::<()>().await;
        });
        let abort = handle.abort_handle();
        let other = abort.clone();
        drop(handle);
        assert!(!abort.is_finished());
        other.abort();
        while !abort.is_finished() {
            task::yield_now().await;
        }
        assert!(dropped.load(Ordering::Acquire));
    }

    async fn given_up_in_a_select_it_keeps_the_result() {
        let (go, held) = oneshot::channel::<u8>();
        let mut handle = task::spawn(async move { held.await.unwrap() });
        tokio::select! {
            biased;
            _ = &mut handle => unreachable!("nobody let it go"),
            () = task::yield_now() => {}
        }
        go.send(3).unwrap();
        assert_eq!(handle.await.unwrap(), 3);
    }

    async fn only_the_waker_of_the_last_poll_is_woken() {
        let (go, held) = oneshot::channel::<()>();
        let mut handle = task::spawn(async move { held.await.unwrap() });
        let counts = [Arc::new(CountWakes::default()), Arc::new(CountWakes::default())];
        for count in &counts {
            let waker = Waker::from(count.clone());
            let mut context = Context::from_waker(&waker);
            assert!(Pin::new(&mut handle).poll(&mut context).is_pending());
        }
        go.send(()).unwrap();
        while !handle.is_finished() {
            task::yield_now().await;
        }
        assert_eq!(counts.map(|count| count.0.load(Ordering::Acquire)), [0, 1]);
        handle.await.unwrap();
    }

    #[should_panic(expected = "polled after completion")]
    async fn polled_after_its_end_it_panics() {
        let mut handle = task::spawn(async {});
        (&mut handle).await.unwrap();
        (&mut handle).await.unwrap();
    }

    async fn it_takes_from_the_budget_of_the_task_that_awaits_it() {
        let mut handles: Vec<_> = (0..2 * BUDGET).map(|_| task::spawn(async {})).collect();
        while handles.iter().any(|handle| !handle.is_finished()) {
            task::yield_now().await;
        }
        let first_poll = task::spawn(poll_fn(move |cx| {
            let ready = handles.iter_mut().map(|handle| Pin::new(handle).poll(cx));
            Poll::Ready(ready.take_while(Poll::is_ready).count())
        }));
        assert_eq!(first_poll.await.unwrap(), BUDGET);
    }

    async fn a_runtime_that_shuts_down_cancels_it() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        let runtime = runtime.unwrap();
        let handle = {
            let _entered = runtime.enter();
            task::spawn(pending::<()>())
        };
        runtime.shutdown_background();
        assert!(handle.await.unwrap_err().is_cancelled());
    }

    async fn its_bounds_and_its_debug_form_are_these() {
        // `Sync` although what it returns is not.
        let handle = task::spawn(async { Cell::new(1) });
        is_send(&handle);
        is_sync(&handle);
        is_unpin(&handle);
        is_unwind_safe(&handle);
        assert_eq!(format!("{handle:?}"), format!("JoinHandle {{ id: Id({}) }}", handle.id()));
        let mut pinned = pin!(handle);
        assert_eq!(pinned.as_mut().await.unwrap().get(), 1);
        // Not even `Send` is needed where the task stays on its thread.
        let local = task::LocalSet::new();
        let handle = local.spawn_local(async { std::rc::Rc::new(1) });
        is_unpin(&handle);
        is_unwind_safe(&handle);
        assert_eq!(*local.run_until(handle).await.unwrap(), 1);
    }
}

#[test]
#[should_panic(expected = "there is no reactor running")]
fn spawning_outside_of_a_runtime_panics() {
    drop(taskscope::spawn(async {}));
}

#[tokio::test]
async fn tokios_handle_is_reached_both_ways() {
    let handle: tokio::task::JoinHandle<u8> = taskscope::spawn(async { 1 }).into();
    assert_eq!(handle.await.unwrap(), 1);
    let handle: taskscope::task::JoinHandle<u8> = tokio::spawn(async { 2 }).into();
    assert_eq!(handle.as_ref().id(), handle.id());
    assert_eq!(handle.await.unwrap(), 2);
}
