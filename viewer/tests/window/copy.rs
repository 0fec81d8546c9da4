//! What can be copied of a row.

use taskscope_viewer::command::Command;
use taskscope_viewer::session::Effect;

use crate::stage::{Stage, harness};

fn copied(command: &Command) -> String {
    let mut stage = Stage::live();
    stage.session.settle(&stage.screen.clone());
    stage.refresh();
    let effects = stage.session.perform(command.clone(), &stage.screen.clone());
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    text.clone()
}

#[test]
fn a_row_as_text_says_all_that_a_ticket_needs() {
    insta::assert_snapshot!(copied(&Command::CopyText));
}

#[test]
fn a_row_as_json_can_be_read() {
    let value: serde_json::Value = serde_json::from_str(&copied(&Command::CopyJson)).unwrap();
    assert_eq!(value["row"]["await point"], "src/audit.rs:41:37");
    assert_eq!(value["tasks"], 812);
    assert_eq!(value["verdict"]["class"], "suspect");
    assert!(value["chain"][2].as_str().unwrap().contains("src/ledger.rs:9:20"), "{value}");
}

#[test]
fn a_command_opens_the_same_row() {
    let link = copied(&Command::CopyLink);
    let expected = "taskscope view 127.0.0.1:6670 --by 'task,await,wait' \
                    --filter 'task:audit await:src/audit.rs:41:37 wait:mpsc_send'";
    assert_eq!(link, expected);
    let mut stage = Stage::live();
    "task:audit await:src/audit.rs:41:37 wait:mpsc_send"
        .clone_into(&mut stage.session.workspace.filter);
    stage.refresh();
    let rows = &stage.screen.table.rows;
    assert_eq!((rows.len(), rows[0].sum.count), (1, 812));
}

#[test]
fn a_key_copies_the_chosen_row() {
    let mut harness = harness(Stage::live());
    harness.key_press(egui::Key::Y);
    harness.run();
    assert!(harness.state().copied[0].contains("src/audit.rs:41:37"));
}
