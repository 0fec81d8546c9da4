//! The table of groups, and by what it groups, filters and sorts.

use egui::accesskit::Role;
use egui::{Align, Color32, Layout, Rect, RichText, Sense, TextEdit, Ui, WidgetInfo};
use egui_extras::{Column as Width, TableBuilder, TableRow};

use super::table::{Title, cell, nothing, number, title};
use super::{Look, button, hint, place};
use crate::analyse::{Column, Heat, Key, Row, Value};
use crate::command::Command;
use crate::screen::ScreenRow;
use crate::theme::{self, CELL_PAD, Palette, ROW_HEIGHT};
use crate::widgets::{Side, age, cell_text, count, keep_end, signed, sparkline};

/// The columns of numbers: by what they sort, title, what it means, width.
const NUMBERS: [(Column, &str, &str, f32); 7] = [
    (Column::Count, "tasks", "Living tasks", 74.0),
    (Column::Growth, "growth/min", "Tasks more (or fewer) than a minute ago", 88.0),
    (Column::Stuck, "stuck", "Longer in one state than the threshold, timers excepted", 70.0),
    (Column::Oldest, "oldest", "How long the longest is in its state", 94.0),
    (Column::Median, "median", "How long half of them are in their state at least", 94.0),
    (Column::Spawned, "spawned/min", "Spawned in the last minute where these come from", 94.0),
    (Column::Finished, "ended/min", "Ended in the last minute where these come from", 84.0),
];
const TREND_WIDTH: f32 = 104.0;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    theme::panel(theme::palette(ui)).show(ui, |ui| controls(ui, look, commands));
    if look.screen.table.rows.is_empty() {
        let words = if look.screen.table.base_groups == 0 {
            "No living tasks. Tasks show up here as soon as they are spawned through the agent."
        } else {
            "No group matches the filter."
        };
        nothing(ui, words);
        return;
    }
    table(ui, look, commands);
}

/// The line above the table: keys, filter, order.
fn controls(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        let chooser = egui::Button::new(Command::ChooseKeys.text());
        let chooser = ui.add(chooser.selected(look.session.choosing_keys));
        if chooser.on_hover_text(hint(&Command::ChooseKeys)).clicked() {
            commands.push(Command::ChooseKeys);
        }
        for key in &look.screen.table.keys {
            let chip = RichText::new(key.title()).color(palette.accent);
            let chip = ui.add(egui::Button::new(chip).fill(palette.accent_soft));
            chip.widget_info(|| {
                let words = format!("Take {} out of the grouping", key.title());
                WidgetInfo::labeled(Role::Button, true, words)
            });
            if chip.on_hover_text("Take this key out of the grouping").clicked() {
                commands.push(Command::ToggleKey(key.clone()));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let by_suspicion = look.screen.table.sort.column == Column::Suspicion;
            let first = egui::Button::new("Suspicious first").selected(by_suspicion);
            let tooltip = "Stuck and growing first, then stuck, then growing";
            if ui.add(first).on_hover_text(tooltip).clicked() && !by_suspicion {
                commands.push(Command::SortBy(Column::Suspicion));
            }
            filter(ui, look, commands);
            let rows = look.screen.table.rows.len();
            let words = if look.session.workspace.filter.is_empty() {
                format!("{} rows", count(rows as u64))
            } else {
                let (some, all) = (look.screen.table.matching, look.screen.table.base_groups);
                format!("{} rows, {} of {} groups", count(rows as u64), count(some as u64), count(all as u64))
            };
            ui.label(RichText::new(words).font(theme::small()).color(palette.text_faint));
        });
    });
}

