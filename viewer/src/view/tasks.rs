//! The tasks of the chosen row, page by page, as the agent sorts them.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Align, Layout, RichText, Sense, Ui, WidgetInfo};
use egui_extras::{Column as Width, TableBuilder, TableRow};
use taskscope_proto::model::{Activity, Task, TaskOrder, TaskPage};

use super::table::{Title, cell, nothing, number, title};
use super::{Look, hint, place};
use crate::analyse::Sum;
use crate::analyse::numbers::{age, bytes, count, span};
use crate::command::Command;
use crate::screen::{Detail, PAGE};
use crate::theme::{self, ROW_HEIGHT};
use crate::widgets::{Side, cell_text, keep_end};

const ORDERS: [(TaskOrder, &str); 4] = [
    (TaskOrder::LongestInState, "Longest waiting"),
    (TaskOrder::Oldest, "Oldest"),
    (TaskOrder::Newest, "Newest"),
    (TaskOrder::MostPolls, "Most polls"),
];

const TITLES: [(&str, &str, Side, f32); 6] = [
    ("task", "Its number, counted from the start of the process", Side::Right, 66.0),
    ("state", "What it does", Side::Left, 62.0),
    ("for", "How long it is in that state", Side::Right, 80.0),
    ("age", "How long ago it was spawned", Side::Right, 80.0),
    ("polls", "How often it was polled", Side::Right, 52.0),
    (
        "labels, spawned at",
        "Labels in effect where it waits, and where it was spawned",
        Side::Left,
        0.0,
    ),
];

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let Some(detail) = &look.screen.detail else { return };
    theme::panel(theme::palette(ui)).show(ui, |ui| heading(ui, detail, commands));
    let sum = detail.row.and_then(|at| look.screen.table.rows.get(at)).map(|row| &row.row.sum);
    if let Some(sum) = sum.filter(|sum| sum.has_ended()) {
        nothing(ui, &ended(sum));
        return;
    }
    match (&detail.page, &detail.page_failure) {
        (Some(page), _) if page.tasks.is_empty() => {
            nothing(ui, "None of them is alive any more.");
        }
        (Some(page), _) => table(ui, page, look, commands),
        (None, Some(failure)) => nothing(ui, &failure.to_string()),
        (None, None) if look.screen.moment_ms.is_some() => {
            nothing(ui, "Single tasks are known only of right now.");
        }
        (None, None) if !look.screen.is_live() => nothing(ui, "Not connected."),
        (None, None) => nothing(ui, "Asking the agent…"),
    }
}

fn heading(ui: &mut Ui, detail: &Detail, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Tasks").color(palette.text_strong));
        if let Some(page) = detail.page.as_ref().filter(|page| !page.tasks.is_empty()) {
            let first = detail.selection.offset + 1;
            let last = detail.selection.offset + page.tasks.len() as u64;
            let words = format!("{}–{} of {}", count(first), count(last), count(page.total));
            ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            pager(ui, detail, commands);
        });
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (order, name) in ORDERS {
            let chosen = detail.selection.order == order;
            let text = RichText::new(name).font(theme::small());
            let choice = ui.add(egui::Button::new(text).selected(chosen));
            let tooltip = Command::OrderTasks(order).tooltip();
            if choice.on_hover_text(tooltip).clicked() && !chosen {
                commands.push(Command::OrderTasks(order));
            }
        }
    });
}

fn pager(ui: &mut Ui, detail: &Detail, commands: &mut Vec<Command>) {
    let total = detail.page.as_ref().map_or(0, |page| page.total);
    let more = detail.selection.offset + PAGE < total;
    let before = detail.selection.offset > 0;
    if !more && !before {
        return;
    }
    for (command, possible) in [(Command::NextPage, more), (Command::PreviousPage, before)] {
        let response = ui.add_enabled(possible, egui::Button::new(command.text()));
        if response.on_hover_text(hint(&command)).clicked() {
            commands.push(command);
        }
    }
}

