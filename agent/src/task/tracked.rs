//! The future that ties a record to an executor.

#![expect(unsafe_code, reason = "promises that only the polling thread can make to the record")]

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use super::capture::{Chains, RawTree};
use super::current::{self, PollFrame, WakeMode, outermost_of};
use super::origin::{self, End};
use super::record::{CaptureRequest, Kind, Record, Requests};
use super::wake_slot::Set;
use super::{inner_poll, stopwatch, tracker, waits, waker};
use crate::primitives::atomic::Ordering::Relaxed;
use crate::registry::Counted;
use crate::{runtimes, untracked};

pin_project! {
    /// A future with a record: see [`tracked`](crate::FutureExt::tracked) and
    /// [`labeled`](crate::FutureExt::labeled).
    ///
    /// Polled by an executor it is a task; polled by another tracked future it is a part of that
    /// one's task.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Tracked<F> {
        // There until the end.
        record: Option<Counted<Record>>,
        // The record of the tracked future that this one is a part of.
        enclosing: Option<Counted<Record>>,
        #[pin]
        future: F,
    }

    impl<F> PinnedDrop for Tracked<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            leave(this.enclosing.take());
            if let Some(record) = this.record.take() {
                tracker::end(record, End::Aborted);
            }
        }
    }
}

impl<F> Tracked<F> {
    /// A record around `future`. `scope` are labels of its own, over the inherited ones.
    pub(crate) fn new(
        future: F,
        spawned_at: &'static Location<'static>,
        kind: Kind,
        scope: u32,
    ) -> Self {
        Self::with_record(tracker::begin(spawned_at, kind, size_of::<F>(), scope), future)
    }

    /// A record that has begun around `future`.
    pub(crate) fn with_record(record: Counted<Record>, future: F) -> Self {
        Self { record: Some(record), enclosing: None, future }
    }
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(record) = this.record.as_ref() else {
            // The future has ended before; the poll is none of ours.
            return this.future.poll(cx);
        };
        let root = ptr::from_ref(&*this.future).expose_provenance();
        let frame = PollFrame::new(record, root);
        if frame
            .outer()
            .is_some_and(|outer| is_along(&frame, outer, this.enclosing.as_ref(), cx.waker()))
        {
            // Only the time of an outermost poll is looked at.
            let entered = frame.enter(0);
            let result = catch_unwind(AssertUnwindSafe(|| inner_poll::poll(this.future, cx)));
            drop(entered);
            return match result {
                Ok(Poll::Pending) => {
                    note_labels(&frame);
                    Poll::Pending
                }
                Ok(ready) => {
                    after_ready(&frame, this.record, this.enclosing);
                    ready
                }
                Err(payload) => after_panic(&frame, this.record, this.enclosing, payload),
            };
        }
        // A part that its task polls with the task's own waker needs none of its own: it is
        // polled whenever the task is. One that a combinator polls with another waker does.
        let direct = frame.outer().is_some_and(|outer| shares_waker(&frame, outer, cx.waker()));
        let start = stopwatch::start();
        let (requests, woken) = record.begin_poll(start.at);
        stopwatch::note_wait(woken, start, record);
        let lent = !direct && requests.first_poll;
        if lent {
            lend_waker(record, cx.waker());
        }
        let foreign = !direct && !lent && !keeps_waker(&frame, cx.waker());
        let mut mode = None;
        if requests != Requests::default() || frame.outer().is_some() {
            frame.quiet.set(requests.quiet);
            prepare(&frame, record, this.enclosing, requests, direct || foreign);
            let wakes = if requests.quiet { WakeMode::Quiet } else { WakeMode::Normal };
            mode = Some(current::enter_mode(wakes));
        }
        let entered = frame.enter(start.at);
        let result = catch_unwind(AssertUnwindSafe(|| {
            if direct || foreign {
                inner_poll::poll(this.future, cx)
            } else if frame.chains.get().is_null() {
                let waker = waker::borrowed(record);
                inner_poll::poll(this.future, &mut Context::from_waker(&waker))
            } else {
                let data = waker::Capturing { record, chains: frame.chains.get() };
                let waker = waker::capturing(&data);
                inner_poll::poll(this.future, &mut Context::from_waker(&waker))
            }
        }));
        // An end lets go of the record that the frame points to.
        drop(entered);
        drop(mode);
        match result {
            Ok(Poll::Pending) => {
                if lent {
                    // SAFETY: this is the polling thread, and the inner poll is over.
                    unsafe { record.slot.keep() };
                }
                record.park(stopwatch::stop(start, record));
                if foreign {
                    // The future has let go of old wakers by now, most likely.
                    let _next_time = keeps_waker(&frame, cx.waker());
                }
                if frame.outer().is_some() || requests != Requests::default() {
                    after_pending(&frame, record, requests);
                }
                Poll::Pending
            }
            Ok(ready) => {
                after_ready(&frame, this.record, this.enclosing);
                ready
            }
            Err(payload) => after_panic(&frame, this.record, this.enclosing, payload),
        }
    }
}

