//! Tracked futures on executors that do what tokio does not, and races with wakes, small enough for
//! Miri: `tests/miri` runs this file in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use taskscope::prelude::*;
use tokio::sync::oneshot;

/// An executor's side of one task: counts its wakes.
#[derive(Debug, Default)]
struct Wakes(AtomicUsize);

impl std::task::Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

#[test]
fn a_future_that_another_executor_goes_on_with_is_woken_there() {
    let (first, second) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    let (go, gone) = oneshot::channel();
    // Somebody else keeps a waker of the first executor, and with it the slot busy.
    let mut stale = None;
    let task = async {
        std::future::poll_fn(|cx| {
            stale.get_or_insert_with(|| cx.waker().clone());
            std::task::Poll::Ready(())
        })
        .await;
        gone.await.unwrap()
    };
    let mut task = Box::pin(task.tracked());
    let mut poll = |waker: &Arc<Wakes>| {
        let waker = std::task::Waker::from(Arc::clone(waker));
        task.as_mut().poll(&mut std::task::Context::from_waker(&waker))
    };
    assert!(poll(&first).is_pending());
    assert!(poll(&second).is_pending());
    go.send(7).unwrap();
    assert_eq!(second.0.load(Ordering::Acquire), 1, "woken where it was polled last");
    assert_eq!(poll(&second), std::task::Poll::Ready(7));
    drop(task);
    drop(stale);
    assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 1));
}

/// A waker whose clones are no equals of it, as some executors lend for the time of a poll.
#[expect(unsafe_code, reason = "a waker by hand")]
fn borrowed(wakes: &Arc<Wakes>) -> std::mem::ManuallyDrop<std::task::Waker> {
    use std::task::{RawWaker, RawWakerVTable, Waker};
    static BORROWED: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, drop_nothing);
    // SAFETY (of all of these): `data` is of an `Arc` that outlives the waker, which is never
    // dropped.
    unsafe fn clone(data: *const ()) -> RawWaker {
        // SAFETY: see above.
        let owned = unsafe {
            Arc::increment_strong_count(data.cast::<Wakes>());
            Waker::from(Arc::from_raw(data.cast::<Wakes>()))
        };
        let owned = std::mem::ManuallyDrop::new(owned);
        RawWaker::new(owned.data(), owned.vtable())
    }
    unsafe fn wake(data: *const ()) {
        // SAFETY: see above.
        unsafe { &*data.cast::<Wakes>() }.0.fetch_add(1, Ordering::AcqRel);
    }
    unsafe fn drop_nothing(_data: *const ()) {}
    let data = Arc::as_ptr(wakes).cast();
    // SAFETY: the vtable fits the data.
    std::mem::ManuallyDrop::new(unsafe { Waker::new(data, &BORROWED) })
}

#[test]
fn an_executor_whose_wakers_do_not_equal_their_clones_is_woken_all_the_same() {
    for ends_at_once in [false, true] {
        let counter = Arc::new(Wakes::default());
        let mut kept = None;
        let mut left = if ends_at_once { 1 } else { 3 };
        let task = std::future::poll_fn(|cx| {
            kept = Some(cx.waker().clone());
            left -= 1;
            if left == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        let mut task = Box::pin(task.tracked());
        let waker = borrowed(&counter);
        let mut cx = std::task::Context::from_waker(&waker);
        while task.as_mut().poll(&mut cx).is_pending() {}
        drop(task);
        kept.unwrap().wake();
        assert_eq!(counter.0.load(Ordering::Acquire), 1);
        assert_eq!(Arc::strong_count(&counter), 1);
    }
}

#[test]
fn threads_that_are_shown_the_context_in_a_first_poll_may_clone_and_wake() {
    for _ in 0..ROUNDS.min(100) {
        let counter = Arc::new(Wakes::default());
        let mut polled = false;
        let task = std::future::poll_fn(|cx| {
            if std::mem::replace(&mut polled, true) {
                return std::task::Poll::Ready(());
            }
            let waker = cx.waker();
            std::thread::scope(|scope| {
                scope.spawn(|| wake_and_drop(waker.clone()));
                scope.spawn(|| waker.wake_by_ref());
                wake_and_drop(waker.clone());
            });
            std::task::Poll::Pending
        });
        let mut task = Box::pin(task.tracked());
        let waker = std::task::Waker::from(Arc::clone(&counter));
        let mut cx = std::task::Context::from_waker(&waker);
        assert!(task.as_mut().poll(&mut cx).is_pending());
        assert_eq!(counter.0.load(Ordering::Acquire), 3);
        assert!(task.as_mut().poll(&mut cx).is_ready());
        drop((task, waker));
        assert_eq!(Arc::strong_count(&counter), 1);
    }
}

/// What a leaf does with the waker that it kept.
fn wake_and_drop(waker: std::task::Waker) {
    waker.wake();
}

/// An executor's side of one task that a thread drives: wakes it up.
struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Miri sees each of these steps; see `tests/miri`.
const ROUNDS: usize = if cfg!(miri) { 16 } else { 2_000 };

#[test]
fn wakes_that_race_with_polls_ends_and_drops_are_not_lost_and_leave_nothing() {
    for round in 0..ROUNDS {
        let unpark = Arc::new(Unpark(std::thread::current()));
        let waker = std::task::Waker::from(Arc::clone(&unpark));
        let (go, gone) = oneshot::channel();
        // Woken, too, when nobody waits any more.
        let mut stale = None;
        let task = async {
            let mut gone = std::pin::pin!(gone);
            std::future::poll_fn(|cx| {
                stale = Some(cx.waker().clone());
                gone.as_mut().poll(cx)
            })
            .await
        };
        let mut task = Box::pin(task.tracked());
        let mut cx = std::task::Context::from_waker(&waker);
        assert!(task.as_mut().poll(&mut cx).is_pending());
        let name = std::thread::Builder::new().name("waker".into());
        let other = name.spawn(move || go.send(round).is_ok()).unwrap();
        if round % 3 > 0 {
            let value = loop {
                match task.as_mut().poll(&mut cx) {
                    std::task::Poll::Ready(value) => break value,
                    std::task::Poll::Pending => std::thread::park(),
                }
            };
            assert_eq!(value, Ok(round));
        }
        drop(task);
        let stale = stale.unwrap();
        let name = std::thread::Builder::new().name("stale".into());
        name.spawn(move || stale.wake()).unwrap().join().unwrap();
        other.join().unwrap();
        drop(waker);
        assert_eq!(Arc::strong_count(&unpark), 1, "a waker is left");
    }
}

#[test]
fn tasks_of_a_small_runtime_end_panic_and_are_aborted() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for _ in 0..ROUNDS / 8 {
            let (go, gone) = oneshot::channel::<()>();
            let waits = taskscope::spawn(async { gone.await.unwrap() });
            let aborted = taskscope::spawn(std::future::pending::<()>());
            let panics = taskscope::spawn(async {
                tokio::task::yield_now().await;
                std::panic::resume_unwind(Box::new("of the test"));
            });
            drop(taskscope::spawn(tokio::task::yield_now()));
            tokio::task::yield_now().await;
            aborted.abort();
            go.send(()).unwrap();
            waits.await.unwrap();
            assert!(aborted.await.unwrap_err().is_cancelled());
            assert!(panics.await.unwrap_err().is_panic());
        }
    });
    assert_eq!(runtime.metrics().num_alive_tasks(), 0);
}
