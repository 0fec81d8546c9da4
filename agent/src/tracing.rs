//! Labels from the fields of `tracing` spans, for services that have spans already.
//!
//! With the feature `tracing`.
//!
//! ```
//! use taskscope::tracing::SpanLabelLayer;
//! use tracing::Instrument;
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let layer = SpanLabelLayer::new(["tenant", "route"]);
//! let subscriber = tracing_subscriber::registry().with(layer);
//! # let _default = tracing::subscriber::set_default(subscriber);
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let span = tracing::info_span!("request", tenant = "acme", id = 7);
//! let work = async { taskscope::current_labels().to_string() };
//! assert_eq!(taskscope::spawn(work.instrument(span)).await.unwrap(), "tenant=acme");
//! # });
//! ```

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use taskscope_proto::limits::MAX_LABELS;
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record as Values};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::labels::{self, Labels, table};
use crate::task::current;
use crate::task::record::Record;

/// Spans that a thread may be inside of; those entered further in give no labels.
const MAX_ENTERED: usize = 256;
/// Longer values are cut.
const MAX_VALUE_BYTES: usize = 1_024;

thread_local! {
    /// The spans with labels that this thread is inside of, innermost last.
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

/// Turns chosen fields of spans into labels of the task that is polled inside of the span.
///
/// They are over the labels that the task has otherwise, while the span is entered: tasks spawned
/// inside inherit them, and a task that parks inside of an instrumented future is shown with them.
/// Fields recorded later count from then on. Choose fields with few values, as for all labels.
///
/// # Cost
/// For a span with chosen fields a table look-up for each when it is made, and about as much as a
/// label costs whenever it is entered; for others a look at their extensions. With the feature a
/// task takes 16 bytes more.
///
/// See the [module](self) for an example.
#[derive(Clone, Debug)]
pub struct SpanLabelLayer {
    keys: Box<[&'static str]>,
}

impl SpanLabelLayer {
    /// A layer that makes labels of the fields with these names; of the first 32 of them, since a
    /// task has no more labels than that.
    pub fn new(keys: impl IntoIterator<Item = &'static str>) -> Self {
        Self { keys: keys.into_iter().take(MAX_LABELS).collect() }
    }

    fn read(&self, record: impl FnOnce(&mut Chosen<'_>), known: Labels) -> Option<SpanFields> {
        let mut chosen = Chosen { keys: &self.keys, labels: known };
        record(&mut chosen);
        let number = table::intern(chosen.labels.clone());
        let overlaid = AtomicU64::new(u64::MAX);
        (number != 0).then_some(SpanFields { labels: chosen.labels, number, overlaid })
    }
}

/// The chosen fields of a span, kept with it.
struct SpanFields {
    labels: Labels,
    number: u32,
    /// The labels that these were put over last, and what came of it.
    overlaid: AtomicU64,
}

impl SpanFields {
    fn over(&self, outer: u32) -> u32 {
        let known = self.overlaid.load(Relaxed);
        if known >> 32 == u64::from(outer) {
            return u32::try_from(known & u64::from(u32::MAX)).unwrap_or(outer);
        }
        let both = table::overlay(outer, self.number);
        self.overlaid.store(u64::from(outer) << 32 | u64::from(both), Relaxed);
        both
    }
}

struct Entered {
    span: u64,
    /// The task, or the part of one, that was being polled.
    record: u64,
    outside: u32,
    inside: u32,
}

impl<S> Layer<S> for SpanLabelLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let fields = self.read(|chosen| attributes.record(chosen), Labels::default());
        if let (Some(fields), Some(span)) = (fields, ctx.span(id)) {
            span.extensions_mut().replace(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Values<'_>, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let known = span.extensions().get::<SpanFields>().map(|fields| fields.labels.clone());
        let fields = self.read(|chosen| values.record(chosen), known.unwrap_or_default());
        if let Some(fields) = fields {
            span.extensions_mut().replace(fields);
            refresh(&span);
        }
    }

    fn on_enter(&self, id: &Id, ctx: Context<'_, S>) {
        if let Some(span) = ctx.span(id) {
            enter(&span);
        }
    }

    fn on_exit(&self, id: &Id, ctx: Context<'_, S>) {
        let is_inside = |other: u64| {
            let other = Id::from_u64(other);
            ctx.span_scope(&other).is_some_and(|mut scope| scope.any(|span| span.id() == *id))
        };
        exit(id.into_u64(), is_inside);
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        with_record(|record| record.span_labels.close(id.into_u64()));
    }
}

/// Labels of the span and of those around it, over `outer`.
fn labels_of<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, outer: u32) -> u32 {
    let over = |span: &SpanRef<'a, S>, outer| {
        span.extensions().get::<SpanFields>().map_or(outer, |fields| fields.over(outer))
    };
    match span.parent() {
        None => over(span, outer),
        Some(_) => span.scope().from_root().fold(outer, |outer, span| over(&span, outer)),
    }
}

fn enter<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) {
    with_record(|record| {
        let outside = record.labels.load(Relaxed);
        let inside = labels_of(span, outside);
        if inside == outside {
            return;
        }
        with_entered(|entered| {
            if entered.len() < MAX_ENTERED {
                let (span, task) = (span.id().into_u64(), record.birth.id);
                entered.push(Entered { span, record: task, outside, inside });
                record.labels.store(inside, Relaxed);
            }
        });
    });
}

