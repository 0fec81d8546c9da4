//! All living tasks, folded into groups.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustc_hash::FxBuildHasher;
use taskscope_proto::model::{
    Coverage, Group, GroupId, Header, Lost, Profile, State, Totals, Tree, WaitKind,
};

use super::blockers::Blockers;
use super::classes::Classes;
use super::groups::{GroupKey, Groups, Members};
use super::heap::{self, Look, Memory};
use super::judge::{Census, Charges, Judge, Wakes};
use super::memory::{Cgroup, cgroup, rss_bytes};
use super::origins::{self, Origins};
use super::past::{Past, RawGroups};
use super::proofs::Map;
use super::runtimes::{Runtimes, Tallies};
use super::view::{Around, RawKey, TaskView};
use crate::clock::{self, Reading};
use crate::labels::table;
use crate::losses;
use crate::registry::Counted;
use crate::runtimes;
use crate::symbols::{Symbols, UserCode};
use crate::task::capture::{self, RawTree};
use crate::task::record::{Kind, Record};
use crate::task::{origin, tracker, waits};
use crate::verdict::rank::is_outside;
use crate::{alloc, blocked};

/// Makes profiles, and remembers from one to the next what has to stay the same.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(super) symbols: Symbols,
    pub(super) groups: Groups,
    origins: Origins,
    pub(super) past: Past,
    heap: Memory,
    runtimes: Runtimes,
    pub(super) judge: Judge,
    classes: Classes,
    stuck_after: Duration,
    /// Of the last fold: which group the tasks with a raw key are in.
    pub(super) group_of: HashMap<RawKey, GroupId, FxBuildHasher>,
    /// Captures that were asked for and did not happen in time.
    pub(crate) missed_captures: u64,
}

impl Folder {
    pub(crate) fn new(stuck_after: Duration, user_code: UserCode) -> Self {
        Self {
            symbols: Symbols::new(user_code),
            groups: Groups::default(),
            origins: Origins::default(),
            past: Past::default(),
            heap: Memory::default(),
            runtimes: Runtimes::default(),
            judge: Judge::new(u64::try_from(stuck_after.as_millis()).unwrap_or(u64::MAX)),
            classes: Classes::default(),
            stuck_after,
            group_of: HashMap::default(),
            missed_captures: 0,
        }
    }

    /// Remembers how many tasks there are of each kind, so that later profiles know how it was a
    /// minute ago. Needs no symbols. Costs about 80 ns a task.
    pub(crate) fn observe(&mut self) {
        let clock = clock::read();
        let ended = origins::ended();
        let now_ms = clock.now_millis();
        let heap = heap::look(&clock).map(|(heap, _)| heap);
        let mut census = self.judge.open(&clock, &ended);
        let raw = self.read_tasks(&clock, heap.as_ref(), &mut census, &mut Header::default());
        self.past.note(now_ms, &raw);
        self.past.note_process(rss_bytes());
        self.think(now_ms, &census, &raw);
        self.classes.note(&self.judge, &raw);
        heap.inspect(|heap| self.heap.note(now_ms, heap));
        self.origins.update(now_ms, &ended, &raw, &self.heap, &mut Totals::default());
    }

    /// Whether since the last call something is thought of the tasks of a line that was not before.
    pub(crate) fn have_verdicts_changed(&mut self) -> bool {
        self.classes.have_changed()
    }

    /// Looks for tasks that can never run again; the next profile says of which that is proven.
    pub(crate) fn look_for_proofs(&mut self) {
        self.judge.proofs.look(clock::read().now_millis());
    }

    /// The profile of this moment. Costs about 80 ns a task, and symbols where they are new.
    pub(crate) fn fold(&mut self) -> Profile {
        let clock = clock::read();
        let Cgroup { limit, current } = cgroup();
        let mut header = Header {
            now_ms: clock.now_millis(),
            now_unix_ms: unix_ms(),
            rss_bytes: rss_bytes(),
            memory_limit_bytes: limit,
            memory_current_bytes: current,
            ..Header::default()
        };
        let ended = origins::ended();
        let heap = heap::look(&clock);
        let look = heap.as_ref().map(|(look, _)| look);
        let mut census = self.judge.open(&clock, &ended);
        let raw = self.read_tasks(&clock, look, &mut census, &mut header);
        self.past.note(header.now_ms, &raw);
        self.past.note_process(header.rss_bytes);
        self.think(header.now_ms, &census, &raw);
        self.classes.note(&self.judge, &raw);
        let heap_sites = heap.map(|(look, reading)| {
            self.heap.note(header.now_ms, &look);
            header.heap = Some(self.heap.describe(&look));
            self.heap.sites(&look, &reading, &mut self.symbols, &clock)
        });
        let origins =
            self.origins.update(header.now_ms, &ended, &raw, &self.heap, &mut header.totals);
        let members = self.name_groups(raw);
        let stuck_before = self.stuck_before(&clock);
        header.lost = self.lost();
        let blockers = Blockers::of(&census.waits, &census.places, &self.group_of, &clock);
        let wakes = self.wakes(&members, stuck_before).edges(&blockers);
        let mut bench = self.judge.bench(&header, &origins, blockers, &wakes);
        let judge = |group: &mut Group, charges: &Charges| bench.judge(group, charges);
        let groups = self.groups.update(members, &clock, stuck_before, judge);
        header.agent_bytes = u64::try_from(self.bytes()).ok();
        Profile { header, groups, origins, heap_sites: heap_sites.unwrap_or_default() }
    }

