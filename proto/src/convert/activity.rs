//! What tasks have been doing, and who woke them.

use crate::model::{Activity, OriginId, Waker};
use crate::wire;

/// An origin's id, where 0 means that there is none.
pub(super) fn origin_or_none(id: u64) -> Option<OriginId> {
    (id != 0).then_some(OriginId(id))
}

impl From<Activity> for wire::Activity {
    fn from(from: Activity) -> Self {
        Self {
            polls: from.polls,
            wakes: from.wakes,
            self_wakes: from.self_wakes,
            running_us: from.running_us,
            ready_us: from.ready_us,
            longest_poll_us: from.longest_poll_us,
            longest_ready_us: from.longest_ready_us,
        }
    }
}

impl From<wire::Activity> for Activity {
    fn from(from: wire::Activity) -> Self {
        Self {
            polls: from.polls,
            wakes: from.wakes,
            self_wakes: from.self_wakes,
            running_us: from.running_us,
            ready_us: from.ready_us,
            longest_poll_us: from.longest_poll_us,
            longest_ready_us: from.longest_ready_us,
        }
    }
}

impl From<Waker> for wire::Waker {
    fn from(from: Waker) -> Self {
        Self { origin: from.origin.map_or(0, |origin| origin.0), tasks: from.tasks }
    }
}

impl From<wire::Waker> for Waker {
    fn from(from: wire::Waker) -> Self {
        Self { origin: origin_or_none(from.origin), tasks: from.tasks }
    }
}