/// The span that this thread is inside of has more labels now.
fn refresh<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) {
    with_record(|record| {
        with_entered(|entered| {
            // Those further in would have to be done again too: they will be when they are entered.
            let innermost = entered.last_mut().filter(|entered| {
                entered.span == span.id().into_u64() && entered.record == record.birth.id
            });
            if let Some(entered) = innermost {
                entered.inside = labels_of(span, entered.outside);
                record.labels.store(entered.inside, Relaxed);
            }
        });
    });
}

fn exit(span: u64, is_inside: impl FnOnce(u64) -> bool) {
    with_record(|record| {
        let is_it = |entered: &Entered| entered.span == span && entered.record == record.birth.id;
        let left =
            with_entered(|entered| entered.iter().rposition(is_it).map(|at| entered.remove(at)));
        let Some(left) = left.flatten() else { return };
        // Unless somebody has set labels inside: those were meant to stay.
        if record.labels.load(Relaxed) == left.inside {
            record.labels.store(left.outside, Relaxed);
        }
        let poll = record.polls();
        record.span_labels.leave(poll, span, left.inside, left.outside, is_inside);
    });
}

/// Nothing happens outside of tracked tasks.
fn with_record(act: impl FnOnce(&Record)) {
    current::innermost(|frame| {
        if let Some(frame) = frame {
            act(frame.record());
        }
    });
}

/// `None` while the thread ends, and inside of itself.
fn with_entered<R>(act: impl FnOnce(&mut Vec<Entered>) -> R) -> Option<R> {
    ENTERED.try_with(|entered| entered.try_borrow_mut().ok().map(|mut e| act(&mut e))).ok()?
}

/// Collects the chosen ones of a span's fields.
struct Chosen<'a> {
    keys: &'a [&'static str],
    labels: Labels,
}

impl Chosen<'_> {
    fn take(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if self.keys.contains(&field.name()) {
            let mut text = Short(String::new());
            // An error says that there was more than is kept.
            text.write_fmt(value).ok();
            let label = labels::make(field.name(), text.0);
            self.labels = Labels::new(self.labels.iter().cloned().chain([label]));
        }
    }
}

impl Visit for Chosen<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format_args!("{value:?}"));
    }
}

/// Text that takes no more than a label can hold.
struct Short(String);

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_VALUE_BYTES.saturating_sub(self.0.len());
        let end = text.floor_char_boundary(room.min(text.len()));
        self.0.push_str(text.get(..end).unwrap_or_default());
        if end == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}
