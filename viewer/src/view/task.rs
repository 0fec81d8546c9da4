//! One task on a page of its own: what it does and did, its await tree, and the source of it.

mod facts;
mod source;
mod tree;

use egui::{CentralPanel, Panel, RichText, Ui};
use taskscope_proto::model::{Class, Task};

use super::group_table::verdict as class_words;
use super::table::nothing;
use super::{Look, button};
use crate::analyse::numbers::age;
use crate::analyse::task_number;
use crate::command::Command;
use crate::screen::{Standing, TaskDetail};
use crate::theme;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let detail = look.screen.task.as_ref();
    let task = detail.and_then(|detail| Some((detail, detail.task()?)));
    Panel::top("task").frame(theme::panel(palette)).show(ui, |ui| {
        heading(ui, look, detail, commands);
        if let Some((detail, task)) = task {
            standing(ui, detail, task);
        }
    });
    let Some((detail, task)) = task else {
        CentralPanel::default().frame(theme::flush(palette)).show(ui, |ui| {
            nothing(ui, &without_task(detail));
        });
        return;
    };
    let width = ui.available_width();
    Panel::left("task facts")
        .frame(theme::flush(palette))
        .default_size((width * 0.36).clamp(300.0, 460.0))
        .size_range(240.0..=(width - 240.0).max(241.0))
        .resizable(true)
        .show(ui, |ui| facts::show(ui, look, detail, task, commands));
    if !detail.lines.is_empty() {
        let height = ui.available_height();
        Panel::bottom("task source")
            .frame(theme::flush(palette))
            .default_size(height * 0.52)
            .size_range(90.0..=(height - 90.0).max(91.0))
            .resizable(true)
            .show(ui, |ui| source::show(ui, look, detail, commands));
    }
    CentralPanel::default()
        .frame(theme::flush(palette))
        .show(ui, |ui| tree::show(ui, look, detail, task, commands));
}

fn heading(ui: &mut Ui, look: &Look<'_>, detail: Option<&TaskDetail>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        let id = look.session.task.way.last().copied().unwrap_or_default();
        let words = RichText::new(format!("Task {}", task_number(id))).font(theme::heading());
        ui.label(words.color(palette.text_strong));
        button(ui, Command::Dismiss, commands);
        let Some(task) = detail.and_then(TaskDetail::task) else { return };
        let labels = task.labels.to_string();
        let words = if labels.is_empty() { "without labels".into() } else { labels };
        ui.add(egui::Label::new(RichText::new(words).color(palette.text)).truncate());
    });
}

/// What makes what is shown less than it seems, and the verdict.
fn standing(ui: &mut Ui, detail: &TaskDetail, task: &Task) {
    let palette = theme::palette(ui);
    let line = |ui: &mut Ui, words: &str, colour| {
        ui.label(RichText::new(words).color(colour));
    };
    match detail.standing {
        Standing::Ended => line(ui, "It has ended. This is how it was last.", palette.warm),
        Standing::OlderAgent => line(
            ui,
            "The service's agent is older than this page and cannot be asked for one task: this is \
             how it was when it was listed.",
            palette.warm,
        ),
        Standing::Asked | Standing::Alive => {}
    }
    if let Some(failure) = &detail.failure {
        line(ui, &failure.to_string(), palette.hot);
    }
    if task.proven {
        let (class, colour) = class_words(Class::Proven, palette);
        line(ui, &format!("{class}: it can never run again by itself"), colour);
    }
}

fn without_task(detail: Option<&TaskDetail>) -> String {
    let Some(detail) = detail else {
        // Until the analyst has answered.
        return "…".into();
    };
    if let Some(failure) = &detail.failure {
        return failure.to_string();
    }
    match detail.standing {
        Standing::Ended => "It has ended.".into(),
        Standing::OlderAgent => {
            "The service's agent is older than this page and cannot be asked for one task.".into()
        }
        Standing::Asked | Standing::Alive => "Asking the agent…".into(),
    }
}

/// How long ago something was that the page tells of.
fn ago(look: &Look<'_>, detail: &TaskDetail, since_ms: u64) -> String {
    let page_ms = detail.page.as_ref().map_or(0, |page| page.now_ms);
    let now_ms = match detail.standing {
        // What has ended grows no older.
        Standing::Ended | Standing::OlderAgent => page_ms,
        Standing::Asked | Standing::Alive => page_ms.max(look.screen.agent_now_ms(look.now)),
    };
    age(std::time::Duration::from_millis(now_ms.saturating_sub(since_ms)))
}
