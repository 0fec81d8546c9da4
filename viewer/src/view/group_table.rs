//! The table of groups.

use egui::accesskit::Role;
use egui::{Color32, Rect, Sense, Ui, WidgetInfo};
use egui_extras::{Column as Width, TableBuilder, TableRow};

use super::groups::value_words;
use super::table::{Title, cell, number, title};
use super::{Look, place};
use crate::analyse::numbers::{age, count, counted, signed};
use crate::analyse::{Column, Heat, Key, Row, Value};
use crate::command::Command;
use crate::screen::{ScreenRow, TREND_STEPS};
use crate::theme::{self, CELL_PAD, Palette, ROW_HEIGHT};
use crate::widgets::{Side, cell_text, keep_end, sparkline};

/// A column of numbers.
struct Number {
    column: Column,
    title: &'static str,
    tooltip: &'static str,
    width: f32,
    /// When the window is too narrow for all, the highest gives way first; zero never does.
    gives_way: u8,
}

const NUMBERS: [Number; 7] = [
    column(Column::Count, "tasks", "Living tasks", 74.0, 0),
    column(Column::Growth, "growth/min", "Tasks more (or fewer) than a minute ago", 88.0, 0),
    column(
        Column::Stuck,
        "stuck",
        "Longer in one state than the threshold, timers excepted",
        70.0,
        0,
    ),
    column(Column::Oldest, "oldest", "How long the longest is in its state", 94.0, 0),
    column(Column::Median, "median", "How long half of them are in their state at least", 94.0, 1),
    column(
        Column::Spawned,
        "spawned/min",
        "Spawned in the last minute where these come from",
        94.0,
        2,
    ),
    column(
        Column::Finished,
        "ended/min",
        "Ended in the last minute where these come from",
        84.0,
        3,
    ),
];
const TREND_WIDTH: f32 = 104.0;

const fn column(
    column: Column,
    title: &'static str,
    tooltip: &'static str,
    width: f32,
    gives_way: u8,
) -> Number {
    Number { column, title, tooltip, width, gives_way }
}

/// The columns that there is room for beside the keys.
fn fitting(width: f32, keys: &[Key]) -> Vec<&'static Number> {
    let for_keys: f32 = keys.iter().map(|key| key_width(key) * 0.9).sum();
    let room = width - for_keys - TREND_WIDTH;
    let mut shown: Vec<&Number> = NUMBERS.iter().collect();
    while shown.iter().map(|number| number.width).sum::<f32>() > room {
        let next = shown.iter().enumerate().max_by_key(|(_, number)| number.gives_way);
        match next {
            Some((at, number)) if number.gives_way > 0 => drop(shown.remove(at)),
            _ => break,
        }
    }
    shown
}

fn key_width(key: &Key) -> f32 {
    match key {
        Key::AwaitPoint | Key::SpawnedAt => 220.0,
        Key::Label(_) | Key::WaitKind => 132.0,
        Key::State | Key::Handle | Key::Parent => 80.0,
    }
}

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let table = &look.screen.table;
    let palette = theme::palette(ui);
    let shown = fitting(ui.available_width(), &table.keys);
    let titles: Vec<&str> = table.keys.iter().map(Key::title).collect();
    let scroll_to = scroll_target(ui, look);
    ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
    let mut builder = TableBuilder::new(ui)
        .id_salt(("groups", titles.join("\n"), shown.len()))
        .sense(Sense::click())
        .auto_shrink(false)
        .resizable(true);
    for width in key_widths(&table.keys) {
        builder = builder.column(width.clip(true));
    }
    for number in &shown {
        builder = builder.column(Width::exact(number.width).resizable(false));
    }
    builder = builder.column(Width::exact(TREND_WIDTH).resizable(false));
    if let Some(row) = scroll_to {
        builder = builder.scroll_to_row(row, None);
    }
    builder.header(ROW_HEIGHT, |mut row| header(&mut row, &shown, look, commands)).body(|body| {
        body.rows(ROW_HEIGHT, table.rows.len(), |mut row| {
            if let Some(data) = table.rows.get(row.index()) {
                group(&mut row, data, &Style { shown: &shown, look, palette }, commands);
            }
        });
    });
}

