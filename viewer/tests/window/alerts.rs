//! Alerts in the window: the badge, the page, and the way from one to its row.

use std::time::Duration;

use egui::Key::{A, ArrowDown, ArrowUp, End, Enter, Home, L, S};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use taskscope_viewer::alert::{Alert, At, Service, built_in};
use taskscope_viewer::analyse::Scope;
use taskscope_viewer::command::Command;
use taskscope_viewer::connect::{Failure, Happening};
use taskscope_viewer::desktop::Standing;
use taskscope_viewer::session::{Page, Session};
use taskscope_viewer::workspace::Workspace;

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
    stage.book.alerts = service.alerts();
    stage.book.alerts.extend(other.alerts());
    stage.book.alerts.sort_by_key(Alert::order);
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
    // Each tab says how many fire that somebody has to hear of.
    let tabs = texts(&harness, "Tab \"");
    let ends = ["3 alerts, 899 tasks\"", "2 alerts\"", "1 alert\""];
    assert!(tabs.iter().zip(ends).all(|(tab, end)| tab.contains(end)), "{tabs:?}");
    assert_eq!(tabs.len(), 3);
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
    harness.get_by_label("2 alerts, 1 elsewhere").click();
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

/// The sample service watched for a minute and a half: one alert fires since a while, one was
/// resolved, and silences lie on one of both.
pub(crate) fn with_a_past() -> Stage {
    let mut stage = watched();
    for second in 1..=90 {
        stage.now += Duration::from_secs(1);
        stage.tell(Happening::Profile(sample::profile(second).into()));
    }
    let gone = stage.book.alerts.remove(0);
    let mut over = gone.clone();
    over.target = TARGET.into();
    over.process = "checkout".into();
    (over.since, over.fired, over.resolved) = (at(105), Some(at(115)), Some(at(150)));
    stage.book.over = vec![over];
    for (alert, second) in stage.book.alerts.iter_mut().zip([130, 140]) {
        (alert.since, alert.fired) = (at(second), Some(at(second + 30)));
    }
    stage.book.left_out = 7;
    stage.session.chose_row = true;
    stage.refresh();
    stage
}

fn texts(harness: &Harness<'static, Stage>, part: &str) -> Vec<String> {
    let text = print(&harness.root());
    text.lines().filter(|line| line.contains(part)).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn what_is_over_stays_listed_with_its_times() {
    let harness = on_the_page(with_a_past());
    assert_eq!(texts(&harness, "\"Over\""), ["Label \"Over\""]);
    assert_eq!(texts(&harness, "Left out"), ["Label \"Left out: 7 more alerts\""]);
    let over = texts(&harness, "critical gone fired 1 m 15 s ago for 35 s, checkout");
    assert_eq!(over.len(), 1, "{}", print(&harness.root()));
}

#[test]
fn alerts_are_bands_on_the_time_line_and_a_click_leads_to_the_page() {
    let mut harness = harness(with_a_past());
    let bands: Vec<String> = texts(&harness, "Button \"Alert ");
    let begun = |band: &String| band.split(" tenant=").next().unwrap().to_owned();
    assert_eq!(bands.len(), 3, "{}", print(&harness.root()));
    assert_eq!(begun(&bands[1]), "Button \"Alert warning suspect: task=audit");
    assert!(bands[0].ends_with("since 50 s ago, fired 20 s ago, and fires still\""), "{bands:?}");
    let over = "since 1 m 25 s ago, fired 1 m 15 s ago, until 40 s ago\"";
    assert!(bands[2].ends_with(over), "{bands:?}");
    harness.get_by_label_contains("Alert critical gone").click();
    harness.run();
    assert_eq!(harness.state().session.page, Page::Alerts);
    let chosen = harness.state().session.chosen_alert(&harness.state().screen);
    assert_eq!(&*chosen.unwrap().alert.rule, "gone");
}

#[test]
fn the_page_is_used_by_keys_alone() {
    let mut harness = on_the_page(watched());
    let chosen = |harness: &Harness<'static, Stage>| {
        let state = harness.state();
        let chosen = state.session.chosen_alert(&state.screen).unwrap();
        format!("{} {}", chosen.alert.rule, chosen.alert.subject)
    };
    let press = |harness: &mut Harness<'static, Stage>, keys: &[egui::Key]| {
        for key in keys {
            harness.key_press(*key);
            harness.run();
        }
    };
    let control = |harness: &mut Harness<'static, Stage>, key| {
        harness.key_press_modifiers(egui::Modifiers::COMMAND, key);
        harness.run();
    };
    assert_eq!(chosen(&harness), "gone all tasks");
    press(&mut harness, &[ArrowDown, ArrowDown, ArrowDown, ArrowUp]);
    assert_eq!(chosen(&harness), "suspect task=audit tenant=acme");
    // Known: it stays on the page, and the badge counts one less.
    control(&mut harness, A);
    assert_eq!(texts(&harness, "(acknowledged)").len(), 1);
    assert!(harness.query_by_label("1 alert, 1 elsewhere").is_some());
    control(&mut harness, A);
    assert!(harness.query_by_label("2 alerts, 1 elsewhere").is_some());
    // Silenced for an hour, and lifted again.
    press(&mut harness, &[End]);
    control(&mut harness, S);
    let silenced = texts(&harness, "(silenced for 1 h 00 m more)");
    assert!(silenced.len() == 1 && silenced[0].contains("tenant=globex"), "{silenced:?}");
    assert!(harness.query_by_label("1 alert, 1 elsewhere").is_some());
    assert_eq!(harness.state().session.workspace.silences.len(), 1);
    control(&mut harness, S);
    assert_eq!(texts(&harness, "silenced for").len(), 0);
    assert_eq!(harness.state().session.workspace.silences.len(), 0);
    // Enter leads to what it is about.
    press(&mut harness, &[Home, ArrowDown, Enter]);
    assert_eq!(harness.state().session.page, Page::Groups);
    let state = harness.state();
    let row = state.session.selection.as_ref().map(|row| row.values.clone());
    assert_eq!(row, state.screen.alerts[1].row);
    assert!(row.is_some());
    // Away from the page these keys do nothing.
    control(&mut harness, A);
    control(&mut harness, S);
    assert!(harness.query_by_label("2 alerts, 1 elsewhere").is_some());
    control(&mut harness, L);
    assert_eq!(chosen(&harness), "suspect task=audit tenant=acme");
}

