//! How tasks have spent their time, in units that people read; and who woke them.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;
use taskscope_proto::limits::MAX_WAKERS;
use taskscope_proto::model::{Activity, OriginId, Waker};

use crate::clock::Reading;
use crate::task::times::Spent;

pub(super) fn activity(polls: u64, spent: &Spent, clock: &Reading) -> Activity {
    Activity {
        polls,
        wakes: spent.wakes,
        self_wakes: spent.self_wakes,
        running_us: clock.micros(spent.running),
        ready_us: clock.micros(spent.ready),
        longest_poll_us: clock.micros(spent.longest_poll),
        longest_ready_us: clock.micros(spent.longest_ready),
    }
}

/// The origin with this number, as others know it.
pub(super) fn origin(number: u32) -> Option<OriginId> {
    (number != 0).then_some(OriginId(u64::from(number)))
}

/// Those that woke most tasks.
pub(super) fn most_frequent(woken_by: &HashMap<u32, u64, FxBuildHasher>) -> Vec<Waker> {
    let mut wakers: Vec<(u32, u64)> = woken_by.iter().map(|(by, tasks)| (*by, *tasks)).collect();
    wakers.sort_unstable_by_key(|(by, tasks)| (std::cmp::Reverse(*tasks), *by));
    wakers.truncate(MAX_WAKERS);
    wakers.into_iter().map(|(by, tasks)| Waker { origin: origin(by), tasks }).collect()
}
