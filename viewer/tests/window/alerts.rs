//! Alerts in the window: the badge, the page, and the way from one to its row.

use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use taskscope_viewer::alert::{Alert, At, Service, built_in};
use taskscope_viewer::analyse::Scope;
use taskscope_viewer::connect::{Failure, Happening};
use taskscope_viewer::session::Page;

use crate::printer::print;
use crate::sample;
use crate::stage::{Stage, TARGET, harness};

fn at(second: u64) -> At {
    At { moment: Duration::from_secs(second), unix_ms: second * 1_000 }
}

/// The sample service, watched for forty seconds, and one that is gone.
pub(crate) fn watched() -> Stage {
    let mut stage = Stage::live();
    let mut service = Service::new(TARGET, built_in());
    service.take_in(&Happening::Connected(sample::process(7, 4242).into()), at(60));
    for second in 60..=100 {
        service.take_in(&Happening::Profile(sample::profile(0).into()), at(second));
    }
    let mut other = Service::new("127.0.0.1:6671", built_in());
    let failure = Failure {
        tried: "connect to 127.0.0.1:6671".into(),
        cause: "Nothing listens on 127.0.0.1:6671.".into(),
        advice: "Start the service.".into(),
        hopeless: false,
    };
    other.take_in(&Happening::Down { failure, retry_in: None }, at(85));
    other.look(at(100));
    stage.alerts = service.alerts();
    stage.alerts.extend(other.alerts());
    stage.alerts.sort_by_key(Alert::order);
    stage.refresh();
    stage
}

fn on_the_page(stage: Stage) -> Harness<'static, Stage> {
    let mut harness = harness(stage);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::L);
    harness.run();
    assert_eq!(harness.state().session.page, Page::Alerts);
    harness
}

#[test]
fn the_page_says_what_fires_and_what_is_about_to() {
    let mut harness = on_the_page(watched());
    insta::assert_snapshot!(print(&harness.root()));
    harness.key_press(egui::Key::Escape);
    harness.run();
    assert_eq!(harness.state().session.page, Page::Groups);
}

#[test]
fn without_an_alert_nothing_is_said_of_any() {
    let harness = on_the_page(Stage::live());
    assert!(harness.query_by_label_contains("Nothing fires").is_some());
    assert!(harness.query_by_label_contains("1 alert").is_none());
}

#[test]
fn an_alert_of_another_service_leads_to_its_tab() {
    let mut stage = watched();
    stage.open("127.0.0.1:6671");
    stage.session.services.scope = Scope::One(TARGET.into());
    stage.refresh();
    let mut harness = on_the_page(stage);
    harness.get_by_label_contains("firing critical gone").click();
    harness.run();
    assert_eq!(harness.state().session.services.scope, Scope::One("127.0.0.1:6671".into()));
    // Nothing is known of that one, and alerts can be looked at all the same.
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::L);
    harness.run();
    assert!(harness.query_by_label_contains("firing critical gone").is_some());
}

#[test]
fn the_badge_leads_to_the_page_and_an_alert_to_its_row() {
    let mut harness = harness(watched());
    harness.get_by_label("3 alerts").click();
    harness.run();
    assert_eq!(harness.state().session.page, Page::Alerts);
    harness
        .get_by_label_contains("firing warning suspect for 40 s, checkout: task=audit tenant=acme")
        .click();
    harness.run();
    assert_eq!(harness.state().session.page, Page::Groups);
    let state = harness.state();
    let shown = state.screen.alerts.iter().find(|shown| &*shown.alert.rule == "suspect").unwrap();
    assert_eq!(
        Some(&state.session.selection.as_ref().unwrap().values),
        shown.row.as_ref(),
        "{shown:?}"
    );
}
