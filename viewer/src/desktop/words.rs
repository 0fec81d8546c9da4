//! What a notification says.

use crate::alert::{Alert, Severity, Turn};
use crate::analyse::numbers::age;
use crate::report::harmless;

/// Longer texts are cut: desktops have little room.
const MOST_LETTERS: usize = 400;
/// Of the names of services and rules.
const MOST_OF_A_NAME: usize = 80;

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
        let [who, rule] = [&alert.process, &alert.rule].map(|name| cut(name, MOST_OF_A_NAME));
        let text = cut(&alert.text, MOST_LETTERS);
        match turn {
            Turn::Fired => Self {
                summary: format!("{}: {who}", capital(alert.severity.name())),
                body: format!("{rule}: {text}"),
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
                    body: format!("{rule} is over{lasted}: {text}"),
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

/// Names and labels are the service's words: no line of theirs may look like one of ours.
fn cut(text: &str, most: usize) -> String {
    let text = harmless(text);
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