/// Whether this is a part that is just polled along with its task, as in the poll before: with
/// the task's waker, not captured, under the same labels. Then the task's record says it all.
#[inline]
fn is_along(
    frame: &PollFrame,
    outer: &PollFrame,
    enclosing: Option<&Counted<Record>>,
    waker: &Waker,
) -> bool {
    let record = frame.record();
    let along = record.is_settled_part()
        && !outer.quiet.get()
        && outer.chains.get().is_null()
        && enclosing.is_some_and(|known| ptr::eq(known.as_ptr(), outer.record))
        && record.outer_labels.load(Relaxed) == outer.record().labels.load(Relaxed)
        && waker::is_of(waker, outer.waker_of.get());
    if along {
        record.count_poll_along();
        frame.waker_of.set(outer.waker_of.get());
    }
    along
}

/// Tells the record around a part which labels are in effect where the part waits.
#[inline]
fn note_labels(frame: &PollFrame) {
    let record = frame.record();
    if let Some(outer) = frame.outer()
        && record.kind() == Kind::Part
    {
        outer.record().inner_labels.store(record.labels_in_effect(), Relaxed);
    }
}

/// Makes the record keep the executor's waker, and says whether it does. If it does not, the
/// future has to be polled with that waker itself: wakers of ours live that wake through another.
#[inline]
fn keeps_waker(frame: &PollFrame, waker: &Waker) -> bool {
    let executor = waker::plain(waker);
    // SAFETY: this is the polling thread, and the record has not finished.
    let kept = unsafe { frame.record().keep_waker(&executor) } == Set::Done;
    if !kept {
        frame.record().slot.note_foreign();
        frame.waker_of.set(ptr::null());
    }
    kept
}

/// Lets the record use the executor's waker for this poll, its first.
#[inline]
fn lend_waker(record: &Record, waker: &Waker) {
    let executor = waker::plain(waker);
    // SAFETY: this is the polling thread; the waker outlives the poll, at the end of which a task
    // that goes on keeps a clone, and any other ends.
    unsafe { record.slot.lend(&executor) };
}

/// Whether a part is polled with the waker of the task around it. If so, a wake of the task was
/// one of the part too.
#[cold]
fn shares_waker(frame: &PollFrame, outer: &PollFrame, waker: &Waker) -> bool {
    let shares =
        frame.record().made_as == Kind::Undecided && waker::is_of(waker, outer.waker_of.get());
    if shares {
        frame.waker_of.set(outer.waker_of.get());
        if !outer.quiet.get() {
            current::note_wake(frame.record());
        }
    }
    shares
}

/// What a poll that is not the plain one does first.
#[cold]
fn prepare(
    frame: &PollFrame,
    record: &Record,
    enclosing: &mut Option<Counted<Record>>,
    requests: Requests,
    not_ours: bool,
) {
    match frame.outer() {
        Some(outer) if !is_task_of_its_own(record, outer, requests) => {
            become_part(record, outer, enclosing);
        }
        _ if requests.first_poll => {
            runtimes::note_current();
            let id = runtimes::task_id();
            record.set_executor_id(id);
            untracked::claim(id);
            record.runtime.store(runtimes::current(), Relaxed);
            if record.kind() == Kind::Undecided {
                tracker::becomes_task(record);
            }
        }
        _ => {}
    }
    let outer_chains = frame.outer().map(|outer| outer.chains.get());
    match outer_chains.filter(|chains| !chains.is_null()) {
        // Captured along with what is around it. The way here is a chain of its own: what is
        // inside may have none.
        Some(chains) if record.kind() == Kind::Part => {
            // SAFETY: the buffer of an outer poll of this thread.
            unsafe { Chains::record(chains) };
            frame.chains.set(chains);
        }
        _ if requests.capture == CaptureRequest::Now && !not_ours => {
            let top = outermost(frame, record);
            frame.chains.set(Box::into_raw(Chains::begin(top)));
        }
        _ => {}
    }
}

