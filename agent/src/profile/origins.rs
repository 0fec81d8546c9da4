//! Origins with what went through them in the last minute.

use std::sync::Arc;

use taskscope_proto::model::{Location, Origin, OriginId, TaskKind, Totals};

use super::minute::Minute;
use crate::labels::table;
use crate::task::origin::{self, Flow};

#[derive(Debug, Default)]
struct Entry {
    spawned: Minute,
    finished: Minute,
    origin: Option<Arc<Origin>>,
}

/// All origins seen so far, by number.
#[derive(Debug, Default)]
pub(super) struct Origins {
    entries: Vec<Entry>,
}

impl Origins {
    /// Brings all origins up to date, adds their counts to `totals`, and lists them by id.
    pub(super) fn update(&mut self, now_ms: u64, totals: &mut Totals) -> Vec<Arc<Origin>> {
        let mut origins = Vec::with_capacity(self.entries.len());
        for (at, (number, origin)) in origin::all().enumerate() {
            if self.entries.len() <= at {
                self.entries.push(Entry::default());
            }
            let Some(entry) = self.entries.get_mut(at) else { break };
            let flow = origin.flow();
            entry.spawned.note(now_ms, flow.spawned);
            entry.finished.note(now_ms, flow.finished);
            totals.spawned += flow.spawned;
            totals.finished += flow.finished;
            totals.aborted += flow.aborted;
            totals.panicked += flow.panicked;
            origins.push(entry.describe(number, origin, flow));
        }
        origins
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
            finished: flow.finished,
            aborted: flow.aborted,
            panicked: flow.panicked,
            last_panic: if flow.panicked > 0 { origin.last_panic() } else { None },
            spawned_last_minute: flow.spawned.saturating_sub(self.spawned.ago()),
            finished_last_minute: flow.finished.saturating_sub(self.finished.ago()),
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
