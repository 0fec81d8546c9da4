use super::*;
use crate::analyse::{Heat, Row, Value};
use crate::screen::Table;

fn screen(names: &[&str]) -> Screen {
    let row = |name: &&str| Row { values: [Value::Text((*name).into())].into(), ..Row::default() };
    let rows: Vec<Row> = names.iter().map(row).collect();
    let first = rows.first().map(|row| (row.values.clone(), row.heat));
    let table = Table { rows, first, ..Table::default() };
    Screen { table, available: Key::FIXED.to_vec(), ..Screen::default() }
}

fn selected(session: &Session) -> String {
    let values = session.selection.as_ref().map(|row| row.values.clone());
    values.map_or("-".into(), |values| values[0].to_string())
}

#[test]
fn the_first_row_is_looked_at_until_somebody_chooses_or_lets_go() {
    let screen = screen(&["a", "b"]);
    let mut session = Session::default();
    assert!(session.settle(&screen).is_some());
    assert_eq!(selected(&session), "a");
    session.perform(Command::Dismiss, &screen);
    assert_eq!(selected(&session), "-");
    let newer = Screen { generation: session.generation, ..screen };
    assert!(session.settle(&newer).is_none());
}

#[test]
fn a_row_that_nobody_chose_is_replaced_when_it_is_gone_or_worse_turns_up() {
    let mut session = Session::default();
    let mut settle = |names: &[&str], heat: Heat, expected: &str| {
        let mut screen = screen(names);
        screen.generation = session.generation;
        screen.table.rows[0].heat = heat;
        screen.table.first.as_mut().expect("a row").1 = heat;
        session.settle(&screen);
        assert_eq!(selected(&session), expected);
    };
    settle(&["a", "b"], Heat::Calm, "a");
    settle(&["b", "a"], Heat::Calm, "a");
    settle(&["b", "a"], Heat::Stuck, "b");
    settle(&["c"], Heat::Calm, "c");
}

#[test]
fn arrows_stay_within_the_table() {
    let screen = screen(&["a", "b", "c"]);
    let mut session = Session::default();
    let mut press = |command, expected: &str| {
        session.perform(command, &screen);
        assert_eq!(selected(&session), expected);
    };
    press(Command::NextRow, "a");
    press(Command::NextRow, "b");
    press(Command::LastRow, "c");
    press(Command::NextRow, "c");
    press(Command::FirstRow, "a");
    press(Command::PreviousRow, "a");
}

#[test]
fn grouping_goes_round_through_every_key() {
    let screen = screen(&[]);
    let mut session = Session::default();
    for expected in Key::FIXED {
        session.perform(Command::CycleGrouping, &screen);
        assert_eq!(session.workspace.keys, [expected]);
    }
    session.perform(Command::CycleGrouping, &screen);
    assert_eq!(session.workspace.keys, Workspace::usual_keys());
}

#[test]
fn sorting_by_bytes_shows_bytes_and_a_key_shows_the_other() {
    let screen = screen(&["a"]);
    let mut session = Session::default();
    let mut after = |command, expected| {
        session.perform(command, &screen);
        assert_eq!(session.query().lens, expected);
    };
    after(Command::SortBy(Column::Bytes), Lens::Bytes);
    after(Command::SwitchLens, Lens::Tasks);
    after(Command::SortBy(Column::BytesGrowth), Lens::Bytes);
    after(Command::SortBy(Column::Stuck), Lens::Tasks);
}

#[test]
fn escape_closes_one_thing_at_a_time() {
    let screen = screen(&["a"]);
    let mut session = Session::default();
    session.perform(Command::NextRow, &screen);
    session.perform(Command::EditFilter("x".into()), &screen);
    session.perform(Command::ShowHelp, &screen);
    session.perform(Command::Dismiss, &screen);
    assert_eq!((session.overlay, &*session.workspace.filter), (None, "x"));
    session.perform(Command::Dismiss, &screen);
    assert_eq!((&*session.workspace.filter, &*selected(&session)), ("", "a"));
    session.perform(Command::Dismiss, &screen);
    assert_eq!(selected(&session), "-");
}

#[test]
fn an_empty_address_is_a_problem_and_not_a_target() {
    let mut session = Session::default();
    assert_eq!(session.perform(Command::Connect("  ".into()), &screen(&[])), []);
    assert!(session.address_problem.is_some());
    let effects = session.perform(Command::Connect(" h:1 ".into()), &screen(&[]));
    assert_eq!(effects[0], Effect::Ask(Ask::Open("h:1".into())));
    assert_eq!(session.workspace.recent, ["h:1"]);
}
