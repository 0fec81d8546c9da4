//! What a task does, did, waits for, and who is around it.

use egui::{Grid, RichText, ScrollArea, Ui};
use taskscope_proto::model::{State, Task, TaskKind};

use super::super::{Look, place};
use super::ago;
use crate::analyse::numbers::{bytes, count, counted, span};
use crate::analyse::task_number;
use crate::command::Command;
use crate::screen::TaskDetail;
use crate::theme;

/// Tasks that it spawned which are listed.
const MOST_CHILDREN: usize = 12;

pub(super) fn show(
    ui: &mut Ui,
    look: &Look<'_>,
    detail: &TaskDetail,
    task: &Task,
    commands: &mut Vec<Command>,
) {
    theme::panel(theme::palette(ui)).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            state(ui, look, detail, task);
            waits(ui, detail, task, commands);
            life(ui, look, detail, task, commands);
            doings(ui, task);
            children(ui, look, detail, commands);
        });
    });
}

fn section(ui: &mut Ui, title: &str, content: impl FnOnce(&mut Ui)) {
    let palette = theme::palette(ui);
    ui.label(RichText::new(title).font(theme::small()).color(palette.text_faint));
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        content(ui);
    });
    ui.add_space(8.0);
}

fn grid(ui: &mut Ui, name: &str, rows: &[(&str, String)]) {
    let palette = theme::palette(ui);
    Grid::new(name).num_columns(2).spacing([14.0, 3.0]).min_col_width(96.0).show(ui, |ui| {
        for (title, words) in rows {
            ui.label(RichText::new(*title).color(palette.text_dim));
            ui.add(egui::Label::new(RichText::new(words).color(palette.text_strong)).wrap());
            ui.end_row();
        }
    });
}

fn state(ui: &mut Ui, look: &Look<'_>, detail: &TaskDetail, task: &Task) {
    let since = ago(look, detail, task.since_ms);
    section(ui, "State", |ui| {
        grid(ui, "state", &[("now", format!("{} for {since}", task.state.name()))]);
        before(ui, look, detail);
    });
}

/// The states that it was seen in before, the latest first.
fn before(ui: &mut Ui, look: &Look<'_>, detail: &TaskDetail) {
    let palette = theme::palette(ui);
    let mut over = detail.stays.over().peekable();
    if over.peek().is_none() {
        let words =
            "What it does is written down here while it is looked at. Before that nobody did.";
        ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
        return;
    }
    ui.add_space(2.0);
    for (stay, ms, polls) in over {
        let lasted = span(ms.saturating_mul(1_000));
        let at = stay.place.as_ref().map(|at| format!(" at {}", place::short(at)));
        let polls = match polls {
            0 => String::new(),
            polls => format!(", then {}", counted(polls, "poll")),
        };
        let end = ago(look, detail, stay.since_ms.saturating_add(ms));
        let at = at.unwrap_or_default();
        let words = format!("until {end} ago {} for {lasted}{at}{polls}", stay.state.name());
        ui.add(egui::Label::new(RichText::new(words).color(palette.text_dim)).wrap());
    }
    let words = match detail.stays.left_out {
        0 => "Watched since this page was opened, about once a second: shorter states are missing."
            .into(),
        more => format!("and {} before, as seen about once a second", count(more)),
    };
    ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
}

/// A button that opens the page of another task, if that one is alive.
fn link(ui: &mut Ui, id: u64, about: &str, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let words = RichText::new(format!("task {}", task_number(id))).color(palette.accent);
    let response = ui.add(egui::Button::new(words).frame(false));
    if response.on_hover_text(about).clicked() {
        commands.push(Command::ShowTask(id));
    }
}

