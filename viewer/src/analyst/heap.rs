//! Puts the page of the heap together, and what a row of groups has allocated.

use taskscope_proto::model::Profile;

use crate::analyse::{
    Cell, Counted, HeapKey, HeapQuery, HeapTree, Key, Measure, Query, Row, Weighted, counted,
    frame_label, heap_facts, heap_lines, heap_parts, heap_rows, heap_tree, layout, of_row,
    sort_heap,
};
use crate::screen::{Allocations, HeapPage, Slab};

/// The page, with the growth since the moment that was marked, if one was.
pub(super) fn page(
    profile: &Profile,
    marked: Option<&Profile>,
    query: &Query,
    asked: &HeapQuery,
) -> HeapPage {
    let Some(heap) = &profile.header.heap else {
        return HeapPage { asked: asked.clone(), ..HeapPage::default() };
    };
    let mut asked = asked.clone();
    if marked.is_none() && asked.measure == Measure::Grown {
        asked.measure = Measure::Live;
    }
    let all = counted(&profile.heap_sites, marked.map(|then| &then.heap_sites[..]));
    let known = all.len();
    let mut sites = all;
    if !query.filter.is_empty() {
        sites.retain(|counted| query.filter.matches_site(counted.site, profile));
    }
    let matching = sites.len();
    let mut rows = heap_rows(profile, &sites, asked.by);
    rows.retain(|row| row.held.live_bytes > 0 || row.grown != 0 || row.allocated_bytes > 0);
    sort_heap(&mut rows, asked.sort);
    let chosen = asked.chosen.as_ref();
    let chosen = chosen.and_then(|key| rows.iter().position(|row| row.key == *key));
    if let Some(key) = chosen.and_then(|at| rows.get(at)).map(|row| row.key.clone()) {
        sites.retain(|counted| HeapKey::of(asked.by, counted.site, profile) == key);
    }
    let (parts, whole) = heap_parts(&profile.header, heap);
    let page = HeapPage {
        present: true,
        facts: heap_facts(&profile.header, heap),
        parts,
        whole,
        live_bytes: heap.held.live_bytes,
        rows,
        chosen,
        sites: known,
        matching,
        ..HeapPage::default()
    };
    with_flame(page, asked, query, &sites)
}

