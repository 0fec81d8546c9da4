//! Text in cells: painted, not laid out, so that thousands of rows scroll smoothly.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, FontId, Rect, Ui};

/// At which edge of its cell a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// What rounding may add to the width of a text that fits.
const SLACK: f32 = 1.0;

/// Paints text into `rect`, and `…` for what has no room; returns where it stands.
#[expect(clippy::needless_pass_by_value, reason = "so that callers need not care, as in egui")]
pub fn cell_text(
    ui: &Ui,
    rect: Rect,
    side: Side,
    text: impl ToString,
    font: FontId,
    colour: Color32,
) -> Rect {
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect));
    let (at, align) = match side {
        Side::Left => (rect.left_center(), Align2::LEFT_CENTER),
        Side::Right => (rect.right_center(), Align2::RIGHT_CENTER),
    };
    let mut job = LayoutJob::simple_singleline(text.to_string(), font, colour);
    job.wrap = TextWrapping::truncate_at_width(rect.width() + SLACK);
    let galley = painter.layout_job(job);
    let stands = align.anchor_size(at, galley.size());
    painter.galley(stands.min, galley, colour);
    stands
}

/// Cuts text at its start so that it fits: the end of a path says more.
pub fn keep_end(ui: &Ui, text: &str, width: f32, font: &FontId) -> String {
    let width_of = |text: &str| {
        let colour = Color32::PLACEHOLDER;
        ui.painter().layout_no_wrap(text.to_owned(), font.clone(), colour).size().x
    };
    let whole = width_of(text);
    if whole <= width + SLACK {
        return text.to_owned();
    }
    // Exact where all letters are of one width, a little off where they are not.
    let share = (width / whole).clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a length, and not negative"
    )]
    let mut room = (text.chars().count() as f32 * share) as usize;
    let mut cut = elide_start(text, room);
    while room > 0 && width_of(&cut) > width + SLACK {
        room -= 1;
        cut = elide_start(text, room);
    }
    cut
}

/// At most `room` characters of `text`, its end, with `…` for what is missing.
pub fn elide_start(text: &str, room: usize) -> String {
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(1);
    let end: String = text.chars().skip(length - kept).collect();
    format!("…{end}")
}

/// A word on a patch of colour, centred in height; returns where it stands.
pub fn pill(ui: &Ui, at: egui::Pos2, text: &str, fill: Color32, colour: Color32) -> Rect {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), crate::theme::small(), colour);
    let size = galley.size() + egui::vec2(12.0, 2.0);
    let rect = Rect::from_min_size(at - egui::vec2(0.0, size.y / 2.0), size);
    ui.painter().rect_filled(rect, size.y / 2.0, fill);
    ui.painter().galley(rect.min + egui::vec2(6.0, 1.0), galley, colour);
    rect
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_path_is_kept() {
        for (text, room, expected) in [
            ("src/main.rs:3", 20, "src/main.rs:3"),
            ("src/main.rs:3", 13, "src/main.rs:3"),
            ("src/main.rs:3", 10, "…main.rs:3"),
            ("äöü", 2, "…ü"),
            ("abc", 0, "…"),
        ] {
            assert_eq!(elide_start(text, room), expected);
        }
    }
}