fn waits(ui: &mut Ui, detail: &TaskDetail, task: &Task, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    section(ui, "Waits", |ui| {
        for blocker in &detail.blockers {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(&blocker.words).color(palette.text_strong));
                if let Some(holder) = blocker.holder.filter(|id| *id != task.id) {
                    link(ui, holder, "Show the task that could let it go on", commands);
                }
            });
        }
        let dim = |ui: &mut Ui, words: &str| {
            ui.label(RichText::new(words).color(palette.text_dim));
        };
        if detail.blockers.is_empty() {
            let kinds = task.tree.iter().flat_map(|tree| &tree.wait_kinds);
            let kinds: Vec<String> = kinds.map(ToString::to_string).collect();
            match (task.state, kinds.is_empty()) {
                (State::Parked, false) => {
                    let kinds = kinds.join(", ");
                    dim(ui, &format!("for {kinds}; nobody is known who could let it go on"));
                }
                (State::Parked, true) => dim(ui, "for what is not known yet"),
                _ => dim(ui, "for nothing: it is not parked"),
            }
        }
        if task.waiting_for_it > 0 {
            let tasks = counted(task.waiting_for_it, "task");
            let words = format!("{tasks} wait for something that it holds");
            ui.label(RichText::new(words).color(palette.warm));
        } else {
            dim(ui, "No task is known to wait for something that it holds.");
        }
    });
}

fn life(
    ui: &mut Ui,
    look: &Look<'_>,
    detail: &TaskDetail,
    task: &Task,
    commands: &mut Vec<Command>,
) {
    section(ui, "Life", |ui| {
        let kind = match task.kind {
            TaskKind::Async => "future",
            TaskKind::Blocking => "closure on a blocking thread",
        };
        let handle = if task.detached { "dropped: nobody waits for its end" } else { "kept" };
        grid(
            ui,
            "life",
            &[
                ("age", ago(look, detail, task.spawned_ms)),
                ("spawned at", place::short(&task.spawned_at)),
                ("handle", handle.to_owned()),
                ("is a", format!("{kind} of {}", bytes(task.future_bytes))),
            ],
        );
        parent(ui, detail, task, commands);
    });
}

fn parent(ui: &mut Ui, detail: &TaskDetail, task: &Task, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("spawned by").color(palette.text_dim));
        match task.parent {
            None => drop(ui.label("no tracked task")),
            Some(parent) if task.orphan => {
                let parent = task_number(parent);
                let words = format!("task {parent}, which has ended: an orphan");
                ui.label(RichText::new(words).color(palette.warm));
            }
            Some(parent) => {
                link(ui, parent, "Show the task that spawned it", commands);
                if let Some(parent) = detail.of(parent) {
                    let words = format!("{} {}", parent.state.name(), parent.labels);
                    let words = RichText::new(words.trim()).color(palette.text_dim);
                    ui.add(egui::Label::new(words).truncate());
                }
            }
        }
    });
}

fn doings(ui: &mut Ui, task: &Task) {
    let activity = &task.activity;
    let times = |all, longest| format!("{}, the longest {}", span(all), span(longest));
    section(ui, "So far", |ui| {
        grid(
            ui,
            "so far",
            &[
                ("polls", count(task.polls)),
                (
                    "wakes",
                    format!("{}, {} by itself", count(activity.wakes), count(activity.self_wakes)),
                ),
                ("in polls", times(activity.running_us, activity.longest_poll_us)),
                ("ready", times(activity.ready_us, activity.longest_ready_us)),
            ],
        );
    });
}

fn children(ui: &mut Ui, look: &Look<'_>, detail: &TaskDetail, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    section(ui, "Woken last by", |ui| {
        let words = detail.woken_by.as_deref();
        let words = words.unwrap_or("no tracked task: a timer, I/O, another thread, or never");
        ui.label(RichText::new(words).color(palette.text));
    });
    let Some(living) = detail.children else { return };
    section(ui, "Spawned, and alive", |ui| {
        if living == 0 {
            ui.label(RichText::new("no task").color(palette.text_dim));
        }
        let mut listed = 0;
        for child in detail.spawned().take(MOST_CHILDREN) {
            listed += 1;
            ui.horizontal(|ui| {
                link(ui, child.id, "Show this task", commands);
                let since = ago(look, detail, child.since_ms);
                let words = format!("{} for {since} {}", child.state.name(), child.labels);
                let words = RichText::new(words.trim()).color(palette.text_dim);
                ui.add(egui::Label::new(words).truncate());
            });
        }
        if living > listed {
            let words = format!("and {} more", count(living - listed));
            ui.label(RichText::new(words).color(palette.text_faint));
        }
    });
}
