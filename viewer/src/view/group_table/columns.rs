//! The columns of numbers: which there are, which fit, and what each says of a row.

use egui::Color32;
use taskscope_proto::model::{Class, Held};

use super::{Style, heat_colour};
use crate::analyse::numbers::{bytes, count, counted, signed, signed_bytes};
use crate::analyse::{Column, Heat, Key, Row, Sum, has_grown};
use crate::theme::Palette;

/// A column of numbers.
pub(super) struct Number {
    pub(super) column: Column,
    pub(super) title: &'static str,
    pub(super) tooltip: &'static str,
    pub(super) width: f32,
    /// When the window is too narrow for all, the highest gives way first; zero never does.
    gives_way: u8,
}

const NUMBERS: [Number; 12] = [
    column(
        Column::Suspicion,
        "verdict",
        "What is the matter, as the agent judges it; dim: what the numbers look like.\n\
         proven: they can never run again by themselves\n\
         suspect: spawned and never finished, piling up\n\
         slow: late, but such tasks do finish",
        74.0,
        0,
    ),
    column(Column::Count, "tasks", "Living tasks", 74.0, 0),
    column(Column::Growth, "growth/min", "Tasks more (or fewer) than a minute ago", 88.0, 0),
    column(
        Column::Change,
        "since mark",
        "Tasks more (or fewer) than at the moment that this one is compared with",
        88.0,
        1,
    ),
    column(
        Column::Bytes,
        "bytes",
        "What they hold of the heap, and what those that ended have left: an estimate",
        84.0,
        0,
    ),
    column(Column::BytesGrowth, "bytes/min", "Bytes more (or fewer) than a minute ago", 86.0, 2),
    column(
        Column::Stuck,
        "stuck",
        "Longer in one state than the threshold, timers excepted",
        70.0,
        0,
    ),
    column(Column::Oldest, "oldest", "How long the longest is in its state", 94.0, 0),
    column(Column::Median, "median", "How long half of them are in their state at least", 94.0, 3),
    column(
        Column::Allocated,
        "allocated/min",
        "Allocated in the last minute, freed or not, where these come from",
        98.0,
        4,
    ),
    column(
        Column::Spawned,
        "spawned/min",
        "Spawned in the last minute where these come from",
        94.0,
        5,
    ),
    column(
        Column::Finished,
        "ended/min",
        "Ended in the last minute where these come from",
        84.0,
        6,
    ),
];
pub(super) const TREND_WIDTH: f32 = 104.0;

const fn column(
    column: Column,
    title: &'static str,
    tooltip: &'static str,
    width: f32,
    gives_way: u8,
) -> Number {
    Number { column, title, tooltip, width, gives_way }
}

/// The columns that fit into a width, with the trend. By whichever is sorted stays.
pub(super) fn fitting(
    width: f32,
    (has_heap, is_compared): (bool, bool),
    sorted: Column,
) -> Vec<&'static Number> {
    let room = width - TREND_WIDTH;
    let known = |number: &&Number| match number.column {
        Column::Change => is_compared,
        column => has_heap || !column.is_of_bytes(),
    };
    let mut shown: Vec<&Number> = NUMBERS.iter().filter(known).collect();
    let rank = |number: &Number| match number.column {
        column if column == sorted => 0,
        // Bytes want room, too.
        Column::Oldest if has_heap => 1,
        _ => number.gives_way,
    };
    while shown.iter().map(|number| number.width).sum::<f32>() > room {
        let next = shown.iter().enumerate().max_by_key(|(_, number)| rank(number));
        match next {
            Some((at, number)) if rank(number) > 0 => drop(shown.remove(at)),
            _ => break,
        }
    }
    shown
}

/// What a column says of a row, and in which colour.
pub(super) fn words_and_colour(column: Column, row: &Row, style: &Style<'_>) -> (String, Color32) {
    let (sum, palette) = (&row.sum, style.palette);
    let dim = |number: u64| if number == 0 { palette.text_off } else { palette.text_dim };
    let quiet = |number: u64| (count(number), dim(number));
    let screen = style.look.screen;
    let since = |since: Option<u64>| (screen.age_in_words(since, style.look.now), palette.text);
    // Rates are known of right now only.
    let rate = |number: u64| match screen.moment_ms {
        Some(_) => ("-".into(), palette.text_off),
        None => quiet(number),
    };
    match column {
        Column::Growth => {
            let colour = match (sum.growth, row.heat) {
                (0, _) => palette.text_off,
                (1.., Heat::Growing | Heat::Piling) => grown(row.heat, palette),
                _ => palette.text_dim,
            };
            (signed(sum.growth), colour)
        }
        Column::Change => match row.change() {
            None => ("-".into(), palette.text_off),
            Some(0) => ("0".into(), palette.text_off),
            Some(change @ 1..) => (signed(change), grown(row.heat, palette)),
            Some(change) => (signed(change), palette.text_dim),
        },
        Column::Stuck if sum.finding.own_stuck > 0 => {
            (count(sum.stuck), heat_colour(row.heat, palette))
        }
        Column::Stuck => quiet(sum.stuck),
        Column::Oldest => since(sum.oldest_since_ms),
        Column::Median => since(row.median_since_ms),
        Column::Spawned => rate(sum.spawned_per_min),
        Column::Finished => rate(sum.finished_per_min),
        Column::Bytes if sum.held.live_bytes == 0 => ("0".into(), palette.text_off),
        Column::Bytes => (bytes(sum.held.live_bytes), palette.text_strong),
        Column::BytesGrowth => {
            let colour = match sum.bytes_growth {
                // Within its error it may as well be nothing.
                growth if !has_grown(growth.saturating_abs(), &sum.held) => palette.text_faint,
                1.. => grown(row.heat, palette),
                _ => palette.text_dim,
            };
            (signed_bytes(sum.bytes_growth), colour)
        }
        Column::Allocated if sum.allocated_per_min == 0 => ("0".into(), palette.text_off),
        Column::Allocated => (bytes(sum.allocated_per_min), palette.text_dim),
        Column::Suspicion if !style.look.screen.knows(&Key::Verdict) => {
            ("unknown".into(), palette.text_faint)
        }
        // Why a row is warm that the agent has nothing to say of.
        Column::Suspicion if sum.finding.class == Class::Normal => {
            let words = match row.heat {
                Heat::Calm => "",
                Heat::Growing => "growing",
                Heat::Stuck => "stuck",
                Heat::Piling => "piling",
            };
            (words.into(), palette.text_dim)
        }
        Column::Suspicion => verdict(sum.finding.class, palette),
        Column::Count | Column::Key(_) if sum.has_ended() => ("ended".into(), palette.text_faint),
        Column::Count | Column::Key(_) => (count(sum.count), palette.text_strong),
    }
}