fn filter(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let mut line = look.session.workspace.filter.clone();
    let field = TextEdit::singleline(&mut line)
        .hint_text("filter: task:fetch is:stuck  ( / )")
        .desired_width(260.0);
    let field = ui.add(field).accessible_name("Filter");
    let asked = look.session.filter_focus;
    let id = field.id.with("focus");
    if ui.data(|data| data.get_temp(id).unwrap_or(0)) != asked {
        ui.data_mut(|data| data.insert_temp(id, asked));
        field.request_focus();
    }
    if field.changed() {
        commands.push(Command::EditFilter(line));
    }
    field.on_hover_text(hint(&Command::FocusFilter));
}

/// The list of keys, each with a box to tick.
pub(super) fn choose_keys(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new("Group by").color(palette.text_strong));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            button(ui, Command::CycleGrouping, commands);
        });
    });
    ui.add_space(4.0);
    egui::ScrollArea::vertical().show(ui, |ui| {
        for key in &look.screen.available {
            let mut ticked = look.session.workspace.keys.contains(key);
            if let Key::Label(_) = key {
                ui.checkbox(&mut ticked, RichText::new(key.title()).font(theme::mono()))
            } else {
                ui.checkbox(&mut ticked, key.title())
            }
            .clicked()
            .then(|| commands.push(Command::ToggleKey(key.clone())));
        }
    });
}

