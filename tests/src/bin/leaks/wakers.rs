//! Futures without a waker: nothing in the process can ever run their tasks again. Proven, with
//! nothing more to know. No await point is left to show, since there is no waker that could say
//! where it was taken; the spawn location leads to the code.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::stage::{Fate, keep, spawn};
use crate::sync::mpsc;

/// Row 37: an optional source of events that is not there is replaced by `pending()`.
///
/// Beside other branches that is right; alone it waits for ever.
///
/// Expected: all sessions on nothing, proven.
pub(crate) mod no_source {
    use super::{Fate, mpsc, spawn};

    pub(crate) fn start(fate: Fate) {
        let (events, taken) = mpsc::channel(1);
        events.try_send(1).ok();
        spawn("session", serve((!fate.leaks()).then_some(taken)));
    }

    async fn serve(mut events: Option<mpsc::Receiver<u32>>) -> Option<u32> {
        match &mut events {
            Some(events) => events.recv().await,
            None => std::future::pending().await,
        }
    }
}

/// Row 37, as a stream: one that never yields, and never ends.
///
/// Expected: all sessions on nothing, proven.
pub(crate) mod empty_stream {
    use futures_util::stream::{self, BoxStream, StreamExt as _};

    use super::{Fate, spawn};

    pub(crate) fn start(fate: Fate) {
        spawn(
            "session",
            serve(if fate.leaks() {
                stream::pending().boxed()
            } else {
                stream::iter([1, 2, 3]).boxed()
            }),
        );
    }

    async fn serve(mut events: BoxStream<'static, u32>) -> u32 {
        let mut sum = 0;
        while let Some(event) = events.next().await {
            sum += event;
        }
        sum
    }
}

/// Row 40: a hand-written future says "not yet" and keeps no waker.
///
/// Expected: all visitors on nothing, proven.
pub(crate) mod not_registered {
    use super::{Context, Fate, Pin, Poll, spawn};

    struct Door {
        open: bool,
    }

    impl Future for Door {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            // The mistake: whoever opens the door does not know whom to wake.
            if self.open { Poll::Ready(()) } else { Poll::Pending }
        }
    }

    pub(crate) fn start(fate: Fate) {
        spawn("visitor", async move { Door { open: !fate.leaks() }.await });
    }
}

/// Row 40, with a stale waker: a future keeps the first waker that it sees.
///
/// It was looked at once before it was awaited, with a waker that wakes nobody.
///
/// Expected: all visitors on nothing, proven.
pub(crate) mod stale_waker {
    use futures_util::FutureExt as _;

    use super::{Arc, Context, Fate, Mutex, Pin, PoisonError, Poll, Waker, keep, spawn};

    #[derive(Clone, Default)]
    struct Bell(Arc<Mutex<Rung>>);

    #[derive(Default)]
    struct Rung {
        rung: bool,
        waker: Option<Waker>,
    }

    impl Future for Bell {
        type Output = ();

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            let mut bell = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if bell.rung {
                return Poll::Ready(());
            }
            // The mistake: the waker of a later poll is another one.
            bell.waker.get_or_insert_with(|| cx.waker().clone());
            Poll::Pending
        }
    }

    pub(crate) fn start(fate: Fate) {
        let bell = Bell::default();
        if !fate.leaks() {
            bell.0.lock().unwrap_or_else(PoisonError::into_inner).rung = true;
        }
        spawn("visitor", visit(bell.clone()));
        keep(bell);
    }

    async fn visit(mut bell: Bell) {
        let rung_already = (&mut bell).now_or_never().is_some();
        if !rung_already {
            bell.await;
        }
    }
}

/// Row 42: a waker is kept in a list after its task has ended.
///
/// With tokio alone it keeps the whole memory of the task. Here it keeps the agent's record at
/// most, a few hundred bytes.
///
/// Expected: no living task, and nothing of what the tasks held: the agent has no row to show,
/// because there is no leak of tasks left to see.
pub(crate) mod kept_waker {
    use super::{Context, Fate, Pin, Poll, keep, spawn};

    /// What a task has in its future.
    const BYTES: usize = 16 << 10;

    /// Ready at its second poll.
    struct Once {
        fate: Fate,
        polled: bool,
    }

    impl Future for Once {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            if self.polled {
                return Poll::Ready(());
            }
            self.polled = true;
            if self.fate.leaks() {
                keep(cx.waker().clone());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    }

    pub(crate) fn start(fate: Fate) {
        spawn("reader", read(fate));
    }

    async fn read(fate: Fate) -> u8 {
        let mut page = [1; BYTES];
        Once { fate, polled: false }.await;
        page.reverse();
        page[0]
    }
}