/// The chosen row, once after each new query: it has to be in sight then, and only then.
fn scroll_target(ui: &Ui, look: &Look<'_>) -> Option<usize> {
    let id = ui.scope_id().with("scrolled for");
    let generation = look.screen.generation;
    let news = ui.data(|data| data.get_temp(id)) != Some(generation);
    ui.data_mut(|data| data.insert_temp(id, generation));
    look.screen.detail.as_ref().filter(|_| news)?.row
}

/// One column takes what is left: the first source line, or the last key.
fn key_widths(keys: &[Key]) -> Vec<Width> {
    if keys.is_empty() {
        return vec![Width::remainder().at_least(120.0)];
    }
    let is_place = |key: &Key| matches!(key, Key::AwaitPoint | Key::SpawnedAt);
    let widest = keys.iter().position(is_place).unwrap_or(keys.len() - 1);
    let width = |(at, key): (usize, &Key)| {
        if at == widest {
            // Not resizable: it follows the window, and gives room when its neighbours are dragged.
            Width::remainder().at_least(140.0).resizable(false)
        } else {
            Width::initial(key_width(key)).at_least(60.0)
        }
    };
    keys.iter().enumerate().map(width).collect()
}

fn header(
    row: &mut TableRow<'_, '_>,
    shown: &[&Number],
    look: &Look<'_>,
    commands: &mut Vec<Command>,
) {
    let table = &look.screen.table;
    let sorted = |column| (table.sort.column == column).then_some(table.sort.descending);
    let mut add = |text: &str, tooltip: &str, side, column| {
        let sorted = sorted(column);
        if title(row, Title { text, tooltip, side, sorted }, true) {
            commands.push(Command::SortBy(column));
        }
    };
    if table.keys.is_empty() {
        add("all", "All tasks as one row", Side::Left, Column::Key(0));
    }
    for (at, key) in table.keys.iter().enumerate() {
        add(key.title(), "Sort by this key", Side::Left, Column::Key(at));
    }
    for number in shown {
        add(number.title, number.tooltip, Side::Right, number.column);
    }
    let tooltip = format!("Living tasks over the last {}", age(table.trend_span));
    let trend = Title { text: "trend", tooltip: &tooltip, side: Side::Left, sorted: None };
    title(row, trend, false);
}

/// What all rows have in common.
struct Style<'a> {
    shown: &'a [&'static Number],
    look: &'a Look<'a>,
    palette: &'a Palette,
}

fn group(
    row: &mut TableRow<'_, '_>,
    data: &ScreenRow,
    style: &Style<'_>,
    commands: &mut Vec<Command>,
) {
    let (look, palette) = (style.look, style.palette);
    let values = &data.row.values;
    let heat = data.row.heat;
    let selected = look.session.selection.as_ref().is_some_and(|s| s.values == *values);
    row.set_selected(selected);
    let fill = warmth(heat, selected, palette);
    if values.is_empty() {
        value(row, fill, &Value::Blank("all tasks"), Some(heat));
    }
    for (at, each) in values.iter().enumerate() {
        value(row, fill, each, (at == 0).then_some(heat));
    }
    for shown in style.shown {
        let (words, colour) = words_and_colour(shown.column, &data.row, style);
        number(row, fill, &words, colour);
    }
    cell(row, fill, |ui, rect| {
        let colour = if heat == Heat::Calm { palette.trend } else { heat_colour(heat, palette) };
        let rect = rect.shrink2(egui::vec2(0.0, 5.0));
        sparkline(ui, rect, &data.trend, TREND_STEPS, colour);
    });
    let response = row.response();
    response
        .widget_info(|| WidgetInfo::selected(Role::Row, true, selected, sentence(&data.row, look)));
    if response.clicked() {
        commands.push(Command::Select(values.clone()));
    }
}

/// The background that shows how suspicious a row is; a chosen row shows that it is chosen.
fn warmth(heat: Heat, selected: bool, palette: &Palette) -> Option<Color32> {
    match heat {
        _ if selected => None,
        Heat::Calm => None,
        Heat::Growing | Heat::Stuck => Some(palette.warm_soft),
        Heat::Piling => Some(palette.hot_soft),
    }
}