#[test]
fn a_silence_outlives_the_viewer_and_ends_after_its_time() {
    let mut harness = on_the_page(watched());
    harness.get_by_label("Silence for an hour: suspect, task=audit tenant=acme").click();
    harness.run();
    let text = harness.state().session.workspace.to_text().unwrap();
    let mut stage = watched();
    stage.session = Session::new(Workspace::from_text(&text).0, None);
    stage.session.services.open.push(TARGET.into());
    stage.session.services.scope = Scope::One(TARGET.into());
    let hushed = stage.session.hush();
    stage.carry_out(hushed);
    stage.refresh();
    let heard = |stage: &Stage| stage.screen.alerts.iter().filter(|shown| shown.calls()).count();
    assert_eq!(heard(&stage), 2);
    stage.now += Duration::from_mins(59);
    stage.refresh();
    assert_eq!(heard(&stage), 2);
    stage.now += Duration::from_mins(2);
    stage.refresh();
    assert_eq!(heard(&stage), 3);
}

#[test]
fn a_silence_on_nothing_that_is_listed_can_be_lifted() {
    let mut stage = watched();
    let id = stage.screen.alerts[1].alert.id();
    let screen = stage.screen.clone();
    for effect in stage.session.perform(Command::ShowAlerts, &screen) {
        stage.carry_out(effect);
    }
    for effect in stage.session.perform(Command::SilenceThis(id), &screen) {
        stage.carry_out(effect);
    }
    stage.book.alerts.clear();
    stage.refresh();
    let mut harness = harness(stage);
    assert_eq!(texts(&harness, "\"Silenced\"").len(), 1);
    harness.get_by_label_contains("Lift the silence of suspect").click();
    harness.run();
    assert_eq!(texts(&harness, "ilence").len(), 0, "{}", print(&harness.root()));
    assert_eq!(harness.state().session.workspace.silences, []);
}

#[test]
fn notifications_are_switched_off_and_what_fails_is_said() {
    let mut stage = watched();
    stage.book.desktop =
        Standing { failure: Some("tried a desktop: it is not there".into()), missed: 4 };
    stage.refresh();
    let mut harness = on_the_page(stage);
    let said = texts(&harness, "Nothing reaches the desktop: tried a desktop: it is not there");
    assert!(said.len() == 1 && said[0].contains("4 notifications not shown"), "{said:?}");
    harness.get_by_label("Desktop notifications: on").click();
    harness.run();
    assert!(harness.query_by_label("Desktop notifications: off").is_some());
    assert_eq!(texts(&harness, "Nothing reaches the desktop"), [""; 0]);
    assert!(!harness.state().notifies && !harness.state().session.workspace.notifies);
}
