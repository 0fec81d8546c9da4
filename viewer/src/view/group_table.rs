//! The table of groups.

mod columns;
mod outline;

use egui::accesskit::Role;
use egui::{Color32, Rect, Sense, Ui, WidgetInfo};
use egui_extras::{Column as Width, TableBuilder, TableRow};
use taskscope_proto::model::Class;

use self::columns::{Number, TREND_WIDTH, about_bytes, bytes_sentence, fitting, words_and_colour};
pub(super) use self::columns::{verdict, with_error};
use super::groups::value_words;
use super::table::{Title, cell, number, part, title};
use super::{Look, hint, place};
use crate::analyse::numbers::{age, bytes, count, counted, signed};
use crate::analyse::{Column, Heat, Key, Lens, Row, Value};
use crate::command::Command;
use crate::screen::TREND_STEPS;
use crate::theme::{self, CELL_PAD, Palette, ROW_HEIGHT};
use crate::widgets::{Side, cell_text, keep_end, sparkline};

fn key_width(key: &Key) -> f32 {
    match key {
        Key::AwaitPoint | Key::SpawnedAt => 220.0,
        Key::Process | Key::Label(_) | Key::WaitKind => 132.0,
        Key::State | Key::Handle | Key::Parent | Key::Verdict => 80.0,
    }
}

/// In a window as wide as this the keys get more room, and the trend gets what is left: a row whose
/// words lie far apart cannot be followed.
const WIDE: f32 = 1_800.0;
const MOST_STRETCH: f32 = 1.5;
/// The bar that scrolls.
const EDGE: f32 = 12.0;