    /// Reads every record once, and every runtime.
    fn read_tasks(
        &mut self,
        clock: &Reading,
        heap: Option<&Look>,
        census: &mut Census,
        header: &mut Header,
    ) -> RawGroups {
        // Before the records: a task that is polled meanwhile must not make its runtime seem still.
        let readings = runtimes::readings();
        let mut tallies = Tallies::new(clock);
        let mut raw = RawGroups::default();
        let mut with_parts: Vec<(Counted<Record>, TaskView)> = Vec::new();
        let mut parts: HashMap<u64, Vec<Counted<Record>>, FxBuildHasher> = HashMap::default();
        let mut around = Around::now();
        let mut async_tasks = 0;
        let stuck_before = self.stuck_before(clock);
        let judge = &self.judge;
        let mut add = |view: &TaskView, record: &Record| {
            let members = raw.entry(view.key).or_default();
            members.charges.add(judge.charge(census, view, record, clock));
            members.since.push(view.since);
            members.stuck += u64::from(view.since < stuck_before);
            members.future_bytes += u64::from(record.birth.future_bytes);
            members.polls += record.polls();
            members.spent.add(&record.times.read());
            *members.woken_by.entry(record.woken_by()).or_default() += 1;
            if let Some(held) = heap.and_then(|heap| heap.by_task.get(&record.birth.id)) {
                members.held.merge(held);
            }
        };
        tracker::for_each(|record| {
            if record.kind() == Kind::Part {
                parts.entry(record.root_id()).or_default().push(record.clone());
                return;
            }
            let Some(view) = TaskView::of(record, &mut around) else { return };
            count(&mut header.totals, &view);
            tallies.count(record, &view);
            async_tasks += u64::from(view.async_task);
            let parked = view.key.state == State::Parked;
            let waits_unseen = parked && view.key.tree == 0;
            header.captures_pending += u64::from(waits_unseen && !view.key.dead);
            if view.has_parts && view.key.tree != 0 && parked {
                with_parts.push((record.clone(), view));
            } else {
                add(&view, record);
            }
        });
        for (task, mut view) in with_parts {
            let parts = parts.get(&task.birth.id).map(Vec::as_slice).unwrap_or_default();
            let trees: Vec<u32> = parts.iter().map(|part| part.tree_within(task.polls())).collect();
            view.key.tree = union(view.key.tree, &trees);
            add(&view, &task);
        }
        super::untracked::add_to(&mut raw, clock, stuck_before);
        heap.inspect(|heap| heap.add_left(&mut raw));
        let alive = runtimes::alive_tasks().map(|alive| alive.max(async_tasks));
        header.coverage = Coverage { tracked: async_tasks, alive };
        header.runtimes = self.runtimes.look(clock, readings, &tallies);
        raw
    }

    /// Lets the judge think about each origin.
    fn think(&mut self, now_ms: u64, census: &Census, raw: &RawGroups) {
        let symbols = &mut self.symbols;
        let mut stuck: Option<Map<u32, Vec<(RawKey, u64)>>> = None;
        self.judge.close(now_ms, census, |origin| {
            let by_origin = stuck.get_or_insert_with(|| stuck_by_origin(raw));
            let kinds = by_origin.get(&origin).map(Vec::as_slice).unwrap_or_default();
            let mut own = |key: &RawKey| {
                let resolved = symbols.tree(key.tree, key.dead);
                resolved.is_none_or(|resolved| !is_outside(&resolved.tree))
            };
            kinds.iter().filter(|(key, _)| own(key)).map(|(_, stuck)| stuck).sum()
        });
    }

    /// Who wakes groups that are stuck on something of the service's own.
    fn wakes(&self, members: &HashMap<GroupKey, Members, FxBuildHasher>, before: u64) -> Wakes {
        let mut wakes = Wakes::default();
        let parked = members.iter().filter(|(key, _)| key.state == State::Parked);
        for (key, members) in parked {
            let outside = members.tree.as_ref().is_some_and(|tree| is_outside(tree));
            let stuck = members.since.iter().filter(|since| **since < before).count() as u64;
            if let Some(group) = self.groups.find(key).filter(|_| !outside) {
                wakes.add(group, key.origin, members, stuck);
            }
        }
        wakes
    }

