//! Which nodes of an await tree are printed, and below which others.
//!
//! Many readers of JSON stop at 128 levels, and a node takes two. So nothing goes deeper than
//! [`MAX_DEPTH`] nodes. Where a tree does, frames without a fork are left out, first those of
//! libraries, then those in the middle; the await point, the ends of chains and forks stay. Only
//! a tree that forks more often than that on one way down is cut.

use taskscope_proto::model::Tree;

/// Nodes on the way from a root to a leaf.
pub(super) const MAX_DEPTH: usize = 60;

/// What becomes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It is printed.
    Kept {
        /// Below this one.
        parent: Option<usize>,
        /// Frames that were left out right below it.
        omitted: usize,
    },
    /// It is left out, and counted above.
    Omitted,
}

struct Pruning<'a> {
    tree: &'a Tree,
    kept: Vec<bool>,
    /// Kept nodes down to each node and from it on, with itself.
    depths: Vec<usize>,
    heights: Vec<usize>,
}

/// The place of each node of the tree.
pub(super) fn places(tree: &Tree) -> Vec<Place> {
    let count = tree.nodes.len();
    let mut pruning =
        Pruning { tree, kept: vec![true; count], depths: vec![0; count], heights: vec![0; count] };
    pruning.measure();
    let plain = pruning.plain();
    let user = |at: usize| tree.nodes.get(at).is_some_and(|node| node.frame.user);
    let is_plain = |at: usize| plain.get(at).copied().unwrap_or_default();
    pruning.omit(|at, depth, height| is_plain(at) && !user(at) && depth + height - 1 > MAX_DEPTH);
    pruning
        .omit(|at, depth, height| is_plain(at) && depth > MAX_DEPTH / 2 && height > MAX_DEPTH / 2);
    pruning.omit(|_, depth, _| depth > MAX_DEPTH);
    pruning.places()
}

