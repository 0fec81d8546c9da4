//! Lines of equal height, of which only those in sight are drawn, and which arrow keys go through.

use egui::{Id, Key, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, vec2};

use super::keyboard;
use crate::theme;

/// What is remembered from one frame to the next.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    /// The line that had the keyboard last.
    at: usize,
    /// What was in sight.
    top: f32,
    height: f32,
}

/// Lines to go through.
#[derive(Clone, Copy, Debug)]
pub struct Lines<'a> {
    /// Tells these lines from others in the window.
    pub name: &'a str,
    /// Height of each.
    pub height: f32,
    /// How many there are.
    pub count: usize,
    /// How often the keyboard was called here: once more, and the first line takes it.
    pub calls: u64,
}

/// Draws the lines over the room that there is. `line` draws one of them.
pub fn lines(ui: &mut Ui, lines: Lines<'_>, mut line: impl FnMut(&mut Ui, usize, Rect, &Response)) {
    let id = ui.scope_id().with(lines.name);
    let mut kept: Kept = ui.data(|data| data.get_temp(id).unwrap_or_default());
    let focused = ui.memory(egui::Memory::focused);
    let has_keyboard = focused.is_some_and(|focused| focused == of(id, kept.at));
    let called = keyboard::called(ui, id, lines.calls);
    let next = match () {
        () if lines.count == 0 => None,
        () if called => Some(0),
        () if has_keyboard => pressed(ui, kept.at, lines.count - 1),
        () => None,
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut area = ScrollArea::vertical().auto_shrink(false).id_salt(lines.name);
    area = area.min_scrolled_height(3.0 * lines.height);
    if let Some(next) = next {
        kept.at = next;
        ui.memory_mut(|memory| memory.request_focus(of(id, next)));
        ui.ctx().request_repaint();
        let top = lines.height * next as f32;
        let lowest = (kept.top + kept.height - lines.height).max(kept.top);
        if top < kept.top {
            area = area.vertical_scroll_offset(top);
        } else if top > lowest {
            area = area.vertical_scroll_offset(top + lines.height - kept.height);
        }
    }
    let shown = area.show_rows(ui, lines.height, lines.count, |ui, range| {
        for at in range {
            let size = vec2(ui.available_width(), lines.height);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            let response = ui.interact(rect, of(id, at), Sense::click());
            line(ui, at, rect, &response);
            if response.has_focus() {
                kept.at = at;
                keyboard::hold(ui, &response);
                let stroke = Stroke::new(1.0, theme::palette(ui).accent);
                ui.painter().rect_stroke(rect, 2.0, stroke, StrokeKind::Inside);
            }
        }
    });
    (kept.top, kept.height) = (shown.state.clamped_offset().y, shown.inner_rect.height());
    ui.data_mut(|data| data.insert_temp(id, kept));
}

fn of(id: Id, at: usize) -> Id {
    id.with(("line", at))
}

fn pressed(ui: &Ui, at: usize, last: usize) -> Option<usize> {
    if keyboard::took(ui, Key::ArrowUp) {
        Some(at.saturating_sub(1))
    } else if keyboard::took(ui, Key::ArrowDown) {
        Some((at + 1).min(last))
    } else if keyboard::took(ui, Key::Home) {
        Some(0)
    } else if keyboard::took(ui, Key::End) {
        Some(last)
    } else {
        None
    }
}
