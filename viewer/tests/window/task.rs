//! The page of one task, and the source lines it shows.

use std::fs;
use std::sync::Arc;

use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use taskscope_viewer::command::Command;
use taskscope_viewer::connect::Happening;
use taskscope_viewer::session::Page;

use crate::printer::print;
use crate::sample;
use crate::stage::{Stage, harness};

/// The file that most tasks of the sample service wait in.
pub(crate) const AUDIT: &str = include_str!("audit.txt");

fn press(harness: &mut Harness<'_, Stage>, key: Key) {
    harness.key_press(key);
    harness.run();
}

/// The sample service with a folder that has one of its files.
pub(crate) fn with_source(folder: &std::path::Path) -> Stage {
    fs::create_dir(folder.join("src")).unwrap();
    fs::write(folder.join("src/audit.rs"), AUDIT).unwrap();
    let mut stage = Stage::live();
    stage.session.settle(&stage.screen.clone());
    stage.session.workspace.source_folders = vec![folder.display().to_string()];
    stage.refresh();
    stage
}

fn without_folder(text: &str, folder: &std::path::Path) -> String {
    let text = text.replace(&folder.display().to_string(), "/srv/checkout");
    let here = std::env::current_dir().unwrap();
    text.replace(&here.display().to_string(), "/home/me")
}

#[test]
fn the_page_of_a_task_says_all_that_is_known_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = with_source(folder.path());
    stage.session.perform(Command::ShowTask(41_001), &stage.screen.clone());
    stage.refresh();
    let harness = harness(stage);
    insta::assert_snapshot!(without_folder(&print(&harness.root()), folder.path()));
}

#[test]
fn a_source_line_is_reached_and_opened_by_keys_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut harness = harness(with_source(folder.path()));
    press(&mut harness, Key::J);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().session.page, Page::Task);
    assert!(harness.query_by_label("41: ").is_none());
    let here = "41:     queue.send(Stamped::now(entry)).await.map_err(Closed::from), here";
    assert!(harness.query_by_label(here).is_some(), "{}", print(&harness.root()));
    press(&mut harness, Key::F);
    let path = folder.path().join("src/audit.rs").display().to_string();
    assert_eq!(harness.state().opened, [format!("{path}:41:37")]);
    press(&mut harness, Key::Home);
    press(&mut harness, Key::F);
    let remark = harness.state().session.remark.clone().unwrap();
    assert!(remark.starts_with("src/server.rs is not at hand; looked in "), "{remark:?}");
    press(&mut harness, Key::Escape);
    press(&mut harness, Key::C);
    assert!(harness.state().copied[0].contains("src/server.rs:58:17"));
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().session.page, Page::Groups);
}

#[test]
fn parents_and_children_are_a_click_away() {
    let mut stage = Stage::live();
    stage.session.perform(Command::ShowTask(41_000), &stage.screen.clone());
    stage.refresh();
    let mut harness = harness(stage);
    harness.get_by_label("and 627 more");
    harness.get_by_label("task 17").click();
    harness.run();
    harness.get_by_label("no tracked task");
    harness.get_by_label("Task 17");
    press(&mut harness, Key::Escape);
    harness.get_by_label("Task 41000");
    harness.get_by_label("task 41003").click();
    harness.run();
    harness.get_by_label("task 41000").click();
    harness.run();
    assert_eq!(harness.state().session.task.way, [41_003, 41_000]);
}

#[test]
fn a_task_that_ends_while_it_is_looked_at_is_shown_as_it_was() {
    let mut harness = harness(Stage::live());
    press(&mut harness, Key::J);
    press(&mut harness, Key::Enter);
    harness.state_mut().task_is_gone = true;
    harness.state_mut().refresh();
    harness.run();
    harness.get_by_label("It has ended. This is how it was last.");
    harness.get_by_label_contains("src/audit.rs:41:37, checkout::audit::log");
}

#[test]
fn where_sources_lie_can_be_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = with_source(folder.path());
    stage.session.workspace.source_folders.clear();
    stage.session.perform(Command::ShowTask(41_001), &stage.screen.clone());
    stage.refresh();
    let mut harness = harness(stage);
    harness.get_by_label_contains("src/audit.rs is not at hand; looked in ");
    harness.get_by_label("Source folder").click();
    harness.run();
    harness.event(egui::Event::Text(folder.path().display().to_string()));
    harness.run();
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().session.workspace.source_folders.len(), 1);
    harness.get_by_label_contains("41:     queue.send(Stamped");
}

#[test]
fn the_list_of_tasks_is_kept_to_those_that_meet_the_filter() {
    let mut stage = Stage::live();
    stage.session.workspace.filter = "task:audit tenant=acme idle>410s".into();
    stage.refresh();
    let mut harness = harness(stage);
    harness.get_by_label_contains("of 4");
    harness.state_mut().session.workspace.filter = "task:audit idle>5x".into();
    harness.state_mut().refresh();
    harness.run();
    harness.get_by_label_contains("idle>5x is left out: a time is a number");
}

#[test]
fn where_the_filter_leaves_no_row_nobody_is_asked_for_tasks() {
    let mut stage = Stage::live();
    stage.session.settle(&stage.screen.clone());
    stage.session.workspace.filter = "no such task".into();
    stage.refresh();
    let harness = harness(stage);
    harness.get_by_label("There is no row to list tasks of.");
    assert!(harness.query_by_label("Asking the agent…").is_none());
}

#[test]
fn the_number_of_a_task_means_nothing_after_a_restart() {
    let mut stage = Stage::live();
    stage.session.settle(&stage.screen.clone());
    stage.refresh();
    stage.session.perform(Command::ShowTask(41_001), &stage.screen.clone());
    let stage = stage.with(sample::process(8, 4_300), sample::profile(5));
    let harness = harness(stage);
    harness.get_by_label("It has ended. This is how it was last.");
}

#[test]
fn what_a_task_does_while_it_is_looked_at_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = with_source(folder.path());
    stage.session.perform(Command::ShowTask(41_001), &stage.screen.clone());
    stage.refresh();
    let nothing =
        "What it does is written down here while it is looked at. Before that nobody did.";
    assert!(harness(stage).query_by_label(nothing).is_some());

    let folder = tempfile::tempdir().unwrap();
    let mut stage = with_source(folder.path());
    stage.session.perform(Command::ShowTask(41_001), &stage.screen.clone());
    for second in [100, 104] {
        stage.refresh();
        stage.tell(Happening::Profile(Arc::new(sample::profile(second))));
    }
    let harness = harness(stage);
    let text = print(&harness.root());
    let told: Vec<&str> = text.lines().filter(|line| line.contains("parked for ")).collect();
    assert_eq!(told.len(), 3, "{told:?}");
}