fn table(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let table = &look.screen.table;
    let titles: Vec<&str> = table.keys.iter().map(Key::title).collect();
    let scroll_to = scroll_target(ui, look);
    ui.spacing_mut().item_spacing.x = 0.0;
    let mut builder = TableBuilder::new(ui)
        .id_salt(("groups", titles.join("\n")))
        .sense(Sense::click())
        .auto_shrink(false)
        .resizable(true);
    for width in key_widths(&table.keys) {
        builder = builder.column(width.clip(true));
    }
    for (_, _, _, width) in NUMBERS {
        builder = builder.column(Width::exact(width));
    }
    builder = builder.column(Width::exact(TREND_WIDTH));
    if let Some(row) = scroll_to {
        builder = builder.scroll_to_row(row, None);
    }
    builder.header(ROW_HEIGHT, |mut row| header(&mut row, look, commands)).body(|body| {
        body.rows(ROW_HEIGHT, table.rows.len(), |mut row| {
            if let Some(screen_row) = table.rows.get(row.index()) {
                group(&mut row, screen_row, look, commands);
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
    let width = |(at, key): (usize, &Key)| match key {
        _ if at == widest => Width::remainder().at_least(140.0),
        Key::AwaitPoint | Key::SpawnedAt => Width::initial(220.0).at_least(80.0),
        Key::Label(_) | Key::WaitKind => Width::initial(132.0).at_least(60.0),
        Key::State => Width::initial(80.0).at_least(60.0),
    };
    keys.iter().enumerate().map(width).collect()
}

fn header(row: &mut TableRow<'_, '_>, look: &Look<'_>, commands: &mut Vec<Command>) {
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
    for (column, text, tooltip, _) in NUMBERS {
        add(text, tooltip, Side::Right, column);
    }
    let tooltip = format!("Living tasks over the last {}", age(table.trend_span));
    let trend = Title { text: "trend", tooltip: &tooltip, side: Side::Left, sorted: None };
    title(row, trend, false);
}

fn group(
    row: &mut TableRow<'_, '_>,
    screen_row: &ScreenRow,
    look: &Look<'_>,
    commands: &mut Vec<Command>,
) {
    let data = &screen_row.row;
    let selected = look.session.selection.as_ref().is_some_and(|s| s.values == data.values);
    row.set_selected(selected);
    let mut stripe = true;
    if data.values.is_empty() {
        value(row, &Value::Blank("all tasks"), data.heat, selected, stripe);
    }
    for each in data.values.iter() {
        value(row, each, data.heat, selected, stripe);
        stripe = false;
    }
    numbers(row, screen_row, look, selected);
    let response = row.response();
    response.widget_info(|| {
        WidgetInfo::selected(Role::Row, true, selected, words(data, look))
    });
    if response.clicked() {
        commands.push(Command::Select(data.values.clone()));
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

fn value(
    row: &mut TableRow<'_, '_>,
    value: &Value,
    heat: Heat,
    selected: bool,
    stripe: bool,
) {
    row.col(|ui| {
        let palette = theme::palette(ui);
        let whole = ui.max_rect();
        if let Some(fill) = warmth(heat, selected, palette) {
            ui.painter().rect_filled(whole, 0.0, fill);
        }
        if stripe {
            let edge = Rect::from_min_size(whole.min, egui::vec2(3.0, whole.height()));
            ui.painter().rect_filled(edge, 0.0, heat_colour(heat, palette));
        }
        let rect = whole.shrink2(egui::vec2(CELL_PAD, 0.0));
        let rect = if stripe { rect.with_min_x(rect.left() + 3.0) } else { rect };
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

fn numbers(row: &mut TableRow<'_, '_>, data: &ScreenRow, look: &Look<'_>, selected: bool) {
    let Row { sum, heat, median_since_ms, .. } = &data.row;
    let mut palette = &theme::DARK;
    row.col(|ui| {
        palette = theme::palette(ui);
        if let Some(fill) = warmth(*heat, selected, palette) {
            ui.painter().rect_filled(ui.max_rect(), 0.0, fill);
        }
        let rect = ui.max_rect().shrink2(egui::vec2(CELL_PAD, 0.0));
        cell_text(ui, rect, Side::Right, count(sum.count), theme::mono(), palette.text_strong);
    });
    let fill = warmth(*heat, selected, palette);
    let quiet = |number: u64| if number == 0 { palette.text_faint } else { palette.text_dim };
    let growth = match sum.growth {
        0 => palette.text_faint,
        _ if matches!(heat, Heat::Growing | Heat::Piling) => heat_colour(*heat, palette),
        _ => palette.text_dim,
    };
    number(row, fill, &signed(sum.growth), growth);
    let stuck = match (sum.stuck, sum.suspicious) {
        (0, _) => palette.text_faint,
        (_, 0) => palette.text_dim,
        _ => heat_colour(*heat, palette),
    };
    number(row, fill, &count(sum.stuck), stuck);
    for since in [sum.oldest_since_ms, *median_since_ms] {
        let words = since.map_or("-".into(), |since| age(look.screen.age(since, look.now)));
        number(row, fill, &words, palette.text);
    }
    number(row, fill, &count(sum.spawned_per_min), quiet(sum.spawned_per_min));
    number(row, fill, &count(sum.finished_per_min), quiet(sum.finished_per_min));
    cell(row, fill, |ui, rect| {
        let colour = if *heat == Heat::Calm { palette.trend } else { heat_colour(*heat, palette) };
        sparkline(ui, rect.shrink2(egui::vec2(0.0, 5.0)), &data.trend, colour);
    });
}

/// The row as a sentence, for those who do not see it.
fn words(row: &Row, look: &Look<'_>) -> String {
    let values: Vec<String> = row.values.iter().map(value_words).collect();
    let values = if values.is_empty() { "all tasks".into() } else { values.join(", ") };
    let sum = &row.sum;
    let oldest = sum.oldest_since_ms.map_or("-".into(), |ms| age(look.screen.age(ms, look.now)));
    let median = row.median_since_ms.map_or("-".into(), |ms| age(look.screen.age(ms, look.now)));
    format!(
        "{values}: {} tasks, {} a minute, {} stuck, oldest {oldest}, median {median}, {} spawned \
         and {} ended a minute; {}",
        count(sum.count),
        signed(sum.growth),
        count(sum.stuck),
        count(sum.spawned_per_min),
        count(sum.finished_per_min),
        row.heat.words(),
    )
}

/// A value in words, paths without what they all have in common.
pub(super) fn value_words(value: &Value) -> String {
    match value {
        Value::Place(location) => place::short(location),
        other => other.to_string(),
    }
}
