//! Every state of the window, as a screen reader reads it.
use std::sync::Arc;
use std::time::Duration;

use crate::printer::print;
use crate::sample;
use crate::stage::{Stage, TARGET, harness};
use egui_kittest::kittest::Queryable;
use taskscope_proto::model::{DebugInfo, Lost, Profile, StackWalk, Stall};
use taskscope_viewer::command::Command;
use taskscope_viewer::connect::Happening;
use taskscope_viewer::session::Overlay;

fn screen(stage: Stage) -> String {
    let harness = harness(stage);
    print(&harness.root())
}

#[test]
fn without_a_target_the_connect_dialog_asks_for_one() {
    let mut stage = Stage::default();
    stage.session.overlay = Some(Overlay::Connect);
    stage.session.workspace.recent = vec!["checkout.internal:6670".into(), TARGET.into()];
    insta::assert_snapshot!(screen(stage));
}

#[test]
fn connecting_says_to_what_and_for_how_long() {
    let mut stage = Stage::following();
    stage.now += Duration::from_secs(4);
    insta::assert_snapshot!(screen(stage));
}

#[test]
fn a_connection_in_the_making_can_be_cancelled() {
    let mut harness = harness(Stage::following());
    assert!(!harness.state().session.services.open.is_empty());
    harness.get_by_label("Cancel").click();
    harness.run();
    assert!(harness.state().session.services.open.is_empty());
}

#[test]
fn a_filter_that_leaves_nothing_is_cleared_by_a_click() {
    let mut stage = Stage::live();
    stage.session.perform(Command::EditFilter("no such task".into()), &stage.screen.clone());
    stage.refresh();
    let mut harness = harness(stage);
    assert!(harness.state().screen.table.rows.is_empty());
    harness.get_by_label("Clear the filter").click();
    harness.run();
    assert!(!harness.state().screen.table.rows.is_empty());
}

#[test]
fn a_wrong_address_says_what_was_tried_and_what_to_do() {
    let mut stage = Stage::following();
    stage.goes_down();
    stage.tell(Happening::Connecting);
    stage.goes_down();
    stage.now += Duration::from_secs(1);
    insta::assert_snapshot!(screen(stage));
}

#[test]
fn a_live_service_shows_its_groups_most_suspicious_first() {
    let mut stage = Stage::live();
    // Nobody looks closely.
    stage.session.chose_row = true;
    insta::assert_snapshot!(screen(stage));
}

#[test]
fn the_chosen_row_shows_its_await_tree_and_its_tasks() {
    let mut stage = Stage::live();
    stage.session.workspace.filter = "cart state:parked".into();
    stage.refresh();
    insta::assert_snapshot!(screen(stage));
}

#[test]
fn a_lost_connection_keeps_the_numbers_and_marks_them_as_old() {
    let mut stage = Stage::live();
    stage.session.chose_row = true;
    stage.now += Duration::from_secs(20);
    stage.goes_down();
    stage.now += Duration::from_secs(2);
    let text = screen(stage);
    assert!(text.contains("Disconnected 2 s ago, retrying in 1 s"), "{text}");
    // Ages stand still: these are the numbers of then.
    assert!(text.contains("oldest 6 m 52 s"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn a_restart_is_said_and_begins_anew() {
    let mut stage = Stage::live();
    stage.goes_down();
    stage.tell(Happening::Connected(Arc::new(sample::process(8, 4343))));
    let text = screen(stage);
    assert!(text.contains("Waiting for the first state"), "{text}");
    assert!(text.contains("restarted < 1 s ago (pid 4242, now 4343)"), "{text}");
    assert!(!text.contains("audit"), "nothing of the old run is left: {text}");
}

#[test]
fn whatever_is_lost_stands_on_the_line_at_the_bottom() {
    let mut profile = sample::profile(0);
    profile.header.lost = Lost {
        label_sets: 1_204,
        label_key: Some("request_id".into()),
        captures: 3,
        chains: 2,
        groups: 5,
        stacks: 6,
        ..Lost::default()
    };
    let mut process = sample::process(7, 4242);
    process.debug_info = DebugInfo::None;
    process.stack_walk = StackWalk::UnwindTables;
    let mut stage = Stage::following().with(process, profile);
    stage.session.chose_row = true;
    let text = screen(stage);
    let loss = text.find(" label sets folded").expect("the line");
    let start = text[..loss].rfind("Label").expect("its begin");
    insta::assert_snapshot!(&text[start..]);
}

#[test]
fn a_runtime_that_stands_still_is_said_above_everything() {
    let mut profile = sample::profile(0);
    let since_ms = profile.header.now_ms - 4_000;
    profile.header.runtimes[0].stall = Some(Stall { since_ms, ready_tasks: 12 });
    let mut stage = Stage::following().with(sample::process(7, 4242), profile);
    stage.session.chose_row = true;
    let text = screen(stage);
    let words = "Stalled: no worker of runtime 1 has polled anything for 4 s while 12 tasks are";
    assert!(text.contains(words), "{text}");
}

#[test]
fn a_service_without_tasks_says_so() {
    let stage = Stage::following().with(sample::process(7, 4242), Profile::default());
    insta::assert_snapshot!(screen(stage));
}

#[test]
fn help_lists_every_command_with_its_keys() {
    let mut stage = Stage::default();
    stage.session.overlay = Some(Overlay::Help);
    insta::assert_snapshot!(screen(stage));
}

#[test]
fn the_menu_of_a_source_line_copies_it() {
    let mut harness = harness(Stage::live());
    harness.get_by_label_contains("src/audit.rs:41:37, checkout::audit::log").click_secondary();
    harness.run();
    harness.get_by_label("Copy the line").click();
    harness.run();
    assert_eq!(harness.state().copied, ["src/audit.rs:41:37"]);
    assert!(print(&harness.root()).contains("copied src/audit.rs:41:37"));
}

#[test]
fn a_click_on_a_title_sorts_and_a_click_on_a_row_chooses_it() {
    let mut harness = harness(Stage::live());
    harness.get_by_label("Sort by tasks").click();
    harness.run();
    harness.get_by_label("Sort by tasks, largest first").click();
    harness.run();
    harness.get_by_label("Sort by tasks, smallest first");
    // The chosen row is the last now: until the table has scrolled there.
    harness.run_steps(8);
    harness.get_by_label_contains("ledger, src/ledger.rs:77:44, mutex").click();
    harness.run();
    let text = print(&harness.root());
    assert!(text.contains("2 panicked since start, the latest: ledger out of balance"), "{text}");
}

#[test]
fn ten_thousand_groups_are_drawn_row_by_visible_row() {
    let profile = sample::large(10_000, 0);
    let stage = Stage::following().with(sample::process(7, 4242), profile);
    let mut harness = harness(stage);
    let rows = print(&harness.root()).matches("Row \"worker").count();
    assert!((8..60).contains(&rows), "{rows}");
    let started = std::time::Instant::now();
    harness.run_steps(20);
    let frame = started.elapsed() / 20;
    println!("{frame:?} a frame");
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 200 } else { 30 });
    assert!(frame < limit, "{frame:?} a frame");
}

#[test]
fn the_end_of_a_file_says_that_it_is_one() {
    let mut stage = Stage::live();
    let remarks = ["2026-01-02T03:04:05Z: task=audit: suspect, was normal".into()].into();
    stage.tell(Happening::Recorded { states: 90, goes_on: false, remarks });
    insta::assert_snapshot!(print(&harness(stage).root()));
}
