//! The ways of many groups: each chain of frames from the root of a tree to one of its ends.
//!
//! Frames go by numbers here, equal ones by the same. Groups that share a tree share its ways, and
//! the ways of one tree stand one after another: that is how a task is counted once wherever
//! several of its ways pass.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Frame, Group, State, Tree, WaitKind};

use super::{AwaitMoment, AwaitWeight, Point, Transform};
use crate::analyse::place::{Place, place};

/// One chain of frames.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// From the root inwards; never empty.
    pub(super) frames: Vec<u32>,
    /// What it waits for at its end.
    pub(super) wait_kinds: Vec<WaitKind>,
    /// A deadline, a timer or a shutdown signal beside a real wait.
    pub(super) secondary: bool,
    /// Which tree it belongs to: index into [`Ways::trees`].
    pub(super) tree: u32,
}

/// What there is of a tree.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Of {
    /// Its await point.
    pub(super) point: Option<u32>,
    pub(super) weight: u64,
    pub(super) before: u64,
    pub(super) tasks: u64,
    /// What its tasks do there.
    pub(super) does: Point,
}

/// The ways of a row.
#[derive(Debug, Default)]
pub(super) struct Ways {
    pub(super) frames: Vec<Arc<Frame>>,
    pub(super) trees: Vec<Of>,
    /// Tree by tree.
    pub(super) all: Vec<Way>,
    numbers: FxHashMap<*const Frame, u32>,
    places: FxHashMap<Place, u32>,
    known: FxHashMap<(*const Tree, bool), u32>,
}

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// For each frame, whether it is what was searched for.
    pub(super) frames: Vec<bool>,
    /// What the ways through these weigh.
    pub(super) weight: u64,
}

impl Ways {
    /// The ways of the groups of both moments.
    pub(super) fn of(now: AwaitMoment<'_>, then: AwaitMoment<'_>, weight: AwaitWeight) -> Self {
        let mut ways = Self::default();
        for group in now.groups.iter().filter(|group| group.count > 0) {
            let weight = weight.of(group, now.now_ms);
            if let Some(tree) = ways.tree(group) {
                tree.weight = tree.weight.saturating_add(weight);
                tree.tasks = tree.tasks.saturating_add(group.count);
            }
        }
        for group in then.groups.iter().filter(|group| group.count > 0) {
            let weight = weight.of(group, then.now_ms);
            if let Some(tree) = ways.tree(group) {
                tree.before = tree.before.saturating_add(weight);
            }
        }
        ways
    }

    /// What is known of a group's tree, with its ways added if it is new.
    fn tree(&mut self, group: &Group) -> Option<&mut Of> {
        let tree = group.tree.as_ref().filter(|tree| !tree.nodes.is_empty())?;
        let running = group.state == State::Running;
        let next = u32::try_from(self.trees.len()).unwrap_or(u32::MAX);
        let known = *self.known.entry((Arc::as_ptr(tree), running)).or_insert(next);
        if known == next {
            let does = if running { Point::Runs } else { Point::Waits };
            let point = tree.await_point.as_ref().map(|frame| self.number(frame));
            self.trees.push(Of { point, does, ..Of::default() });
            self.add_ways(tree, next);
        }
        self.trees.get_mut(known as usize)
    }

    fn number(&mut self, frame: &Arc<Frame>) -> u32 {
        if let Some(number) = self.numbers.get(&Arc::as_ptr(frame)) {
            return *number;
        }
        let frames = &mut self.frames;
        let number = *self.places.entry(place(frame)).or_insert_with(|| {
            frames.push(frame.clone());
            u32::try_from(frames.len() - 1).unwrap_or(u32::MAX)
        });
        self.numbers.insert(Arc::as_ptr(frame), number);
        number
    }

    /// A way for each node at which chains end. `join_all` polls many children at one line: ways
    /// of the same frames are one.
    fn add_ways(&mut self, tree: &Tree, number: u32) {
        let begin = self.all.len();
        let mut same: FxHashMap<Vec<u32>, usize> = FxHashMap::default();
        for node in tree.nodes.iter().filter(|node| node.leaves > 0) {
            let up = |node: &&taskscope_proto::model::Node| tree.nodes.get(node.parent? as usize);
            let chain = std::iter::successors(Some(node), up).take(tree.nodes.len());
            let mut frames: Vec<u32> = chain.map(|node| self.number(&node.frame)).collect();
            frames.reverse();
            let at = *same.entry(frames.clone()).or_insert(self.all.len());
            if at == self.all.len() {
                let wait_kinds = Vec::new();
                self.all.push(Way { frames, wait_kinds, secondary: true, tree: number });
            }
            let Some(way) = self.all.get_mut(at) else { continue };
            way.secondary &= node.secondary;
            if let Some(kind) = &node.wait_kind
                && !way.wait_kinds.contains(kind)
            {
                way.wait_kinds.push(kind.clone());
            }
        }
        let own = self.all.get_mut(begin..).unwrap_or_default();
        // Beside nothing, a timer is what the task waits for.
        if own.iter().all(|way| way.secondary) {
            for way in own {
                way.secondary = false;
            }
        }
    }

