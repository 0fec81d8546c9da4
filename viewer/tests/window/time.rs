//! Stopping, and going back through the last minutes.

use std::sync::Arc;
use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use taskscope_viewer::connect::Happening;
use taskscope_viewer::screen::Asking;

use crate::printer::print;
use crate::sample;
use crate::stage::{Stage, harness};

/// The sample service, watched for a minute and a half.
fn watched() -> Stage {
    let mut stage = Stage::live();
    for second in 1..=90 {
        stage.now += Duration::from_secs(1);
        stage.tell(Happening::Profile(Arc::new(sample::profile(second))));
    }
    stage.session.chose_row = true;
    stage
}

#[test]
fn who_stops_sees_the_same_numbers_until_they_go_on() {
    let mut harness = harness(watched());
    harness.key_press(egui::Key::P);
    harness.run();
    let before = print(&harness.root());
    assert!(before.contains("paused, just now"), "{before}");
    assert!(before.contains("audit, src/audit.rs:41:37, mpsc_send: 992 tasks"), "{before}");
    // The service goes on meanwhile.
    let stage = harness.state_mut();
    stage.now += Duration::from_secs(30);
    stage.tell(Happening::Profile(Arc::new(sample::profile(120))));
    harness.run();
    let after = print(&harness.root());
    assert!(after.contains("paused, 30 s ago"), "{after}");
    assert!(after.contains("audit, src/audit.rs:41:37, mpsc_send: 992 tasks"), "{after}");
    harness.key_press(egui::Key::P);
    harness.run();
    let now = print(&harness.root());
    assert!(now.contains("1 052 tasks") && !now.contains("paused"), "{now}");
}

#[test]
fn steps_go_back_to_how_it_was() {
    let mut harness = harness(watched());
    for _ in 0..3 {
        harness.key_press(egui::Key::Comma);
        harness.run();
    }
    let then = print(&harness.root());
    assert!(then.contains("This is how it was 30 s ago."), "{then}");
    // Two tasks a second pile up.
    assert!(then.contains("audit, src/audit.rs:41:37, mpsc_send: 932 tasks"), "{then}");
    harness.key_press(egui::Key::Escape);
    harness.run();
    assert!(harness.query_by_label_contains("This is how it was").is_none());
}

#[test]
fn a_click_into_the_picture_goes_there() {
    let mut harness = harness(watched());
    let chart = harness.get_by_label_contains("Tasks over").rect();
    harness.hover_at(chart.center());
    harness.drag_at(chart.center());
    harness.drop_at(chart.center());
    harness.run();
    let at_ms = harness.state().session.at_ms.expect("a moment");
    let now_ms = sample::profile(90).header.now_ms;
    assert!(now_ms - at_ms > 40_000 && now_ms - at_ms < 50_000, "{} ms ago", now_ms - at_ms);
}

#[test]
fn a_question_that_takes_long_is_told_and_can_be_cancelled() {
    let with = |since, cancelled| {
        let mut stage = Stage::live();
        stage.session.chose_row = true;
        stage.now += since;
        let since = stage.now.saturating_sub(since);
        let asking = Asking { what: "the tasks of this row", since, cancelled };
        Arc::make_mut(&mut stage.screen).asking = Some(asking);
        harness(stage)
    };
    let words = |harness: &Harness<'_, Stage>, words: &str| harness.query_by_label(words).is_some();
    let soon = with(Duration::from_millis(400), false);
    assert!(!words(&soon, "Cancel"), "an answer that comes at once is not worth a word");
    let late = with(Duration::from_secs(3), false);
    assert!(words(&late, "asking for the tasks of this row for 3 s") && words(&late, "Cancel"));
    let cancelled = with(Duration::from_secs(3), true);
    assert!(words(&cancelled, "the tasks of this row: cancelled"));
    assert!(words(&cancelled, "Retry now") && !words(&cancelled, "Cancel"));
}