impl Pruning<'_> {
    fn parent(&self, at: usize) -> Option<usize> {
        let parent = self.tree.nodes.get(at)?.parent?;
        // Parents come first; whatever says otherwise is a root.
        usize::try_from(parent).ok().filter(|parent| *parent < at)
    }

    /// Which nodes can be left out without anybody missing a fork, an end or the await point.
    fn plain(&self) -> Vec<bool> {
        let mut children = vec![0_usize; self.kept.len()];
        for at in 0..self.kept.len() {
            if let Some(count) = self.parent(at).and_then(|parent| children.get_mut(parent)) {
                *count += 1;
            }
        }
        let plain = |at: usize| {
            let node = self.tree.nodes.get(at)?;
            let is_point = self.tree.await_point.as_deref() == Some(&*node.frame);
            let inner = self.parent(at).is_some() && children.get(at) == Some(&1);
            Some(inner && node.leaves == 0 && !is_point)
        };
        (0..self.kept.len()).map(|at| plain(at).unwrap_or_default()).collect()
    }

    fn measure(&mut self) {
        let value = |list: &[usize], at: usize| list.get(at).copied().unwrap_or_default();
        let own = |kept: &[bool], at: usize| usize::from(kept.get(at).copied().unwrap_or_default());
        self.heights.fill(0);
        for at in 0..self.kept.len() {
            let above = self.parent(at).map_or(0, |parent| value(&self.depths, parent));
            let depth = above + own(&self.kept, at);
            if let Some(slot) = self.depths.get_mut(at) {
                *slot = depth;
            }
        }
        for at in (0..self.kept.len()).rev() {
            // The children of this node have told their heights already.
            let height = value(&self.heights, at) + own(&self.kept, at);
            if let Some(slot) = self.heights.get_mut(at) {
                *slot = height;
            }
            let parent = self.parent(at);
            if let Some(slot) = parent.and_then(|parent| self.heights.get_mut(parent)) {
                *slot = height.max(*slot);
            }
        }
    }

    /// Leaves out what the rule, given index, depth and height, says.
    fn omit(&mut self, rule: impl Fn(usize, usize, usize) -> bool) {
        let measures = self.depths.iter().zip(&self.heights);
        for ((at, kept), (depth, height)) in self.kept.iter_mut().enumerate().zip(measures) {
            *kept &= !rule(at, *depth, *height);
        }
        self.measure();
    }

    fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::with_capacity(self.kept.len());
        // The nearest kept node above each node.
        let mut above: Vec<Option<usize>> = Vec::with_capacity(self.kept.len());
        for (at, kept) in self.kept.iter().enumerate() {
            let parent = self.parent(at);
            let parent_kept =
                parent.filter(|parent| self.kept.get(*parent).copied().unwrap_or_default());
            let nearest = parent_kept.or_else(|| above.get(parent?).copied().flatten());
            above.push(nearest);
            if *kept {
                places.push(Place::Kept { parent: nearest, omitted: 0 });
                continue;
            }
            places.push(Place::Omitted);
            let over = nearest.and_then(|nearest| places.get_mut(nearest));
            if let Some(Place::Kept { omitted, .. }) = over {
                *omitted += 1;
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use taskscope_proto::model::{Frame, Node};

    use super::*;

    /// A chain: `u` user frames, `l` library frames.
    fn chain(frames: &str) -> Tree {
        let nodes = (0_u32..).zip(frames.chars()).map(|(at, letter)| Node {
            frame: Arc::new(Frame {
                function: format!("{at}").into(),
                location: None,
                user: letter == 'u',
                module: None,
                offset: at.into(),
            }),
            parent: at.checked_sub(1),
            leaves: u32::from(at as usize + 1 == frames.len()),
            wait_kind: None,
            secondary: false,
        });
        let nodes: Vec<Node> = nodes.collect();
        let point = nodes.iter().rev().find(|node| node.frame.user);
        Tree { await_point: point.map(|node| Arc::clone(&node.frame)), nodes, ..Tree::default() }
    }

    /// How many user and library frames stay, how many go, and how deep it is at last.
    fn check(tree: &Tree, user: usize, library: usize) {
        let places = places(tree);
        let kept = |is_user| {
            let kept = |(node, place): &(&Node, &Place)| {
                node.frame.user == is_user && **place != Place::Omitted
            };
            tree.nodes.iter().zip(&places).filter(kept).count()
        };
        assert_eq!((kept(true), kept(false)), (user, library));
        let omitted = places.iter().map(|place| match place {
            Place::Kept { omitted, .. } => *omitted,
            Place::Omitted => 0,
        });
        assert_eq!(user + library + omitted.sum::<usize>(), tree.nodes.len());
        let mut depths: Vec<usize> = Vec::new();
        for place in &places {
            let Place::Kept { parent, .. } = place else {
                depths.push(0);
                continue;
            };
            depths.push(parent.map_or(1, |parent| depths[parent] + 1));
        }
        assert!(depths.iter().all(|depth| *depth <= MAX_DEPTH));
    }

    #[test]
    fn library_frames_go_first_and_every_frame_is_counted() {
        check(&chain(&"ul".repeat(30)), 30, 30);
        check(&chain(&"ul".repeat(50)), 50, 1);
        check(&chain(&"u".repeat(4_000)), 60, 0);
        check(&chain(&"l".repeat(4_000)), 0, 2);
        check(&Tree::default(), 0, 0);
    }

    #[test]
    fn the_await_point_and_a_fork_stay() {
        let mut tree = chain(&"u".repeat(200));
        tree.await_point = Some(Arc::clone(&tree.nodes[100].frame));
        let mut twin = tree.nodes[199].clone();
        twin.parent = Some(120);
        tree.nodes.push(twin);
        let places = places(&tree);
        for at in [100, 120, 200] {
            assert_ne!(places[at], Place::Omitted, "{at}");
        }
    }
}
