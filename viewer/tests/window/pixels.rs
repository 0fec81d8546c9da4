//! How it looks, in a few pictures. Everything else is tested as text.
use std::time::Duration;

use crate::sample;
use crate::sample_later::moved_on;
use crate::stage::{Stage, builder};
use taskscope_proto::model::Profile;
use taskscope_viewer::command::Command;
use taskscope_viewer::store::Reference;

const SMALL: [f32; 2] = [1100.0, 680.0];
const LARGE: [f32; 2] = [1440.0, 900.0];
use taskscope_viewer::analyse::{Shape, Transform};

fn picture(name: &str, dark: bool, stage: Stage) {
    sized(name, dark, SMALL, stage);
}

fn sized(name: &str, dark: bool, size: [f32; 2], stage: Stage) {
    let mut harness = builder(dark)
        .with_size(size)
        .wgpu()
        .build_ui_state(|ui, stage: &mut Stage| stage.frame(ui), stage);
    harness.run();
    harness.snapshot(name);
}

/// The sample service, with a history to draw.
fn watched() -> Stage {
    let mut stage = Stage::following().with(sample::process(7, 4242), sample::profile(0));
    for second in 1..=90 {
        stage.now += Duration::from_secs(1);
        let profile = std::sync::Arc::new(sample::profile(second));
        stage.tell(taskscope_viewer::connect::Happening::Profile(profile));
    }
    stage
}

#[test]
fn a_live_service_in_the_dark() {
    picture("live_dark", true, watched());
}

#[test]
fn a_live_service_in_the_light() {
    picture("live_light", false, watched());
}

#[test]
fn what_is_wrong_and_the_last_minutes() {
    sized("home_dark", true, LARGE, watched());
}

#[test]
fn rows_in_rows_some_of_them_open() {
    let mut stage = watched();
    stage.session.workspace.nest = true;
    stage.refresh();
    stage.session.settle(&stage.screen.clone());
    stage.refresh();
    let cart = |row: &&taskscope_viewer::analyse::Row| {
        row.values.last().is_some_and(|value| value.to_string() == "cart")
    };
    let cart = stage.screen.table.rows.iter().find(cart).unwrap().values.clone();
    stage.session.perform(Command::SetOpen(cart, true), &stage.screen.clone());
    stage.refresh();
    sized("nested_dark", true, LARGE, stage);
}

#[test]
fn how_it_was_a_minute_ago() {
    let mut stage = watched();
    let now_ms = stage.screen.header.as_ref().unwrap().now_ms;
    stage.session.perform(Command::GoTo(now_ms - 60_000), &stage.screen.clone());
    stage.refresh();
    sized("past_light", false, LARGE, stage);
}

#[test]
fn a_cycle_of_waits() {
    let mut stage = Stage::following().with(sample::process(7, 4242), crate::waits::with_a_cycle());
    stage.session.perform(Command::ShowWaits, &stage.screen.clone());
    stage.refresh();
    sized("waits_dark", true, LARGE, stage);
}

#[test]
fn the_list_of_commands() {
    let mut stage = Stage::live();
    stage.session.perform(Command::ShowPalette, &stage.screen.clone());
    picture("palette_light", false, stage);
}

#[test]
fn the_page_of_the_runtimes() {
    let mut stage = Stage::live();
    stage.session.perform(Command::ShowRuntime, &stage.screen.clone());
    stage.refresh();
    picture("runtime_light", false, stage);
}

#[test]
fn the_list_of_alerts() {
    let mut stage = crate::alerts::with_a_past();
    let id = stage.screen.alerts[1].alert.id();
    let screen = stage.screen.clone();
    stage.session.perform(Command::ShowAlerts, &screen);
    for effect in stage.session.perform(Command::AcknowledgeThis(id), &screen) {
        stage.carry_out(effect);
    }
    stage.refresh();
    picture("alerts", true, stage);
}

#[test]
fn alerts_on_the_time_line() {
    sized("home_alerts_light", false, LARGE, crate::alerts::with_a_past());
}

#[test]
fn a_failure() {
    let mut stage = Stage::following();
    stage.goes_down();
    picture("failure_dark", true, stage);
}

#[test]
fn a_service_without_tasks() {
    let stage = Stage::following().with(sample::process(7, 4242), Profile::default());
    picture("empty_light", false, stage);
}

#[test]
fn the_awaits_of_a_row_as_a_flame_graph() {
    let mut stage = watched();
    stage.session.workspace.filter = "task".into();
    stage.session.workspace.keys.clear();
    stage.session.workspace.shape = Shape::Flame;
    stage.session.awaits.search = "cart".into();
    stage.refresh();
    picture("awaits_flame_dark", true, stage);
}

#[test]
fn the_awaits_of_a_row_inverted_and_looked_at_up_to_a_frame() {
    let mut stage = watched();
    stage.session.workspace.keys.clear();
    stage.session.workspace.shape = Shape::Inverted;
    let serve = sample::frame("checkout::server::serve @ src/server.rs:58:17");
    stage.session.awaits.search = "cart.rs".into();
    stage.refresh();
    stage.session.settle(&stage.screen.clone());
    stage.session.awaits.transforms.push(Transform::From(serve));
    stage.refresh();
    picture("awaits_inverted_light", false, stage);
}

/// What the tasks of all rows waited for at the mark, and what they wait for now.
fn compared() -> Stage {
    let mut stage = Stage::following().with(sample::process(7, 4242), sample::profile(0));
    stage.store_mut().mark(None);
    stage.session.workspace.keys.clear();
    stage.session.workspace.shape = Shape::Difference;
    stage.now += Duration::from_secs(40);
    let profile = std::sync::Arc::new(moved_on(40));
    stage.tell(taskscope_viewer::connect::Happening::Profile(profile));
    stage
}

#[test]
fn what_grew_since_a_recording_of_another_run() {
    let mut stage = watched();
    let reference = Reference {
        words: "checkout.taskscope@-2m (checkout, 2026-01-02T03:04:05Z)".into(),
        process: sample::process(6, 4141).into(),
        profile: moved_on(40).into(),
    };
    stage.store_mut().compare_with(reference);
    stage.refresh();
    sized("compared_dark", true, LARGE, stage);
}

#[test]
fn the_awaits_of_a_row_beside_those_of_the_mark() {
    picture("awaits_difference_light", false, compared());
}

#[test]
fn the_awaits_of_a_row_beside_those_of_the_mark_in_the_dark() {
    picture("awaits_difference_dark", true, compared());
}

#[test]
fn a_task_with_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = crate::task::with_source(folder.path());
    stage.session.perform(Command::ShowTask(41_001), &stage.screen.clone());
    stage.refresh();
    // The same picture wherever the folder is.
    let screen = std::sync::Arc::make_mut(&mut stage.screen);
    for reading in screen.task.iter_mut().flat_map(|task| &mut task.sources).flatten() {
        if let Ok(excerpt) = std::sync::Arc::make_mut(reading) {
            excerpt.path = "/srv/checkout/src/audit.rs".into();
            excerpt.modified_unix_ms = Some(0);
        }
    }
    sized("task_dark", true, LARGE, stage);
}

#[test]
fn all_services_as_one() {
    let mut stage = crate::services::both();
    for second in 2..=90 {
        stage.now += Duration::from_secs(1);
        for (session, profile) in [(1, sample::profile(second)), (2, crate::services::ledger().1)] {
            let profile = std::sync::Arc::new(profile);
            stage.tell_of(session, taskscope_viewer::connect::Happening::Profile(profile));
        }
    }
    stage.session.chose_row = false;
    sized("all_services_dark", true, LARGE, stage);
}
