//! Puts the await trees of a row together, in the shape that was asked for.

use taskscope_proto::model::{Group, Profile};

use crate::analyse::{
    AwaitMoment, Cell, Key, Query, Selection, Shape, Weighted, await_lines, await_tree,
    frame_label, layout, pivot,
};
use crate::screen::Awaits;

/// The row's trees: of these `groups`, and beside them of those that the row had when a moment was
/// marked.
pub(super) fn awaits(
    profile: &Profile,
    groups: &[&Group],
    marked: Option<&Profile>,
    query: &Query,
    (keys, selection): (&[Key], &Selection),
) -> Awaits {
    let asked = query.awaits.clone();
    let compared = marked.filter(|_| asked.shape == Shape::Difference);
    let before = compared.map(|then| groups_then(then, query, keys, selection)).unwrap_or_default();
    let now = AwaitMoment { groups, now_ms: profile.header.now_ms };
    let then_ms = compared.map_or(0, |then| then.header.now_ms);
    let then = AwaitMoment { groups: &before, now_ms: then_ms };
    let tree = await_tree(now, then, &asked, query.fold);
    let mut awaits = Awaits::default();
    if asked.shape == Shape::Flame {
        let weighted: Vec<Weighted> =
            tree.nodes.iter().map(|n| Weighted { parent: n.parent, weight: n.weight }).collect();
        awaits.flame = layout(&weighted, None);
        let label = |cell: &Cell| tree.nodes.get(cell.node as usize).map(|n| frame_label(&n.frame));
        awaits.labels =
            awaits.flame.cells.iter().map(|cell| label(cell).unwrap_or_default()).collect();
    } else {
        awaits.lines = await_lines(&tree, asked.shape, query.fold);
    }
    Awaits { asked, tree, ..awaits }
}

/// The groups that made up the row at that moment.
fn groups_then<'a>(
    then: &'a Profile,
    query: &Query,
    keys: &[Key],
    selection: &Selection,
) -> Vec<&'a Group> {
    let keys = keys.get(..selection.values.len()).unwrap_or(keys);
    let rows = pivot(then, keys, &query.filter.matches(then)).rows;
    let row = rows.into_iter().find(|row| *row.values == *selection.values);
    let members = row.map(|row| row.members).unwrap_or_default();
    let group = |&at: &u32| then.groups.get(at as usize).map(|group| &**group);
    members.iter().filter_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::{AwaitQuery, Filter};
    use crate::fixture;

    fn words(awaits: &Awaits) -> Vec<String> {
        let node = |node: &crate::analyse::AwaitNode| {
            format!("{} {} → {}", frame_label(&node.frame), node.before, node.weight)
        };
        awaits.tree.nodes.iter().map(node).collect()
    }

    #[test]
    fn the_difference_is_of_the_same_row_and_the_same_filter() {
        let then = fixture::profile(&[
            "2 parked task=a tenant=x @ src/a.rs:1 mutex < src/m.rs:1",
            "9 parked task=a tenant=y @ src/a.rs:1 mutex < src/m.rs:1",
            "7 parked task=b tenant=x @ src/a.rs:1 mutex < src/m.rs:1",
        ]);
        let now = fixture::profile(&["5 parked task=a tenant=x @ src/a.rs:2 mutex < src/m.rs:1"]);
        let keys = [Key::Label("task".into())];
        let selection = Selection {
            values: pivot(&now, &keys, &[0]).rows[0].values.clone(),
            ..Selection::default()
        };
        let mut query = Query {
            filter: Filter::parse("tenant:x"),
            awaits: AwaitQuery { shape: Shape::Difference, ..AwaitQuery::default() },
            ..Query::default()
        };
        let of = |query: &Query, marked| {
            awaits(&now, &[&now.groups[0]], marked, query, (&keys, &selection))
        };
        let both = of(&query, Some(&then));
        let expected = [
            "fn at src/main.rs:1  main.rs:1 2 → 5",
            "fn at src/a.rs:2  a.rs:2 0 → 5",
            "fn at src/a.rs:1  a.rs:1 2 → 0",
        ];
        assert_eq!(words(&both), expected);
        assert_eq!(both.lines.len(), 3);
        assert_eq!(of(&query, None).tree.before, 0);
        query.awaits.shape = Shape::Flame;
        let flame = of(&query, Some(&then));
        assert_eq!((flame.tree.before, flame.flame.whole, flame.labels.len()), (0, 5, 2));
    }
}
