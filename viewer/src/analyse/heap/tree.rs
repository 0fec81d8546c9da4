//! The stacks of many sites as one tree, weighted by what was allocated there.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use taskscope_proto::model::{Frame, Tree};

use super::{Counted, Measure};
use crate::analyse::lines::{VisibleRow, lines};
use crate::analyse::place::{Place, place};

/// Branches lighter than one in so many are not worth a line.
const LIGHTEST: u64 = 500;

/// A node of a [`HeapTree`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeapNode {
    /// The frame.
    pub frame: Arc<Frame>,
    /// Index of the parent; always smaller than the node's own.
    pub parent: Option<u32>,
    /// What was allocated here and in what is called from here.
    pub weight: u64,
    /// It is the innermost line of the service's own on some of the stacks.
    pub allocates: bool,
    /// It stands for a run of library frames, of which it is the first.
    pub folded: bool,
}

/// The stacks of many sites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeapTree {
    /// Parents before their children.
    pub nodes: Vec<HeapNode>,
    /// What all of them weigh.
    pub weight: u64,
    /// What weighs besides, and has no stack.
    pub without_stack: u64,
}

#[derive(Default)]
struct Merger {
    tree: HeapTree,
    /// Many stacks share their frames: each is looked at once.
    places: FxHashMap<*const Frame, u32>,
    known_places: FxHashMap<Place, u32>,
    known: FxHashMap<(Option<u32>, u32), u32>,
}

impl Merger {
    fn place(&mut self, frame: &Arc<Frame>) -> u32 {
        let known_places = &mut self.known_places;
        *self.places.entry(Arc::as_ptr(frame)).or_insert_with(|| {
            let next = u32::try_from(known_places.len()).unwrap_or(u32::MAX);
            *known_places.entry(place(frame)).or_insert(next)
        })
    }

    fn node(&mut self, parent: Option<u32>, frame: &Arc<Frame>) -> Option<(u32, &mut HeapNode)> {
        let place = self.place(frame);
        let nodes = &mut self.tree.nodes;
        let at = *self.known.entry((parent, place)).or_insert_with(|| {
            nodes.push(HeapNode {
                frame: frame.clone(),
                parent,
                weight: 0,
                allocates: false,
                folded: false,
            });
            u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
        });
        self.tree.nodes.get_mut(at as usize).map(|node| (at, node))
    }

    fn add(&mut self, stack: &Tree, cut: Option<&Arc<Frame>>, weight: u64, fold: bool) {
        self.tree.weight = self.tree.weight.saturating_add(weight);
        let mut parent = None;
        if let Some((at, node)) = cut.and_then(|frame| self.node(None, frame)) {
            node.weight = node.weight.saturating_add(weight);
            parent = Some(at);
        }
        let mut after_library = false;
        for node in &stack.nodes {
            let frame = &node.frame;
            if fold && !frame.user && after_library {
                // The first of a run stands for all: it is what the service's own code called.
                if let Some(run) = parent.and_then(|at| self.tree.nodes.get_mut(at as usize)) {
                    run.folded = true;
                }
                continue;
            }
            after_library = !frame.user;
            let is_point = stack.await_point.as_ref().is_some_and(|point| **point == **frame);
            let Some((at, merged)) = self.node(parent, frame) else { return };
            merged.weight = merged.weight.saturating_add(weight);
            merged.allocates |= is_point;
            parent = Some(at);
        }
    }
}

