//! Bars below the top: what makes the numbers on the screen less than they seem.

use egui::{Panel, RichText, Ui};

use super::{Look, button, hint};
use crate::analyse::numbers::age;
use crate::clock::Moment;
use crate::command::Command;
use crate::store::Connection;
use crate::theme;

/// How long a restart is news.
const NEWS: Moment = Moment::from_mins(2);

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    if let Some(remark) = &look.session.remark {
        Panel::top("remark").frame(theme::banner(palette.warm_soft)).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(RichText::new(remark).color(palette.warm));
                button(ui, Command::Dismiss, commands);
            });
        });
    }
    if look.screen.header.is_some() {
        stale(ui, look, commands);
        past(ui, look, commands);
    }
    if let Some(restart) = &look.screen.restart
        && look.now.saturating_sub(restart.at) < NEWS
    {
        let ago = age(look.now.saturating_sub(restart.at));
        let old = restart.old_pid;
        let new = look.screen.process.as_ref().map_or(0, |process| process.pid);
        let pids = if new == 0 { String::new() } else { format!(" (pid {old}, now {new})") };
        let words = format!("The service restarted {ago} ago{pids}. Counts and trends begin anew.");
        Panel::top("restart")
            .frame(theme::banner(palette.accent_soft))
            .show(ui, |ui| ui.label(RichText::new(words).color(palette.accent)));
    }
}

/// The connection is down and the numbers are those from before.
fn stale(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let Connection::Down { since, failure, .. } = &look.screen.connection else { return };
    let ago = age(look.now.saturating_sub(*since));
    let words = format!("Disconnected {ago} ago, {}.", retry_words(look));
    Panel::top("stale").frame(theme::banner(palette.hot_soft)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(words).color(palette.hot));
            ui.label("The numbers below are the last that came in.");
            ui.label(RichText::new(failure.to_string()).color(palette.text_dim))
                .on_hover_text(&failure.advice);
            button(ui, Command::RetryNow, commands);
        });
    });
}

/// How long before the latest numbers the moment was that is looked at.
pub(super) fn moment_ago(look: &Look<'_>) -> String {
    let shown = look.screen.moment_ms.unwrap_or(0);
    let latest = look.screen.timeline.seconds.last().map_or(shown, |second| second * 1_000);
    let ago = Moment::from_millis(latest.saturating_sub(shown));
    if ago.as_secs() == 0 { "just now".into() } else { format!("{} ago", age(ago)) }
}

/// It is not right now that is looked at.
fn past(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    if look.screen.moment_ms.is_none() {
        return;
    }
    let words = format!("This is how it was {}.", moment_ago(look));
    Panel::top("past").frame(theme::banner(palette.warm_soft)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(words).color(palette.warm));
            ui.label(
                "Of the past the numbers of tasks and bytes are known, and where tasks waited; \
                 rates, single tasks and holders only of right now.",
            );
            button(ui, Command::StepBack, commands);
            button(ui, Command::StepForward, commands);
            if ui.button("Right now").on_hover_text(hint(&Command::Pause)).clicked() {
                commands.push(Command::Pause);
            }
        });
    });
}

/// When it will be tried again.
pub(super) fn retry_words(look: &Look<'_>) -> String {
    let Connection::Down { retry_at, .. } = &look.screen.connection else {
        return String::new();
    };
    match retry_at {
        None => "not retrying".into(),
        Some(at) if *at <= look.now => "retrying now".into(),
        Some(at) => {
            let left = at.saturating_sub(look.now);
            format!("retrying in {} s", left.as_secs() + u64::from(left.subsec_nanos() > 0))
        }
    }
}
