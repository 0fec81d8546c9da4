//! The await trees of the chosen row: where its tasks wait, and how they came there, in the shape
//! that was asked for.

mod bar;
mod difference;
mod flame;
mod frame;
mod tree;

use egui::{Label, RichText, ScrollArea, Ui};

use super::table::nothing;
use super::tasks::ended as ended_words;
use super::{Look, groups, verdict};
use crate::analyse::numbers::{bytes, count, counted, span};
use crate::analyse::{Merged, Shape, woken_by};
use crate::command::Command;
use crate::screen::Detail;
use crate::theme;

/// Where there is less room than this, only what the trees are shown with stands above them; and
/// the verdict takes one line.
const ROOM_FOR_FACTS: f32 = 160.0;
const ROOM_FOR_ALL: f32 = 220.0;
/// As high as most verdicts are, with who is at their root.
const VERDICT: f32 = 190.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let Some(detail) = &look.screen.detail else { return };
    let palette = theme::palette(ui);
    let at_length = at_length(detail) && ui.available_height() >= ROOM_FOR_ALL;
    theme::panel(palette).show(ui, |ui| {
        let has_room = ui.available_height() >= ROOM_FOR_FACTS;
        bar::show(ui, look, detail, commands);
        if has_room {
            heading(ui, look, detail, at_length, commands);
        }
    });
    if at_length {
        // However much there is to say, some of the tree stays in sight.
        let least = (ui.ctx().content_rect().height() * 0.26).min(VERDICT);
        let height = (ui.available_height() - 3.0 * tree::LINE).max(least);
        let area = ScrollArea::vertical().id_salt("verdict").max_height(height);
        area.min_scrolled_height(0.0).show(ui, |ui| verdict::show(ui, look, detail, commands));
    }
    let mut pointed = frame::Pointed::default();
    if let Some(words) = empty(look, detail) {
        nothing(ui, &words);
    } else {
        match detail.awaits.asked.shape {
            Shape::Tree | Shape::Inverted => tree::show(ui, look, detail, &mut pointed, commands),
            Shape::Flame => flame::show(ui, look, detail, &mut pointed, commands),
            Shape::Difference => difference::show(ui, look, detail, &mut pointed, commands),
        }
    }
    pointed.tell(look, commands);
}

/// Whether all that is known of the row is said. It makes room for who goes through the trees.
fn at_length(detail: &Detail) -> bool {
    let asked = &detail.awaits.asked;
    asked.shape == Shape::Tree && asked.transforms.is_empty() && asked.search.trim().is_empty()
}

/// What to say where there is nothing to show.
fn empty(look: &Look<'_>, detail: &Detail) -> Option<String> {
    let tree = &detail.awaits.tree;
    let asked = &detail.awaits.asked;
    if detail.row.is_none() && !look.session.workspace.filter.trim().is_empty() {
        return Some("No group of this row passes the filter, or the row is gone.".into());
    }
    if detail.row.is_none() {
        return Some("This row is gone: no living task has these values any more.".into());
    }
    if asked.shape == Shape::Difference && look.screen.marked_ms.is_none() {
        return Some("Mark a moment with m to compare with it.".into());
    }
    if !tree.nodes.is_empty() {
        let weightless = asked.shape == Shape::Flame && tree.weight == 0;
        return weightless.then(|| "What is here weighs nothing yet.".into());
    }
    if detail.tree.tasks > detail.tree.no_waker && !asked.transforms.is_empty() {
        return Some("No task passes there. Esc takes the last step back.".into());
    }
    let row = detail.row.and_then(|at| look.screen.table.rows.get(at));
    let ended = row.filter(|row| row.sum.has_ended());
    Some(ended.map_or_else(|| without_tree(&detail.tree), |row| ended_words(&row.sum)))
}

fn heading(
    ui: &mut Ui,
    look: &Look<'_>,
    detail: &Detail,
    at_length: bool,
    commands: &mut Vec<Command>,
) {
    let palette = theme::palette(ui);
    let line = |ui: &mut Ui, words: String, colour| {
        let words = RichText::new(words).font(theme::small()).color(colour);
        ui.add(Label::new(words).truncate());
    };
    ui.spacing_mut().item_spacing.y = 3.0;
    let values: Vec<String> = detail.selection.values.iter().map(groups::value_words).collect();
    if !values.is_empty() {
        line(ui, values.join("  ·  "), palette.text_dim);
    }
    line(ui, facts(look, detail), palette.text_faint);
    if !at_length {
        verdict::in_short(ui, look, detail, commands);
        return;
    }
    if let Some((by, usually)) = woken_by(&detail.wakings, detail.tree.tasks) {
        let often = if usually { "usually" } else { "some" };
        line(ui, format!("{often} woken by {by}"), palette.text_faint);
    }
    if let Some(panic) = last_panic(look, detail) {
        line(ui, panic, palette.hot);
    }
}

/// What the table does not say about the row.
fn facts(look: &Look<'_>, detail: &Detail) -> String {
    let row = detail.row.and_then(|at| look.screen.table.rows.get(at));
    let mut facts = Vec::new();
    if let Some(row) = row {
        let sum = &row.sum;
        // What tells of a leak first: the end may be cut off.
        for (tasks, word) in [(sum.detached, "detached"), (sum.orphans, "orphan")] {
            if tasks > 0 {
                facts.push(format!("{} {word}", count(tasks)));
            }
        }
        facts.push(format!("futures {}", bytes(sum.future_bytes)));
        if look.screen.header.as_ref().is_some_and(|header| header.heap.is_some()) {
            facts.push(format!("holds {}", bytes(sum.held.live_bytes)));
        }
        if sum.activity.polls > 0 {
            let (running, ready) = (span(sum.activity.running_us), span(sum.activity.ready_us));
            facts.push(format!("{}, {running} in them", counted(sum.activity.polls, "poll")));
            facts.push(format!("{ready} ready"));
            if sum.activity.longest_poll_us > 0 {
                facts.push(format!("longest poll {}", span(sum.activity.longest_poll_us)));
            }
        }
    }
    if detail.tree.without_tree > 0 && !detail.tree.nodes.is_empty() {
        facts.push(format!("{} without a tree", count(detail.tree.without_tree)));
    }
    if detail.awaits.asked.shape != Shape::Tree && detail.awaits.tree.several > 0 {
        let several = count(detail.awaits.tree.several);
        facts.push(format!("{several} with several waits end at the line that waits for all"));
    }
    if detail.tree.no_waker > 0 {
        facts.push(format!("{} without a live waker", count(detail.tree.no_waker)));
    }
    facts.join("  ·  ")
}

fn last_panic(look: &Look<'_>, detail: &Detail) -> Option<String> {
    let row = look.screen.table.rows.get(detail.row?)?;
    let sum = &row.sum;
    let message = sum.last_panic.as_deref().unwrap_or("no message");
    (sum.panicked > 0).then(|| {
        let message = message.lines().next().unwrap_or_default();
        format!("{} panicked since start, the latest: {message}", count(sum.panicked))
    })
}

fn without_tree(tree: &Merged) -> String {
    if tree.no_waker > 0 {
        let tasks = count(tree.no_waker);
        return format!("{tasks} tasks wait for nothing: no live waker will ever wake them.");
    }
    if tree.unknown > 0 {
        let tasks = counted(tree.unknown, "task");
        return format!("The await tree of {tasks} is not known: nobody can look into them.");
    }
    "No await tree: the tasks run, were never polled, or are not captured yet.".into()
}
