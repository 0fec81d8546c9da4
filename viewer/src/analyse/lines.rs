//! Any tree as lines on the screen: heaviest branch first, runs of dull nodes folded into one line.

/// One line of a tree on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleRow {
    /// How far to indent it.
    pub depth: u32,
    /// What stands there.
    pub shows: Visible,
}

/// What a line of a tree on the screen stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    /// The node with this index.
    Node(u32),
    /// A run of this many library frames without a branch in it.
    Folded(u32),
}

/// The lines of the tree whose nodes have these `parents`, without those that are not `shown` and
/// what is below them. Of siblings, the highest `rank` comes first. Runs of `dull` nodes that do
/// not branch become one line each; those that end a chain do so only with `fold_ends`.
pub(super) fn lines<K: Ord>(
    parents: &[Option<u32>],
    shown: impl Fn(u32) -> bool,
    rank: impl Fn(u32) -> K,
    dull: impl Fn(u32) -> bool,
    fold_ends: bool,
) -> Vec<VisibleRow> {
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); parents.len()];
    let mut roots = Vec::new();
    for (at, parent) in (0u32..).zip(parents).filter(|(at, _)| shown(*at)) {
        match parent.and_then(|parent| children.get_mut(parent as usize)) {
            Some(siblings) => siblings.push(at),
            None => roots.push(at),
        }
    }
    let heaviest_last = |list: &mut Vec<u32>| list.sort_by_key(|&at| rank(at));
    heaviest_last(&mut roots);
    children.iter_mut().for_each(heaviest_last);

    let below = |at: u32| children.get(at as usize).map_or(&[][..], Vec::as_slice);
    let foldable = |at: u32| match below(at).len() {
        0 => fold_ends && dull(at),
        only => only == 1 && dull(at),
    };
    let mut rows = Vec::new();
    let mut open: Vec<(u32, u32)> = roots.into_iter().map(|root| (root, 0)).collect();
    while let Some((first, mut depth)) = open.pop() {
        let mut next = Some(first);
        let mut run = 0;
        while let Some(at) = next.filter(|at| foldable(*at)) {
            run += 1;
            next = below(at).first().copied();
        }
        // A line that says that one line is folded saves none.
        if run == 1 {
            (run, next) = (0, Some(first));
        }
        if run > 0 {
            rows.push(VisibleRow { depth, shows: Visible::Folded(run) });
            depth += 1;
        }
        if let Some(at) = next {
            rows.push(VisibleRow { depth, shows: Visible::Node(at) });
            open.extend(below(at).iter().map(|&child| (child, depth + 1)));
        }
    }
    rows
}
