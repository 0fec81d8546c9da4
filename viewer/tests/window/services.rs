//! Several services in one window: tabs, all of them as one, and the runs of each.

use std::sync::Arc;
use std::time::Duration;

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use taskscope_proto::model::{Class, Process, Profile};
use taskscope_viewer::analyse::Scope;
use taskscope_viewer::command::Command;
use taskscope_viewer::connect::{Failure, Happening};
use taskscope_viewer::session::{Overlay, Session};
use taskscope_viewer::workspace::Workspace;

use crate::printer::print;
use crate::sample;
use crate::stage::{Stage, harness};

const OTHER: &str = "10.0.0.7:6670";

/// A service that nothing is the matter with.
pub(crate) fn ledger() -> (Process, Profile) {
    let process = Process { name: "ledger".into(), ..sample::process(9, 4711) };
    let mut profile = sample::profile(0);
    profile.groups.retain(|group| group.verdict.class == Class::Normal && group.stuck == 0);
    let count = |profile: &Profile| profile.groups.iter().map(|group| group.count).sum();
    profile.header.totals.parked = count(&profile);
    (profile.header.totals.running, profile.header.totals.ready) = (0, 0);
    profile.header.totals.new = 0;
    profile.header.coverage.tracked = count(&profile);
    profile.header.coverage.alive = Some(count(&profile));
    (process, profile)
}

/// The sample service and another one, as one.
pub(crate) fn both() -> Stage {
    let mut stage = Stage::live();
    let other = stage.open(OTHER);
    let (process, profile) = ledger();
    stage.tell_of(other, Happening::Connected(Arc::new(process)));
    stage.tell_of(other, Happening::Profile(Arc::new(profile)));
    stage.now += Duration::from_secs(1);
    for (session, profile) in [(1, sample::profile(1)), (other, ledger().1)] {
        stage.tell_of(session, Happening::Profile(Arc::new(profile)));
    }
    stage.session.services.scope = Scope::All;
    stage.session.chose_row = true;
    stage.refresh();
    stage
}

fn goes_down(stage: &mut Stage, session: u64) {
    let failure = Failure {
        tried: format!("connect to {OTHER}"),
        cause: format!("Nothing listens on {OTHER}."),
        advice: "Start the service.".into(),
        hopeless: false,
    };
    stage.tell_of(session, Happening::Down { failure, retry_in: Some(Duration::from_secs(3)) });
}

fn press(harness: &mut Harness<'_, Stage>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

/// The lines that begin so.
fn lines(harness: &Harness<'_, Stage>, begin: &str) -> Vec<String> {
    let text = print(&harness.root());
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with(begin));
    lines.map(str::to_owned).collect()
}

#[test]
fn all_services_stand_in_one_table_told_apart_by_process() {
    insta::assert_snapshot!(print(&harness(both()).root()));
}

#[test]
fn one_that_is_down_is_named_and_its_numbers_stay() {
    let mut stage = both();
    goes_down(&mut stage, 2);
    stage.now += Duration::from_secs(40);
    stage.tell(Happening::Profile(Arc::new(sample::profile(41))));
    let harness = harness(stage);
    let text = print(&harness.root());
    assert!(text.contains("ledger (down, its numbers are 40 s old)"), "{text}");
    assert!(text.contains("ledger: disconnected"), "{text}");
    insta::assert_snapshot!(lines(&harness, "Tab ").join("\n"));
    assert!(lines(&harness, "Row \"ledger").len() > 1, "{text}");
}

#[test]
fn one_that_restarted_is_named_among_all_while_that_is_news() {
    let mut stage = both();
    goes_down(&mut stage, 2);
    stage.now += Duration::from_secs(5);
    let (process, profile) = ledger();
    let again = Process { run_id: process.run_id + 1, pid: process.pid + 1, ..process };
    stage.tell_of(2, Happening::Connected(Arc::new(again)));
    stage.tell_of(2, Happening::Profile(Arc::new(profile)));
    stage.now += Duration::from_secs(20);
    let mut harness = harness(stage);
    let news = |harness: &Harness<'_, Stage>| {
        (
            lines(harness, "Label \"Restarted:\"").len(),
            lines(harness, "Label \"ledger 20 s ago\"").len(),
        )
    };
    assert_eq!(news(&harness), (1, 1), "{}", print(&harness.root()));
    harness.state_mut().now += Duration::from_mins(2);
    harness.state_mut().refresh();
    harness.run();
    assert_eq!(news(&harness), (0, 0));
}

