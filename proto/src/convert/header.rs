//! The header of a profile.

use super::{ConvertError, at_most, cut, optional};
use crate::limits::MAX_RUNTIMES;
use crate::model::{Coverage, Header, Lost, Totals};
use crate::wire;

impl From<&Header> for wire::Header {
    fn from(from: &Header) -> Self {
        Self {
            now_ms: from.now_ms,
            now_unix_ms: from.now_unix_ms,
            rss_bytes: from.rss_bytes,
            memory_limit_bytes: from.memory_limit_bytes,
            memory_current_bytes: from.memory_current_bytes,
            agent_bytes: from.agent_bytes,
            tracked: from.coverage.tracked,
            alive: from.coverage.alive,
            totals: Some((&from.totals).into()),
            lost: Some((&from.lost).into()),
            captures_pending: from.captures_pending,
            runtimes: from.runtimes.iter().take(MAX_RUNTIMES).map(Into::into).collect(),
            heap: from.heap.map(Into::into),
        }
    }
}

/// Counts that are not there are 0, as everywhere in this schema.
impl TryFrom<wire::Header> for Header {
    type Error = ConvertError;

    fn try_from(from: wire::Header) -> Result<Self, ConvertError> {
        at_most("runtimes", from.runtimes.len(), "MAX_RUNTIMES", MAX_RUNTIMES)?;
        let runtimes = from.runtimes.into_iter().map(TryInto::try_into);
        Ok(Self {
            now_ms: from.now_ms,
            now_unix_ms: from.now_unix_ms,
            rss_bytes: from.rss_bytes,
            memory_limit_bytes: from.memory_limit_bytes,
            memory_current_bytes: from.memory_current_bytes,
            agent_bytes: from.agent_bytes,
            coverage: Coverage { tracked: from.tracked, alive: from.alive },
            totals: from.totals.unwrap_or_default().into(),
            lost: from.lost.unwrap_or_default().try_into()?,
            captures_pending: from.captures_pending,
            runtimes: runtimes.collect::<Result<_, _>>()?,
            heap: from.heap.map(Into::into),
        })
    }
}

impl From<&Totals> for wire::Totals {
    fn from(from: &Totals) -> Self {
        let Totals { running, ready, parked, new, spawned, finished, aborted, panicked } = *from;
        Self { running, ready, parked, new, spawned, finished, aborted, panicked }
    }
}

impl From<wire::Totals> for Totals {
    fn from(from: wire::Totals) -> Self {
        let wire::Totals { running, ready, parked, new, spawned, finished, aborted, panicked } =
            from;
        Self { running, ready, parked, new, spawned, finished, aborted, panicked }
    }
}

impl From<&Lost> for wire::Lost {
    fn from(from: &Lost) -> Self {
        Self {
            label_sets: from.label_sets,
            label_key: from.label_key.as_deref().map(cut).unwrap_or_default(),
            captures: from.captures,
            chains: from.chains,
            groups: from.groups,
            stacks: from.stacks,
            history: from.history,
            runtimes: from.runtimes,
            untracked: from.untracked,
            origins: from.origins,
            heap_blocks: from.heap_blocks,
            waits: from.waits,
            proofs: from.proofs,
            evidence: from.evidence,
        }
    }
}

impl TryFrom<wire::Lost> for Lost {
    type Error = ConvertError;

    fn try_from(from: wire::Lost) -> Result<Self, ConvertError> {
        Ok(Self {
            label_sets: from.label_sets,
            label_key: optional("a label key", from.label_key)?,
            captures: from.captures,
            chains: from.chains,
            groups: from.groups,
            stacks: from.stacks,
            history: from.history,
            runtimes: from.runtimes,
            untracked: from.untracked,
            origins: from.origins,
            heap_blocks: from.heap_blocks,
            waits: from.waits,
            proofs: from.proofs,
            evidence: from.evidence,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Heap, Held, Runtime};

    #[test]
    fn a_header_survives_the_way_there_and_back() {
        let held = Held {
            live_bytes: 26,
            error_bytes: 27,
            blocks: 28,
            outlived_bytes: 29,
            outlived_blocks: 30,
        };
        let heap = Heap {
            held,
            live_bytes_minute_ago: 31,
            unattributed_bytes: 32,
            agent_bytes: 33,
            allocated_bytes: 34,
            allocated_bytes_last_minute: 35,
            mean_sample_bytes: 36,
        };
        let header = Header {
            now_ms: 1,
            now_unix_ms: 2,
            rss_bytes: Some(0),
            memory_limit_bytes: Some(19),
            memory_current_bytes: Some(20),
            agent_bytes: Some(21),
            coverage: Coverage { tracked: 3, alive: Some(4) },
            totals: Totals {
                running: 5,
                ready: 6,
                parked: 7,
                new: 8,
                spawned: 9,
                finished: 10,
                aborted: 11,
                panicked: 12,
            },
            lost: Lost {
                label_sets: 13,
                label_key: Some("request_id".into()),
                captures: 14,
                chains: 15,
                groups: 16,
                stacks: 17,
                history: 22,
                runtimes: 18,
                untracked: 23,
                origins: 24,
                heap_blocks: 25,
                waits: 37,
                proofs: 38,
                evidence: 39,
            },
            captures_pending: 17,
            runtimes: vec![Runtime { id: 1, ..Runtime::default() }],
            heap: Some(heap),
        };
        assert_eq!(Header::try_from(wire::Header::from(&header)), Ok(header));
        assert_eq!(Header::try_from(wire::Header::default()), Ok(Header::default()));
    }
}
