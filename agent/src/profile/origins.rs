//! Origins with what went through them in the last minute.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use taskscope_proto::model::{Location, Origin, OriginId, TaskKind, Totals};

use super::heap::Memory;
use super::minute::Minute;
use super::past::RawGroups;
use crate::labels::table;
use crate::task::origin::{self, Ends};

#[derive(Debug, Default)]
struct Entry {
    spawned: Minute,
    finished: Minute,
    allocated: Minute,
    origin: Option<Arc<Origin>>,
}

/// What went through an origin.
#[derive(Clone, Copy, Debug)]
struct Flow {
    spawned: u64,
    ends: Ends,
    /// Bytes.
    allocated: u64,
}

/// How many tasks have ended, by origin. To be read before the living are counted: then a task
/// that ends meanwhile may be missed, but none is counted twice.
pub(super) fn ended() -> Vec<Ends> {
    origin::all().map(|(_, origin)| origin.ends()).collect()
}

/// Whether nobody tracks the tasks of this origin.
pub(super) fn are_untracked(number: u32) -> bool {
    origin::get(number).is_some_and(|origin| origin.key.untracked)
}

/// All origins seen so far, by number.
#[derive(Debug, Default)]
pub(super) struct Origins {
    entries: Vec<Entry>,
}

impl Origins {
    /// Brings all origins up to date, adds their counts to `totals`, and lists them by id.
    pub(super) fn update(
        &mut self,
        now_ms: u64,
        ended: &[Ends],
        living: &RawGroups,
        heap: &Memory,
        totals: &mut Totals,
    ) -> Vec<Arc<Origin>> {
        let mut alive: HashMap<u32, u64, FxBuildHasher> = HashMap::default();
        for (key, members) in living {
            *alive.entry(key.origin).or_default() += members.since.len() as u64;
        }
        let mut origins = Vec::with_capacity(self.entries.len());
        for (at, (number, origin)) in origin::all().enumerate() {
            if self.entries.len() <= at {
                self.entries.push(Entry::default());
            }
            let Some(entry) = self.entries.get_mut(at) else { break };
            let ends = ended.get(at).copied().unwrap_or_default();
            let spawned = ends.finished + alive.get(&number).copied().unwrap_or_default();
            let flow = Flow { spawned, ends, allocated: heap.allocated(number) };
            entry.spawned.note(now_ms, flow.spawned);
            entry.finished.note(now_ms, flow.ends.finished);
            entry.allocated.note(now_ms, flow.allocated);
            if !origin.key.untracked {
                totals.spawned += flow.spawned;
                totals.finished += flow.ends.finished;
                totals.aborted += flow.ends.aborted;
                totals.panicked += flow.ends.panicked;
            }
            origins.push(entry.describe(number, origin, flow));
        }
        origins
    }
}

impl Origins {
    /// What is remembered of origins takes up, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.entries.len() * (size_of::<Entry>() + size_of::<Origin>())
    }
}

impl Entry {
    fn describe(&mut self, number: u32, origin: &origin::Origin, flow: Flow) -> Arc<Origin> {
        let now = Origin {
            id: OriginId(u64::from(number)),
            labels: table::get(origin.key.labels).clone(),
            spawned_at: Location {
                file: origin.key.spawned_at.file().into(),
                line: origin.key.spawned_at.line(),
                column: origin.key.spawned_at.column(),
            },
            kind: if origin.key.blocking { TaskKind::Blocking } else { TaskKind::Async },
            spawned: flow.spawned,
            finished: flow.ends.finished,
            aborted: flow.ends.aborted,
            panicked: flow.ends.panicked,
            last_panic: if flow.ends.panicked > 0 { origin.last_panic() } else { None },
            spawned_last_minute: flow.spawned.saturating_sub(self.spawned.ago()),
            finished_last_minute: flow.ends.finished.saturating_sub(self.finished.ago()),
            allocated_bytes: flow.allocated,
            allocated_bytes_last_minute: flow.allocated.saturating_sub(self.allocated.ago()),
        };
        match &self.origin {
            Some(before) if **before == now => Arc::clone(before),
            _ => {
                let now = Arc::new(now);
                self.origin = Some(Arc::clone(&now));
                now
            }
        }
    }
}