/// Whether the future that is polled inside of another tracked one is a task nevertheless: a
/// `LocalSet` polls its tasks inside the task that drives it.
fn is_task_of_its_own(record: &Record, outer: &PollFrame, requests: Requests) -> bool {
    match record.kind() {
        Kind::Task | Kind::Blocking => true,
        Kind::Part => false,
        Kind::Undecided => {
            let task = outermost_of(outer).record().executor_id();
            requests.first_poll && runtimes::task_id() != task
        }
    }
}

/// Makes the record a part of the task that `outer` belongs to, and gives it its labels.
fn become_part(record: &Record, around: &PollFrame, enclosing: &mut Option<Counted<Record>>) {
    let outer = around.record();
    record.set_part_of(outer.root_id());
    if enclosing.as_deref().is_none_or(|known| !std::ptr::eq(known, outer)) {
        leave(enclosing.take());
        outer.parts.fetch_add(1, Relaxed);
        // SAFETY: the outer poll holds a reference, of which the frame has its pointer.
        *enclosing = Some(unsafe { Counted::of(around.record) });
    }
    let labels_around = outer.labels.load(Relaxed);
    if record.outer_labels.swap(labels_around, Relaxed) != labels_around {
        let labels = crate::labels::table::overlay(labels_around, record.birth.scope);
        record.labels.store(labels, Relaxed);
    }
}

/// The stack address at which the poll of the whole task begins.
fn outermost(frame: &PollFrame, record: &Record) -> usize {
    let top = if record.kind() == Kind::Part { outermost_of(frame) } else { frame };
    std::ptr::from_ref(top) as usize
}

/// Ends the part of an enclosing record.
fn leave(enclosing: Option<Counted<Record>>) {
    if let Some(enclosing) = enclosing {
        enclosing.parts.fetch_sub(1, Relaxed);
    }
}

#[cold]
fn after_pending(frame: &PollFrame, record: &Counted<Record>, requests: Requests) {
    note_labels(frame);
    if requests.quiet && frame.outer().is_none() {
        waits::note_what_is_held(record, frame.root);
    }
    let is_captured = !frame.chains.get().is_null();
    let root_polls = || outermost_of(frame).record().polls();
    match take_tree(frame) {
        Some(tree) => record.set_tree(tree, root_polls()),
        // Its chains are in the tree of the poll around it: nothing is left to add.
        None if is_captured => record.set_tree(RawTree::empty(), root_polls()),
        None => {}
    }
    if requests.capture == CaptureRequest::Again {
        current::wake_for_capture(record);
    }
}

#[inline]
fn after_ready(
    frame: &PollFrame,
    record: &mut Option<Counted<Record>>,
    enclosing: &mut Option<Counted<Record>>,
) {
    if !frame.chains.get().is_null() {
        take_tree(frame);
    }
    if enclosing.is_some() {
        leave(enclosing.take());
    }
    if let Some(record) = record.take() {
        tracker::end(record, End::Completed);
    }
}

#[cold]
fn after_panic(
    frame: &PollFrame,
    record: &mut Option<Counted<Record>>,
    enclosing: &mut Option<Counted<Record>>,
    payload: Box<dyn Any + Send>,
) -> ! {
    take_tree(frame);
    leave(enclosing.take());
    if let Some(record) = record.take() {
        origin::note_panic(record.origin.load(Relaxed), &*payload);
        tracker::end(record, End::Panicked);
    }
    resume_unwind(payload)
}

/// Takes back the buffer that this poll made, if it made one.
fn take_tree(frame: &PollFrame) -> Option<u32> {
    let chains = frame.chains.replace(std::ptr::null_mut());
    let inherited = frame.outer().is_some_and(|outer| std::ptr::eq(outer.chains.get(), chains));
    if chains.is_null() || inherited {
        return None;
    }
    // SAFETY: made by `Box::into_raw` in `prepare` of this very poll, and nobody uses it any
    // more: the inner poll is over, and the chains of inner frames ended with it.
    Some(unsafe { Box::from_raw(chains) }.finish())
}
