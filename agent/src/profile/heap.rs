//! Which tasks hold the heap.
//!
//! Blocks belong to the tasks that allocated them. What living tasks hold is shown with the groups
//! that they are in; what those that ended have left, with a group of its own for each origin and
//! label set, in the state `finished`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxBuildHasher;
use taskscope_proto::model::{Heap, HeapOwner, HeapSite, HeapSiteId, Held, OriginId, State, Tree};

use super::minute::Minute;
use super::past::RawGroups;
use super::view::RawKey;
use crate::alloc::{self, Block, Reading, Site, Sum, whole};
use crate::clock::Reading as Clock;
use crate::labels::table;
use crate::symbols::Symbols;
use crate::task::behalf::Owner;
use crate::task::ticket::Ticket;

/// Where nothing has been allocated for so long, and nothing lives, may be forgotten.
const IDLE: Duration = Duration::from_mins(10);

/// What lives of something, and what of that its task has left behind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holding {
    all: Sum,
    outlived: Sum,
}

impl Holding {
    fn add(&mut self, block: Sum, outlived: bool) {
        self.all.add(block);
        if outlived {
            self.outlived.add(block);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.all.add(other.all);
        self.outlived.add(other.outlived);
    }

    pub(super) fn bytes(&self) -> u64 {
        whole(self.all.bytes)
    }

    pub(super) fn held(&self) -> Held {
        Held {
            live_bytes: whole(self.all.bytes),
            error_bytes: whole(self.all.error()),
            blocks: whole(self.all.blocks),
            outlived_bytes: whole(self.outlived.bytes),
            outlived_blocks: whole(self.outlived.blocks),
        }
    }
}

/// The heap at one moment, summed up.
#[derive(Debug, Default)]
pub(super) struct Look {
    /// By living task.
    pub(super) by_task: HashMap<u64, Holding, FxBuildHasher>,
    /// By labels and origin, of tasks that have ended.
    left: HashMap<(u32, u32), Holding, FxBuildHasher>,
    sites: Vec<SiteLook>,
    all: Holding,
    unattributed: Holding,
    agent: Holding,
    allocated_bytes: u64,
    blocks: usize,
}

#[derive(Debug)]
struct SiteLook {
    site: Site,
    held: Holding,
    /// Ticks.
    oldest: Option<u64>,
}

/// Reads the heap; `None` where the process does not allocate through our allocator.
pub(super) fn look(clock: &Clock) -> Option<(Look, Reading)> {
    if !alloc::is_in_use() {
        return None;
    }
    let idle_since = clock.ticks().saturating_sub(clock.ticks_in(IDLE));
    let reading = alloc::read(idle_since);
    let mut look = Look { blocks: reading.blocks.len(), ..Look::default() };
    let mut at = HashMap::<u32, usize, FxBuildHasher>::default();
    for site in &reading.sites {
        at.insert(site.number, look.sites.len());
        look.sites.push(SiteLook { site: *site, held: Holding::default(), oldest: None });
        look.allocated_bytes += site.bytes;
    }
    look.allocated_bytes += reading.forgotten_bytes;
    let mut alive = HashMap::<u64, bool, FxBuildHasher>::default();
    for block in &reading.blocks {
        // A block that came after the sites were read waits for the next look.
        if let Some(site) = at.get(&block.site).and_then(|at| look.sites.get_mut(*at)) {
            let (place, id) = block.task;
            let is_alive = || Ticket::from_bits(place, id).is_alive();
            let outlived = id != 0 && !*alive.entry(id).or_insert_with(is_alive);
            site.add(block, outlived);
            let sum = Sum::of(block.size, block.mean);
            look.all.add(sum, outlived);
            match owner(&site.site) {
                HeapOwner::Agent => look.agent.add(sum, outlived),
                HeapOwner::Task if outlived => {
                    let key = (site.site.labels, site.site.origin);
                    look.left.entry(key).or_default().add(sum, true);
                }
                HeapOwner::Task => look.by_task.entry(id).or_default().add(sum, false),
                _ => look.unattributed.add(sum, outlived),
            }
        }
    }
    Some((look, reading))
}

impl Look {
    /// Adds what tasks that have ended hold, as tasks of which there are none.
    pub(super) fn add_left(&self, raw: &mut RawGroups) {
        for ((labels, origin), held) in &self.left {
            let key = RawKey {
                labels: *labels,
                labels_in_part: *labels,
                origin: *origin,
                state: State::Finished,
                tree: 0,
                dead: false,
                detached: false,
                orphan: false,
            };
            raw.entry(key).or_default().held.merge(held);
        }
    }
}

impl SiteLook {
    fn add(&mut self, block: &Block, outlived: bool) {
        self.held.add(Sum::of(block.size, block.mean), outlived);
        self.oldest = Some(self.oldest.map_or(block.since, |oldest| oldest.min(block.since)));
    }
}

fn owner(site: &Site) -> HeapOwner {
    match site.origin {
        origin if origin == Owner::AGENT.origin => HeapOwner::Agent,
        0 => HeapOwner::Nobody,
        _ => HeapOwner::Task,
    }
}

/// What is remembered of a site.
#[derive(Debug, Default)]
struct Known {
    /// Ever allocated, at the last note.
    bytes: u64,
    /// Of the note that saw it last.
    note: u64,
    stack: Option<Arc<Tree>>,
    row: Option<Arc<HeapSite>>,
}

/// What is remembered of the heap between looks.
#[derive(Debug, Default)]
pub(super) struct Memory {
    live: Minute,
    allocated: Minute,
    /// By hash.
    sites: HashMap<u64, Known, FxBuildHasher>,
    /// By origin: bytes ever allocated, those at forgotten sites included.
    by_origin: HashMap<u32, u64, FxBuildHasher>,
    notes: u64,
    /// How many sampled blocks there were.
    blocks: usize,
}

impl Memory {
    /// Notes the heap at a time, without symbols.
    pub(super) fn note(&mut self, now_ms: u64, look: &Look) {
        self.live.note(now_ms, look.all.bytes());
        self.allocated.note(now_ms, look.allocated_bytes);
        self.notes += 1;
        self.blocks = look.blocks;
        for SiteLook { site, .. } in &look.sites {
            let known = self.sites.entry(site.hash).or_default();
            // Of two sites with one hash each is new to the other: they are seldom, and rather
            // counted twice than not at all.
            *self.by_origin.entry(site.origin).or_default() +=
                site.bytes.saturating_sub(known.bytes);
            known.bytes = site.bytes;
            known.note = self.notes;
        }
        self.sites.retain(|_, known| known.note == self.notes);
    }

