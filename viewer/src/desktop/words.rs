//! What a notification says.

use crate::alert::{Alert, Severity, Turn};
use crate::analyse::numbers::age;

/// Longer texts are cut: desktops have little room.
const MOST_LETTERS: usize = 400;

/// How much it wants to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It can wait.
    Low,
    /// Somebody should look.
    Normal,
    /// Somebody has to look now.
    Critical,
}

/// A notification, as plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub summary: String,
    /// The rest.
    pub body: String,
    /// How much it wants to be seen.
    pub urgency: Urgency,
}

impl Words {
    /// An alert that fires, or is over.
    pub fn of(turn: Turn, alert: &Alert) -> Self {
        let who = &alert.process;
        let text = cut(&alert.text);
        match turn {
            Turn::Fired => Self {
                summary: format!("{}: {who}", capital(alert.severity.name())),
                body: format!("{}: {text}", alert.rule),
                urgency: urgency(alert.severity),
            },
            Turn::Resolved => {
                let lasted = match (alert.fired, alert.resolved) {
                    (Some(fired), Some(end)) => {
                        format!(" after {}", age(end.moment.saturating_sub(fired.moment)))
                    }
                    _ => String::new(),
                };
                Self {
                    summary: format!("Resolved: {who}"),
                    body: format!("{} is over{lasted}: {text}", alert.rule),
                    urgency: Urgency::Low,
                }
            }
        }
    }

    /// So many alerts that got no notification of their own.
    pub fn of_more(count: u64, worst: Severity) -> Self {
        let alerts = if count == 1 { "alert" } else { "alerts" };
        Self {
            summary: format!("and {count} more {alerts}"),
            body: "The page of the alerts lists them.".into(),
            urgency: urgency(worst),
        }
    }

    /// The body for desktops that read it as markup.
    pub fn escaped_body(&self) -> String {
        self.body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }
}

fn urgency(severity: Severity) -> Urgency {
    match severity {
        Severity::Info => Urgency::Low,
        Severity::Warning => Urgency::Normal,
        Severity::Critical => Urgency::Critical,
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Labels are the service's words: no line of theirs may look like one of ours.
fn cut(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut cut: String = text.chars().map(plain).take(MOST_LETTERS).collect();
    if text.chars().nth(MOST_LETTERS).is_some() {
        cut.push('…');
    }
    cut
}
