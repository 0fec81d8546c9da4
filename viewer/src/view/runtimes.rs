//! The line of runtimes and memory: how busy workers are, and a bar when a runtime stands still.

use egui::accesskit::Role;
use egui::{Align, Layout, Panel, RichText, Ui, WidgetInfo};
use taskscope_proto::model::{Header, Runtime};

use super::{Look, hint, is_low};
use crate::analyse::numbers::count;
use crate::analyse::runtimes::{business, load, stall};
use crate::analyse::{memory_line, nearly_full};
use crate::command::Command;
use crate::session::Page;
use crate::theme::{self, Palette};
use crate::widgets::meters;

/// Workers that are drawn of one runtime: more would push the next one out of the window.
const DRAWN: usize = 64;
/// Above this share a worker has hardly any time left.
const FULL: f32 = 0.9;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let Some(header) = &look.screen.header else { return };
    if header.runtimes.is_empty() && memory_line(header).is_none() {
        return;
    }
    for runtime in &header.runtimes {
        if let Some(words) = stall(runtime, header) {
            let of = of_service(look, runtime.id);
            stalled(ui, runtime.id, &format!("{of}{words}"), palette);
        }
    }
    Panel::top("runtimes").frame(theme::banner(palette.bar)).show(ui, |ui| {
        let all = |ui: &mut Ui| {
            for runtime in &header.runtimes {
                line(ui, look, runtime, palette);
                ui.separator();
            }
            memory(ui, header, palette);
        };
        if is_low(ui) {
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    more(ui, look, commands);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        // Of many runtimes some have no room.
                        ui.set_clip_rect(ui.max_rect().intersect(ui.clip_rect()));
                        all(ui);
                    });
                });
            });
        } else {
            ui.horizontal_wrapped(|ui| {
                all(ui);
                more(ui, look, commands);
            });
        }
    });
}

fn more(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let open = look.session.page == Page::Runtime;
    let more = egui::Button::new(RichText::new("more…").font(theme::small()));
    let more = ui.add(more.selected(open).small());
    more.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, open, Command::ShowRuntime.text())
    });
    if more.on_hover_text(hint(&Command::ShowRuntime)).clicked() {
        commands.push(Command::ShowRuntime);
    }
}

fn stalled(ui: &mut Ui, id: u32, words: &str, palette: &Palette) {
    let panel = Panel::top(("stalled", id)).frame(theme::banner(palette.hot_soft));
    panel.show(ui, |ui| {
        let words = format!("Stalled: {words}.");
        ui.label(RichText::new(words).color(palette.hot)).on_hover_text(
            "Look for tasks that are running for seconds: each holds a worker. On a \
             current_thread runtime it may also be that nobody is in block_on.",
        );
    });
}

/// Whose runtime it is, where several services are looked at as one.
pub(super) fn of_service(look: &Look<'_>, runtime: u32) -> String {
    let tab = look.screen.service_of_runtime(runtime);
    tab.map(|tab| format!("{}: ", tab.name)).unwrap_or_default()
}

fn line(ui: &mut Ui, look: &Look<'_>, runtime: &Runtime, palette: &Palette) {
    let name = format!("{}runtime {}", of_service(look, runtime.id), runtime.id);
    ui.label(RichText::new(name).font(theme::small()).color(palette.text));
    let share = |busy: Option<u32>| busy.map(|permille| permille as f32 / 1_000.0);
    let shares: Vec<Option<f32>> =
        runtime.workers.iter().take(DRAWN).map(|worker| share(worker.busy_permille)).collect();
    let stands = runtime.stall.is_some();
    let colour = |share| match share {
        _ if stands => palette.hot,
        share if share >= FULL => palette.warm,
        _ => palette.good,
    };
    let about = about(runtime);
    meters(ui, 12.0, &shares, colour, palette.line_strong).on_hover_text(about.as_str());
    let words = format!("{}, {}", business(runtime), load(runtime));
    let words = RichText::new(words).font(theme::small()).color(palette.text_dim);
    ui.label(words).on_hover_text(about);
}

/// What the process takes up; warm when its control group is about to be full.
fn memory(ui: &mut Ui, header: &Header, palette: &Palette) {
    let Some(words) = memory_line(header) else { return };
    let colour = if nearly_full(header) { palette.warm } else { palette.text_dim };
    let label = egui::Label::new(RichText::new(words).font(theme::small()).color(colour));
    ui.add(label.truncate()).on_hover_text(
        "The control group's use counts the files that it has cached, and other processes in it. \
         The agent's is an estimate: its records, label sets, trees, symbols, groups and history.",
    );
}

/// All that there is to say of it.
fn about(runtime: &Runtime) -> String {
    let mut lines = vec![format!(
        "{} runtime; one bar a worker, how busy it was over the last seconds",
        runtime.flavor.name()
    )];
    if let Some(parks) = runtime.parks() {
        lines.push(format!("its workers went to sleep {} times", count(parks)));
    }
    if runtime.blocking_threads.is_none() {
        lines.push("Queues of workers and blocking threads: --cfg tokio_unstable tells".into());
    }
    lines.join("\n")
}
