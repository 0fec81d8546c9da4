//! What one process tells, as a part of what many tell: its numbers told apart from all others, its
//! instants on the common clock, its name on everything.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{
    Blocker, Group, GroupId, HeapSite, HeapSiteId, HistoryPage, Label, Labels, Origin, OriginId,
    Profile, Series, Subject, Task, TaskPage, Verdict, Waker,
};

use super::numbers::Numbers;
use crate::analyse::{OWN_PROCESS, PROCESS};

/// Before its first minute is over, everything in a process has grown from nothing.
const YOUNG_MS: u64 = 60_000;
/// Label sets that are remembered, unless a profile has more.
const MAX_LABEL_SETS: usize = 10_000;

/// One run of a process.
#[derive(Debug)]
pub(super) struct Part {
    /// What it is called.
    pub(super) name: Arc<str>,
    /// What has to be added to its instants.
    pub(super) shift_ms: i64,
    groups: Numbers,
    origins: Numbers,
    sites: Numbers,
    tasks: Numbers,
    labels: FxHashMap<Labels, Labels>,
}

/// What a part adds to the whole, and how much of it had no room.
#[derive(Debug, Default)]
pub(super) struct Translated {
    pub(super) profile: Profile,
    pub(super) groups_left_out: u64,
    pub(super) origins_left_out: u64,
}

impl Part {
    pub(super) fn new(run: u64, name: Arc<str>) -> Self {
        let numbers = || Numbers::of_run(run);
        Self {
            name,
            shift_ms: 0,
            groups: numbers(),
            origins: numbers(),
            sites: numbers(),
            tasks: numbers(),
            labels: FxHashMap::default(),
        }
    }

    /// It is called something else from now on.
    pub(super) fn rename(&mut self, name: &Arc<str>) {
        if self.name != *name {
            self.name = name.clone();
            self.labels.clear();
        }
    }

    /// An instant of its clock on the common one.
    fn at(&self, ms: u64) -> u64 {
        ms.saturating_add_signed(self.shift_ms)
    }

    fn labels(&mut self, labels: &Labels) -> Labels {
        if let Some(known) = self.labels.get(labels) {
            return known.clone();
        }
        let own = |label: &Label| match &*label.key {
            PROCESS => Label { key: OWN_PROCESS.into(), value: label.value.clone() },
            _ => label.clone(),
        };
        let process = Label { key: PROCESS.into(), value: self.name.clone() };
        let all = Labels::new(labels.iter().map(own).chain([process]));
        self.labels.insert(labels.clone(), all.clone());
        all
    }

    /// Its groups, origins and sites, sorted by their numbers. The header is left as it is.
    pub(super) fn profile(&mut self, profile: &Profile) -> Translated {
        // Label sets come and go: none is remembered for good.
        if self.labels.len() > MAX_LABEL_SETS.max(2 * profile.groups.len()) {
            self.labels.clear();
        }
        let young = profile.header.now_ms < YOUNG_MS;
        let mut translated = Translated::default();
        let mut out = Profile { header: profile.header.clone(), ..Profile::default() };
        for stall in out.header.runtimes.iter_mut().filter_map(|known| known.stall.as_mut()) {
            stall.since_ms = self.at(stall.since_ms);
        }
        if let Some(heap) = out.header.heap.as_mut().filter(|_| young) {
            heap.live_bytes_minute_ago = heap.held.live_bytes;
        }
        out.groups.reserve(profile.groups.len());
        for group in &profile.groups {
            match self.group(group, young) {
                Some(group) => out.groups.push(Arc::new(group)),
                None => translated.groups_left_out += 1,
            }
        }
        for origin in &profile.origins {
            match self.origin(origin) {
                Some(origin) => out.origins.push(Arc::new(origin)),
                None => translated.origins_left_out += 1,
            }
        }
        // A site that has no room has no bytes in the rows; the header has them.
        let sites = profile.heap_sites.iter().filter_map(|site| self.site(site));
        out.heap_sites = sites.map(Arc::new).collect();
        out.groups.sort_by_key(|group| group.id);
        out.origins.sort_by_key(|origin| origin.id);
        out.heap_sites.sort_by_key(|site| site.id);
        translated.profile = out;
        translated
    }

