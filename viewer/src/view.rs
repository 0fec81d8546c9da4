//! The screens: each a function from what there is to see to what the user wants.
//!
//! Views change nothing. They get a [`Look`] and put [`Command`]s into a list; whoever called
//! them carries the commands out.

mod alert_page;
mod allocations;
mod awaits;
mod bands;
mod banner;
mod connect_dialog;
mod group_table;
mod groups;
mod heap;
mod help;
mod keys;
mod losses;
mod palette;
mod place;
mod recording;
mod runtime_page;
mod runtimes;
mod table;
mod tabs;
mod task;
mod tasks;
mod timeline;
mod top;
mod troubles;
mod verdict;
mod waiting;
mod waits;

use egui::{CentralPanel, Panel, Ui, UiBuilder};

use crate::analyse::Lens;
use crate::clock::Moment;
use crate::command::Command;
use crate::screen::Screen;
use crate::session::{Overlay, Page, Session};
use crate::theme;

/// Everything a view may look at.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// What is known.
    pub screen: &'a Screen,
    /// What the user does with the window.
    pub session: &'a Session,
    /// Now.
    pub now: Moment,
}

/// Draws the whole window and returns what the user wants, in order.
pub fn show(ui: &mut Ui, look: &Look<'_>) -> Vec<Command> {
    let mut commands = keys::pressed(ui, look);
    let palette = theme::palette(ui);
    Panel::top("top")
        .frame(theme::panel(palette).fill(palette.bar))
        .exact_size(42.0)
        .show(ui, |ui| top::show(ui, look, &mut commands));
    tabs::show(ui, look, &mut commands);
    recording::show(ui, look, &mut commands);
    banner::show(ui, look, &mut commands);
    runtimes::show(ui, look, &mut commands);
    if look.session.page == Page::Alerts {
        // It is of all services, so it needs no word of this one but how old it is.
        if look.screen.header.is_some() {
            bottom(ui, look, &mut commands);
        }
        alert_page::show(ui, look, &mut commands);
    } else if look.screen.header.is_some() {
        main(ui, look, &mut commands);
    } else {
        CentralPanel::default()
            .frame(theme::panel(palette))
            .show(ui, |ui| waiting::show(ui, look, &mut commands));
    }
    match look.session.overlay {
        Some(Overlay::Connect) => connect_dialog::show(ui, look, &mut commands),
        Some(Overlay::Help) => help::show(ui, &mut commands),
        Some(Overlay::Palette) => palette::show(ui, look, &mut commands),
        None => {}
    }
    commands
}

/// The screen of a service that is (or was) there: groups above, the chosen row below.
fn main(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    bottom(ui, look, commands);
    // Old numbers look old.
    let opacity = if look.screen.is_final() { 1.0 } else { 0.8 };
    if look.session.page == Page::Heap {
        ui.scope(|ui| {
            ui.set_opacity(opacity);
            heap::show(ui, look, commands);
        });
        return;
    }
    if look.session.page == Page::Task {
        ui.scope(|ui| {
            ui.set_opacity(opacity);
            task::show(ui, look, commands);
        });
        return;
    }
    if look.session.page == Page::Waits {
        ui.scope(|ui| {
            ui.set_opacity(opacity);
            waits::show(ui, look, commands);
        });
        return;
    }
    if look.session.page == Page::Runtime {
        ui.scope(|ui| {
            ui.set_opacity(opacity);
            runtime_page::show(ui, look, commands);
        });
        return;
    }
    troubles::show(ui, look, commands);
    timeline::show(ui, look, commands);
    if look.session.choosing_keys {
        Panel::left("keys")
            .frame(theme::panel(palette))
            .default_size(250.0)
            .show(ui, |ui| groups::choose_keys(ui, look, commands));
    }
    if look.screen.detail.is_some() {
        let height = ui.available_height();
        let most = (height - ROOM_FOR_ROWS.min(height * 0.55)).max(101.0);
        let rows = look.screen.table.rows.len();
        let few = few(ui, "few groups", rows);
        // One panel of its own for each: it remembers how high it was dragged.
        Panel::bottom(if few { "detail of few" } else { "detail" })
            .frame(theme::flush(palette))
            .default_size(below(height, 0.46, 48.0, rows, few))
            .size_range(100.0..=most)
            .resizable(true)
            .show(ui, |ui| {
                ui.set_opacity(opacity);
                // However low the window is: what has no room is cut off below, not above.
                let rect = ui.max_rect();
                let mut inside = ui.new_child(UiBuilder::new().max_rect(rect));
                inside.set_clip_rect(rect.intersect(ui.clip_rect()));
                detail(&mut inside, look, commands);
                let bottom = inside.min_rect().bottom().min(rect.top() + most);
                ui.expand_to_include_rect(rect.with_max_y(bottom));
            });
    }
    CentralPanel::default().frame(theme::flush(palette)).show(ui, |ui| {
        ui.set_opacity(opacity);
        groups::show(ui, look, commands);
    });
}

