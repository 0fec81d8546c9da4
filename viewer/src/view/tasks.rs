//! The tasks of the chosen row, page by page, as the agent sorts them.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Align, Layout, Rect, Response, RichText, Sense, Ui, WidgetInfo};
use taskscope_proto::model::{Activity, Source, Task, TaskOrder, TaskPage};

use super::table::nothing;
use super::{Look, hint, place};
use crate::analyse::numbers::{age, bytes, count, counted, span};
use crate::analyse::{Filter, Sum, task_number};
use crate::command::Command;
use crate::screen::{Detail, PAGE};
use crate::theme::{self, CELL_PAD, ROW_HEIGHT};
use crate::widgets::{Lines, Side, cell_text, keep_end, lines};

const ORDERS: [(TaskOrder, &str); 4] = [
    (TaskOrder::LongestInState, "Longest waiting"),
    (TaskOrder::Oldest, "Oldest"),
    (TaskOrder::Newest, "Newest"),
    (TaskOrder::MostPolls, "Most polls"),
];

/// How wide the line above the list has to be for the numbers of those listed.
const ROOM_FOR_NUMBERS: f32 = 330.0;
/// What a file's name and a line need.
const ROOM_FOR_PLACE: f32 = 96.0;

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
    let sum = detail.row.and_then(|at| look.screen.table.rows.get(at)).map(|row| &row.sum);
    if let Some(sum) = sum.filter(|sum| sum.has_ended()) {
        nothing(ui, &ended(sum));
        return;
    }
    match (&detail.page, &detail.page_failure) {
        (Some(page), _) if page.tasks.is_empty() => {
            let filter = Filter::parse(&look.session.workspace.filter);
            let meet = !filter.conditions().is_empty();
            let words = if meet {
                "None of them meets the filter."
            } else {
                "None of them is alive any more."
            };
            nothing(ui, words);
        }
        (Some(page), _) => table(ui, page, look, commands),
        (None, Some(failure)) => nothing(ui, &failure.to_string()),
        (None, None) if look.screen.moment_ms.is_some() => {
            nothing(ui, "Single tasks are known only of right now.");
        }
        (None, None) if look.screen.run.is_before => {
            nothing(ui, "This run has ended: its tasks cannot be asked for.");
        }
        (None, None) if !look.screen.is_live() && look.screen.is_final() => {
            nothing(ui, "A file has groups, and no single tasks.");
        }
        (None, None) if !look.screen.is_live() => nothing(ui, "Not connected."),
        (None, None) if look.screen.asking.as_ref().is_some_and(|asking| asking.cancelled) => {
            nothing(ui, "Cancelled: the agent is not asked for these tasks.");
        }
        (None, None) if detail.row.is_none() => nothing(ui, "There is no row to list tasks of."),
        (None, None) => nothing(ui, "Asking the agent…"),
    }
}

fn heading(ui: &mut Ui, detail: &Detail, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Tasks").color(palette.text_strong));
        // In a narrow list the buttons on the right are worth more.
        let has_room = ui.available_width() > ROOM_FOR_NUMBERS;
        if let Some(page) = detail.page.as_ref().filter(|page| has_room && !page.tasks.is_empty()) {
            let first = detail.selection.offset + 1;
            let last = detail.selection.offset + page.tasks.len() as u64;
            let words = format!("{}–{} of {}", count(first), count(last), count(page.total));
            ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
        }
        if !detail.silent.is_empty() {
            let all = format!("without those of {}", detail.silent.join(", "));
            let words = if has_room { &*all } else { "not all" };
            let words = RichText::new(words).font(theme::small()).color(palette.warm);
            ui.label(words).on_hover_text(format!(
                "{all}: these services do not answer, so their tasks cannot be asked for. The row \
                 counts them as they were last.",
            ));
        }
        if detail.unfiltered {
            let words = RichText::new("not filtered").font(theme::small()).color(palette.warm);
            ui.label(words).on_hover_text(
                "The service's agent is older than conditions on single tasks: all tasks of the row \
                 are listed.",
            );
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
    titles(ui);
    let calls = look.session.task.list_focus;
    let all = Lines { name: "tasks", height: ROW_HEIGHT, count: page.tasks.len(), calls };
    lines(ui, all, |ui, at, rect, response| {
        if let Some(task) = page.tasks.get(at) {
            if response.hovered() {
                ui.painter().rect_filled(rect, 0.0, theme::palette(ui).hovered);
            }
            line(ui, rect, response, task, page, look, commands);
        }
    });
}

/// The room of each column.
fn columns(rect: Rect) -> [Rect; 6] {
    let mut left = rect.left();
    TITLES.map(|(_, _, _, width)| {
        let right = if width > 0.0 { left + width } else { rect.right().max(left) };
        let room = Rect::from_x_y_ranges(left..=right, rect.y_range());
        left = right;
        room.shrink2(egui::vec2(CELL_PAD, 0.0))
    })
}

fn titles(ui: &mut Ui) {
    let palette = theme::palette(ui);
    let size = egui::vec2(ui.available_width(), ROW_HEIGHT);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    for ((text, tooltip, side, _), room) in TITLES.into_iter().zip(columns(rect)) {
        cell_text(ui, room, side, text, theme::small(), palette.text_dim);
        ui.interact(room, ui.scope_id().with(text), Sense::hover()).on_hover_text(tooltip);
    }
    let stroke = egui::Stroke::new(1.0, palette.line_strong);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, stroke);
}

