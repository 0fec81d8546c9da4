//! The last minutes: tasks by state, memory beside them, and the moment that is looked at.

use std::time::Duration;

use egui::accesskit::Role;
use egui::{Align2, Color32, Panel, Pos2, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use taskscope_proto::model::State;

use super::group_table::verdict as class_words;
use super::{Look, bands, hint};
use crate::analyse::Range;
use crate::analyse::numbers::{age, bytes, count, counted};
use crate::command::Command;
use crate::screen::{TIMELINE_STEPS, Timeline};
use crate::store::LIVING;
use crate::theme::{self, Palette};
use crate::widgets::{Layer, curve, stack};

/// Below this height of the window the table needs the room.
const LOW: f32 = 500.0;
const HEIGHT: f32 = 64.0;
/// The part of the width that memory takes.
const MEMORY: f32 = 0.28;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    if ui.available_height() < LOW || look.screen.timeline.seconds.is_empty() {
        return;
    }
    let palette = theme::palette(ui);
    Panel::top("timeline").frame(theme::banner(palette.surface)).show(ui, |ui| {
        let width = ui.available_width();
        let size = vec2(width, HEIGHT);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let (left, right) = rect.split_left_right_at_fraction(1.0 - MEMORY);
        tasks(ui, left.with_max_x(left.right() - 8.0), look, commands, palette);
        memory(ui, right.with_min_x(right.left() + 8.0), look, commands, palette);
        range(ui, left, look, commands);
    });
}

/// What a chart is drawn by.
struct Chart<'a> {
    rect: Rect,
    timeline: &'a Timeline,
}

impl Chart<'_> {
    /// Clocks may say millions of seconds: only differences are small enough for pixels.
    fn x_of(&self, ms: u64) -> f32 {
        let last_ms = self.last().saturating_mul(1_000).cast_signed();
        let ago = last_ms.saturating_sub(ms.cast_signed()) as f32 / 1_000.0;
        let span = self.timeline.span.as_secs_f32().max(1.0);
        self.rect.right() - ago / span * self.rect.width()
    }

    /// How long a stretch of it is known.
    fn seen(&self) -> Duration {
        let first = self.timeline.seconds.first().copied().unwrap_or(0);
        Duration::from_secs(self.last().saturating_sub(first))
    }

    fn last(&self) -> u64 {
        self.timeline.seconds.last().copied().unwrap_or(0)
    }

    /// The step nearest to a place, if something is known there.
    fn step_at(&self, place: Pos2) -> Option<usize> {
        let seconds = &self.timeline.seconds;
        let span = self.timeline.span.as_secs_f32().max(1.0);
        let ago = (self.rect.right() - place.x) / self.rect.width() * span;
        let last = *seconds.last()?;
        let before = |second: u64| last.saturating_sub(second) as f32;
        let half = span / TIMELINE_STEPS as f32 / 2.0;
        let step = seconds.partition_point(|second| before(*second) - half > ago);
        let is_known = seconds.first().is_some_and(|first| before(*first) >= ago - 2.0 * half);
        is_known.then_some(step.min(seconds.len() - 1))
    }

    /// The frame below what is drawn.
    fn ground(&self, ui: &Ui, palette: &Palette) {
        ui.painter().rect_filled(self.rect, 4.0, palette.sunken);
    }

    /// Since when something has been the matter.
    fn bands(&self, ui: &Ui, palette: &Palette) {
        let now = self.rect.right();
        let first = self.timeline.seconds.first().copied().unwrap_or(0);
        // Of what was before nothing is known.
        let from = self.x_of(first * 1_000).clamp(self.rect.left(), now);
        for (since_ms, class) in &self.timeline.onsets {
            let (_, colour) = class_words(*class, palette);
            let x = self.x_of(*since_ms).clamp(from, now);
            let band = self.rect.with_min_x(x);
            ui.painter().rect_filled(band, 0.0, colour.gamma_multiply(0.10));
            ui.painter().vline(x, self.rect.y_range(), Stroke::new(1.0, colour));
        }
    }

    /// The moment that is looked at, and what may be done with the mouse.
    fn cursor(
        &self,
        ui: &mut Ui,
        look: &Look<'_>,
        name: &str,
        words: &[String],
        commands: &mut Vec<Command>,
    ) {
        let palette = theme::palette(ui);
        let id = ui.scope_id().with(name);
        let response = ui.interact(self.rect, id, Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
        let line = |ui: &Ui, ms: u64, colour: Color32| {
            let x = self.x_of(ms).clamp(self.rect.left(), self.rect.right());
            ui.painter().vline(x, self.rect.y_range(), Stroke::new(1.5, colour));
        };
        // The end of the run before has no place in this one.
        if let Some(marked_ms) = look.screen.marked_ms.filter(|_| !look.screen.run.is_marked_before)
        {
            line(ui, marked_ms, palette.accent);
        }
        if let Some(moment_ms) = look.screen.moment_ms {
            line(ui, moment_ms, palette.text_strong);
        }
        let pointed = response.hover_pos().and_then(|place| self.step_at(place));
        let Some(second) = pointed.and_then(|step| self.timeline.seconds.get(step)) else { return };
        line(ui, second * 1_000, palette.text_faint);
        if (response.clicked() || response.dragged()) && look.screen.header.is_some() {
            commands.push(Command::GoTo(second * 1_000));
        }
        if let Some(words) = pointed.and_then(|step| words.get(step)) {
            response.on_hover_text_at_pointer(words);
        }
    }

    fn corner(&self, ui: &Ui, words: &str, palette: &Palette) {
        let at = self.rect.left_top() + vec2(6.0, 4.0);
        ui.painter().text(at, Align2::LEFT_TOP, words, theme::small(), palette.text_dim);
    }
}