fn heat_colour(heat: Heat, palette: &Palette) -> Color32 {
    match heat {
        Heat::Calm => Color32::TRANSPARENT,
        Heat::Growing | Heat::Stuck => palette.warm,
        Heat::Piling => palette.hot,
    }
}

/// A value; the first of a row carries the stripe that shows how suspicious the row is.
fn value(row: &mut TableRow<'_, '_>, fill: Option<Color32>, value: &Value, stripe: Option<Heat>) {
    row.col(|ui| {
        let palette = theme::palette(ui);
        let whole = ui.max_rect();
        if let Some(fill) = fill {
            ui.painter().rect_filled(whole, 0.0, fill);
        }
        let mut rect = whole.shrink2(egui::vec2(CELL_PAD, 0.0));
        if let Some(heat) = stripe {
            let edge = Rect::from_min_size(whole.min, egui::vec2(3.0, whole.height()));
            ui.painter().rect_filled(edge, 0.0, heat_colour(heat, palette));
            rect = rect.with_min_x(rect.left() + 3.0);
        }
        let (text, font, colour) = match value {
            Value::Place(location) => {
                let font = theme::mono();
                let text = keep_end(ui, &place::short(location), rect.width(), &font);
                (text, font, palette.text_strong)
            }
            Value::Blank(why) => ((*why).to_owned(), theme::body(), palette.text_faint),
            other => (other.to_string(), theme::body(), palette.text),
        };
        cell_text(ui, rect, Side::Left, text, font, colour);
    });
}

fn words_and_colour(column: Column, row: &Row, style: &Style<'_>) -> (String, Color32) {
    let (sum, palette) = (&row.sum, style.palette);
    let quiet = |number: u64| {
        (count(number), if number == 0 { palette.text_faint } else { palette.text_dim })
    };
    let since = |since: Option<u64>| {
        let age_of = |since| age(style.look.screen.age(since, style.look.now));
        (since.map_or("-".into(), age_of), palette.text)
    };
    match column {
        Column::Growth => {
            let colour = match (sum.growth, row.heat) {
                (0, _) => palette.text_faint,
                (_, Heat::Growing | Heat::Piling) => heat_colour(row.heat, palette),
                _ => palette.text_dim,
            };
            (signed(sum.growth), colour)
        }
        Column::Stuck if sum.evidence.own_stuck > 0 => {
            (count(sum.stuck), heat_colour(row.heat, palette))
        }
        Column::Stuck => quiet(sum.stuck),
        Column::Oldest => since(sum.oldest_since_ms),
        Column::Median => since(row.median_since_ms),
        Column::Spawned => quiet(sum.spawned_per_min),
        Column::Finished => quiet(sum.finished_per_min),
        Column::Count | Column::Key(_) | Column::Suspicion => {
            (count(sum.count), palette.text_strong)
        }
    }
}

/// The row as a sentence, for those who do not see it.
fn sentence(row: &Row, look: &Look<'_>) -> String {
    let values: Vec<String> = row.values.iter().map(value_words).collect();
    let values = if values.is_empty() { "all tasks".into() } else { values.join(", ") };
    let sum = &row.sum;
    let oldest = sum.oldest_since_ms.map_or("-".into(), |ms| age(look.screen.age(ms, look.now)));
    let median = row.median_since_ms.map_or("-".into(), |ms| age(look.screen.age(ms, look.now)));
    format!(
        "{values}: {}, {} a minute, {} stuck, oldest {oldest}, median {median}, {} spawned \
         and {} ended a minute; {}",
        counted(sum.count, "task"),
        signed(sum.growth),
        count(sum.stuck),
        count(sum.spawned_per_min),
        count(sum.finished_per_min),
        row.heat.words(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_window_keeps_the_columns_that_matter() {
        let keys = [Key::Label("task".into()), Key::AwaitPoint, Key::WaitKind];
        for (width, expected) in [
            (1_440.0, "tasks growth/min stuck oldest median spawned/min ended/min"),
            (1_084.0, "tasks growth/min stuck oldest median spawned/min"),
            (900.0, "tasks growth/min stuck oldest"),
            (100.0, "tasks growth/min stuck oldest"),
        ] {
            let titles: Vec<&str> = fitting(width, &keys).iter().map(|n| n.title).collect();
            assert_eq!(titles.join(" "), expected, "{width}");
        }
    }
}