    /// What the trees weigh that still have a way.
    pub(super) fn weight(&self) -> u64 {
        self.by_tree().filter_map(|own| self.tree_of(own)).fold(0, |sum, tree| {
            let sum: u64 = sum;
            sum.saturating_add(tree.weight)
        })
    }

    /// Tasks with more than one real wait.
    pub(super) fn several(&self) -> u64 {
        let several = self.by_tree().filter(|own| own.iter().filter(|w| !w.secondary).count() > 1);
        several.filter_map(|own| self.tree_of(own)).map(|tree| tree.tasks).sum()
    }

    pub(super) fn tree_of(&self, ways: &[Way]) -> Option<&Of> {
        self.trees.get(ways.first()?.tree as usize)
    }

    /// The ways, tree by tree.
    pub(super) fn by_tree(&self) -> impl Iterator<Item = &[Way]> {
        self.all.chunk_by(|a, b| a.tree == b.tree)
    }

    /// Does this to every way.
    pub(super) fn apply(&mut self, transform: &Transform) {
        let frame = self.number(transform.frame());
        self.all.retain_mut(|way| transform.apply(&mut way.frames, frame));
    }

    /// Leaves one way of each tree: the only real wait, or of several what they have in common,
    /// back to the await point.
    pub(super) fn count_once(&mut self) {
        let trees = &self.trees;
        let once = |own: &[Way]| -> Option<Way> {
            let real: Vec<&Way> = own.iter().filter(|way| !way.secondary).collect();
            let (first, others) = real.split_first()?;
            let mut way = (*first).clone();
            let common = |other: &&Way| {
                way.frames.iter().zip(&other.frames).take_while(|(a, b)| a == b).count()
            };
            let Some(common) = others.iter().map(common).min() else { return Some(way) };
            // Transforms can leave ways that begin apart: one of them stands for all.
            if common == 0 {
                return Some(way);
            }
            for kind in others.iter().flat_map(|other| &other.wait_kinds) {
                if !way.wait_kinds.contains(kind) {
                    way.wait_kinds.push(kind.clone());
                }
            }
            let shared = way.frames.get(..common).unwrap_or_default();
            let point = trees.get(way.tree as usize).and_then(|tree| tree.point);
            let end = shared.iter().rposition(|frame| Some(*frame) == point);
            way.frames.truncate(end.map_or(common, |end| end + 1));
            Some(way)
        };
        let either = |own: &[Way]| once(own).or_else(|| own.first().cloned());
        self.all = self.all.chunk_by(|a, b| a.tree == b.tree).filter_map(either).collect();
    }

    /// Takes library frames out of all ways. A way of nothing else keeps its end.
    pub(super) fn hide_library(&mut self) {
        let user: Vec<bool> = self.frames.iter().map(|frame| frame.user).collect();
        let is_user = |frame: &u32| user.get(*frame as usize).copied().unwrap_or_default();
        for way in &mut self.all {
            if way.frames.iter().any(is_user) {
                way.frames.retain(is_user);
            } else {
                way.frames.drain(..way.frames.len().saturating_sub(1));
            }
        }
    }

    /// Finds the frames whose function or `file:line` contains this, whatever the case.
    pub(super) fn search(&self, text: &str) -> Found {
        let needle = text.trim().to_lowercase();
        if needle.is_empty() {
            return Found { frames: vec![false; self.frames.len()], weight: 0 };
        }
        let matches = |frame: &Arc<Frame>| {
            let place = frame.location.as_ref().map(ToString::to_string).unwrap_or_default();
            let here = |text: &str| text.to_lowercase().contains(&needle);
            here(&frame.function) || here(&place)
        };
        let frames: Vec<bool> = self.frames.iter().map(matches).collect();
        let is_found = |frame: &u32| frames.get(*frame as usize).copied().unwrap_or_default();
        let through = |own: &&[Way]| own.iter().any(|way| way.frames.iter().any(is_found));
        let weights = self.by_tree().filter(through).filter_map(|own| self.tree_of(own));
        let weight = weights.fold(0, |sum: u64, tree| sum.saturating_add(tree.weight));
        Found { frames, weight }
    }
}
