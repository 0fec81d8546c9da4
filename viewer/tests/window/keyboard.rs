//! The window without a mouse.
use crate::printer::print;
use crate::stage::{Stage, harness};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use taskscope_viewer::analyse::Key as By;
use taskscope_viewer::session::Overlay;

fn chosen(harness: &Harness<'_, Stage>) -> String {
    let selection = harness.state().session.selection.as_ref();
    selection.map_or("-".into(), |row| row.values[0].to_string())
}

fn press(harness: &mut Harness<'_, Stage>, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn type_text(harness: &mut Harness<'_, Stage>, text: &str) {
    harness.event(egui::Event::Text(text.into()));
    harness.run();
}

#[test]
fn rows_are_chosen_filtered_and_grouped_by_keys_alone() {
    let mut harness = harness(Stage::live());
    assert_eq!(chosen(&harness), "audit", "the most suspicious row, by itself");
    press(&mut harness, Key::ArrowDown);
    assert_eq!(chosen(&harness), "ledger");
    press(&mut harness, Key::End);
    assert_eq!(chosen(&harness), "listen");
    press(&mut harness, Key::Home);
    assert_eq!(chosen(&harness), "audit");

    press(&mut harness, Key::Slash);
    type_text(&mut harness, "cart");
    assert_eq!(harness.state().session.workspace.filter, "cart");
    assert_eq!(harness.state().screen.table.rows.len(), 3);
    // Letters are text while one types; arrows still choose.
    press(&mut harness, Key::G);
    assert_eq!(harness.state().screen.table.keys.len(), 3);
    press(&mut harness, Key::ArrowDown);
    assert_eq!(chosen(&harness), "cart");
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().session.workspace.filter, "cart", "Escape leaves the field first");
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().session.workspace.filter, "");

    press(&mut harness, Key::G);
    assert_eq!(harness.state().screen.table.keys, [By::Label("task".into())]);
    press(&mut harness, Key::Escape);
    assert_eq!(chosen(&harness), "-");
}

#[test]
fn the_connect_dialog_takes_an_address_and_enter() {
    let mut harness = harness(Stage::default());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    assert_eq!(harness.state().session.overlay, Some(Overlay::Connect));
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    type_text(&mut harness, "checkout.internal:6670");
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().followed, [Some("checkout.internal:6670".to_owned())]);
    assert_eq!(harness.state().session.overlay, None);
}

#[test]
fn help_opens_and_closes() {
    let mut harness = harness(Stage::live());
    press(&mut harness, Key::F1);
    harness.get_by_label("Look at the row below");
    press(&mut harness, Key::Escape);
    assert!(harness.query_by_label("Look at the row below").is_none());
    press(&mut harness, Key::Questionmark);
    assert_eq!(harness.state().session.overlay, Some(Overlay::Help));
    press(&mut harness, Key::Questionmark);
    assert_eq!(harness.state().session.overlay, None);
}

#[test]
fn keys_library_frames_and_pages_have_their_letters() {
    let mut harness = harness(Stage::live());
    press(&mut harness, Key::K);
    harness.get_by_label("tenant").click();
    harness.run();
    assert!(harness.state().session.workspace.keys.contains(&By::Label("tenant".into())));
    press(&mut harness, Key::K);
    press(&mut harness, Key::ArrowDown);
    assert!(!print(&harness.root()).contains("bounded.rs:836"));
    press(&mut harness, Key::L);
    assert!(print(&harness.root()).contains("bounded.rs:836"));
    press(&mut harness, Key::PageDown);
    assert!(print(&harness.root()).contains("101–"));
    press(&mut harness, Key::PageUp);
    assert!(print(&harness.root()).contains("1–100"));
}