    /// What tasks of an origin have ever allocated.
    pub(super) fn allocated(&self, origin: u32) -> u64 {
        self.by_origin.get(&origin).copied().unwrap_or_default()
    }

    /// The heap as a whole, after it was noted.
    pub(super) fn describe(&self, look: &Look) -> Heap {
        Heap {
            held: look.all.held(),
            live_bytes_minute_ago: self.live.ago(),
            unattributed_bytes: look.unattributed.bytes(),
            agent_bytes: look.agent.bytes(),
            allocated_bytes: look.allocated_bytes,
            allocated_bytes_last_minute: look.allocated_bytes.saturating_sub(self.allocated.ago()),
            mean_sample_bytes: alloc::mean(),
        }
    }

    /// The sites, by id. One that is as it was keeps its `Arc`.
    pub(super) fn sites(
        &mut self,
        look: &Look,
        reading: &Reading,
        symbols: &mut Symbols,
        clock: &Clock,
    ) -> Vec<Arc<HeapSite>> {
        let mut rows = Vec::with_capacity(look.sites.len());
        // Two threads may have made the same site at once: they are one to whoever looks.
        for (hash, parts) in by_hash(&look.sites) {
            let (Some(first), Some(known)) = (parts.first(), self.sites.get_mut(&hash)) else {
                continue;
            };
            if known.stack.is_none() {
                let frames = reading.frames(&first.site);
                known.stack = (!frames.is_empty()).then(|| symbols.allocation(&frames));
            }
            let row = known.describe(hash, &parts, clock);
            rows.push(Arc::clone(&row));
            known.row = Some(row);
        }
        rows.sort_unstable_by_key(|row| row.id);
        rows
    }

    /// What it takes up, roughly.
    pub(super) fn bytes(&self) -> usize {
        let stacks = self.sites.values().filter_map(|known| known.stack.as_ref());
        let nodes: usize = stacks.map(|stack| size_of_val(stack.nodes.as_slice())).sum();
        let each = size_of::<(u64, Known)>() + size_of::<HeapSite>() + size_of::<Tree>();
        self.sites.len() * each + nodes + alloc::bytes(self.blocks)
    }
}

fn by_hash(sites: &[SiteLook]) -> HashMap<u64, Vec<&SiteLook>, FxBuildHasher> {
    let mut by_hash = HashMap::<u64, Vec<&SiteLook>, FxBuildHasher>::default();
    for look in sites {
        by_hash.entry(look.site.hash).or_default().push(look);
    }
    by_hash
}

impl Known {
    fn describe(&self, hash: u64, parts: &[&SiteLook], clock: &Clock) -> Arc<HeapSite> {
        let mut held = Holding::default();
        for part in parts {
            held.merge(&part.held);
        }
        let held = held.held();
        let blocks: u64 = parts.iter().map(|part| part.site.blocks).sum();
        let bytes: u64 = parts.iter().map(|part| part.site.bytes).sum();
        let oldest = parts.iter().filter_map(|part| part.oldest).min();
        let site = parts.first().map(|part| part.site);
        let owner = site.as_ref().map(owner).unwrap_or_default();
        let row = HeapSite {
            id: HeapSiteId(hash),
            owner,
            labels: site.map(|site| table::get(site.labels).clone()).unwrap_or_default(),
            origin: site
                .filter(|_| owner == HeapOwner::Task)
                .map(|site| OriginId(u64::from(site.origin))),
            stack: self.stack.clone(),
            cut: site.is_some_and(|site| site.cut),
            held,
            // Rounded block by block: never less than what lives.
            allocated_bytes: bytes.max(held.live_bytes),
            allocated_blocks: whole(blocks as f64 / alloc::UNITS).max(held.blocks),
            oldest_since_ms: oldest.map_or(0, |ticks| clock.millis(ticks)),
        };
        match &self.row {
            Some(before) if **before == row => Arc::clone(before),
            _ => Arc::new(row),
        }
    }
}
