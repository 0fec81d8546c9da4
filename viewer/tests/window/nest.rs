//! Rows in rows: as a screen reader reads them, by keys alone, and with the mouse.

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use taskscope_viewer::analyse::Key as By;
use taskscope_viewer::command::Command;
use taskscope_viewer::session::Effect;

use crate::printer::print;
use crate::stage::{Stage, harness};

/// The sample service by task, tenant and await point; nobody looks closely.
fn nested(commands: &[Command]) -> Stage {
    let mut stage = Stage::live();
    stage.session.chose_row = true;
    stage.session.workspace.keys = ["task", "tenant", "await"].map(By::named).to_vec();
    stage.session.workspace.nest = true;
    stage.refresh();
    for command in commands {
        stage.session.perform(command.clone(), &stage.screen.clone());
        stage.refresh();
    }
    stage
}

/// The lines of the table.
fn rows(stage: Stage) -> String {
    let harness = harness(stage);
    let all = print(&harness.root());
    let in_table = |line: &&str| {
        let line = line.trim_start();
        ["Row", "Button \"Open ", "Button \"Close ", "Button \"Sort by"]
            .iter()
            .any(|begin| line.starts_with(begin))
    };
    all.lines().filter(in_table).map(str::trim_start).collect::<Vec<_>>().join("\n")
}

fn press(harness: &mut Harness<'_, Stage>, key: Key) {
    harness.key_press(key);
    harness.run();
}

/// Rows in rows, or flat ones again.
fn nest(harness: &mut Harness<'_, Stage>) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::G);
    harness.run();
}

/// The values of the chosen row, and how many rows there are.
fn chosen(harness: &Harness<'_, Stage>) -> (String, usize) {
    let stage = harness.state();
    let values = stage.session.selection.as_ref().map(|row| row.values.clone());
    let words = values.iter().flat_map(|values| values.iter());
    let words: Vec<String> = words.map(ToString::to_string).collect();
    (words.join(" "), stage.screen.table.rows.len())
}

#[test]
fn closed_rows_say_how_many_lie_in_them() {
    insta::assert_snapshot!(rows(nested(&[])));
}

#[test]
fn an_open_row_is_followed_by_those_in_it() {
    insta::assert_snapshot!(rows(nested(&[Command::NextRow, Command::OpenRow])));
}

#[test]
fn all_rows_can_be_open() {
    insta::assert_snapshot!(rows(nested(&[Command::OpenAllRows])));
}

#[test]
fn rows_are_nested_opened_and_closed_by_keys_alone() {
    let mut harness = harness(Stage::live());
    let flat = harness.state().screen.table.rows.len();
    nest(&mut harness);
    let (worst, shown) = chosen(&harness);
    assert_eq!(worst, "audit src/audit.rs:41:37 mpsc_send", "it is still in sight");
    press(&mut harness, Key::ArrowLeft);
    assert_eq!(chosen(&harness).0, "audit src/audit.rs:41:37");
    press(&mut harness, Key::ArrowLeft);
    assert_eq!(chosen(&harness), ("audit src/audit.rs:41:37".into(), shown - 1));
    press(&mut harness, Key::ArrowLeft);
    press(&mut harness, Key::ArrowLeft);
    let outer = chosen(&harness);
    assert_eq!(outer.0, "audit");
    press(&mut harness, Key::ArrowRight);
    press(&mut harness, Key::ArrowRight);
    assert_eq!(chosen(&harness), ("audit src/audit.rs:41:37".into(), outer.1 + 1));

    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    harness.run();
    let all = chosen(&harness).1;
    assert!(all > flat, "{all} rows: all that there were, and those that they lie in");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    harness.run();
    assert_eq!(chosen(&harness), outer);
    nest(&mut harness);
    assert_eq!(harness.state().screen.table.rows.len(), flat);
    // Without rows in rows these keys do nothing.
    let before = chosen(&harness);
    press(&mut harness, Key::ArrowRight);
    press(&mut harness, Key::ArrowLeft);
    assert_eq!(chosen(&harness), before);
}

#[test]
fn a_click_on_the_triangle_opens_a_row_and_chooses_none() {
    let mut harness = harness(nested(&[]));
    let before = chosen(&harness);
    harness.get_by_label("Open audit").click();
    harness.run();
    let after = chosen(&harness);
    assert_eq!(after.0, before.0);
    assert!(after.1 > before.1, "{after:?}");
    let row = harness.get_by(|node| {
        node.label().is_some_and(|label| label.starts_with("audit (level 1 of 3, open"))
    });
    let node = row.accesskit_node();
    assert_eq!((node.data().level(), node.data().is_expanded()), (Some(0), Some(true)));
    harness.get_by_label("Close audit").click();
    harness.run();
    assert_eq!(chosen(&harness), before);
}

#[test]
fn an_outer_row_shows_the_tree_and_the_tasks_of_all_in_it() {
    let stage = nested(&[Command::NextRow]);
    let row = &stage.screen.table.rows[0];
    assert!(row.inside > 0 && row.opens == Some(false));
    let detail = stage.screen.detail.as_ref().unwrap();
    assert_eq!(detail.row, Some(0));
    assert_eq!(detail.tree.tasks + detail.tree.without_tree, row.sum.count);
    assert_eq!(detail.page.as_ref().unwrap().total, row.sum.count);
}

#[test]
fn the_order_of_keys_is_changed_with_buttons_that_the_keyboard_reaches() {
    let mut harness = harness(nested(&[]));
    press(&mut harness, Key::K);
    let up = harness.get_by_label("Move tenant up");
    up.focus();
    harness.run();
    press(&mut harness, Key::Enter);
    let words: Vec<&str> = harness.state().screen.table.keys.iter().map(By::word).collect();
    assert_eq!(words, ["tenant", "task", "await"]);
    assert!(harness.get_by_label("Move tenant up").accesskit_node().is_disabled());
    harness.get_by_label("Move tenant down").click();
    harness.run();
    let words: Vec<&str> = harness.state().screen.table.keys.iter().map(By::word).collect();
    assert_eq!(words, ["task", "tenant", "await"]);
}

#[test]
fn a_command_opens_an_outer_row_as_it_was() {
    let mut stage = nested(&[Command::NextRow]);
    let effects = stage.session.perform(Command::CopyLink, &stage.screen.clone());
    let [Effect::Copy(link)] = &effects[..] else { panic!("{effects:?}") };
    let expected = "taskscope view 127.0.0.1:6670 --by 'task,tenant,await' --nest \
                    --filter 'task:audit'";
    assert_eq!(link, expected);
}

#[test]
fn the_row_of_a_trouble_is_opened_to() {
    let mut stage = nested(&[]);
    let row = stage.screen.findings.troubles[0].row.clone().expect("a row");
    assert_eq!(stage.screen.position(&row), None, "not in sight");
    stage.session.perform(Command::Select(row.clone()), &stage.screen.clone());
    stage.refresh();
    let at = stage.screen.position(&row).expect("in sight");
    assert_eq!(stage.screen.detail.as_ref().unwrap().row, Some(at));
}
