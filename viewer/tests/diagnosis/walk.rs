//! A whole diagnosis without a mouse: the demo's service, from the launch without an address, through every
//! screen, to the line.

use std::process::Command;

use egui::{Key, Modifiers};
use taskscope_tests::running::Running;
use taskscope_tests::sources::{Place, Source, marked, read};

use crate::desk::{Desk, short};

const CTRL: Modifiers = Modifiers::COMMAND;

fn place(remark: &str) -> Place {
    let path = "viewer/src/demo/service/audit.rs";
    marked(&[Source { path: path.into(), text: read(path) }], remark)
}

#[test]
fn every_screen_is_reached_by_keys_from_the_launch_to_the_line() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_taskscope"));
    program.arg("demo-service").env_remove("TASKSCOPE_BIND");
    let service = Running::start(&mut program);
    let (sends, backup) =
        (short(&place("records wait here")), short(&place("the writer waits here")));
    let mut desk = Desk::launch_alone();

    // Where is it?
    desk.sees_line(&["TextInput \"Address of its agent, or a recorded file\"", "focused"]);
    desk.press_with(CTRL, Key::A);
    desk.type_text(service.address());
    desk.press(Key::Enter);

    // What is wrong, and which tasks are it?
    desk.sees_finding(&["suspect", "task=audit", &sends, "At the root", &backup]);
    desk.sees_row(&["audit, ", &sends, "mpsc_send", "suspect"]);
    desk.press(Key::ArrowDown);
    desk.sees_row(&["audit-writer", &backup, "notify"]);
    desk.press(Key::Home);
    find_and_nest(&mut desk, &sends);
    trees(&mut desk, &sends);
    one_task(&mut desk, &backup);

    // Who holds it up, how busy the service is, what its heap says, what the rules say.
    desk.press(Key::D);
    desk.sees_line(&["task=audit", "wait for mpsc_send", "received last by task=audit-writer"]);
    desk.press(Key::ArrowDown);
    desk.press(Key::Escape);
    desk.press(Key::N);
    desk.sees_line(&["tasks tracked"]);
    desk.press(Key::Escape);
    desk.press(Key::H);
    desk.sees_line(&["Which tasks hold the memory?"]);
    desk.press(Key::Escape);
    desk.press_with(CTRL, Key::L);
    desk.sees_line(&["warning suspect", "task=audit", &sends]);
    desk.press(Key::Escape);
    time(&mut desk);

    // Everything else is found by its name.
    desk.press_with(CTRL, Key::K);
    desk.type_text("larger te");
    desk.sees_line(&["Larger text"]);
    desk.press(Key::Enter);
    desk.press(Key::T);
    desk.press(Key::Questionmark);
    desk.sees_line(&["Look at the row below"]);
    desk.press(Key::Escape);
    desk.press_with(CTRL, Key::W);
    desk.sees_line(&["Which tasks are stuck?"]);
}

/// The filter, and rows in rows.
fn find_and_nest(desk: &mut Desk, sends: &str) {
    desk.press(Key::Slash);
    desk.type_text("task=audit");
    desk.sees_line(&["TextInput \"Filter\" \"task=audit\"", "focused"]);
    desk.press(Key::Escape);
    desk.press(Key::Escape);
    desk.sees_line(&["Row ", "audit-writer"]);
    desk.press_with(CTRL, Key::G);
    desk.press(Key::Home);
    desk.press(Key::ArrowRight);
    desk.press(Key::ArrowRight);
    desk.sees_row(&["audit", sends]);
    desk.press_with(CTRL, Key::G);
    desk.press(Key::Home);
}

/// The await trees four ways, and what can be done to them.
fn trees(desk: &mut Desk, sends: &str) {
    for shape in ["Inverted", "Flame", "Difference", "Tree"] {
        desk.press(Key::V);
        desk.sees_line(&[&format!("Awaits: {shape}\" True")]);
    }
    desk.press(Key::E);
    desk.sees_line(&["record_it", "focused"]);
    desk.press(Key::ArrowDown);
    desk.sees_line(&[sends, "waits here", "focused"]);
    desk.press(Key::Enter);
    desk.sees_line(&["Take back: "]);
    desk.press(Key::Z);
    desk.press(Key::L);
    desk.sees_line(&["library", "bounded.rs"]);
    desk.press(Key::L);
}

/// One of the tasks, and the one that it waits for.
fn one_task(desk: &mut Desk, backup: &str) {
    desk.press(Key::J);
    desk.sees_line(&["Row \"task ", "focused"]);
    desk.press(Key::Enter);
    desk.sees_line(&["Label \"Task "]);
    desk.sees_line(&["task=audit tenant="]);
    desk.sees_line(&["received last by task", "task=audit-writer", backup]);
    desk.press(Key::Escape);
    desk.sees_line(&["Row ", "audit-writer"]);
}

/// Back to before, and what grew since then.
fn time(desk: &mut Desk) {
    desk.press(Key::P);
    desk.sees_line(&["This is how it was "]);
    desk.press(Key::Comma);
    desk.press(Key::M);
    desk.press(Key::P);
    desk.sees_line(&["marked "]);
    desk.press(Key::U);
}