fn bottom(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    Panel::bottom("losses")
        .frame(theme::panel(palette).fill(palette.bar))
        .show(ui, |ui| losses::show(ui, look, commands));
}

/// As many rows are few, and so many more before they are no longer: what is drawn must not jump to and
/// fro with every row that comes and goes.
const FEW: usize = 10;
const STILL_FEW: usize = 16;

/// Whether a table has so few rows that they leave room.
fn few(ui: &Ui, table: &str, rows: usize) -> bool {
    let memory = ui.scope_id().with(table);
    let before = ui.data(|data| data.get_temp(memory)).unwrap_or(true);
    let few = rows <= if before { STILL_FEW } else { FEW };
    ui.data_mut(|data| data.insert_temp(memory, few));
    few
}

/// How high the panel below a table is at first: a part of the height, and what few rows leave.
fn below(height: f32, part: f32, above: f32, rows: usize, few: bool) -> f32 {
    let rows = rows.max(FEW).saturating_add(2) as f32 * theme::ROW_HEIGHT;
    let left = if few { height - above - rows } else { 0.0 };
    (height * part).max(left).min(height * 0.75)
}

/// What the line above the table, its titles and a few rows need.
const ROOM_FOR_ROWS: f32 = 225.0;
/// As wide as the await tree, the allocations and the tasks need to stand side by side.
const ROOM_FOR_THREE: f32 = 1_400.0;

/// The chosen row: where its tasks wait, what they hold, and which they are.
fn detail(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let width = ui.available_width();
    let has_heap = look.screen.has_heap();
    let row =
        look.screen.detail.as_ref().and_then(|detail| look.screen.table.rows.get(detail.row?));
    // What has ended waits nowhere: all that there is to see is what it left.
    let ended = row.is_some_and(|row| row.sum.has_ended());
    let three = has_heap && !ended && width >= ROOM_FOR_THREE;
    let share = if three { 0.34 } else { 0.44 };
    // One panel of its own for each layout: it remembers how wide it was dragged.
    Panel::right(if three { "tasks of three" } else { "tasks" })
        .frame(theme::flush(palette))
        .default_size(width * share)
        .size_range(200.0..=(width - 240.0).max(201.0))
        .resizable(true)
        .show(ui, |ui| tasks::show(ui, look, commands));
    if three {
        Panel::right("allocations")
            .frame(theme::flush(palette))
            .default_size(width * 0.33)
            .size_range(200.0..=(ui.available_width() - 240.0).max(201.0))
            .resizable(true)
            .show(ui, |ui| allocations::show(ui, look, commands));
    }
    let instead = ended || has_heap && !three && look.screen.table.lens == Lens::Bytes;
    CentralPanel::default().frame(theme::flush(palette)).show(ui, |ui| {
        if instead {
            allocations::show(ui, look, commands);
        } else {
            awaits::show(ui, look, commands);
        }
    });
}

/// A window lower than this needs its lines for the table, and has one for each thing above it.
const LOW: f32 = 640.0;

fn is_low(ui: &Ui) -> bool {
    ui.ctx().content_rect().height() < LOW
}

/// A button for a command, with its tooltip and its shortcut.
fn button(ui: &mut Ui, command: Command, commands: &mut Vec<Command>) {
    let response = ui.button(command.text()).on_hover_text(hint(&command));
    if response.clicked() {
        commands.push(command);
    }
}

/// What a command does, and which key does it.
fn hint(command: &Command) -> String {
    let keys: Vec<String> = command.shortcuts().iter().map(ToString::to_string).collect();
    if keys.is_empty() {
        return command.tooltip().to_owned();
    }
    format!("{}\n{}", command.tooltip(), keys.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_stay_few_until_they_are_many_more() {
        let ctx = egui::Context::default();
        let mut seen = Vec::new();
        for rows in [4, 12, 16, 17, 12, 11, 10, 16] {
            let mut drawn =
                ctx.run_ui(egui::RawInput::default(), |ui| seen.push(few(ui, "rows", rows)));
            drawn.textures_delta.clear();
        }
        assert_eq!(seen, [true, true, true, false, false, false, true, true]);
    }

    #[test]
    fn what_few_rows_leave_goes_to_the_panel_below() {
        let check = |height, part, above, rows, few, expected: f32| {
            let found = below(height, part, above, rows, few);
            assert!((found - expected).abs() < 0.01, "{height} {rows}: {found}");
        };
        // A low window has nothing left.
        check(500.0, 0.46, 48.0, 4, true, 230.0);
        check(1_000.0, 0.46, 48.0, 4, true, 952.0 - 12.0 * theme::ROW_HEIGHT);
        check(1_000.0, 0.46, 48.0, 400, false, 460.0);
        check(3_000.0, 0.46, 48.0, 4, true, 2_250.0);
    }
}
