//! The page of the runtimes: workers, queues, threads for blocking, coverage, memory, and what the
//! agent itself takes.

use egui::{CentralPanel, Grid, Label, Panel, RichText, ScrollArea, Ui};
use taskscope_proto::model::{Header, Runtime, Worker};

use super::runtimes::of_service;
use super::table::nothing;
use super::{Look, button};
use crate::analyse::numbers::count;
use crate::analyse::runtimes::{RuntimeFact, facts, process_facts, stall};
use crate::command::Command;
use crate::theme::{self, Palette};
use crate::widgets::meters;

/// Above this share a worker has hardly any time left.
const FULL: f32 = 0.9;
/// Room between columns.
const SPACING: [f32; 2] = [26.0, 4.0];
/// What the longest name of a number takes up, and the longest number.
const NAME: f32 = 122.0;
const VALUE: f32 = 164.0;
/// The edges of the page with its scroll bar, and what a meaning needs at least.
const MARGIN: f32 = 40.0;
const LEAST: f32 = 200.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    Panel::top("runtime page").frame(theme::panel(palette)).show(ui, |ui| {
        ui.horizontal(|ui| {
            heading(ui, "Runtime", palette);
            button(ui, Command::Dismiss, commands);
            if look.session.recording.is_none() {
                super::recording::button(ui, look, commands);
            }
        });
    });
    CentralPanel::default().frame(theme::panel(palette)).show(ui, |ui| {
        let Some(header) = &look.screen.header else {
            nothing(ui, "…");
            return;
        };
        ScrollArea::both().auto_shrink(false).show(ui, |ui| content(ui, look, header, palette));
    });
}

fn content(ui: &mut Ui, look: &Look<'_>, header: &Header, palette: &Palette) {
    let all = look.screen.is_of_all;
    heading(ui, if all { "All processes" } else { "Process" }, palette);
    list(ui, "process", &process_facts(header), palette);
    if header.runtimes.is_empty() {
        ui.add_space(10.0);
        let words = "No tokio runtime has been seen: none has polled a tracked task yet, or the \
                     tasks run on another executor.";
        ui.label(RichText::new(words).color(palette.text_dim));
    }
    for runtime in &header.runtimes {
        ui.add_space(14.0);
        let of = of_service(look, runtime.id);
        let name = format!("{of}Runtime {}, {}", runtime.id, runtime.flavor.name());
        heading(ui, &name, palette);
        if let Some(words) = stall(runtime, header) {
            ui.label(RichText::new(format!("Stalled: {words}.")).color(palette.hot));
        }
        list(ui, &name, &facts(runtime), palette);
        workers(ui, runtime, palette);
    }
    ui.add_space(14.0);
    heading(ui, "What the numbers leave out", palette);
    if look.screen.notes.is_empty() {
        let words = "Nothing: no label set, group, capture or await chain was folded or lost.";
        ui.label(RichText::new(words).color(palette.text_dim));
    }
    for note in &look.screen.notes {
        let colour = if note.serious { palette.warm } else { palette.text };
        ui.label(RichText::new(&note.text).color(colour));
        ui.label(RichText::new(&note.meaning).font(theme::small()).color(palette.text_dim));
    }
}

fn heading(ui: &mut Ui, text: &str, palette: &Palette) {
    ui.label(RichText::new(text).font(theme::heading()).color(palette.text_strong));
}

fn list(ui: &mut Ui, name: &str, facts: &[RuntimeFact], palette: &Palette) {
    let left = ui.clip_rect().width() - NAME - VALUE - 2.0 * SPACING[0] - MARGIN;
    Grid::new(("facts", name)).num_columns(3).spacing(SPACING).show(ui, |ui| {
        for fact in facts {
            at_least(ui, NAME, RichText::new(fact.name).color(palette.text_dim));
            let value = match &fact.value {
                Some(value) => RichText::new(value).color(palette.text_strong),
                None => RichText::new("not known").color(palette.text_faint),
            };
            at_least(ui, VALUE, value);
            let meaning = RichText::new(fact.meaning).font(theme::small());
            ui.scope(|ui| {
                ui.set_max_width(left.max(LEAST));
                ui.add(Label::new(meaning.color(palette.text_faint)).wrap());
            });
            ui.end_row();
        }
    });
}

/// As wide as in the other lists of the page, so that their columns line up.
fn at_least(ui: &mut Ui, width: f32, text: RichText) {
    ui.horizontal(|ui| {
        ui.set_min_width(width);
        ui.label(text);
    });
}

/// One line a worker.
fn workers(ui: &mut Ui, runtime: &Runtime, palette: &Palette) {
    if runtime.workers.is_empty() {
        return;
    }
    ui.add_space(6.0);
    // What no worker tells needs no column.
    let tells = |what: fn(&Worker) -> bool| runtime.workers.iter().any(what);
    let shown = [
        tells(|worker| worker.parked.is_some()),
        tells(|worker| worker.local_queue_depth.is_some()),
        tells(|worker| worker.parks.is_some()),
        tells(|worker| worker.steals.is_some()),
    ];
    Grid::new(("workers", runtime.id)).spacing(SPACING).show(ui, |ui| {
        let title = |ui: &mut Ui, title: &str| {
            ui.label(RichText::new(title).font(theme::small()).color(palette.text_faint));
        };
        title(ui, "worker");
        title(ui, "busy");
        let others = ["now", "queue", "went to sleep", "took from others"];
        for (name, _) in others.iter().zip(shown).filter(|(_, shown)| *shown) {
            title(ui, name);
        }
        ui.end_row();
        for (at, known) in runtime.workers.iter().enumerate() {
            worker(ui, at, known, shown, palette);
            ui.end_row();
        }
    });
    let more = u64::from(runtime.worker_count).saturating_sub(runtime.workers.len() as u64);
    if more > 0 {
        let words = format!("and {} more", count(more));
        ui.label(RichText::new(words).color(palette.text_faint));
    }
}

fn worker(ui: &mut Ui, at: usize, worker: &Worker, shown: [bool; 4], palette: &Palette) {
    let words = |ui: &mut Ui, words: Option<String>| {
        let colour = if words.is_some() { palette.text } else { palette.text_faint };
        // Digits stand below each other: what has fewer is moved to the right.
        let words = format!("{:>9}", words.as_deref().unwrap_or("-"));
        ui.label(RichText::new(words).font(theme::mono()).color(colour));
    };
    ui.label(RichText::new(count(at as u64)).font(theme::mono()).color(palette.text));
    ui.horizontal(|ui| {
        let share = worker.busy_permille.map(|permille| permille as f32 / 1_000.0);
        let colour = |share| if share >= FULL { palette.warm } else { palette.good };
        meters(ui, 14.0, &[share], colour, palette.line_strong);
        let busy = worker.busy_permille.map(|busy| format!("{:>3} %", (busy + 5) / 10));
        let colour = if busy.is_some() { palette.text_strong } else { palette.text_faint };
        let busy = busy.unwrap_or_else(|| "-".into());
        ui.label(RichText::new(busy).font(theme::mono()).color(colour));
    });
    let now = worker.parked.map(|parked| if parked { "sleeps" } else { "works" }.to_owned());
    let cells = [
        now,
        worker.local_queue_depth.map(count),
        worker.parks.map(count),
        worker.steals.map(count),
    ];
    for (cell, _) in cells.into_iter().zip(shown).filter(|(_, shown)| *shown) {
        words(ui, cell);
    }
}
