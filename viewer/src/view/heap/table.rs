//! The rows of the heap: label sets, source lines or stacks, and what they hold.

use egui::accesskit::Role;
use egui::{Sense, Ui, WidgetInfo};
use egui_extras::{Column as Width, TableBuilder, TableRow};

use super::super::Look;
use super::super::group_table::with_error;
use super::super::table::{Title, cell, number, part, title};
use super::key_words;
use crate::analyse::numbers::{age, bytes, count, counted, signed_bytes};
use crate::analyse::{HeapColumn, HeapKey, HeapRow, HeapSort};
use crate::command::Command;
use crate::screen::HeapPage;
use crate::theme::{self, Palette, ROW_HEIGHT};
use crate::widgets::{Side, cell_text};

const NUMBERS: [(HeapColumn, &str, &str, f32); 6] = [
    (HeapColumn::Live, "live bytes", "Bytes that live, an estimate with its error", 170.0),
    (
        HeapColumn::Grown,
        "since the mark",
        "Live bytes more (or fewer) than at the marked moment",
        110.0,
    ),
    (HeapColumn::Blocks, "blocks", "About how many blocks live", 84.0),
    (HeapColumn::Outlived, "outlived", "Bytes that live although their tasks have ended", 92.0),
    (HeapColumn::Allocated, "allocated", "Bytes allocated since the start, freed or not", 92.0),
    (HeapColumn::Oldest, "oldest", "How long the oldest living block lives", 94.0),
];

/// In a window as wide as this the words get so much room, and the bars of the live bytes what is left:
/// words a metre from their numbers cannot be followed.
const WIDE: f32 = 1_800.0;
const NAMES: f32 = 640.0;
const SPREAD: f32 = 1.5;

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, page: &HeapPage, commands: &mut Vec<Command>) {
    let marked = look.screen.marked_ms.is_some();
    let shown: Vec<_> = NUMBERS
        .iter()
        .filter(|(column, ..)| marked || *column != HeapColumn::Grown)
        .map(|(column, ..)| *column)
        .collect();
    let style = Style { look, page, palette: theme::palette(ui), shown: &shown };
    let scroll_to = scroll_target(ui, look, page);
    let is_wide = ui.available_width() >= WIDE;
    let spread = if is_wide { SPREAD } else { 1.0 };
    ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
    let mut builder = TableBuilder::new(ui)
        .id_salt(("heap", marked, is_wide))
        .sense(Sense::click())
        .auto_shrink(false)
        .min_scrolled_height(0.0)
        .striped(is_wide);
    let names = if is_wide { Width::exact(NAMES) } else { Width::remainder().at_least(160.0) };
    builder = builder.column(names.clip(true));
    for (column, .., width) in NUMBERS.iter().filter(|(column, ..)| shown.contains(column)) {
        builder = builder.column(match column {
            HeapColumn::Live if is_wide => Width::remainder(),
            _ => Width::exact(*width * spread),
        });
    }
    if let Some(at) = scroll_to {
        builder = builder.scroll_to_row(at, None);
    }
    builder.header(ROW_HEIGHT, |mut row| header(&mut row, &style, commands)).body(|body| {
        body.rows(ROW_HEIGHT, page.rows.len(), |mut row| {
            let at = row.index();
            if let Some(data) = page.rows.get(at) {
                line(&mut row, data, page.chosen == Some(at), &style, commands);
            }
        });
    });
}

/// The chosen row, once after each new query: it has to be in sight then, and only then.
fn scroll_target(ui: &Ui, look: &Look<'_>, page: &HeapPage) -> Option<usize> {
    let id = ui.scope_id().with("scrolled for");
    let generation = look.screen.generation;
    let news = ui.data(|data| data.get_temp(id)) != Some(generation);
    ui.data_mut(|data| data.insert_temp(id, generation));
    page.chosen.filter(|_| news)
}

