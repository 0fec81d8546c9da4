//! Labels of the span that a task is parked inside of.
//!
//! An instrumented future enters its span for each poll and leaves it at the poll's end: a parked
//! task is never inside. What it left last counts, until it is polled again or the span is closed.
//! Of nested spans the inner one counts; of two that stand side by side (in a `join!`) neither.
//!
//! Written by the polling thread, like `polls` of the record, and read by everybody; nothing but
//! what is shown depends on it. Without the feature `tracing` there is nothing to write.

/// See the [module](self).
#[cfg(feature = "tracing")]
#[derive(Debug, Default)]
pub(crate) struct SpanLabels {
    /// The low half of the number of the poll in which the span was left.
    poll: crate::primitives::atomic::AtomicU32,
    /// The span's id, 0 for none, [`SEVERAL`].
    span: crate::primitives::atomic::AtomicU64,
    labels: crate::primitives::atomic::AtomicU32,
}

#[cfg(not(feature = "tracing"))]
#[derive(Debug)]
pub(crate) struct SpanLabels;

#[cfg(not(feature = "tracing"))]
impl SpanLabels {
    pub(crate) fn new() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn left_in(&self, _poll: u64) -> Option<u32> {
        None
    }
}

#[cfg(feature = "tracing")]
mod kept {
    use super::SpanLabels;
    use crate::primitives::atomic::Ordering::Relaxed;

    /// Spans were left side by side.
    const SEVERAL: u64 = u64::MAX;

    #[expect(clippy::cast_possible_truncation, reason = "enough to tell a poll from the next")]
    fn half(poll: u64) -> u32 {
        poll as u32
    }

    impl SpanLabels {
        pub(crate) fn new() -> Self {
            Self::default()
        }

        /// The labels of the span that was left in this poll and goes on.
        pub(crate) fn left_in(&self, poll: u64) -> Option<u32> {
            let is_of_poll = self.poll.load(Relaxed) == half(poll) && self.span.load(Relaxed) != 0;
            is_of_poll.then(|| self.labels.load(Relaxed))
        }

        /// The span is left. `labels` are those inside of it, `outside` those around it;
        /// `is_inside` says whether another span is inside of this one.
        pub(crate) fn leave(
            &self,
            poll: u64,
            span: u64,
            labels: u32,
            outside: u32,
            is_inside: impl FnOnce(u64) -> bool,
        ) {
            let last = if self.left_in(poll).is_some() { self.span.load(Relaxed) } else { 0 };
            let (span, labels) = match last {
                SEVERAL => return,
                0 => (span, labels),
                last if last == span => (span, labels),
                last if is_inside(last) => return,
                _ => (SEVERAL, outside),
            };
            self.span.store(span, Relaxed);
            self.labels.store(labels, Relaxed);
            self.poll.store(half(poll), Relaxed);
        }

        /// The span does not go on.
        pub(crate) fn close(&self, span: u64) {
            if self.span.load(Relaxed) == span {
                self.span.store(0, Relaxed);
            }
        }
    }
}
