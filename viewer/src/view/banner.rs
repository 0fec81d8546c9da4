//! Bars below the top: what makes the numbers on the screen less than they seem.

use egui::{Panel, RichText, Ui};

use super::{Look, button, hint};
use crate::analyse::numbers::{age, counted};
use crate::clock::Moment;
use crate::command::Command;
use crate::fleet::Tab;
use crate::store::{Connection, Restart};
use crate::theme;

/// Remarks about a file that are shown at once.
const MOST_REMARKS: usize = 3;
/// How long a restart is news.
const NEWS: Moment = Moment::from_mins(2);

pub(super) fn show(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    if let Some(remark) = &look.session.remark {
        let (colour, fill) = if remark.is_good {
            (palette.good, palette.good_soft)
        } else {
            (palette.warm, palette.warm_soft)
        };
        Panel::top("remark").frame(theme::banner(fill)).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(&**remark).color(colour));
                button(ui, Command::Dismiss, commands);
            });
        });
    }
    if look.screen.header.is_some() {
        stale(ui, look, commands);
        recorded(ui, look);
        compared(ui, look, commands);
        past(ui, look, commands);
        some_are_down(ui, look, commands);
        some_restarted(ui, look);
        run_before(ui, look, commands);
    }
    if let Some(restart) = &look.screen.restart
        && !look.screen.run.is_before
        && look.now.saturating_sub(restart.at) < NEWS
    {
        let ago = age(look.now.saturating_sub(restart.at));
        let old = restart.old_pid;
        let new = look.screen.process.as_ref().map_or(0, |process| process.pid);
        let pids = if new == 0 { String::new() } else { format!(" (pid {old}, now {new})") };
        let words = format!("The service restarted {ago} ago{pids}. Counts and trends begin anew.");
        Panel::top("restart").frame(theme::banner(palette.accent_soft)).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(words).color(palette.accent));
                if look.screen.run.is_marked_before && look.screen.reference.is_none() {
                    let words = "The end of the run before is marked: differences and the heap \
                                 compare with it.";
                    ui.label(RichText::new(words).color(palette.text));
                }
                if look.screen.run.has_before {
                    button(ui, Command::ShowRunBefore, commands);
                }
            });
        });
    }
}

/// It is the run before the present one that is looked at.
fn run_before(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    if !look.screen.run.is_before {
        return;
    }
    let run = look.screen.run.number;
    let words = format!("This is how run {run} of the service was when it ended.");
    Panel::top("run before").frame(theme::banner(palette.warm_soft)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(words).color(palette.warm));
            ui.label("Nothing of it changes any more, and its tasks cannot be asked for.");
            let now = ui.button(format!("Run {}, now", run.saturating_add(1)));
            if now.on_hover_text(hint(&Command::ShowRunBefore)).clicked() {
                commands.push(Command::ShowRunBefore);
            }
        });
    });
}

/// Some of all services do not answer, and their numbers are those from before.
fn some_are_down(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    if !look.screen.is_of_all || !look.screen.is_live() {
        return;
    }
    let away = look.screen.tabs.iter().filter(|tab| tab.is_away());
    let words: Vec<String> = away
        .map(|tab| match tab.received_at {
            None => format!("{} ({}, nothing known)", tab.name, tab.state()),
            Some(at) => {
                let old = age(look.now.saturating_sub(at));
                format!("{} ({}, its numbers are {old} old)", tab.name, tab.state())
            }
        })
        .collect();
    if words.is_empty() {
        return;
    }
    Panel::top("some down").frame(theme::banner(palette.hot_soft)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("Not answering:").color(palette.hot));
            ui.label(words.join(", "));
            button(ui, Command::RetryNow, commands);
        });
    });
}

/// Some of all services are another run than before: what the run before had is gone.
fn some_restarted(ui: &mut Ui, look: &Look<'_>) {
    let palette = theme::palette(ui);
    let ago = |restart: &Restart| look.now.saturating_sub(restart.at);
    let restarted = |tab: &Tab| {
        let ago = tab.restart.as_ref().map(ago).filter(|ago| *ago < NEWS)?;
        Some(format!("{} {} ago", tab.name, age(ago)))
    };
    let words: Vec<String> = look.screen.tabs.iter().filter_map(restarted).collect();
    if !look.screen.is_of_all || words.is_empty() {
        return;
    }
    Panel::top("some restarted").frame(theme::banner(palette.accent_soft)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("Restarted:").color(palette.accent));
            ui.label(words.join(", "));
            ui.label(RichText::new("Their tasks begin anew.").color(palette.text_dim));
        });
    });
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

/// It is a file that is looked at: what is to be said of it.
fn recorded(ui: &mut Ui, look: &Look<'_>) {
    let palette = theme::palette(ui);
    let Connection::Recorded { states, goes_on, remarks } = &look.screen.connection else { return };
    let states = counted(*states, "state");
    let words = match look.screen.moment_ms {
        None if *goes_on => format!("A recording, up to the moment asked for: {states}."),
        None => format!("The end of a recording of {states}."),
        Some(_) => format!("A recording of {states}."),
    };
    Panel::top("recorded").frame(theme::banner(palette.accent_soft)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(words).color(palette.accent));
            for remark in remarks.iter().take(MOST_REMARKS) {
                ui.label(RichText::new(remark).color(palette.text));
            }
            if let Some(more) = remarks.len().checked_sub(MOST_REMARKS).filter(|more| *more > 0) {
                let all = remarks.join("\n");
                ui.label(format!("and {more} more remarks")).on_hover_text(all);
            }
        });
    });
}

/// What is looked at is compared with a state of elsewhere.
fn compared(ui: &mut Ui, look: &Look<'_>, commands: &mut Vec<Command>) {
    let palette = theme::palette(ui);
    let Some(compared) = &look.screen.reference else { return };
    Panel::top("compared").frame(theme::banner(palette.accent_soft)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let words = format!("Compared with {}.", compared.with);
            let too = "The column \"since mark\", the difference of await trees and the heap \
                       compare with it, too.";
            let tooltip = [&*compared.remarks.join("\n"), too].join("\n");
            ui.label(RichText::new(words).color(palette.accent)).on_hover_text(tooltip.trim());
            let rows =
                "Rows are what labels, spawn location, state, await point and wait make them.";
            ui.label(&compared.kinds).on_hover_text(rows);
            ui.label(RichText::new(&compared.headline).color(palette.text_strong));
            let stop = ui.button("Stop comparing");
            if stop.on_hover_text(hint(&Command::ClearMark)).clicked() {
                commands.push(Command::ClearMark);
            }
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
                "Counts, bytes and await points are kept of the past; what is spawned and ended, \
                 single tasks and holders are not.",
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
        None if look.screen.is_of_all => "each service is tried again by itself".into(),
        None => "not retrying".into(),
        Some(at) if *at <= look.now => "retrying now".into(),
        Some(at) => {
            let left = at.saturating_sub(look.now);
            format!("retrying in {} s", left.as_secs() + u64::from(left.subsec_nanos() > 0))
        }
    }
}