/// By how much the keys are wider than they need to be, beside columns that take up so much; and how
/// wide the trend is.
fn stretch(width: f32, keys: &[Key], others: f32) -> (f32, f32) {
    let needed: f32 = keys.iter().map(key_width).sum();
    if width < WIDE || needed <= 0.0 {
        return (1.0, TREND_WIDTH);
    }
    let stretch = ((width - others - TREND_WIDTH) / needed).clamp(1.0, MOST_STRETCH);
    (stretch, (width - EDGE - others - stretch * needed).max(TREND_WIDTH))
}

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let table = &look.screen.table;
    let palette = theme::palette(ui);
    let heap = look.screen.header.as_ref().and_then(|header| header.heap.as_ref());
    let width = ui.available_width();
    let room_for_keys = if table.nested {
        outline::WIDTH
    } else {
        table.keys.iter().map(|key| key_width(key) * 0.9).sum()
    };
    let shown = fitting(
        width - room_for_keys,
        (heap.is_some(), look.screen.marked_ms.is_some()),
        table.sort.column,
    );
    let titles: Vec<&str> = table.keys.iter().map(Key::title).collect();
    let scroll_to = scroll_target(ui, look);
    // Where the room is shared it is shared anew when there is more or less of it.
    let shared = if width >= WIDE { (width / 64.0).round().to_bits() } else { 0 };
    ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
    let mut builder = TableBuilder::new(ui)
        .id_salt(("groups", titles.join("\n"), table.nested, shown.len(), shared))
        .sense(Sense::click())
        .auto_shrink(false)
        .min_scrolled_height(ROW_HEIGHT)
        .resizable(true);
    let others = shown.iter().map(|number| number.width).sum::<f32>();
    let (stretched, trend_width) = stretch(width, &table.keys, others);
    let for_keys = if table.nested && width >= WIDE {
        let all: f32 = table.keys.iter().map(key_width).sum();
        vec![Width::initial(all * stretched).at_least(180.0)]
    } else if table.nested {
        vec![Width::remainder().at_least(180.0)]
    } else {
        key_widths(&table.keys, stretched)
    };
    for width in for_keys {
        builder = builder.column(width.clip(true));
    }
    for number in &shown {
        builder = builder.column(Width::exact(number.width).resizable(false));
    }
    builder = builder.column(Width::exact(trend_width).resizable(false));
    if let Some(row) = scroll_to {
        builder = builder.scroll_to_row(row, None);
    }
    let whole_bytes = heap.map_or(0, |heap| heap.held.live_bytes);
    let style = Style { shown: &shown, look, palette, has_heap: heap.is_some(), whole_bytes };
    builder.header(ROW_HEIGHT, |mut row| header(&mut row, &style, commands)).body(|body| {
        body.rows(ROW_HEIGHT, table.rows.len(), |mut row| {
            if let Some(data) = table.rows.get(row.index()) {
                let trend = table.trends.of(row.index());
                group(&mut row, (data, trend), &style, commands);
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
fn key_widths(keys: &[Key], stretch: f32) -> Vec<Width> {
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
            Width::initial(key_width(key) * stretch).at_least(60.0)
        }
    };
    keys.iter().enumerate().map(width).collect()
}

fn header(row: &mut TableRow<'_, '_>, style: &Style<'_>, commands: &mut Vec<Command>) {
    let table = &style.look.screen.table;
    let sorted = |column| (table.sort.column == column).then_some(table.sort.descending);
    let mut add = |text: &str, tooltip: &str, side, column| {
        let sorted = sorted(column);
        let click = Some("Sort by");
        if title(row, Title { text, tooltip, side, sorted, click }) {
            commands.push(Command::SortBy(column));
        }
    };
    if table.keys.is_empty() {
        add("all", "All tasks as one row", Side::Left, Column::Key(0));
    }
    if table.nested {
        // Rows are put in order among those beside them: by whichever key they are of.
        let column = match table.sort.column {
            Column::Key(at) => Column::Key(at),
            _ => Column::Key(0),
        };
        let titles: Vec<&str> = table.keys.iter().map(Key::title).collect();
        add(&titles.join(" › "), "Sort by the keys", Side::Left, column);
    } else {
        for (at, key) in table.keys.iter().enumerate() {
            add(key.title(), "Sort by this key", Side::Left, Column::Key(at));
        }
    }
    for number in style.shown {
        add(number.title, number.tooltip, Side::Right, number.column);
    }
    trend_title(row, style, commands);
}

/// Says what the trends are of; a click shows the other.
fn trend_title(row: &mut TableRow<'_, '_>, style: &Style<'_>, commands: &mut Vec<Command>) {
    let table = &style.look.screen.table;
    let (text, what) = match (style.has_heap, table.lens) {
        (false, _) => ("trend", "Living tasks"),
        (true, Lens::Tasks) => ("trend of tasks", "Living tasks"),
        (true, Lens::Bytes) => ("trend of bytes", "Bytes of the heap"),
    };
    let mut tooltip = format!("{what} over the last {}", age(table.trend_span));
    if style.has_heap {
        tooltip = format!("{tooltip}\nClick: {}", hint(&Command::SwitchLens));
    }
    let click = style.has_heap.then_some("Switch the");
    let trend = Title { text, tooltip: &tooltip, side: Side::Left, sorted: None, click };
    if title(row, trend) {
        commands.push(Command::SwitchLens);
    }
}

/// What all rows have in common.
struct Style<'a> {
    shown: &'a [&'static Number],
    look: &'a Look<'a>,
    palette: &'a Palette,
    has_heap: bool,
    /// Of the whole heap.
    whole_bytes: u64,
}

fn group(
    row: &mut TableRow<'_, '_>,
    (data, trend): (&Row, &[u32]),
    style: &Style<'_>,
    commands: &mut Vec<Command>,
) {
    let (look, palette) = (style.look, style.palette);
    let values = &data.values;
    let heat = data.heat;
    let selected = look.session.selection.as_ref().is_some_and(|s| s.values == *values);
    row.set_selected(selected);
    let fill = warmth(heat, selected, palette);
    if values.is_empty() {
        value(row, fill, &Value::Blank("all tasks"), Some(heat));
    }
    if look.screen.table.nested {
        outline::cell(row, fill, data, commands);
    } else {
        for (at, each) in shown_values(data, look).iter().enumerate() {
            value(row, fill, each, (at == 0).then_some(heat));
        }
    }
    for shown in style.shown {
        let (words, colour) = words_and_colour(shown.column, data, style);
        if shown.column == Column::Bytes {
            let (sum, bar) = (&data.sum, palette.flame_point);
            let share = (sum.held.live_bytes, style.whole_bytes);
            part(row, fill, &words, (colour, bar), share)
                .on_hover_ui(|ui| drop(ui.label(about_bytes(sum))));
        } else {
            let response = number(row, fill, &words, colour);
            let reason = &data.sum.finding.reason;
            if shown.column == Column::Suspicion && !reason.is_empty() {
                response.on_hover_text(&**reason);
            }
        }
    }
    cell(row, fill, |ui, rect| {
        let colour = if heat == Heat::Calm { palette.trend } else { heat_colour(heat, palette) };
        let rect = rect.shrink2(egui::vec2(0.0, 5.0));
        sparkline(ui, rect, trend, TREND_STEPS, colour);
    });
    let response = row.response();
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, selected, sentence(data, look)));
    if look.screen.table.nested {
        response.ctx.accesskit_node_builder(response.id, |node| {
            node.set_level(values.len().saturating_sub(1));
            if let Some(open) = data.opens {
                node.set_expanded(open);
            }
        });
    }
    if let (true, Some(open)) = (response.double_clicked(), data.opens) {
        commands.push(Command::SetOpen(values.clone(), !open));
    } else if response.clicked() {
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
        paint_value(ui, rect, value);
    });
}

