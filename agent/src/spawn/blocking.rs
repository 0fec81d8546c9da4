//! Closures on blocking threads.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::clock;
use crate::primitives::atomic::Ordering::Relaxed;
use crate::registry::Counted;
use crate::task::current::PollFrame;
use crate::task::origin::{self, End};
use crate::task::record::Record;
use crate::task::{inner_poll, threads, tracker};

/// Ends the record, also when the closure never ran.
struct Ends {
    /// There until the end.
    record: Option<Counted<Record>>,
    end: End,
}

impl Drop for Ends {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            tracker::end(record, self.end);
        }
    }
}

/// The closure with a record around it.
pub(super) fn track<R, C: FnOnce() -> R>(
    closure: C,
    record: Counted<Record>,
) -> impl FnOnce() -> R + use<R, C> {
    let mut ends = Ends { record: Some(record), end: End::Aborted };
    move || {
        let Ends { record: Some(record), end } = &mut ends else { return closure() };
        let frame = PollFrame::new(record, 0);
        let now = clock::now();
        let _begun = record.begin_poll(now);
        threads::register();
        let result = {
            let _entered = frame.enter(threads::of_closure(now));
            catch_unwind(AssertUnwindSafe(|| inner_poll::call(closure)))
        };
        match result {
            Ok(value) => {
                *end = End::Completed;
                value
            }
            Err(payload) => {
                *end = End::Panicked;
                origin::note_panic(record.origin.load(Relaxed), &*payload);
                resume_unwind(payload)
            }
        }
    }
}