/// The stacks of these sites. With `fold`, a run of library frames becomes the first of them.
pub fn heap_tree(sites: &[Counted<'_>], measure: Measure, fold: bool) -> HeapTree {
    let mut merger = Merger::default();
    let cut = Arc::new(Frame {
        function: "(outer frames missing: the stack was too deep)".into(),
        location: None,
        user: false,
        module: None,
        offset: 0,
    });
    for counted in sites {
        let weight = counted.weight(measure);
        match &counted.site.stack {
            _ if weight == 0 => {}
            None => {
                let without = &mut merger.tree.without_stack;
                *without = without.saturating_add(weight);
            }
            Some(stack) => merger.add(stack, counted.site.cut.then_some(&cut), weight, fold),
        }
    }
    merger.tree
}

/// The lines of a tree, heaviest branch first. With `fold`, runs of library frames become one line
/// each. The lightest branches are left out.
pub fn heap_lines(tree: &HeapTree, fold: bool) -> Vec<VisibleRow> {
    let node = |at: u32| tree.nodes.get(at as usize);
    let parents: Vec<Option<u32>> = tree.nodes.iter().map(|node| node.parent).collect();
    let lightest = (tree.weight / LIGHTEST).max(1);
    lines(
        &parents,
        |at| node(at).is_some_and(|node| node.weight >= lightest),
        |at| node(at).map(|node| (node.weight, Reverse(at))),
        |at| fold && node(at).is_some_and(|node| !node.frame.user),
        true,
    )
}

impl HeapTree {
    /// The node that this way of frames leads to, or as far along it as there still are nodes.
    pub fn find(&self, way: &[Arc<Frame>]) -> Option<u32> {
        let mut at = None;
        for frame in way {
            let wanted = place(frame);
            let mut below = (0u32..).zip(&self.nodes).filter(|(_, node)| node.parent == at);
            let Some((next, _)) = below.find(|(_, node)| place(&node.frame) == wanted) else {
                break;
            };
            at = Some(next);
        }
        at
    }

    /// The nodes from the root to this one.
    pub fn way_to(&self, node: u32) -> Vec<u32> {
        let parent = |&at: &u32| self.nodes.get(at as usize)?.parent;
        let mut way: Vec<u32> = std::iter::successors(Some(node), parent).collect();
        way.reverse();
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::heap::counted;
    use crate::analyse::lines::Visible;
    use crate::fixture;

    const SITES: [&str; 4] = [
        "1 live=100 left=90 allocated=110 @ ~rt:1 ~rt:2 src/m.rs:1 src/cache.rs:4 ~vec:7 ~raw:8",
        "2 live=50 allocated=60 @ ~rt:1 ~rt:2 src/m.rs:1 ~vec:7 ~raw:8",
        "3 live=30 left=1 allocated=5000 @ ~rt:1 ~rt:3 src/m.rs:2",
        "4 live=5 allocated=9",
    ];

    fn words(tree: &HeapTree, fold: bool) -> Vec<String> {
        let name = |at: u32| {
            let node = &tree.nodes[at as usize];
            let here = if node.allocates { " <- here" } else { "" };
            let folded = if node.folded { " …" } else { "" };
            let place = node.frame.location.as_ref().expect("a place");
            format!("{}:{} {}{folded}{here}", place.file, place.line, node.weight)
        };
        let line = |row: VisibleRow| {
            let indent = "  ".repeat(row.depth as usize);
            match row.shows {
                Visible::Folded(run) => format!("{indent}… {run}"),
                Visible::Node(at) => format!("{indent}{}", name(at)),
            }
        };
        heap_lines(tree, fold).into_iter().map(line).collect()
    }

    #[test]
    fn stacks_share_their_outer_frames_and_weigh_what_is_asked_for() {
        let sites = fixture::sites(&SITES);
        let all = counted(&sites, None);
        let live = heap_tree(&all, Measure::Live, false);
        assert_eq!((live.weight, live.without_stack), (180, 5));
        assert_eq!(
            words(&live, false),
            [
                "rt:1 180",
                "  rt:2 150",
                "    src/m.rs:1 150 <- here",
                "      src/cache.rs:4 100 <- here",
                "        vec:7 100",
                "          raw:8 100",
                "      vec:7 50",
                "        raw:8 50",
                "  rt:3 30",
                "    src/m.rs:2 30 <- here",
            ],
        );
        assert_eq!(
            words(&live, true),
            [
                "rt:1 180",
                "  rt:2 150",
                "    src/m.rs:1 150 <- here",
                "      src/cache.rs:4 100 <- here",
                "        … 2",
                "      … 2",
                "  rt:3 30",
                "    src/m.rs:2 30 <- here",
            ],
        );
        let outlived = heap_tree(&all, Measure::Outlived, false);
        assert_eq!((outlived.weight, outlived.without_stack), (91, 0));
        let allocated = heap_tree(&all, Measure::Allocated, false);
        assert_eq!((allocated.weight, allocated.nodes[0].weight), (5_170, 5_170));
    }

    #[test]
    fn runs_of_library_frames_become_the_first_of_them() {
        let sites = fixture::sites(&SITES);
        let tree = heap_tree(&counted(&sites, None), Measure::Live, true);
        assert_eq!(
            words(&tree, false),
            [
                "rt:1 180 …",
                "  src/m.rs:1 150 <- here",
                "    src/cache.rs:4 100 <- here",
                "      vec:7 100 …",
                "    vec:7 50 …",
                "  src/m.rs:2 30 <- here",
            ],
        );
    }

    #[test]
    fn a_way_leads_to_the_same_node_in_the_next_tree_or_as_near_as_there_is_one() {
        let sites = fixture::sites(&SITES);
        let all = counted(&sites, None);
        let tree = heap_tree(&all, Measure::Live, true);
        let at = (0..6).find(|&at| tree.way_to(at).len() == 3).expect("a deep one");
        let frames = |tree: &HeapTree, at| -> Vec<Arc<Frame>> {
            tree.way_to(at).iter().map(|&at| tree.nodes[at as usize].frame.clone()).collect()
        };
        let way = frames(&tree, at);
        assert_eq!(tree.find(&way), Some(at));
        assert_eq!(tree.find(&[]), None);
        let left = heap_tree(&all[1..], Measure::Live, true);
        let near = left.find(&way).expect("a part of the way");
        assert_eq!(frames(&left, near), way[..2]);
    }

    #[test]
    fn a_stack_that_was_cut_does_not_stand_among_whole_ones() {
        let mut sites = fixture::sites(&SITES[..1]);
        Arc::make_mut(&mut sites[0]).cut = true;
        let tree = heap_tree(&counted(&sites, None), Measure::Live, true);
        assert!(tree.nodes[0].frame.function.contains("missing"), "{tree:?}");
        assert_eq!(tree.nodes[1].parent, Some(0));
    }
}