fn table(ui: &mut Ui, page: &Arc<TaskPage>, look: &Look<'_>, commands: &mut Vec<Command>) {
    ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
    let mut builder = TableBuilder::new(ui).id_salt("tasks").sense(Sense::click());
    builder = builder.min_scrolled_height(0.0);
    for (_, _, _, width) in TITLES {
        let width = if width > 0.0 { Width::exact(width) } else { Width::remainder() };
        builder = builder.column(width.clip(true));
    }
    let header = |mut row: TableRow<'_, '_>| {
        for (text, tooltip, side, _) in TITLES {
            title(&mut row, Title { text, tooltip, side, sorted: None, click: None });
        }
    };
    builder.auto_shrink(false).header(ROW_HEIGHT, header).body(|body| {
        body.rows(ROW_HEIGHT, page.tasks.len(), |mut row| {
            if let Some(task) = page.tasks.get(row.index()) {
                line(&mut row, task, page, look, commands);
            }
        });
    });
}

fn line(
    row: &mut TableRow<'_, '_>,
    task: &Task,
    page: &TaskPage,
    look: &Look<'_>,
    commands: &mut Vec<Command>,
) {
    // The page has its own moment; its ages tick on with the screen's clock.
    let now_ms = page.now_ms.max(look.screen.agent_now_ms(look.now));
    let since = |ms: u64| age(std::time::Duration::from_millis(now_ms.saturating_sub(ms)));
    let (in_state, old) = (since(task.since_ms), since(task.spawned_ms));
    let mut palette = &theme::DARK;
    cell(row, None, |ui, rect| {
        palette = theme::palette(ui);
        cell_text(ui, rect, Side::Right, task.id, theme::mono(), palette.text_dim);
    });
    cell(row, None, |ui, rect| {
        cell_text(ui, rect, Side::Left, task.state.name(), theme::body(), palette.text);
    });
    number(row, None, &in_state, palette.text_strong);
    number(row, None, &old, palette.text);
    number(row, None, &count(task.polls), palette.text_dim);
    cell(row, None, |ui, mut rect| {
        if !task.labels.is_empty() {
            let labels = task.labels.to_string();
            let stands = cell_text(ui, rect, Side::Left, labels, theme::body(), palette.text);
            rect = rect.with_min_x((stands.right() + 12.0).min(rect.right()));
        }
        let font = theme::mono();
        let place = keep_end(ui, &place::short(&task.spawned_at), rect.width(), &font);
        cell_text(ui, rect, Side::Left, place, font, palette.text_faint);
    });
    let response = row.response();
    let words = format!(
        "task {}: {} for {in_state}, {old} old, {} polls, {}, spawned at {}",
        task.id,
        task.state.name(),
        count(task.polls),
        task.labels,
        place::short(&task.spawned_at),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &words));
    let parent = task.parent.map_or("no tracked task".into(), |parent| format!("task {parent}"));
    let tooltip = format!(
        "Spawned by {parent} at {}{}\n{}\nClick to copy",
        task.spawned_at,
        kept(task),
        doings(&task.activity),
    );
    if response.on_hover_text(tooltip).clicked() {
        commands.push(Command::Copy(words));
    }
}

/// All that is to say of a row whose tasks have ended.
pub(super) fn ended(sum: &Sum) -> String {
    let left = bytes(sum.held.live_bytes);
    format!("All of its tasks have ended; {left} that they allocated live on.")
}

/// What became of its handle and its parent.
fn kept(task: &Task) -> &'static str {
    match (task.detached, task.orphan) {
        (false, false) => "",
        (true, false) => "\nDetached: its handle was dropped",
        (false, true) => "\nOrphan: the task that spawned it has ended",
        (true, true) => {
            "\nDetached: its handle was dropped\nOrphan: the task that spawned it has ended"
        }
    }
}

fn doings(activity: &Activity) -> String {
    format!(
        "{} wakes, {} of them its own\n{} in polls, the longest {}\n{} ready, the longest {}",
        count(activity.wakes),
        count(activity.self_wakes),
        span(activity.running_us),
        span(activity.longest_poll_us),
        span(activity.ready_us),
        span(activity.longest_ready_us),
    )
}