/// The values of a row, with a word at processes whose numbers are old.
fn shown_values(row: &Row, look: &Look<'_>) -> Vec<Value> {
    let keys = look.screen.table.keys.iter();
    let shown = |(key, value): (&Key, &Value)| match (key, value) {
        (Key::Process, Value::Text(name)) => {
            let tab = look.screen.tabs.iter().find(|tab| tab.name == *name);
            match tab.filter(|tab| !tab.is_live()) {
                Some(tab) => Value::Text(format!("{name} ({})", tab.state()).into()),
                None => value.clone(),
            }
        }
        _ => value.clone(),
    };
    keys.zip(row.values.iter()).map(shown).collect()
}

/// Paints a value, and says where it stands.
fn paint_value(ui: &Ui, rect: Rect, value: &Value) -> Rect {
    let palette = theme::palette(ui);
    let (text, font, colour) = match value {
        Value::Place(location) => {
            let font = theme::mono();
            let text = keep_end(ui, &place::short(location), rect.width(), &font);
            (text, font, palette.text_strong)
        }
        Value::Blank(why) => ((*why).to_owned(), theme::body(), palette.text_faint),
        other => (other.to_string(), theme::body(), palette.text),
    };
    cell_text(ui, rect, Side::Left, text, font, colour)
}

/// The row as a sentence, for those who do not see it.
fn sentence(row: &Row, look: &Look<'_>) -> String {
    let values: Vec<String> = shown_values(row, look).iter().map(value_words).collect();
    let mut values = if values.is_empty() { "all tasks".into() } else { values.join(", ") };
    if look.screen.table.nested {
        values = format!("{values} ({})", outline::words(row, look.screen.table.keys.len()));
    }
    let sum = &row.sum;
    let oldest = look.screen.age_in_words(sum.oldest_since_ms, look.now);
    let median = look.screen.age_in_words(row.median_since_ms, look.now);
    let rates = match look.screen.moment_ms {
        Some(_) => String::new(),
        None => format!(
            ", {} spawned and {} ended a minute",
            count(sum.spawned_per_min),
            count(sum.finished_per_min)
        ),
    };
    let heap = look.screen.header.as_ref().is_some_and(|header| header.heap.is_some());
    let held = if heap { format!(", {}", bytes_sentence(sum)) } else { String::new() };
    let verdict = match sum.finding.class {
        Class::Normal => String::new(),
        class => format!("; {}: {}", class.name(), sum.finding.reason),
    };
    let tasks = if sum.has_ended() {
        format!("ended; {} left", bytes(sum.held.live_bytes))
    } else {
        counted(sum.count, "task")
    };
    let change = row.change().map(|change| format!(", {} since the mark", signed(change)));
    format!(
        "{values}: {}, {} a minute{}, {} stuck, oldest {oldest}, median {median}{rates}{held}; \
         {}{verdict}",
        tasks,
        signed(sum.growth),
        change.unwrap_or_default(),
        count(sum.stuck),
        row.heat.words(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_in_a_wide_window_keys_get_more_and_the_trend_what_is_left() {
        let keys = [Key::AwaitPoint, Key::WaitKind];
        let check = |width, keys: &[Key], others: f32, expected: (f32, f32)| {
            let (stretch, trend) = stretch(width, keys, others);
            let is_near = |a: f32, b: f32| (a - b).abs() < 0.01;
            let found = (stretch, trend);
            assert!(is_near(stretch, expected.0) && is_near(trend, expected.1), "{found:?}");
        };
        check(1_440.0, &keys, 900.0, (1.0, TREND_WIDTH));
        check(1_800.0, &keys, 1_256.0, (1.25, TREND_WIDTH));
        check(2_560.0, &keys, 1_000.0, (1.5, 1_020.0));
        check(2_560.0, &keys, 2_500.0, (1.0, TREND_WIDTH));
        check(2_560.0, &[], 1_000.0, (1.0, TREND_WIDTH));
    }
}