fn header(row: &mut TableRow<'_, '_>, style: &Style<'_>, commands: &mut Vec<Command>) {
    let HeapSort { column: by, descending } = style.page.asked.sort;
    let mut add = |text: &str, tooltip: &str, side, column| {
        let sorted = (by == column).then_some(descending);
        let click = Some("Sort by");
        if title(row, Title { text, tooltip, side, sorted, click }) {
            commands.push(Command::SortHeap(column));
        }
    };
    add(style.page.asked.by.title(), "Sort by this", Side::Left, HeapColumn::Name);
    for (column, text, tooltip, _) in NUMBERS.iter().filter(|(c, ..)| style.shown.contains(c)) {
        add(text, tooltip, Side::Right, *column);
    }
}

/// What all rows have in common.
struct Style<'a> {
    look: &'a Look<'a>,
    page: &'a HeapPage,
    palette: &'a Palette,
    shown: &'a [HeapColumn],
}

fn line(
    row: &mut TableRow<'_, '_>,
    data: &HeapRow,
    chosen: bool,
    style: &Style<'_>,
    commands: &mut Vec<Command>,
) {
    let palette = style.palette;
    row.set_selected(chosen);
    let name = key_words(&data.key);
    cell(row, None, |ui, rect| {
        let (font, colour) = match data.key {
            HeapKey::Place(_) | HeapKey::Stack(_) => (theme::mono(), palette.text_strong),
            HeapKey::Blank(_) => (theme::body(), palette.text_faint),
            HeapKey::Labels(_) | HeapKey::Function(_) => (theme::body(), palette.text),
        };
        cell_text(ui, rect, Side::Left, &name, font, colour);
    });
    let quiet = |size: u64| {
        let words = if size == 0 { "0".into() } else { bytes(size) };
        (words, if size == 0 { palette.text_off } else { palette.text_dim })
    };
    for column in style.shown {
        let (words, colour) = match column {
            HeapColumn::Live => {
                // With an error larger than itself a number is a guess.
                let is_sure = data.held.error_bytes < data.held.live_bytes;
                let text = if is_sure { palette.text_strong } else { palette.text_dim };
                let colours = (text, palette.flame_point);
                let share = (data.held.live_bytes, style.page.live_bytes);
                let words = match data.held.live_bytes {
                    0 => "0".to_owned(),
                    _ => with_error(&data.held),
                };
                part(row, None, &words, colours, share);
                continue;
            }
            HeapColumn::Grown => {
                let colour = match data.grown {
                    0 => palette.text_off,
                    1.. => palette.warm,
                    _ => palette.text_dim,
                };
                (signed_bytes(data.grown), colour)
            }
            HeapColumn::Blocks => (count(data.held.blocks), palette.text_dim),
            HeapColumn::Outlived => quiet(data.held.outlived_bytes),
            HeapColumn::Allocated => quiet(data.allocated_bytes),
            HeapColumn::Oldest | HeapColumn::Name => (oldest(data, style.look), palette.text),
        };
        number(row, None, &words, colour);
    }
    let response = row.response();
    let words = sentence(data, &name, style);
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, chosen, &words));
    if response.clicked() {
        commands.push(Command::ChooseHeapRow(data.key.clone()));
    }
}

fn oldest(row: &HeapRow, look: &Look<'_>) -> String {
    row.oldest_since_ms.map_or("-".into(), |since| age(look.screen.age(since, look.now)))
}

/// The row as a sentence, for those who do not see it.
fn sentence(row: &HeapRow, name: &str, style: &Style<'_>) -> String {
    let grown = if style.shown.contains(&HeapColumn::Grown) {
        format!(", {} since the mark", signed_bytes(row.grown))
    } else {
        String::new()
    };
    format!(
        "{name}: {} live in {}{grown}, {} outlived, {} allocated since the start, oldest {}",
        with_error(&row.held),
        counted(row.held.blocks, "block"),
        bytes(row.held.outlived_bytes),
        bytes(row.allocated_bytes),
        oldest(row, style.look),
    )
}
