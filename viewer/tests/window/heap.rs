//! The window in a memory incident: bytes in the table, allocations of a row, the page of the heap.
use std::sync::Arc;
use std::time::Duration;

use crate::printer::print;
use crate::sample;
use crate::sample_heap::{large_with_heap, with_heap};
use crate::stage::{Stage, harness};
use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use taskscope_proto::model::Verdict;
use taskscope_viewer::analyse::{Lens, Measure};
use taskscope_viewer::connect::Happening;
use taskscope_viewer::session::Page;

fn stage() -> Stage {
    Stage::following().with(sample::process(7, 4242), with_heap(0))
}

fn press(harness: &mut Harness<'_, Stage>, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn text(harness: &Harness<'_, Stage>) -> String {
    print(&harness.root())
}

fn on_heap() -> Harness<'static, Stage> {
    let mut harness = harness(stage());
    press(&mut harness, Key::H);
    harness
}

#[test]
fn groups_show_what_they_hold_and_those_that_ended_what_they_left() {
    let mut stage = stage();
    stage.session.chose_row = true;
    insta::assert_snapshot!(text(&harness(stage)));
}

#[test]
fn who_makes_the_heap_grow_is_said_on_top_and_its_row_is_a_click_away() {
    let mut harness = harness(stage());
    harness
        .get_by_label_contains("growing task=cart tenant=acme +27 MiB in the last minute")
        .click();
    harness.run();
    let state = harness.state();
    let chosen = state.session.selection.as_ref().unwrap();
    let row = state.screen.table.rows.iter().find(|row| row.values == chosen.values).unwrap();
    assert!(row.values[0].to_string() == "cart" && row.sum.has_ended(), "{row:?}");
}

#[test]
fn where_only_the_heap_grows_nobody_says_that_nothing_is_the_matter() {
    let mut profile = with_heap(0);
    for group in &mut profile.groups {
        Arc::make_mut(group).verdict = Verdict::default();
    }
    let text = text(&harness(Stage::following().with(sample::process(7, 4242), profile)));
    assert!(text.contains("growing task=cart") && !text.contains("Nothing is stuck"), "{text}");
}

#[test]
fn a_service_without_the_allocator_keeps_its_table() {
    let text = text(&harness(Stage::live()));
    assert!(!text.contains("Sort by bytes") && !text.contains("trend of"), "{text}");
    assert!(!text.contains("Allocations"), "{text}");
}

#[test]
fn sorting_by_bytes_brings_up_the_leak_and_its_trend_and_b_goes_back_to_tasks() {
    let mut harness = harness(stage());
    harness.get_by_label("Sort by bytes").click();
    harness.run();
    let table = &harness.state().screen.table;
    let first = &table.rows[0];
    assert!(first.sum.has_ended(), "{first:?}");
    assert_eq!(table.trends.of(0).last(), Some(&(60 << 10)), "the trend is of bytes");
    assert_eq!(harness.state().screen.table.lens, Lens::Bytes);
    press(&mut harness, Key::B);
    assert_eq!(harness.state().screen.table.lens, Lens::Tasks);
    assert_eq!(harness.state().screen.table.trends.of(0).last(), Some(&0));
    harness.get_by_label("Switch the trend of tasks").click();
    harness.run();
    harness.get_by_label("Switch the trend of bytes");
}

#[test]
fn the_detail_of_a_row_that_ended_says_where_its_bytes_were_allocated() {
    let mut stage = stage();
    stage.session.workspace.filter = "is:outlived".into();
    stage.refresh();
    let text = text(&harness(stage));
    assert!(text.contains("All of its tasks have ended; 60 MiB that they allocated live on."));
    let here = "60 MiB, src/cache.rs:41:18, checkout::cache::Cache::insert, allocates here";
    assert!(text.contains(here), "{text}");
    assert!(!text.contains("src/http.rs:17:31"), "that lives and belongs to others: {text}");
    assert!(!text.contains("Asking the agent"), "{text}");
}

#[test]
fn the_page_of_the_heap_shows_who_holds_it_and_where_it_was_allocated() {
    insta::assert_snapshot!(text(&on_heap()));
}