/// Adds the flame graph of these sites.
fn with_flame(page: HeapPage, asked: HeapQuery, query: &Query, sites: &[Counted<'_>]) -> HeapPage {
    let tree = heap_tree(sites, asked.measure, query.fold);
    let focus = tree.find(&asked.focus);
    let weighted: Vec<Weighted> =
        tree.nodes.iter().map(|n| Weighted { parent: n.parent, weight: n.weight }).collect();
    let flame = layout(&weighted, focus);
    let slab = |cell: &Cell| {
        let node = tree.nodes.get(cell.node as usize)?;
        let found = query.filter.points_at(&node.frame);
        Some(Slab { label: frame_label(&node.frame), found })
    };
    let slabs = flame.cells.iter().map(|cell| slab(cell).unwrap_or_default()).collect();
    let way = focus.map(|focus| tree.way_to(focus)).unwrap_or_default();
    HeapPage { asked, tree, flame, slabs, way, ..page }
}

/// Where the tasks of a row allocated what they hold.
pub(super) fn allocations(
    profile: &Profile,
    keys: &[Key],
    row: &Row,
    fold: bool,
) -> Option<Allocations> {
    profile.header.heap.as_ref()?;
    let of_row = of_row(profile, keys, row);
    let tree: HeapTree = heap_tree(&of_row.sites, Measure::Live, false);
    let lines = heap_lines(&tree, fold);
    let mostly = of_row.mostly(profile);
    Some(Allocations { tree, lines, mostly, shared: of_row.shared })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::analyse::{Filter, HeapBy};
    use crate::fixture;

    const SITES: [&str; 3] = [
        "1 live=100 allocated=110 task=a of=1 @ src/m.rs:1 src/cache.rs:4 ~vec:7",
        "2 live=50 allocated=60 task=b of=1 @ src/m.rs:1 src/log.rs:9",
        "3 live=5 @ src/main.rs:1",
    ];

    fn profile(sites: &[&str]) -> Profile {
        let mut profile = fixture::profile(&["1 parked live=155 task=a < src/m.rs:1"]);
        profile.heap_sites = fixture::sites(sites);
        profile
    }

    fn facts(page: &HeapPage) -> (Vec<String>, Vec<String>) {
        let rows = page.rows.iter();
        let rows = rows.map(|row| format!("{} {} {:+}", row.key, row.held.live_bytes, row.grown));
        let cells = page.flame.cells.iter().zip(&page.slabs);
        let cells = cells.map(|(cell, slab)| {
            let found = if slab.found { " found" } else { "" };
            format!("{}.{} {}{found}", cell.row, slab.label, cell.width)
        });
        (rows.collect(), cells.collect())
    }

    #[test]
    fn a_row_that_is_chosen_has_the_flame_graph_to_itself() {
        let profile = profile(&SITES);
        let filter = Filter::parse("m.rs");
        let query = Query { filter, fold: true, ..Query::default() };
        let mut asked = HeapQuery::default();
        let all = page(&profile, None, &query, &asked);
        assert_eq!((all.sites, all.matching), (3, 2));
        let (rows, cells) = facts(&all);
        assert_eq!(rows, ["task=a 100 +0", "task=b 50 +0"]);
        let here = |text: &str| cells.iter().any(|cell| cell == text);
        assert!(here("0.fn at src/m.rs:1  m.rs:1 150 found"), "{cells:?}");
        assert!(here("1.fn at src/log.rs:9  log.rs:9 50"), "{cells:?}");
        asked.chosen = Some(all.rows[1].key.clone());
        let (rows, cells) = facts(&page(&profile, None, &query, &asked));
        assert_eq!(rows.len(), 2, "the table shows all");
        assert_eq!(cells.len(), 2, "{cells:?}");
        assert!(cells[0].ends_with("m.rs:1 50 found"), "{cells:?}");
    }

    #[test]
    fn growth_since_the_mark_is_signed_in_the_table_and_clamped_in_the_flame() {
        let then = profile(&[
            "1 live=40 task=a of=1 @ src/m.rs:1 src/cache.rs:4 ~vec:7",
            "2 live=90 task=b of=1 @ src/m.rs:1 src/log.rs:9",
        ]);
        let now = profile(&SITES);
        let asked = HeapQuery { measure: Measure::Grown, by: HeapBy::Line, ..HeapQuery::default() };
        let query = Query::default();
        let (rows, cells) = facts(&page(&now, Some(&then), &query, &asked));
        let expected =
            ["src/cache.rs:4:1 100 +60", "src/log.rs:9:1 50 -40", "src/main.rs:1:1 5 +5"];
        assert_eq!(rows, expected);
        assert_eq!(cells.len(), 4, "what shrank is not in it: {cells:?}");
        // Without a mark there is nothing to grow from.
        let page = page(&now, None, &query, &asked);
        assert_eq!((page.asked.measure, page.flame.whole), (Measure::Live, 155));
    }

    #[test]
    fn a_frame_in_focus_is_found_again_in_the_next_profile() {
        let mut asked = HeapQuery::default();
        let query = Query::default();
        let first = page(&profile(&SITES), None, &query, &asked);
        let node = first.flame.cells.iter().find(|cell| cell.width == 50).expect("a cell").node;
        let way = first.tree.way_to(node);
        let frame = |at: &u32| first.tree.nodes[*at as usize].frame.clone();
        asked.focus = way.iter().map(frame).collect::<Vec<Arc<_>>>().into();
        let more = ["0 live=7 @ src/other.rs:1", SITES[0], SITES[1]];
        let next = page(&profile(&more), None, &query, &asked);
        assert_eq!((next.flame.whole, next.way.len()), (50, 2));
    }

    #[test]
    fn a_service_without_the_allocator_has_no_heap_to_show() {
        let profile = fixture::profile(&["1 parked < a:1"]);
        let page = page(&profile, None, &Query::default(), &HeapQuery::default());
        assert!(!page.present && page.rows.is_empty());
        assert!(allocations(&profile, &[], &Row::default(), true).is_none());
    }

    #[test]
    fn sixteen_thousand_sites_lose_no_byte_on_their_way_to_the_screen() {
        let lines: Vec<String> = (0..16_000)
            .map(|i| {
                let (task, line) = (i % 40, i % 900);
                let frames: Vec<String> = (0..20)
                    .map(|depth| format!("~lib{}.rs:{}", depth, (i / (depth + 1)) % 97))
                    .collect();
                let frames = frames.join(" ");
                format!("{i} live=64 task=t{task} of=1 @ src/m.rs:{task} {frames} src/a.rs:{line}")
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut profile = profile(&lines);
        profile.heap_sites.sort_by_key(|site| site.id);
        for by in HeapBy::ALL {
            let asked = HeapQuery { by, ..HeapQuery::default() };
            let started = std::time::Instant::now();
            let page = page(&profile, None, &Query { fold: true, ..Query::default() }, &asked);
            println!("{by:?}: {:?}, {} cells", started.elapsed(), page.flame.cells.len());
            let bytes: u64 = page.rows.iter().map(|row| row.held.live_bytes).sum();
            assert_eq!((bytes, page.flame.whole), (16_000 * 64, 16_000 * 64));
            assert!(page.flame.cells.len() < 40_000, "a picture of a bounded size");
        }
    }
}
