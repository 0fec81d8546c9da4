//! The heap, for programs.

use taskscope_proto::model::{Group, HeapSite, Profile};

use super::await_point;
use super::shape::{AllocationDump, HeapDump, HeldDump};
use crate::analyse::{Allocation, allocations, of_nobody};
use crate::report::ages;

/// Stacks that are listed of a group.
const MOST: usize = 5;

/// The heap as a whole.
pub(super) fn heap(profile: &Profile) -> Option<HeapDump<'_>> {
    let header = &profile.header;
    let heap = header.heap?;
    let besides = |rss: u64| rss.saturating_sub(heap.held.live_bytes);
    Some(HeapDump {
        live_bytes: heap.held.live_bytes,
        error_bytes: heap.held.error_bytes,
        unattributed_bytes: heap.unattributed_bytes,
        agent_bytes: heap.agent_bytes,
        blocks: heap.held.blocks,
        outlived_bytes: heap.held.outlived_bytes,
        live_bytes_minute_ago: heap.live_bytes_minute_ago,
        allocated_bytes: heap.allocated_bytes,
        allocated_per_min: heap.allocated_bytes_last_minute,
        mean_sample_bytes: heap.mean_sample_bytes,
        resident_besides_bytes: header.rss_bytes.map(besides),
        allocated_at: list(profile, &of_nobody(profile)),
    })
}

/// What a group holds.
pub(super) fn held<'a>(profile: &'a Profile, group: &Group) -> Option<HeldDump<'a>> {
    profile.header.heap?;
    let (held, origin) = (group.held, profile.origin(group.origin));
    Some(HeldDump {
        live_bytes: held.live_bytes,
        error_bytes: held.error_bytes,
        blocks: held.blocks,
        outlived_bytes: held.outlived_bytes,
        outlived_blocks: held.outlived_blocks,
        live_bytes_minute_ago: group.live_bytes_minute_ago,
        bytes_per_task: held.live_bytes.checked_div(group.count),
        allocated_per_min: origin.map(|origin| origin.allocated_bytes_last_minute),
        allocated_at: list(profile, &allocations(profile, group)),
    })
}

fn list<'a>(profile: &Profile, allocations: &[Allocation<'a>]) -> Vec<AllocationDump<'a>> {
    let since = |site: &HeapSite| {
        let known = site.oldest_since_ms > 0;
        known.then(|| ages::secs(ages::since(&profile.header, site.oldest_since_ms)))
    };
    let most = allocations.iter().take(MOST);
    most.map(|Allocation { site, bytes }| {
        let stack = site.stack.as_deref();
        AllocationDump {
            live_bytes: *bytes,
            error_bytes: site.held.error_bytes,
            allocated_bytes: site.allocated_bytes,
            oldest_secs: since(site),
            at: stack.and_then(|stack| stack.await_point.as_deref()).map(await_point),
            stack: stack.map_or_else(Vec::new, |stack| {
                stack.nodes.iter().map(|node| await_point(&node.frame)).collect()
            }),
            cut: site.cut,
        }
    })
    .collect()
}