#[test]
fn a_click_on_a_cell_fills_the_graph_with_it_and_the_way_leads_back() {
    let mut harness = on_heap();
    harness.get_by_label_contains("Cache::insert  cache.rs:41:").click();
    harness.run();
    assert_eq!(harness.state().screen.heap.as_ref().unwrap().flame.whole, 60 << 20);
    harness.get_by_label("Cache::insert  cache.rs:41");
    harness.get_by_label("server::serve  server.rs:58").click();
    harness.run();
    assert_eq!(harness.state().screen.heap.as_ref().unwrap().flame.whole, 93 << 20);
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().screen.heap.as_ref().unwrap().flame.whole, 104 << 20);
}

#[test]
fn rows_are_chosen_by_keys_and_escape_leads_back_to_the_groups() {
    let mut harness = on_heap();
    press(&mut harness, Key::ArrowDown);
    let whole = |harness: &Harness<'_, Stage>| {
        harness.state().screen.heap.as_ref().map(|page| page.flame.whole >> 20)
    };
    assert_eq!(whole(&harness), Some(68), "task=cart alone");
    press(&mut harness, Key::G);
    assert!(text(&harness).contains("Row \"src/server.rs:36:19"), "{}", text(&harness));
    press(&mut harness, Key::W);
    assert_eq!(harness.state().session.heap.measure, Measure::Outlived);
    assert_eq!(whole(&harness), Some(60));
    press(&mut harness, Key::L);
    assert!(text(&harness).contains("reserve_rehash"), "{}", text(&harness));
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().session.page, Page::Groups);
    harness.get_by_label("Sort by growth/min");
}

#[test]
fn growth_is_counted_from_the_moment_that_was_marked() {
    let mut harness = on_heap();
    press(&mut harness, Key::M);
    assert!(text(&harness).contains("Nothing has grown here since the mark."));
    let state = harness.state_mut();
    state.now += Duration::from_secs(40);
    state.tell(Happening::Profile(Arc::new(with_heap(40))));
    harness.run();
    let page = text(&harness);
    assert!(page.contains("marked 40 s ago"), "{page}");
    assert!(page.contains("+20 MiB since the mark"), "{page}");
    assert!(page.contains("cache.rs:41: 20 MiB, 100.0 % of 20 MiB"), "{page}");
    press(&mut harness, Key::U);
    let page = text(&harness);
    assert!(!page.contains("since the mark") && !page.contains("marked"), "{page}");
}

#[test]
fn the_filter_keeps_sites_and_points_at_frames() {
    let mut harness = on_heap();
    press(&mut harness, Key::Slash);
    harness.event(egui::Event::Text("cache.rs".into()));
    harness.run();
    let page = harness.state().screen.heap.as_ref().unwrap();
    assert_eq!((page.matching, page.sites, page.rows.len()), (1, 5, 1));
    assert_eq!(page.slabs.iter().filter(|slab| slab.found).count(), 1);
}

#[test]
fn without_the_allocator_the_page_says_how_to_get_it() {
    let mut harness = harness(Stage::live());
    harness.get_by_label("Heap").click();
    harness.run();
    let page = text(&harness);
    assert!(page.contains("taskscope::alloc::TaskAlloc<System>"), "{page}");
    harness.get_by_label("Copy these lines").click();
    harness.run();
    assert!(harness.state().copied[0].contains("#[global_allocator]"));
    // There is nothing to mark.
    press(&mut harness, Key::M);
    assert_eq!(harness.state().screen.marked_ms, None);
    harness.get_by_label("Back to the groups").click();
    harness.run();
    assert_eq!(harness.state().session.page, Page::Groups);
}

#[test]
fn sixteen_thousand_sites_are_drawn_cell_by_visible_cell() {
    let profile = large_with_heap(10_000, 16_000);
    let mut stage = Stage::following().with(sample::process(7, 4242), profile);
    stage.session.page = Page::Heap;
    stage.session.workspace.fold_library = false;
    let started = std::time::Instant::now();
    stage.refresh();
    println!("{:?} to compose", started.elapsed());
    let cells = stage.screen.heap.as_ref().unwrap().flame.cells.len();
    let mut harness = harness(stage);
    let started = std::time::Instant::now();
    harness.run_steps(20);
    let frame = started.elapsed() / 20;
    println!("{frame:?} a frame of {cells} cells");
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 300 } else { 30 });
    assert!(frame < limit, "{frame:?} a frame");
}
