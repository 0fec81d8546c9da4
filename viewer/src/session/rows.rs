//! The chosen row, and the page of its tasks.

use std::sync::Arc;

use super::{PAGE, Session};
use crate::analyse::{Selection, Value};
use crate::screen::Screen;

impl Session {
    pub(super) fn select(&mut self, values: Option<Arc<[Value]>>) {
        let old = self.selection.take();
        if old.as_ref().map(|old| &old.values) != values.as_ref() {
            self.forget_transforms();
        }
        if let Some(values) = &values {
            self.open_to(values);
        }
        let order = old.map(|old| old.order).unwrap_or_default();
        self.selection = values.map(|values| Selection { values, order, offset: 0 });
    }

    pub(super) fn step(&mut self, screen: &Screen, by: isize) -> Option<()> {
        let last = screen.table.rows.len().checked_sub(1)?;
        let current = self.selection.as_ref().and_then(|row| screen.position(&row.values));
        let next = match current {
            Some(at) => at.saturating_add_signed(by).min(last),
            None if by == isize::MAX => last,
            None => 0,
        };
        let row = screen.table.rows.get(next)?;
        self.chose_row = true;
        self.select(Some(row.values.clone()));
        Some(())
    }

    pub(super) fn turn_page(&mut self, screen: &Screen, forward: bool) -> Option<()> {
        let total = screen.detail.as_ref()?.page.as_ref()?.total;
        let selection = self.selection.as_mut()?;
        let offset = if forward {
            Some(selection.offset + PAGE).filter(|&next| next < total)
        } else {
            selection.offset.checked_sub(PAGE)
        };
        selection.offset = offset?;
        Some(())
    }
}
