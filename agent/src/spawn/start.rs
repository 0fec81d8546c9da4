//! What a new task starts with, whichever way it is started.

use std::panic::Location;

use super::blocking;
use crate::labels::{self, Labels};
use crate::task::behalf::Owner;
use crate::task::record::Kind;
use crate::task::{Tracked, current, tracker};
use crate::untracked;

/// Which labels of the task that spawns the new one inherits.
///
/// ```
/// use taskscope::prelude::*;
/// use taskscope::task::{Builder, Inherit};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let parent = async {
///     let labels = async { taskscope::current_labels().to_string() };
///     Builder::new().inherit(Inherit::Only(&["tenant"])).spawn(labels).await.unwrap()
/// };
/// let parent = parent.labeled(taskscope::labels! { "tenant" => "acme", "route" => "/" });
/// assert_eq!(taskscope::spawn(parent).await.unwrap(), "tenant=acme");
/// # });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inherit<'a> {
    /// All of them, as [`spawn`](crate::spawn) does.
    #[default]
    All,
    /// None: the task does not belong to what its parent works on.
    None,
    /// Those with these keys.
    Only(&'a [&'a str]),
}

impl Inherit<'_> {
    /// The number of the inherited label set.
    fn labels(self) -> u32 {
        match self {
            Self::All => current::labels(),
            Self::None => 0,
            Self::Only(keys) => {
                let all = labels::table::get(current::labels());
                let kept = all.iter().filter(|label| keys.contains(&&*label.key));
                labels::table::intern(Labels::new(kept.cloned()))
            }
        }
    }
}

/// See the [module](self).
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    spawned_at: &'static Location<'static>,
    labels: u32,
}

impl Start {
    /// As [`spawn`](crate::spawn) does: the labels of the current task, and the caller's place.
    #[track_caller]
    pub(super) fn here() -> Self {
        Self { spawned_at: Location::caller(), labels: current::labels() }
    }

    /// With `own` labels over those that are inherited.
    #[track_caller]
    pub(super) fn with(inherit: Inherit<'_>, own: Labels) -> Self {
        let labels = labels::table::overlay(inherit.labels(), labels::table::intern(own));
        Self { spawned_at: Location::caller(), labels }
    }

    /// A task around the future, and whose the memory is that spawning it takes.
    pub(super) fn future<F>(self, future: F) -> (Tracked<F>, Owner) {
        let Self { spawned_at, labels } = self;
        let record = tracker::begin_with(spawned_at, Kind::Task, size_of::<F>(), 0, labels);
        let owner = Owner::of(&record, labels);
        untracked::announce(spawned_at);
        (Tracked::with_record(record, future), owner)
    }

    /// A task around the closure; see [`future`](Self::future).
    pub(super) fn closure<R, C: FnOnce() -> R>(
        self,
        closure: C,
    ) -> (impl FnOnce() -> R + use<R, C>, Owner) {
        let Self { spawned_at, labels } = self;
        let record = tracker::begin_with(spawned_at, Kind::Blocking, size_of::<C>(), 0, labels);
        let owner = Owner::of(&record, labels);
        (blocking::track(closure, record), owner)
    }
}
