//! Labels on tasks, as in Go's pprof: key=value tags that spawned tasks inherit.
//!
//! ```
//! use taskscope::prelude::*;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let tenant = String::from("acme");
//! let work = async { taskscope::label("tenant") };
//! let seen = taskscope::spawn(work.labeled(taskscope::labels! {
//!     "task" => "fetch",
//!     "tenant" => tenant,
//! }));
//! assert_eq!(seen.await.unwrap().as_deref(), Some("acme"));
//! # });
//! ```
//!
//! A label costs a table look-up when it is set and nothing while the task runs. Values should
//! be few: beyond 1,000 values of one key, further ones are shown as `…` and counted as lost.

pub(crate) mod table;

use std::borrow::Cow;
use std::sync::Arc;

pub use taskscope_proto::model::{Label, Labels};

use crate::task::current;

/// Longest value that is kept, bytes; the rest is cut and marked with `…`.
const MAX_VALUE_BYTES: usize = 256;

/// Makes a set of [`Labels`]: `labels! { "task" => "fetch", "tenant" => tenant }`.
///
/// Keys and values are anything that turns into a string: `&str`, `String`, `Cow<str>`.
#[macro_export]
macro_rules! labels {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::labels::Labels::new([$($crate::labels::make($key, $value)),*])
    };
}

/// One label, for [`labels!`](crate::labels!).
#[doc(hidden)]
pub fn make<'a>(key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Label {
    Label { key: shorten(key.into()), value: shorten(value.into()) }
}

fn shorten(text: Cow<'_, str>) -> Arc<str> {
    if text.len() <= MAX_VALUE_BYTES {
        return text.into();
    }
    let end = text.floor_char_boundary(MAX_VALUE_BYTES);
    let head = text.get(..end).unwrap_or_default();
    format!("{head}…").into()
}

/// The value of one of the current labels; `None` outside of tracked tasks.
///
/// Costs a few nanoseconds and a reference count.
pub fn label(key: &str) -> Option<Arc<str>> {
    table::get(current::labels()).get(key).cloned()
}

/// The labels in effect here; empty outside of tracked tasks.
pub fn current_labels() -> Labels {
    table::get(current::labels()).clone()
}

/// Gives the current task these labels from here on, in place of those it had.
///
/// Inside a [`labeled`](crate::FutureExt::labeled) future they hold until that future ends, as
/// inside Go's `pprof.Do`. Tasks spawned before keep what they inherited. Outside of tracked
/// tasks nothing happens.
pub fn set_labels(labels: Labels) {
    current::set_labels(table::intern(labels));
}
