//! Tracked futures on executors that do what tokio does not.

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