/// A class, as short as it goes: what is normal needs no word.
pub(in crate::view) fn verdict(class: Class, palette: &Palette) -> (String, Color32) {
    match class {
        Class::Normal => (String::new(), palette.text_faint),
        Class::Slow => (class.name().into(), palette.warm),
        Class::Suspect | Class::Proven => (class.name().into(), palette.hot),
    }
}

/// The colour of a growth. A row may be calm although it grows: in a young process all do.
fn grown(heat: Heat, palette: &Palette) -> Color32 {
    match heat {
        Heat::Calm => palette.text_dim,
        heat => heat_colour(heat, palette),
    }
}

/// What is behind the number of bytes, for who points at it.
pub(super) fn about_bytes(sum: &Sum) -> String {
    let Held { blocks, outlived_bytes, outlived_blocks, .. } = sum.held;
    let mut lines = vec![
        format!("{} of the heap", with_error(&sum.held)),
        format!("in about {}", counted(blocks, "block")),
    ];
    let living = sum.held.live_bytes.saturating_sub(outlived_bytes);
    if let Some(each) = living.checked_div(sum.count) {
        lines.push(format!("{} for each living task", bytes(each)));
    }
    if outlived_bytes > 0 {
        let blocks = counted(outlived_blocks, "block");
        lines.push(format!("{} ({blocks}) outlived their tasks", bytes(outlived_bytes)));
    }
    lines.push(format!("{} a minute", signed_bytes(sum.bytes_growth)));
    lines.join("\n")
}

/// `12 MiB ± 1.1 MiB`.
pub(in crate::view) fn with_error(held: &Held) -> String {
    format!("{} ± {}", bytes(held.live_bytes), bytes(held.error_bytes))
}

/// What the sentence of a row says of its bytes.
pub(super) fn bytes_sentence(sum: &Sum) -> String {
    let left = match sum.held.outlived_bytes {
        0 => String::new(),
        left => format!(", {} of it outlived its tasks", bytes(left)),
    };
    format!("holds {}{left}, {} a minute", with_error(&sum.held), signed_bytes(sum.bytes_growth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme;

    #[test]
    fn a_narrow_window_keeps_the_columns_that_matter() {
        // A label, an await point and a wait kind stand beside them.
        let keys: f32 = (132.0 + 220.0 + 132.0) * 0.9;
        let check = |width, has_heap, sorted, expected: &str| {
            let shown = fitting(width - keys, (has_heap, false), sorted);
            let titles: Vec<&str> = shown.iter().map(|n| n.title).collect();
            assert_eq!(titles.join(" "), expected, "{width}");
        };
        let first = Column::Suspicion;
        for (width, expected) in [
            (1_440.0, "verdict tasks growth/min stuck oldest median spawned/min ended/min"),
            (1_084.0, "verdict tasks growth/min stuck oldest median"),
            (900.0, "verdict tasks growth/min stuck oldest"),
            (100.0, "verdict tasks growth/min stuck oldest"),
        ] {
            check(width, false, first, expected);
        }
        let most = "verdict tasks growth/min bytes bytes/min stuck oldest median allocated/min spawned/min";
        check(1_440.0, true, first, most);
        check(1_084.0, true, first, "verdict tasks growth/min bytes stuck oldest");
        check(900.0, true, first, "verdict tasks growth/min bytes stuck");
        let compared = fitting(1_084.0 - keys, (false, true), first);
        assert!(compared.iter().any(|number| number.title == "since mark"));
        let sorted = "verdict tasks growth/min bytes stuck allocated/min";
        check(900.0, true, Column::Allocated, sorted);
    }

    #[test]
    fn growth_can_be_read_however_calm_the_row_is() {
        for heat in [Heat::Calm, Heat::Growing, Heat::Stuck, Heat::Piling] {
            assert!(grown(heat, &theme::DARK).a() == 255, "{heat:?}");
        }
    }

    #[test]
    fn who_points_at_the_bytes_learns_how_exact_they_are_and_what_is_left_over() {
        let held = Held {
            live_bytes: 3 << 20,
            error_bytes: 512 << 10,
            blocks: 6,
            outlived_bytes: 1 << 20,
            outlived_blocks: 1,
        };
        let sum = Sum { held, count: 4, bytes_growth: -2_048, ..Sum::default() };
        let expected = "3.0 MiB ± 512 KiB of the heap\nin about 6 blocks\n512 KiB for each living \
                        task\n1.0 MiB (1 block) outlived their tasks\n-2.0 KiB a minute";
        assert_eq!(about_bytes(&sum), expected);
    }
}
