//! What the user does with the page of the heap.

use std::sync::Arc;

use super::{Effect, Page, Session};
use crate::analyse::{HeapColumn, HeapSort, Measure};
use crate::analyst::Ask;
use crate::command::Command;
use crate::screen::Screen;

impl Session {
    /// Does what is about the heap; gives back what is not.
    pub(super) fn perform_on_heap(
        &mut self,
        command: Command,
        screen: &Screen,
    ) -> Result<Vec<Effect>, Command> {
        match command {
            Command::ShowHeap => {
                self.page = match self.page {
                    Page::Groups | Page::Waits | Page::Runtime | Page::Task | Page::Alerts => {
                        Page::Heap
                    }
                    Page::Heap => Page::Groups,
                };
                self.choosing_keys = false;
            }
            // There is nothing to mark, or nothing of it would be seen here.
            Command::Mark if screen.header.is_none() => return Ok(Vec::new()),
            Command::Mark if self.page == Page::Heap && !screen.has_heap() => {
                return Ok(Vec::new());
            }
            Command::Mark => {
                self.heap.measure = Measure::Grown;
                self.heap.sort = HeapSort { column: HeapColumn::Grown, descending: true };
                return Ok(vec![Effect::Ask(Ask::Mark(true)), self.asked()]);
            }
            Command::ClearMark => {
                self.forget_growth();
                return Ok(vec![Effect::Ask(Ask::Mark(false)), self.asked()]);
            }
            Command::DivideHeap(by) => {
                self.heap.by = by;
                self.heap.chosen = None;
            }
            Command::WeighHeap(measure) => self.heap.measure = measure,
            Command::SortHeap(column) => self.heap.sort = self.heap.sort.clicked(column),
            Command::ChooseHeapRow(key) => {
                let again = self.heap.chosen.as_ref() == Some(&key);
                self.heap.chosen = (!again).then_some(key);
                self.heap.focus = Arc::default();
            }
            Command::FocusFrame(way) => self.heap.focus = way,
            other if self.page == Page::Heap => self.steer_heap(other, screen)?,
            other => return Err(other),
        }
        Ok(vec![self.asked()])
    }

    /// Keys that mean something else while the page of the heap is open.
    fn steer_heap(&mut self, command: Command, screen: &Screen) -> Result<(), Command> {
        match command {
            Command::CycleGrouping => {
                self.heap.by = self.heap.by.next();
                self.heap.chosen = None;
            }
            Command::NextMeasure => {
                self.heap.measure = self.heap.measure.next(screen.marked_ms.is_some());
            }
            Command::PreviousRow => self.step_on_heap(screen, -1),
            Command::NextRow => self.step_on_heap(screen, 1),
            Command::FirstRow => self.step_on_heap(screen, isize::MIN),
            Command::LastRow => self.step_on_heap(screen, isize::MAX),
            // They are about what is not on the screen.
            Command::ChooseKeys
            | Command::SwitchLens
            | Command::PreviousPage
            | Command::NextPage => {}
            other => return Err(other),
        }
        Ok(())
    }

    fn step_on_heap(&mut self, screen: &Screen, by: isize) {
        let Some(page) = &screen.heap else { return };
        let Some(last) = page.rows.len().checked_sub(1) else { return };
        let next = match page.chosen {
            Some(at) => at.saturating_add_signed(by).min(last),
            None if by == isize::MAX => last,
            None => 0,
        };
        self.heap.chosen = page.rows.get(next).map(|row| row.key.clone());
        self.heap.focus = Arc::default();
    }

    /// One thing at a time: out of the flame graph, out of the row, back to the groups.
    pub(super) fn dismiss_on_heap(&mut self) {
        if !self.heap.focus.is_empty() {
            self.heap.focus = Arc::default();
        } else if self.heap.chosen.take().is_none() {
            self.page = Page::Groups;
        }
    }