    fn group(&mut self, group: &Group, young: bool) -> Option<Group> {
        let chain = group.chain.iter().map(|id| self.group_id(*id));
        let chain = chain.collect::<Option<Vec<_>>>().unwrap_or_default();
        let waker = |waker: &Waker| Waker {
            origin: waker.origin.and_then(|id| self.origin_id(id)),
            tasks: waker.tasks,
        };
        let wakers = group.wakers.iter().map(waker).collect();
        let blockers = group.blockers.iter().map(|blocker| self.blocker(blocker)).collect();
        let (was, bytes_were) = if young {
            (group.count, group.held.live_bytes)
        } else {
            (group.count_minute_ago, group.live_bytes_minute_ago)
        };
        Some(Group {
            id: self.group_id(group.id)?,
            labels: self.labels(&group.labels),
            origin: self.origin_id(group.origin)?,
            oldest_since_ms: self.at(group.oldest_since_ms),
            median_since_ms: self.at(group.median_since_ms),
            count_minute_ago: was,
            live_bytes_minute_ago: bytes_were,
            verdict: Verdict { since_ms: self.at(group.verdict.since_ms), ..group.verdict.clone() },
            wakers,
            blockers,
            chain,
            tree: group.tree.clone(),
            ..*group
        })
    }

    fn origin(&mut self, origin: &Origin) -> Option<Origin> {
        let id = self.origin_id(origin.id)?;
        Some(Origin { id, labels: self.labels(&origin.labels), ..origin.clone() })
    }

    fn site(&mut self, site: &HeapSite) -> Option<HeapSite> {
        Some(HeapSite {
            id: HeapSiteId(self.sites.outside(site.id.0)?),
            labels: self.labels(&site.labels),
            origin: site.origin.and_then(|id| self.origin_id(id)),
            oldest_since_ms: self.at(site.oldest_since_ms),
            ..site.clone()
        })
    }

    fn group_id(&mut self, id: GroupId) -> Option<GroupId> {
        self.groups.outside(id.0).map(GroupId)
    }

    fn origin_id(&mut self, id: OriginId) -> Option<OriginId> {
        self.origins.outside(id.0).map(OriginId)
    }

    fn blocker(&mut self, blocker: &Blocker) -> Blocker {
        let mut out = blocker.clone();
        out.since_ms = self.at(blocker.since_ms);
        out.holder = blocker.holder.and_then(|mut holder| {
            holder.task = self.tasks.outside(holder.task)?;
            holder.group = holder.group.and_then(|id| self.group_id(id));
            Some(holder)
        });
        out
    }

    /// A page of its tasks.
    pub(super) fn page(&mut self, page: &TaskPage) -> TaskPage {
        TaskPage {
            tasks: page.tasks.iter().filter_map(|task| self.task(task)).collect(),
            now_ms: self.at(page.now_ms),
            ..*page
        }
    }

    fn task(&mut self, task: &Task) -> Option<Task> {
        Some(Task {
            id: self.tasks.outside(task.id)?,
            labels: self.labels(&task.labels),
            since_ms: self.at(task.since_ms),
            spawned_ms: self.at(task.spawned_ms),
            parent: task.parent.and_then(|id| self.tasks.outside(id)),
            woken_by: task.woken_by.and_then(|id| self.origin_id(id)),
            blockers: task.blockers.iter().map(|blocker| self.blocker(blocker)).collect(),
            ..task.clone()
        })
    }

    /// What its groups were before.
    pub(super) fn history(&mut self, page: &HistoryPage) -> HistoryPage {
        let now_ms = self.at(page.now_ms);
        let series = |series: &Series| {
            let subject = match series.subject {
                Subject::Group(id) => Subject::Group(self.group_id(id)?),
                whole @ (Subject::State(_) | Subject::Process) => whole,
            };
            Some(Series { subject, from_ms: self.at(series.from_ms), ..series.clone() })
        };
        let series = page.series.iter().filter_map(series).collect();
        HistoryPage { now_ms, step_ms: page.step_ms, series }
    }

    /// Those of these groups that are its own, as it calls them.
    pub(super) fn own_groups(&self, groups: &[GroupId]) -> Vec<GroupId> {
        groups.iter().filter_map(|id| self.groups.inside(id.0)).map(GroupId).collect()
    }

    /// Whether this group is its own.
    pub(super) fn has_group(&self, group: GroupId) -> bool {
        self.groups.inside(group.0).is_some()
    }

    /// A task of its own, as it calls it.
    pub(super) fn own_task(&self, task: u64) -> Option<u64> {
        self.tasks.inside(task)
    }
}
