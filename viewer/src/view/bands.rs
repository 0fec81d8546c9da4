//! Alerts on the time line: a bar each, from when the condition began to hold until the alert was over.

use egui::accesskit::Role;
use egui::{Rect, Sense, Ui, WidgetInfo, vec2};

use super::Look;
use super::alert_page::colour;
use crate::analyse::numbers::age;
use crate::command::Command;
use crate::screen::Band;
use crate::theme;

/// Bars one below the other. More of them at one time share the last.
const LANES: usize = 3;
/// Height of a bar, and of it with the gap below.
const BAR: f32 = 4.0;
const LANE: f32 = 6.0;
/// What is shorter is drawn so wide that it can be seen and pointed at.
const NARROWEST: f32 = 5.0;

/// How much of the height they take.
pub(super) fn height(bands: &[Band]) -> f32 {
    let lanes = lanes(bands).into_iter().max().map_or(0, |highest| highest + 1);
    lanes as f32 * LANE
}

/// The lane of each band: the first one that is free when it begins.
fn lanes(bands: &[Band]) -> Vec<usize> {
    let mut lanes = vec![0; bands.len()];
    let mut ends = [0_u64; LANES];
    // The oldest come last.
    for (lane, band) in lanes.iter_mut().zip(bands).rev() {
        let free = ends.iter().position(|end| *end <= band.since_ms);
        *lane = free.unwrap_or(LANES - 1);
        if let Some(end) = ends.get_mut(*lane) {
            *end = (*end).max(band.until_ms.unwrap_or(u64::MAX));
        }
    }
    lanes
}

/// Draws them along the lower edge; `x_of` says where a moment lies.
pub(super) fn show(
    ui: &mut Ui,
    chart: Rect,
    look: &Look<'_>,
    x_of: impl Fn(u64) -> f32,
    commands: &mut Vec<Command>,
) {
    let palette = theme::palette(ui);
    let bands = &look.screen.timeline.bands;
    for (at, (lane, band)) in lanes(bands).into_iter().zip(bands).enumerate() {
        let x = |ms| x_of(ms).clamp(chart.left(), chart.right());
        let end = band.until_ms.map_or(chart.right(), x);
        // It was over before the time that is shown.
        if end <= chart.left() {
            continue;
        }
        let bottom = chart.bottom() - lane as f32 * LANE - 1.0;
        let left = x(band.since_ms).min(end - NARROWEST).max(chart.left());
        let bar = Rect::from_x_y_ranges(left..=end, bottom - BAR..=bottom);
        let response = ui.interact(
            bar.expand2(vec2(0.0, 1.0)),
            ui.scope_id().with(("band", at)),
            Sense::click(),
        );
        let paint = ui.painter();
        let strong = colour(band.severity, palette);
        let colour = if response.hovered() { palette.text_strong } else { strong };
        paint.rect_filled(bar, 2.0, colour.gamma_multiply(0.45));
        let fired = bar.with_min_x(x(band.fired_ms).clamp(left, (end - NARROWEST).max(left)));
        paint.rect_filled(fired, 2.0, colour);
        let words = words(band, look);
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Button, true, format!("Alert {}", words.replace('\n', ", ")))
        });
        let hint = "Click for the page of the alerts";
        if response.on_hover_text(format!("{words}\n\n{hint}")).clicked() {
            commands.push(Command::ChooseAlert(band.alert.clone()));
        }
    }
}

fn words(band: &Band, look: &Look<'_>) -> String {
    let now_ms = look.screen.timeline.seconds.last().map_or(0, |last| last * 1_000);
    let ago = |ms: u64| age(std::time::Duration::from_millis(now_ms.saturating_sub(ms)));
    let until = match band.until_ms {
        Some(until) => format!("until {} ago", ago(until)),
        None => "and fires still".to_owned(),
    };
    let (severity, words) = (band.severity.name(), band.words.trim_end_matches('.'));
    let (since, fired) = (ago(band.since_ms), ago(band.fired_ms));
    format!("{severity} {words}\nsince {since} ago, fired {fired} ago, {until}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{AlertId, Severity};

    #[test]
    fn bars_that_overlap_lie_one_above_the_other() {
        let band = |(since_ms, until_ms): &(u64, Option<u64>)| Band {
            alert: AlertId::default(),
            severity: Severity::Warning,
            words: String::new(),
            since_ms: *since_ms,
            fired_ms: *since_ms,
            until_ms: *until_ms,
        };
        let check = |times: &[(u64, Option<u64>)], expected: &[usize]| {
            let bands: Vec<Band> = times.iter().map(band).collect();
            assert_eq!(lanes(&bands), expected, "{times:?}");
        };
        check(&[], &[]);
        check(&[(20, None), (0, Some(20))], &[0, 0]);
        check(&[(10, None), (0, Some(20))], &[1, 0]);
        check(&[(4, None), (3, None), (2, None), (1, None)], &[2, 2, 1, 0]);
    }
}