    fn forget_growth(&mut self) {
        if self.heap.measure == Measure::Grown {
            self.heap.measure = Measure::Live;
        }
        if self.heap.sort.column == HeapColumn::Grown {
            self.heap.sort = HeapSort::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::{Header, Heap};

    use super::*;
    use crate::analyse::{HeapBy, HeapKey, HeapRow, counted, heap_rows};
    use crate::fixture;
    use crate::screen::HeapPage;

    fn row(name: &'static str) -> HeapRow {
        let sites = fixture::sites(&["1 live=5 @ a:1"]);
        let profile = fixture::profile(&[]);
        let mut rows = heap_rows(&profile, &counted(&sites, None), HeapBy::Line);
        rows[0].key = HeapKey::Blank(name);
        rows.remove(0)
    }

    fn screen(chosen: Option<usize>) -> Screen {
        let header = Header { heap: Some(Heap::default()), ..Header::default() };
        let page = HeapPage { rows: vec![row("a"), row("b")], chosen, ..HeapPage::default() };
        Screen { header: Some(header), heap: Some(page), ..Screen::default() }
    }

    #[test]
    fn the_page_opens_and_closes_by_one_key_and_escape_goes_back_step_by_step() {
        let mut session = Session::default();
        let screen = screen(None);
        session.perform(Command::ShowHeap, &screen);
        assert!(session.query().heap.is_some());
        session.perform(Command::NextRow, &screen);
        session.perform(Command::FocusFrame([fixture::frame("a:1", true)].into()), &screen);
        session.perform(Command::Dismiss, &screen);
        assert!(session.heap.focus.is_empty() && session.heap.chosen.is_some());
        session.perform(Command::Dismiss, &screen);
        assert_eq!((session.page, &session.heap.chosen), (Page::Heap, &None));
        session.perform(Command::Dismiss, &screen);
        assert_eq!(session.page, Page::Groups);
        session.perform(Command::ShowHeap, &screen);
        session.perform(Command::ShowHeap, &screen);
        assert!(session.query().heap.is_none());
    }

    #[test]
    fn rows_are_stepped_through_and_a_second_click_lets_go() {
        let mut session = Session { page: Page::Heap, ..Session::default() };
        session.perform(Command::LastRow, &screen(None));
        assert_eq!(session.heap.chosen, Some(HeapKey::Blank("b")));
        session.perform(Command::PreviousRow, &screen(Some(1)));
        assert_eq!(session.heap.chosen, Some(HeapKey::Blank("a")));
        session.perform(Command::PreviousRow, &screen(Some(0)));
        assert_eq!(session.heap.chosen, Some(HeapKey::Blank("a")));
        session.perform(Command::ChooseHeapRow(HeapKey::Blank("a")), &screen(Some(0)));
        assert_eq!(session.heap.chosen, None);
        assert_eq!(session.selection, None, "the table of groups is left alone");
    }

    #[test]
    fn a_mark_shows_growth_first_and_goes_without_a_trace() {
        let mut session = Session { page: Page::Heap, ..Session::default() };
        assert_eq!(session.perform(Command::Mark, &Screen::default()), []);
        let effects = session.perform(Command::Mark, &screen(None));
        assert_eq!(effects[0], Effect::Ask(Ask::Mark(true)));
        assert_eq!(session.heap.measure, Measure::Grown);
        assert_eq!(session.heap.sort.column, HeapColumn::Grown);
        let effects = session.perform(Command::ClearMark, &screen(None));
        assert_eq!(effects[0], Effect::Ask(Ask::Mark(false)));
        assert_eq!((session.heap.measure, session.heap.sort), Default::default());
    }

    #[test]
    fn keys_of_the_groups_divide_and_weigh_the_heap() {
        let mut session = Session { page: Page::Heap, ..Session::default() };
        let screen = screen(None);
        session.perform(Command::CycleGrouping, &screen);
        session.perform(Command::NextMeasure, &screen);
        assert_eq!((session.heap.by, session.heap.measure), (HeapBy::SpawnedAt, Measure::Outlived));
        assert!(session.workspace.keys.len() > 1, "the groups keep their keys");
    }
}