/// The step of the moment that is looked at, if it is not the last.
fn shown_step(look: &Look<'_>) -> Option<usize> {
    let moment_ms = look.screen.moment_ms?;
    let seconds = &look.screen.timeline.seconds;
    Some(seconds.partition_point(|second| second * 1_000 <= moment_ms).saturating_sub(1))
}

/// What the numbers in a title are of.
fn when(look: &Look<'_>) -> &'static str {
    match look.screen.moment_ms {
        Some(_) => "then",
        None if look.screen.is_live() => "now",
        // That of a file.
        None if look.screen.is_final() => "at the end",
        None => "last seen",
    }
}

fn colour_of(state: State, palette: &Palette) -> Color32 {
    match state {
        State::Running => palette.good,
        State::Ready => palette.warm,
        State::New => palette.accent,
        State::Parked | State::Finished => palette.share,
    }
}

fn tasks(ui: &mut Ui, rect: Rect, look: &Look<'_>, commands: &mut Vec<Command>, palette: &Palette) {
    let timeline = &look.screen.timeline;
    let chart = Chart { rect, timeline };
    chart.ground(ui, palette);
    chart.bands(ui, palette);
    let counts = timeline
        .states
        .each_ref()
        .map(|levels| -> Vec<u64> { levels.iter().map(|level| level.count).collect() });
    let stuck: Vec<u64> = (0..timeline.seconds.len())
        .map(|at| {
            timeline
                .states
                .iter()
                .filter_map(|levels| levels.get(at))
                .fold(0_u64, |sum, l| sum.saturating_add(l.stuck))
        })
        .collect();
    let sums: Vec<u64> = (0..timeline.seconds.len())
        .map(|at| {
            counts.iter().filter_map(|c| c.get(at)).fold(0_u64, |sum, n| sum.saturating_add(*n))
        })
        .collect();
    let highest = sums.iter().copied().max().unwrap_or(0);
    let below = bands::height(&timeline.bands);
    let inner = rect.shrink2(vec2(0.0, 2.0)).with_min_y(rect.top() + 20.0);
    let inner = inner.with_max_y(inner.bottom() - below);
    let layers: Vec<Layer<'_>> = LIVING
        .into_iter()
        .zip(&counts)
        .map(|(state, counts)| (counts.as_slice(), colour_of(state, palette)))
        .collect();
    stack(ui, inner, &layers, TIMELINE_STEPS, highest);
    let known: Vec<Option<u64>> = stuck.iter().map(|stuck| Some(*stuck)).collect();
    if stuck.iter().any(|stuck| *stuck > 0) {
        curve(ui, inner, &known, TIMELINE_STEPS, highest, palette.hot);
    }
    let shown = shown_step(look).unwrap_or(timeline.seconds.len().saturating_sub(1));
    let at = |numbers: &[u64]| count(numbers.get(shown).copied().unwrap_or(0));
    let over = match chart.seen().as_secs() {
        0 => String::new(),
        _ => format!(" over {}", age(chart.seen())),
    };
    let title = format!(
        "Tasks{over}: {} {}, {} at most; {} stuck",
        at(&sums),
        when(look),
        count(highest),
        at(&stuck)
    );
    chart.corner(ui, &title, palette);
    let words: Vec<String> = sums
        .iter()
        .zip(&stuck)
        .enumerate()
        .map(|(at, (sum, stuck))| {
            let mut lines = vec![
                ago(timeline, at),
                format!("{}, {} stuck", counted(*sum, "task"), count(*stuck)),
            ];
            lines.extend(LIVING.iter().zip(&counts).filter_map(|(state, counts)| {
                let number = *counts.get(at)?;
                (number > 0).then(|| format!("{} {}", count(number), state.name()))
            }));
            lines.join("\n")
        })
        .collect();
    chart.cursor(ui, look, &title, &words, commands);
    bands::show(ui, rect, look, |ms| chart.x_of(ms), commands);
}

fn memory(
    ui: &mut Ui,
    rect: Rect,
    look: &Look<'_>,
    commands: &mut Vec<Command>,
    palette: &Palette,
) {
    let timeline = &look.screen.timeline;
    let chart = Chart { rect, timeline };
    chart.ground(ui, palette);
    let highest = timeline.memory.iter().flatten().copied().max().unwrap_or(0);
    let inner = rect.shrink2(vec2(0.0, 2.0)).with_min_y(rect.top() + 20.0);
    // A line right below the words would look like one that is drawn under them.
    let top = highest.saturating_add(highest / 6);
    curve(ui, inner, &timeline.memory, TIMELINE_STEPS, top, palette.trend);
    let shown = shown_step(look).unwrap_or(timeline.seconds.len().saturating_sub(1));
    let title = match timeline.memory.get(shown).copied().flatten() {
        Some(then) if then == highest => format!("Memory: {} {}", bytes(then), when(look)),
        Some(then) => {
            format!("Memory: {} {}, {} at most", bytes(then), when(look), bytes(highest))
        }
        None => "Memory: not known".to_owned(),
    };
    chart.corner(ui, &title, palette);
    let words: Vec<String> = timeline
        .memory
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let value =
                value.map_or("not seen".to_owned(), |value| format!("{} resident", bytes(value)));
            format!("{}\n{value}", ago(timeline, at))
        })
        .collect();
    chart.cursor(ui, look, &title, &words, commands);
}

