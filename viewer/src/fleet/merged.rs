//! One profile of many.
//!
//! What adds up is added up; what one of them does not know is not known of all, but for the heap,
//! of which those that tell are added up and the others named (`notes`).

use taskscope_proto::model::{Coverage, Header, Heap, Lost, Profile, Runtime, Totals};

use super::part::Translated;

/// Puts the parts together. `now_ms` is on the common clock.
pub(super) fn merged(parts: Vec<Translated>, now_ms: u64) -> Profile {
    let headers: Vec<&Header> = parts.iter().map(|part| &part.profile.header).collect();
    let mut all = Profile { header: header(&headers, now_ms), ..Profile::default() };
    for part in parts {
        all.header.lost.groups = all.header.lost.groups.saturating_add(part.groups_left_out);
        all.header.lost.origins = all.header.lost.origins.saturating_add(part.origins_left_out);
        all.groups.extend(part.profile.groups);
        all.origins.extend(part.profile.origins);
        all.heap_sites.extend(part.profile.heap_sites);
    }
    // Each part is sorted: this only moves whole parts.
    all.groups.sort_by_key(|group| group.id);
    all.origins.sort_by_key(|origin| origin.id);
    all.heap_sites.sort_by_key(|site| site.id);
    all
}

/// A sum, if all of it is known.
fn sum(parts: &[&Header], of: impl Fn(&Header) -> Option<u64>) -> Option<u64> {
    let mut sum = None;
    for part in parts {
        sum = Some(of(part)?.saturating_add(sum.unwrap_or(0)));
    }
    sum
}

fn header(parts: &[&Header], now_ms: u64) -> Header {
    // Two processes may share a limit, or not: nobody tells.
    let alone = match parts {
        [alone] => Some(*alone),
        _ => None,
    };
    let tracked = sum(parts, |part| Some(part.coverage.tracked));
    Header {
        now_ms,
        now_unix_ms: parts.iter().map(|part| part.now_unix_ms).max().unwrap_or(0),
        rss_bytes: sum(parts, |part| part.rss_bytes),
        memory_limit_bytes: alone.and_then(|part| part.memory_limit_bytes),
        memory_current_bytes: alone.and_then(|part| part.memory_current_bytes),
        agent_bytes: sum(parts, |part| part.agent_bytes),
        coverage: Coverage {
            tracked: tracked.unwrap_or(0),
            alive: sum(parts, |part| part.coverage.alive),
        },
        totals: totals(parts),
        lost: lost(parts),
        captures_pending: sum(parts, |part| Some(part.captures_pending)).unwrap_or(0),
        runtimes: runtimes(parts),
        heap: heap(parts),
    }
}

fn totals(parts: &[&Header]) -> Totals {
    let add = |of: fn(&Totals) -> u64| sum(parts, |part| Some(of(&part.totals))).unwrap_or(0);
    Totals {
        running: add(|totals| totals.running),
        ready: add(|totals| totals.ready),
        parked: add(|totals| totals.parked),
        new: add(|totals| totals.new),
        spawned: add(|totals| totals.spawned),
        finished: add(|totals| totals.finished),
        aborted: add(|totals| totals.aborted),
        panicked: add(|totals| totals.panicked),
    }
}

fn lost(parts: &[&Header]) -> Lost {
    let add = |of: fn(&Lost) -> u64| sum(parts, |part| Some(of(&part.lost))).unwrap_or(0);
    let most = parts.iter().map(|part| &part.lost).max_by_key(|lost| lost.label_sets);
    Lost {
        label_sets: add(|lost| lost.label_sets),
        label_key: most.and_then(|lost| lost.label_key.clone()),
        captures: add(|lost| lost.captures),
        chains: add(|lost| lost.chains),
        groups: add(|lost| lost.groups),
        stacks: add(|lost| lost.stacks),
        history: add(|lost| lost.history),
        runtimes: add(|lost| lost.runtimes),
        untracked: add(|lost| lost.untracked),
        origins: add(|lost| lost.origins),
        heap_blocks: add(|lost| lost.heap_blocks),
        waits: add(|lost| lost.waits),
        proofs: add(|lost| lost.proofs),
        evidence: add(|lost| lost.evidence),
    }
}

/// All runtimes, numbered one after the other.
fn runtimes(parts: &[&Header]) -> Vec<Runtime> {
    let all = parts.iter().flat_map(|part| &part.runtimes);
    (1..).zip(all).map(|(id, runtime)| Runtime { id, ..runtime.clone() }).collect()
}

fn heap(parts: &[&Header]) -> Option<Heap> {
    parts.iter().filter_map(|part| part.heap).reduce(|a, b| Heap {
        held: a.held.and(b.held),
        live_bytes_minute_ago: a.live_bytes_minute_ago.saturating_add(b.live_bytes_minute_ago),
        unattributed_bytes: a.unattributed_bytes.saturating_add(b.unattributed_bytes),
        agent_bytes: a.agent_bytes.saturating_add(b.agent_bytes),
        allocated_bytes: a.allocated_bytes.saturating_add(b.allocated_bytes),
        allocated_bytes_last_minute: a
            .allocated_bytes_last_minute
            .saturating_add(b.allocated_bytes_last_minute),
        // The coarsest of them.
        mean_sample_bytes: a.mean_sample_bytes.max(b.mean_sample_bytes),
    })
}