fn line(
    ui: &Ui,
    rect: Rect,
    response: &Response,
    task: &Task,
    page: &TaskPage,
    look: &Look<'_>,
    commands: &mut Vec<Command>,
) {
    let palette = theme::palette(ui);
    // The page has its own moment; its ages tick on with the screen's clock.
    let now_ms = page.now_ms.max(look.screen.agent_now_ms(look.now));
    let since = |ms: u64| age(std::time::Duration::from_millis(now_ms.saturating_sub(ms)));
    let (in_state, old) = (since(task.since_ms), since(task.spawned_ms));
    let [id, state, idle, lived, polls, mut about] = columns(rect);
    let number = |room, text: &str, colour| {
        cell_text(ui, room, Side::Right, text, theme::mono(), colour);
    };
    number(id, &task_number(task.id).to_string(), palette.text_dim);
    cell_text(ui, state, Side::Left, task.state.name(), theme::body(), palette.text);
    number(idle, &in_state, palette.text_strong);
    number(lived, &old, palette.text);
    number(polls, &count(task.polls), palette.text_dim);
    if !task.labels.is_empty() {
        let labels = task.labels.to_string();
        let stands = cell_text(ui, about, Side::Left, labels, theme::body(), palette.text);
        about = about.with_min_x((stands.right() + 12.0).min(about.right()));
    }
    // Less of the place than this tells nothing; the tooltip has all of it.
    if task.labels.is_empty() || about.width() >= ROOM_FOR_PLACE {
        let place = keep_end(ui, &place::short(&task.spawned_at), about.width(), &theme::mono());
        cell_text(ui, about, Side::Left, place, theme::mono(), palette.text_faint);
    }
    let wakers = task.living_wakers.map(|wakers| format!(" {},", counted(wakers, "living waker")));
    let words = format!(
        "task {}: {} for {in_state}, {old} old, {},{} {}, spawned at {}",
        task_number(task.id),
        task.state.name(),
        counted(task.polls, "poll"),
        wakers.as_deref().unwrap_or_default(),
        task.labels,
        place::short(&task.spawned_at),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &words));
    let source = look.screen.process.as_ref().map(|process| process.source);
    let parent = match task.parent {
        Some(parent) => format!("task {}", task_number(parent)),
        None if source == Some(Source::Console) => "a task that is not known".into(),
        None => "no tracked task".into(),
    };
    let tooltip = format!(
        "Spawned by {parent} at {}{}\n{}{}\nClick for everything about it",
        task.spawned_at,
        kept(task),
        doings(&task.activity),
        task.living_wakers
            .map(|it| format!("\n{}", counted(it, "living waker")))
            .unwrap_or_default(),
    );
    if response.clone().on_hover_text(tooltip).clicked() {
        commands.push(Command::ShowTask(task.id));
    }
    response.context_menu(|ui| {
        if ui.button("Copy").clicked() {
            commands.push(Command::Copy(words));
            ui.close();
        }
    });
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
    let longest = |micros: u64| match micros {
        0 => String::new(),
        micros => format!(", the longest {}", span(micros)),
    };
    format!(
        "{} wakes, {} of them its own\n{} in polls{}\n{} ready{}",
        count(activity.wakes),
        count(activity.self_wakes),
        span(activity.running_us),
        longest(activity.longest_poll_us),
        span(activity.ready_us),
        longest(activity.longest_ready_us),
    )
}