#[test]
fn a_second_is_opened_gone_to_and_closed_by_keys_alone() {
    let mut harness = harness(Stage::live());
    assert!(lines(&harness, "Tab ").is_empty(), "one service needs no tabs");
    press(&mut harness, Modifiers::COMMAND, Key::O);
    press(&mut harness, Modifiers::COMMAND, Key::A);
    harness.event(egui::Event::Text(OTHER.into()));
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let chosen = |harness: &Harness<'_, Stage>| {
        let tabs = lines(harness, "Tab ");
        let chosen = |line: &&String| line.ends_with(" selected") || line.ends_with(" True");
        tabs.iter().find(chosen).cloned().unwrap_or_else(|| format!("{tabs:?}"))
    };
    assert!(chosen(&harness).contains(&format!("{OTHER}, connecting")), "{}", chosen(&harness));
    let (process, profile) = ledger();
    let stage = harness.state_mut();
    stage.tell_of(2, Happening::Connected(Arc::new(process)));
    stage.tell_of(2, Happening::Profile(Arc::new(profile)));
    harness.run();
    assert!(chosen(&harness).contains("ledger, live, at 10.0.0.7:6670"), "{}", chosen(&harness));
    press(&mut harness, Modifiers::COMMAND, Key::Num1);
    assert!(chosen(&harness).contains("All services, 2 of 2 live"), "{}", chosen(&harness));
    press(&mut harness, Modifiers::COMMAND, Key::Tab);
    assert!(chosen(&harness).contains("checkout, live, at "), "{}", chosen(&harness));
    press(&mut harness, Modifiers::COMMAND | Modifiers::SHIFT, Key::Tab);
    assert!(chosen(&harness).contains("All services"), "{}", chosen(&harness));
    press(&mut harness, Modifiers::COMMAND, Key::Num3);
    press(&mut harness, Modifiers::COMMAND, Key::W);
    assert!(lines(&harness, "Tab ").is_empty(), "one is left");
    assert!(print(&harness.root()).contains("checkout"));
    assert_eq!(harness.state().followed, [Some(OTHER.to_owned()), None]);
}

#[test]
fn a_row_of_all_lists_the_tasks_with_the_process_of_each() {
    let mut harness = harness(both());
    harness.state_mut().session.workspace.filter = "process:ledger".into();
    harness.state_mut().session.chose_row = false;
    harness.state_mut().refresh();
    harness.run();
    let tasks = lines(&harness, "Row \"task ");
    assert!(!tasks.is_empty());
    assert!(tasks.iter().all(|task| task.contains("process=ledger")), "{tasks:#?}");
}

#[test]
fn a_restart_compares_with_the_run_before_which_can_be_looked_at() {
    let mut stage = Stage::live();
    stage.tell(Happening::Connected(Arc::new(sample::process(8, 4343))));
    stage.tell(Happening::Profile(Arc::new(ledger().1)));
    stage.session.chose_row = true;
    let mut harness = harness(stage);
    let text = print(&harness.root());
    assert!(text.contains("The end of the run before is marked"), "{text}");
    assert!(text.contains("compared with the end of the run before"), "{text}");
    assert!(text.contains("run 2") && lines(&harness, "Row \"audit").is_empty(), "{text}");
    press(&mut harness, Modifiers::NONE, Key::Q);
    let text = print(&harness.root());
    assert!(text.contains("This is how run 1 of the service was when it ended."), "{text}");
    assert!(!lines(&harness, "Row \"audit").is_empty(), "{text}");
    assert!(text.contains("pid 4242"), "{text}");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(print(&harness.root()).contains("pid 4343"));
}

#[test]
fn those_of_the_last_time_are_one_click_away() {
    let mut stage = Stage::default();
    let mut workspace = Workspace::default();
    for address in ["a:1", "b:1", "c:1"] {
        workspace.remember(address);
        workspace.open.push(address.into());
    }
    stage.session = Session::new(workspace, None);
    stage.session.overlay = Some(Overlay::Connect);
    let mut harness = harness(stage);
    harness.get_all_by_label("Open the last 3 again").last().unwrap().click();
    harness.run();
    assert_eq!(lines(&harness, "Tab ").len(), 4);
    let stage = harness.state();
    assert_eq!((stage.followed.len(), stage.session.overlay), (3, None));
    assert_eq!(stage.session.services.scope, Scope::All);
}

#[test]
fn the_heap_and_the_runtimes_of_all_say_whose_they_are() {
    let mut harness = harness(both());
    let stage = harness.state_mut();
    stage.session.perform(Command::ShowRuntime, &stage.screen.clone());
    stage.refresh();
    harness.run();
    let text = print(&harness.root());
    assert!(text.contains("checkout: Runtime 1") && text.contains("ledger: Runtime 2"), "{text}");
}
