//! Going through rows in rows.

use std::time::Duration;

use taskscope_proto::model::Profile;

use super::*;
use crate::analyst::compose;
use crate::connect::{Event, Happening};
use crate::fixture;
use crate::store::Store;
use crate::workspace::Workspace;

const LINES: [&str; 4] = [
    "8 parked stuck=8 was=2 class=suspect points=80 task=audit tenant=a @ src/a.rs:1 mpsc_send < src/m.rs:1",
    "2 parked was=2 task=audit tenant=b @ src/a.rs:1 mpsc_send < src/m.rs:1",
    "5 parked was=5 task=fetch tenant=b @ src/f.rs:1 io_read < src/m.rs:2",
    "9 parked was=9 task=fetch tenant=b @ src/f.rs:2 io_read < src/m.rs:2",
];

/// A session, and what it looks at.
struct Desk {
    store: Store,
    session: Session,
}

impl Desk {
    fn new(keys: &[&str]) -> Self {
        let mut desk = Self { store: Store::default(), session: Session::default() };
        desk.session.workspace.keys = keys.iter().map(|word| Key::named(word)).collect();
        desk.session.workspace.nest = true;
        desk.store.follow(1, Some("x".into()), Duration::ZERO);
        desk.tell(fixture::profile(&LINES));
        desk
    }

    fn tell(&mut self, profile: Profile) {
        let happening = Happening::Profile(Arc::new(profile));
        self.store.apply(Event { session: 1, happening }, Duration::ZERO);
    }

    fn screen(&self) -> Screen {
        compose(&self.store, &self.session.query())
    }

    fn settle(&mut self) {
        let screen = self.screen();
        self.session.settle(&screen);
    }

    fn press(&mut self, command: Command) -> String {
        let screen = self.screen();
        self.session.perform(command, &screen);
        self.lines()
    }

