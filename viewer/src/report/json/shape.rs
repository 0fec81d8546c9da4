//! The objects of `taskscope.dump/1`, field by field.

use std::collections::BTreeMap;

use serde::Serialize;

use super::runtimes::RuntimeDump;

#[derive(Serialize)]
pub(super) struct Dump<'a> {
    pub(super) schema: &'static str,
    pub(super) taken_at: Option<String>,
    pub(super) process: ProcessDump<'a>,
    pub(super) coverage: CoverageDump,
    pub(super) totals: TotalsDump,
    pub(super) lost: LostDump,
    pub(super) runtimes: Vec<RuntimeDump>,
    pub(super) groups: Vec<GroupDump<'a>>,
    pub(super) heap: Option<HeapDump<'a>>,
}

#[derive(Serialize)]
pub(super) struct ProcessDump<'a> {
    pub(super) name: &'a str,
    pub(super) pid: Option<u32>,
    pub(super) started_at: Option<String>,
    pub(super) rss_bytes: Option<u64>,
    pub(super) memory_limit_bytes: Option<u64>,
    pub(super) memory_current_bytes: Option<u64>,
    pub(super) agent_bytes: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct CoverageDump {
    pub(super) tracked: u64,
    pub(super) alive: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct TotalsDump {
    pub(super) alive: u64,
    pub(super) running: u64,
    pub(super) ready: u64,
    pub(super) parked: u64,
    pub(super) new: u64,
    pub(super) spawned: u64,
    pub(super) finished: u64,
}

#[derive(Serialize)]
pub(super) struct LostDump {
    pub(super) label_sets: u64,
    pub(super) captures: u64,
    pub(super) chains: u64,
    pub(super) groups: u64,
    pub(super) stacks: u64,
    pub(super) history: u64,
    pub(super) runtimes: u64,
    pub(super) untracked: u64,
    pub(super) origins: u64,
    pub(super) heap_blocks: u64,
    pub(super) waits: u64,
    pub(super) proofs: u64,
    pub(super) evidence: u64,
}

#[derive(Serialize)]
pub(super) struct GroupDump<'a> {
    pub(super) labels: BTreeMap<&'a str, &'a str>,
    pub(super) spawned_at: Option<LocationDump<'a>>,
    pub(super) tracked: bool,
    pub(super) state: &'static str,
    pub(super) count: u64,
    pub(super) future_bytes: u64,
    pub(super) oldest_secs: f64,
    pub(super) median_secs: f64,
    pub(super) await_point: Option<AwaitPointDump<'a>>,
    pub(super) wait_kinds: Vec<String>,
    /// What several wait kinds mean together: `one`, `any_of`, `all_of`.
    pub(super) wait: Option<&'static str>,
    pub(super) tree: Vec<NodeDump<'a>>,
    pub(super) verdict: VerdictDump<'a>,
    pub(super) held_by: Vec<BlockerDump<'a>>,
    /// From these tasks to those at the root of it, a sentence each.
    pub(super) chain: Vec<String>,
    /// How many tasks of other groups wait for these.
    pub(super) waiting_for_it: u64,
    pub(super) polls: u64,
    pub(super) wakes: u64,
    pub(super) self_wakes: u64,
    pub(super) running_secs: f64,
    pub(super) ready_secs: f64,
    pub(super) longest_poll_secs: Option<f64>,
    pub(super) longest_ready_secs: Option<f64>,
    pub(super) woken_by: Vec<WakerDump<'a>>,
    pub(super) detached: Option<u64>,
    pub(super) orphans: Option<u64>,
    pub(super) spawned_per_min: Option<f64>,
    pub(super) finished_per_min: Option<f64>,
    pub(super) heap: Option<HeldDump<'a>>,
}

/// What is the matter with a group.
#[derive(Serialize)]
pub(super) struct VerdictDump<'a> {
    pub(super) class: Option<&'static str>,
    pub(super) reason: Option<&'a str>,
    pub(super) tasks: u64,
    pub(super) since_secs: Option<f64>,
    pub(super) points: u64,
}

/// What tasks of a group wait for, and who could let them go on.
#[derive(Serialize)]
pub(super) struct BlockerDump<'a> {
    pub(super) kind: String,
    pub(super) made_at: Option<LocationDump<'a>>,
    pub(super) tasks: u64,
    pub(super) relation: &'static str,
    pub(super) since_secs: Option<f64>,
    pub(super) holder: Option<HolderDump<'a>>,
    pub(super) holders: u64,
}

/// One of those. What it is now is known while it lives.
#[derive(Serialize)]
pub(super) struct HolderDump<'a> {
    pub(super) task: u64,
    pub(super) alive: bool,
    pub(super) labels: Option<BTreeMap<&'a str, &'a str>>,
    pub(super) spawned_at: Option<LocationDump<'a>>,
    pub(super) state: Option<&'static str>,
    pub(super) await_point: Option<AwaitPointDump<'a>>,
    pub(super) wait_kinds: Vec<String>,
}

/// What a group holds.
#[derive(Serialize)]
pub(super) struct HeldDump<'a> {
    pub(super) live_bytes: u64,
    pub(super) error_bytes: u64,
    pub(super) blocks: u64,
    pub(super) outlived_bytes: u64,
    pub(super) outlived_blocks: u64,
    pub(super) live_bytes_minute_ago: u64,
    pub(super) bytes_per_task: Option<u64>,
    pub(super) allocated_per_min: Option<u64>,
    pub(super) allocated_at: Vec<AllocationDump<'a>>,
}

/// Where some of it was allocated.
#[derive(Serialize)]
pub(super) struct AllocationDump<'a> {
    pub(super) live_bytes: u64,
    pub(super) error_bytes: u64,
    pub(super) allocated_bytes: u64,
    pub(super) oldest_secs: Option<f64>,
    pub(super) at: Option<AwaitPointDump<'a>>,
    /// From the outermost frame to the call of the allocator.
    pub(super) stack: Vec<AwaitPointDump<'a>>,
    pub(super) cut: bool,
}

/// The heap of the process.
#[derive(Serialize)]
pub(super) struct HeapDump<'a> {
    pub(super) live_bytes: u64,
    pub(super) error_bytes: u64,
    pub(super) unattributed_bytes: u64,
    pub(super) agent_bytes: u64,
    pub(super) blocks: u64,
    pub(super) outlived_bytes: u64,
    pub(super) live_bytes_minute_ago: u64,
    pub(super) allocated_bytes: u64,
    pub(super) allocated_per_min: u64,
    pub(super) mean_sample_bytes: u32,
    pub(super) resident_besides_bytes: Option<u64>,
    /// Of what no tracked task allocated.
    pub(super) allocated_at: Vec<AllocationDump<'a>>,
}

/// Both `null`: woken by no tracked task, or never.
#[derive(Serialize)]
pub(super) struct WakerDump<'a> {
    pub(super) labels: Option<BTreeMap<&'a str, &'a str>>,
    pub(super) spawned_at: Option<LocationDump<'a>>,
    pub(super) tasks: u64,
}

#[derive(Serialize)]
pub(super) struct LocationDump<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
}

#[derive(Serialize)]
pub(super) struct AwaitPointDump<'a> {
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) function: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct NodeDump<'a> {
    pub(super) function: Option<&'a str>,
    pub(super) file: Option<&'a str>,
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) user: bool,
    pub(super) count: u64,
    /// Frames left out below this one, before its children or instead of them.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) omitted_frames: usize,
    pub(super) children: Vec<NodeDump<'a>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}