/// The buttons in the corner that change the stretch.
fn range(ui: &mut Ui, chart: Rect, look: &Look<'_>, commands: &mut Vec<Command>) {
    let ranges = [(Range::Minutes, "10 min", 106.0, 52.0), (Range::Day, "24 h", 52.0, 42.0)];
    for (range, words, from_right, width) in ranges {
        let chosen = look.session.workspace.range == range;
        let text = egui::RichText::new(words).font(theme::small());
        let place = pos2(chart.right() - from_right, chart.top() + 1.0);
        let button = egui::Button::new(text).small().wrap_mode(egui::TextWrapMode::Extend);
        let place = Rect::from_min_size(place, vec2(width, 16.0));
        let button = ui.put(place, button.selected(chosen));
        let name = format!("{}: {words}", Command::SwitchRange.text());
        button.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
        if button.on_hover_text(hint(&Command::SwitchRange)).clicked() && !chosen {
            commands.push(Command::SwitchRange);
        }
    }
}

/// How long ago a step was.
fn ago(timeline: &Timeline, step: usize) -> String {
    let last = timeline.seconds.last().copied().unwrap_or(0);
    let second = timeline.seconds.get(step).copied().unwrap_or(last);
    match last.saturating_sub(second) {
        0 => "now".to_owned(),
        secs => format!("{} ago", age(Duration::from_secs(secs))),
    }
}

/// Where in the picture a moment lies is worked out in one place only.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_its_step_agree() {
        // An agent's clock, and one that counts since 1970.
        for begin in [400, 1_780_000_000] {
            agree(begin);
        }
    }

    fn agree(begin: u64) {
        let timeline = Timeline {
            span: std::time::Duration::from_mins(10),
            seconds: (0..=60).map(|step| begin + step * 5).collect(),
            ..Timeline::default()
        };
        let rect = Rect::from_min_size(pos2(10.0, 0.0), vec2(600.0, 60.0));
        let chart = Chart { rect, timeline: &timeline };
        for step in [0, 17, 60] {
            let second = timeline.seconds[step];
            let place = pos2(chart.x_of(second * 1_000), 30.0);
            assert_eq!(chart.step_at(place), Some(step), "{second}");
        }
        assert_eq!(chart.step_at(pos2(10.0, 3.0)), None, "nothing is known of then");
    }
}