    /// `-audit(+a[8] +b[2]) ...`: each row by its last value, `*` before the chosen one.
    fn lines(&self) -> String {
        let screen = self.screen();
        let chosen = self.session.selection.as_ref().map(|row| row.values.clone());
        let word = |row: &Row| {
            let depth = ".".repeat(row.values.len().saturating_sub(1));
            let star = if chosen.as_ref() == Some(&row.values) { "*" } else { "" };
            let sign = match row.opens {
                Some(true) => "-",
                Some(false) => "+",
                None => "",
            };
            let value = row.values.last().map(Value::to_string).unwrap_or_default();
            format!("{depth}{star}{sign}{value}")
        };
        screen.table.rows.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn the_most_suspicious_row_is_opened_to_by_itself() {
    let mut desk = Desk::new(&["task", "tenant", "await"]);
    assert_eq!(desk.lines(), "+audit +fetch");
    desk.settle();
    assert_eq!(desk.lines(), "-audit .-a ..*src/a.rs:1:1 .+b +fetch");
}

#[test]
fn arrows_open_and_close_and_go_in_and_out() {
    let mut desk = Desk::new(&["task", "tenant", "await"]);
    for (command, expected) in [
        (Command::OpenRow, "*+audit +fetch"),
        (Command::OpenRow, "*-audit .+a .+b +fetch"),
        (Command::OpenRow, "-audit .*+a .+b +fetch"),
        (Command::NextRow, "-audit .+a .*+b +fetch"),
        (Command::OpenRow, "-audit .+a .*-b ..src/a.rs:1:1 +fetch"),
        (Command::OpenRow, "-audit .+a .-b ..*src/a.rs:1:1 +fetch"),
        (Command::OpenRow, "-audit .+a .-b ..*src/a.rs:1:1 +fetch"),
        (Command::CloseRow, "-audit .+a .*-b ..src/a.rs:1:1 +fetch"),
        (Command::CloseRow, "-audit .+a .*+b +fetch"),
        (Command::CloseRow, "*-audit .+a .+b +fetch"),
        (Command::CloseRow, "*+audit +fetch"),
        (Command::CloseRow, "*+audit +fetch"),
        (
            Command::OpenAllRows,
            "*-audit .-a ..src/a.rs:1:1 .-b ..src/a.rs:1:1 -fetch .-b ..src/f.rs:2:1 ..src/f.rs:1:1",
        ),
        (
            Command::LastRow,
            "-audit .-a ..src/a.rs:1:1 .-b ..src/a.rs:1:1 -fetch .-b ..src/f.rs:2:1 ..*src/f.rs:1:1",
        ),
        (Command::CloseAllRows, "+audit *+fetch"),
    ] {
        assert_eq!(desk.press(command.clone()), expected, "{command:?}");
    }
}

#[test]
fn a_row_that_is_closed_over_the_chosen_one_takes_its_place() {
    let mut desk = Desk::new(&["task", "tenant"]);
    desk.settle();
    assert_eq!(desk.lines(), "-audit .*a .b +fetch");
    let text = |text: &str| Value::Text(text.into());
    let set = |name: &str, open| Command::SetOpen([text(name)].into(), open);
    assert_eq!(desk.press(set("fetch", true)), "-audit .*a .b -fetch .b");
    assert_eq!(desk.press(set("audit", false)), "*+audit -fetch .b");
    // Nobody opens what somebody closed.
    desk.settle();
    assert_eq!(desk.lines(), "*+audit -fetch .b");
}

#[test]
fn what_is_open_stays_while_numbers_change_and_is_kept_for_each_list_of_keys() {
    let mut desk = Desk::new(&["task", "tenant"]);
    let audit: Arc<[Value]> = [Value::Text("audit".into())].into();
    assert_eq!(desk.press(Command::SetOpen(audit, true)), "-audit .a .b +fetch");
    let mut lines = LINES;
    lines[0] = "1 parked was=2 task=audit tenant=a @ src/a.rs:1 mpsc_send < src/m.rs:1";
    lines[3] =
        "9 parked class=proven points=9 task=fetch tenant=c @ src/f.rs:2 io_read < src/m.rs:2";
    desk.tell(fixture::profile(&lines));
    assert_eq!(desk.lines(), "+fetch -audit .b .a");
    let tenant = || Key::Label("tenant".into());
    assert_eq!(desk.press(Command::MoveKeyUp(tenant())), "+c +b +a");
    assert_eq!(desk.press(Command::MoveKeyUp(tenant())), "+c +b +a", "it is the first");
    assert_eq!(desk.press(Command::MoveKeyDown(tenant())), "+fetch -audit .b .a");
    assert_eq!(desk.press(Command::MoveKeyDown(tenant())), "+fetch -audit .b .a");
}

#[test]
fn a_trouble_is_opened_to_and_a_switch_keeps_the_chosen_row() {
    let mut desk = Desk::new(&["task", "tenant", "await"]);
    let row = desk.screen().findings.troubles[0].row.clone().expect("the row of the trouble");
    assert_eq!(desk.press(Command::Select(row)), "-audit .-a ..*src/a.rs:1:1 .+b +fetch");
    let flat = desk.press(Command::ToggleNest);
    assert!(flat.starts_with("..*src/a.rs:1:1 ..src"), "{flat}");
    assert_eq!(desk.press(Command::ToggleNest), "-audit .-a ..*src/a.rs:1:1 .+b +fetch");
    // A row that others lie in is none of the flat ones.
    desk.press(Command::CloseRow);
    assert!(!desk.press(Command::ToggleNest).contains('*'));
    desk.settle();
    assert!(desk.lines().starts_with("..*src/a.rs:1:1"));
}

#[test]
fn without_rows_in_rows_nothing_opens() {
    let mut desk = Desk::new(&["task"]);
    assert_eq!(desk.press(Command::OpenAllRows), "audit fetch");
    desk.session.workspace.nest = false;
    desk.session.workspace.keys = Workspace::usual_keys();
    let before = desk.lines();
    assert_eq!(desk.press(Command::OpenRow), before);
}
