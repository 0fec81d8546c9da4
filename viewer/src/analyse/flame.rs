//! The layout of a flame graph: a weighted tree as rows of cells, each as wide as its weight.
//!
//! Nothing here knows what the weights are. Cells too narrow to be seen are left out, so that a
//! tree of any size becomes a picture of a bounded one.

/// Cells narrower than one in so many are left out: a third of a pixel of a wide window.
const NARROWEST: u64 = 4_000;

/// What the layout has to know of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighted {
    /// Index of the parent, smaller than the node's own.
    pub parent: Option<u32>,
    /// Its weight, that of its children included.
    pub weight: u64,
}

/// A node's place in the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of the node.
    pub node: u32,
    /// Its row; roots are in row 0.
    pub row: u32,
    /// Where it begins, in units of weight.
    pub start: u64,
    /// How wide it is, likewise.
    pub width: u64,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flame {
    /// Row by row, from left to right.
    pub cells: Vec<Cell>,
    /// How wide all of it is, in units of weight.
    pub whole: u64,
    /// How many rows there are.
    pub rows: u32,
    /// The row of the node that fills the width; the cells above are those that lead to it.
    pub focus_row: u32,
}

/// Lays a tree out, heaviest child first. With a `focus`, that node is as wide as the picture, and
/// those that lead to it stand above it.
pub fn layout(nodes: &[Weighted], focus: Option<u32>) -> Flame {
    let node = |at: u32| nodes.get(at as usize);
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); nodes.len()];
    let mut roots = Vec::new();
    for (at, each) in (0u32..).zip(nodes) {
        match each.parent.and_then(|parent| children.get_mut(parent as usize)) {
            Some(siblings) => siblings.push(at),
            None => roots.push(at),
        }
    }
    let weight = |at: u32| node(at).map_or(0, |node| node.weight);
    let focus = focus.filter(|&at| weight(at) > 0);
    let mut flame = Flame::default();
    let mut open: Vec<(Vec<u32>, u32, u64)> = Vec::new();
    if let Some(focus) = focus {
        flame.whole = weight(focus);
        let mut way: Vec<u32> =
            std::iter::successors(Some(focus), |&at| node(at)?.parent.filter(|&p| p < at))
                .collect();
        way.reverse();
        for (row, &at) in (0u32..).zip(&way) {
            flame.cells.push(Cell { node: at, row, start: 0, width: flame.whole });
            flame.focus_row = row;
        }
        let below = children.get(focus as usize).cloned().unwrap_or_default();
        open.push((below, flame.focus_row + 1, 0));
    } else {
        flame.whole = roots.iter().fold(0, |sum: u64, &at| sum.saturating_add(weight(at)));
        open.push((roots, 0, 0));
    }
    let narrowest = (flame.whole / NARROWEST).max(1);
    while let Some((mut siblings, row, mut start)) = open.pop() {
        siblings.sort_by_key(|&at| (std::cmp::Reverse(weight(at)), at));
        for at in siblings {
            let width = weight(at);
            if width < narrowest {
                break;
            }
            flame.cells.push(Cell { node: at, row, start, width });
            let below = children.get_mut(at as usize).map(std::mem::take).unwrap_or_default();
            open.push((below, row + 1, start));
            start = start.saturating_add(width);
        }
    }
    flame.cells.sort_by_key(|cell| (cell.row, cell.start));
    flame.rows = flame.cells.last().map_or(0, |cell| cell.row + 1);
    flame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tree(nodes: &[(Option<u32>, u64)]) -> Vec<Weighted> {
        nodes.iter().map(|&(parent, weight)| Weighted { parent, weight }).collect()
    }

    fn check(nodes: &[Weighted], focus: Option<u32>, expected: &[&str]) {
        let flame = layout(nodes, focus);
        let row = |row: u32| {
            let cells = flame.cells.iter().filter(|cell| cell.row == row);
            let cells =
                cells.map(|Cell { node, start, width, .. }| format!("{node}:{start}+{width}"));
            cells.collect::<Vec<_>>().join(" ")
        };
        let rows: Vec<String> = (0..flame.rows).map(row).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn children_stand_below_their_parents_heaviest_first() {
        let nodes = tree(&[(None, 60), (Some(0), 10), (Some(0), 40), (None, 40), (Some(2), 5)]);
        check(&nodes, None, &["0:0+60 3:60+40", "2:0+40 1:40+10", "4:0+5"]);
    }

    #[test]
    fn a_node_in_focus_is_as_wide_as_the_picture_and_its_way_stands_above() {
        let nodes = tree(&[(None, 60), (Some(0), 10), (Some(0), 40), (None, 40), (Some(2), 5)]);
        check(&nodes, Some(2), &["0:0+40", "2:0+40", "4:0+5"]);
        assert_eq!(layout(&nodes, Some(2)).focus_row, 1);
        // What is gone, or weighs nothing any more, cannot be looked at.
        check(&nodes, Some(99), &["0:0+60 3:60+40", "2:0+40 1:40+10", "4:0+5"]);
    }

    #[test]
    fn what_nobody_could_see_is_left_out() {
        let nodes = tree(&[(None, 8_000), (Some(0), 1), (Some(0), 2), (None, 0)]);
        check(&nodes, None, &["0:0+8000", "2:0+2"]);
        check(&tree(&[(None, 0)]), None, &[]);
    }

    proptest! {
        #[test]
        fn cells_of_a_row_never_overlap_and_stay_within_their_parents(
            parts in prop::collection::vec((0usize..40, 0u64..1_000), 1..60),
            focus in prop::option::of(0u32..60),
        ) {
            // Any weights that add up: what ends at a node counts for all above it.
            let mut nodes: Vec<Weighted> = Vec::new();
            for (i, (parent, own)) in parts.iter().enumerate() {
                let parent = (i > 0 && parent % 4 != 0).then(|| u32::try_from(parent % i).unwrap());
                nodes.push(Weighted { parent, weight: *own });
            }
            for at in (0..nodes.len()).rev() {
                if let Some(parent) = nodes[at].parent {
                    nodes[parent as usize].weight += nodes[at].weight;
                }
            }
            let flame = layout(&nodes, focus);
            for pair in flame.cells.windows(2) {
                let same_row = pair[0].row == pair[1].row;
                prop_assert!(!same_row || pair[0].start + pair[0].width <= pair[1].start);
            }
            for cell in flame.cells.iter().filter(|cell| cell.row > flame.focus_row) {
                let parent = nodes[cell.node as usize].parent.expect("not in the first row");
                let above = flame.cells.iter().find(|other| other.node == parent).expect("drawn");
                prop_assert_eq!(above.row + 1, cell.row);
                prop_assert!(above.start <= cell.start);
                prop_assert!(cell.start + cell.width <= above.start + above.width);
            }
            prop_assert!(flame.cells.iter().all(|cell| cell.start + cell.width <= flame.whole));
        }
    }
}
