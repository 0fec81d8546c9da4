//! How many tasks there were of each kind a minute ago, before symbols are known.
//!
//! Kept while nobody watches, so that who connects in an incident sees at once what grows.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::minute::Minute;
use super::view::RawKey;
use crate::task::times::Spent;

/// Tasks that are equal before symbols are known.
#[derive(Debug, Default)]
pub(super) struct RawMembers {
    /// Ticks since which each is in its state.
    pub(super) since: Vec<u64>,
    pub(super) future_bytes: u64,
    pub(super) polls: u64,
    pub(super) spent: Spent,
    /// How many of them were woken last by tasks of which origin; 0 for no task.
    pub(super) woken_by: HashMap<u32, u64, FxBuildHasher>,
}

/// The tasks of one moment.
pub(super) type RawGroups = HashMap<RawKey, RawMembers, FxBuildHasher>;

/// Kinds of tasks that are remembered. Those beyond have no past, only a present.
const MAX_KEYS: usize = 200_000;

/// The counts of the last minute.
#[derive(Debug, Default)]
pub(super) struct Past {
    counts: HashMap<RawKey, Minute, FxBuildHasher>,
}

impl Past {
    /// Adds a moment, and forgets what has been gone for a minute.
    pub(super) fn note(&mut self, now_ms: u64, raw: &RawGroups) {
        self.counts.retain(|key, minute| {
            let count = raw.get(key).map_or(0, |members| members.since.len() as u64);
            minute.note(now_ms, count);
            !minute.is_forgotten()
        });
        for (key, members) in raw {
            if self.counts.len() >= MAX_KEYS || self.counts.contains_key(key) {
                continue;
            }
            let mut minute = Minute::default();
            minute.note(now_ms, members.since.len() as u64);
            self.counts.insert(*key, minute);
        }
    }

    /// All kinds of tasks there are or were within a minute, with their count a minute ago.
    pub(super) fn keys(&self) -> Vec<(RawKey, u64)> {
        let mut keys: Vec<_> = self.counts.iter().map(|(key, m)| (*key, m.ago())).collect();
        // Ids are given in this order: it must not depend on the table's.
        keys.sort_unstable();
        keys
    }
}
