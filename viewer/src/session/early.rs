//! Keys that are pressed before the rows are there that they are about.
//!
//! Rows come from another thread, a moment after they were asked for. Whoever groups by another key
//! and presses Home in that moment means the first of the new rows, not of those still seen.

use std::sync::Arc;

use super::{Effect, Session};
use crate::analyse::Query;
use crate::command::Command;
use crate::screen::Screen;

/// Presses that wait for an answer. A key that is held repeats some thirty times a second.
const MOST: usize = 32;

/// What was done too early.
#[derive(Clone, Debug, Default)]
pub struct Early {
    /// The latest query.
    asked: Option<Arc<Query>>,
    /// The first query whose rows are those that are asked for now.
    rows_of: u64,
    waiting: Vec<Command>,
}

impl Early {
    /// Takes note of a query.
    pub(super) fn asked(&mut self, query: &Arc<Query>) {
        if self.asked.as_ref().is_some_and(|before| !query.has_rows_of(before)) {
            self.rows_of = query.generation;
        }
        self.asked = Some(Arc::clone(query));
    }

    /// Keeps a command for later if it is about rows that are not there yet.
    pub(super) fn is_too(&mut self, command: &Command, screen: &Screen) -> bool {
        if screen.generation >= self.rows_of || !is_about_rows(command) {
            return false;
        }
        if self.waiting.len() < MOST {
            self.waiting.push(command.clone());
        }
        true
    }
}

fn is_about_rows(command: &Command) -> bool {
    use Command::{
        CloseAllRows, CloseRow, FirstRow, LastRow, NextRow, OpenAllRows, OpenRow, PreviousRow,
    };
    matches!(
        command,
        PreviousRow
            | NextRow
            | FirstRow
            | LastRow
            | OpenRow
            | CloseRow
            | OpenAllRows
            | CloseAllRows
    )
}

impl Session {
    /// Does what was done too early, once the rows are there.
    pub(super) fn perform_early(&mut self, screen: &Screen) -> Option<Effect> {
        if screen.generation < self.early.rows_of {
            return None;
        }
        let waiting = std::mem::take(&mut self.early.waiting);
        let effects = waiting.into_iter().flat_map(|command| self.perform(command, screen));
        // Each asks anew, for all that was done before it.
        effects.last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::{Key, Row, Value};
    use crate::screen::Table;

    fn screen(session: &Session, names: &[&str]) -> Screen {
        let row =
            |name: &&str| Row { values: [Value::Text((*name).into())].into(), ..Row::default() };
        let table = Table { rows: names.iter().map(row).collect(), ..Table::default() };
        Screen { generation: session.generation, table, ..Screen::default() }
    }

    fn chosen(session: &Session) -> String {
        let values = session.selection.as_ref().map(|row| row.values.clone());
        values.map_or("-".into(), |values| values[0].to_string())
    }

    #[test]
    fn keys_pressed_after_another_grouping_are_about_its_rows() {
        let mut session = Session::default();
        let old = screen(&session, &["old a", "old b"]);
        session.perform(Command::NextRow, &old);
        assert_eq!(chosen(&session), "old a");
        session.perform(Command::ToggleKey(Key::State), &old);
        for press in [Command::NextRow, Command::LastRow, Command::PreviousRow] {
            assert_eq!(session.perform(press, &old), [], "what is seen is not what was asked for");
        }
        let new = screen(&session, &["new a", "new b", "new c"]);
        assert!(session.settle(&new).is_some());
        assert_eq!(chosen(&session), "new b");
        assert!(session.settle(&new).is_none(), "each once");
    }

    #[test]
    fn a_filter_and_an_order_change_the_rows_and_a_choice_does_not() {
        let mut session = Session::default();
        let old = screen(&session, &["a", "b", "c"]);
        session.perform(Command::NextRow, &old);
        session.perform(Command::NextRow, &old);
        assert_eq!(chosen(&session), "b", "the rows are those still");
        session.perform(Command::EditFilter("c".into()), &old);
        session.perform(Command::FirstRow, &old);
        assert_eq!(chosen(&session), "b");
        let new = screen(&session, &["c"]);
        session.settle(&new);
        assert_eq!(chosen(&session), "c");
    }

    #[test]
    fn a_key_that_is_held_without_an_answer_waits_only_so_often() {
        let mut session = Session::default();
        let old = screen(&session, &["a"]);
        session.perform(Command::NextRow, &old);
        session.perform(Command::EditFilter("x".into()), &old);
        for _ in 0..10 * MOST {
            session.perform(Command::NextRow, &old);
        }
        assert_eq!(session.early.waiting.len(), MOST);
    }
}