    /// Resolves trees and merges raw groups that turn out to be one.
    fn name_groups(&mut self, mut raw: RawGroups) -> HashMap<GroupKey, Members, FxBuildHasher> {
        let mut named: HashMap<GroupKey, Members, FxBuildHasher> = HashMap::default();
        self.group_of.clear();
        for (key, minute_ago) in self.past.keys() {
            let (wanted, tree) = self.name(key);
            let untracked = origins::are_untracked(key.origin);
            let (group, id) = self.groups.admit(wanted);
            self.group_of.insert(key, id);
            let members = raw.remove(&key).unwrap_or_default();
            let all = named.entry(group).or_default();
            all.since.extend(members.since);
            all.future_bytes += members.future_bytes;
            all.polls += members.polls;
            all.spent.add(&members.spent);
            for (by, tasks) in members.woken_by {
                *all.woken_by.entry(by).or_default() += tasks;
            }
            all.minute_ago += u64::from(minute_ago.count);
            all.bytes_minute_ago += u64::from(minute_ago.kib) << 10;
            all.held.merge(&members.held);
            all.charges.merge(&members.charges);
            all.untracked = untracked;
            all.timer = tree.as_ref().is_some_and(|tree| only_timers(tree));
            all.tree = tree.filter(|_| group.tree != 0);
        }
        named
    }

    /// The key of the group, and its tree.
    pub(super) fn name(&mut self, key: RawKey) -> (GroupKey, Option<Arc<Tree>>) {
        let resolved = match key.tree {
            // Never captured, and never to be woken: that much is known without a chain.
            0 if key.dead => self.symbols.tree(RawTree::empty(), true),
            0 => None,
            stack if key.state == State::Running => {
                blocked::stack(stack).map(|raw| self.symbols.stack(stack, &raw))
            }
            tree => self.symbols.tree(tree, key.dead),
        };
        let inside_part = resolved.as_ref().is_none_or(|resolved| resolved.inside_part);
        let labels = if inside_part { key.labels_in_part } else { key.labels };
        let tree = resolved.as_ref().map_or(0, |resolved| resolved.number);
        let RawKey { origin, state, detached, orphan, .. } = key;
        let group = GroupKey { labels, origin, state, tree, detached, orphan };
        (group, resolved.map(|resolved| Arc::clone(&resolved.tree)))
    }

    /// Tasks in one state since before then are stuck.
    fn stuck_before(&self, clock: &Reading) -> u64 {
        clock.ticks().saturating_sub(clock.ticks_in(self.stuck_after))
    }

    /// What the agent takes up, roughly.
    fn bytes(&self) -> usize {
        let tables = table::bytes() + capture::bytes() + origin::bytes() + self.symbols.bytes();
        let profile = self.groups.bytes() + self.origins.bytes() + self.past.bytes();
        let verdicts = self.judge.bytes() + waits::bytes();
        tracker::bytes() + tables + profile + self.heap.bytes() + verdicts
    }

    fn lost(&self) -> Lost {
        let folded = table::folded();
        let (chains, trees) = capture::lost();
        Lost {
            label_sets: folded.sets,
            label_key: folded.key,
            captures: trees + self.missed_captures,
            chains,
            groups: self.groups.folded(),
            stacks: blocked::missed(),
            history: self.past.lost(),
            untracked: crate::untracked::lost(),
            origins: origin::lost(),
            heap_blocks: alloc::lost(),
            runtimes: runtimes::left_out() + self.runtimes.left_out,
            waits: waits::lost().0 + waits::lost().1 + self.judge.waits_left_out,
            proofs: self.judge.proofs.refuted,
            evidence: losses::evidence(),
        }
    }
}

fn count(totals: &mut Totals, view: &TaskView) {
    match view.key.state {
        State::Running => totals.running += 1,
        State::Ready => totals.ready += 1,
        State::Parked => totals.parked += 1,
        State::New => totals.new += 1,
        State::Finished => {}
    }
}

/// The stuck of each origin that are parked, by what they wait for, and those never polled.
fn stuck_by_origin(raw: &RawGroups) -> Map<u32, Vec<(RawKey, u64)>> {
    let mut by_origin: Map<u32, Vec<(RawKey, u64)>> = Map::default();
    let waiting = raw.iter().filter(|(key, _)| matches!(key.state, State::Parked | State::New));
    for (key, members) in waiting.filter(|(_, members)| members.stuck > 0) {
        by_origin.entry(key.origin).or_default().push((*key, members.stuck));
    }
    by_origin
}

/// The tree of a task together with those of its parts.
fn union(tree: u32, parts: &[u32]) -> u32 {
    let nothing_new = |part: &u32| [0, tree, RawTree::empty()].contains(part);
    if parts.iter().all(nothing_new) {
        return tree;
    }
    let trees = std::iter::once(&tree).chain(parts);
    let chains = trees.filter_map(|tree| RawTree::get(*tree)).flat_map(|raw| raw.chains.iter());
    RawTree::new(chains.cloned().collect()).intern()
}

pub(super) fn only_timers(tree: &Tree) -> bool {
    !tree.wait_kinds.is_empty() && tree.wait_kinds.iter().all(WaitKind::is_timer)
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
