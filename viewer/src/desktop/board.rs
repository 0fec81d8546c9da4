//! Where notifications are shown.

use notify_rust::Notification;

use super::Words;

/// The name under which the desktop knows us.
const NAME: &str = "Taskscope";

/// Shows notifications.
pub trait Board {
    /// Shows one, in the place of an earlier one if its number is given. The number of the new one;
    /// zero where notifications have none.
    ///
    /// # Errors
    ///
    /// Why it could not be shown, in words.
    fn show(&mut self, words: &Words, replaces: Option<u32>) -> Result<u32, String>;

    /// What is tried, for a sentence about what failed.
    fn name(&self) -> &'static str;
}

/// The notifications of the system: `org.freedesktop.Notifications` on the session bus, or what the
/// system has in its place.
#[derive(Debug, Default)]
pub struct System {
    /// Whether it reads bodies as markup; `None` until it was asked.
    reads_markup: Option<bool>,
}

impl Board for System {
    fn show(&mut self, words: &Words, replaces: Option<u32>) -> Result<u32, String> {
        let mut notification = Notification::new();
        notification.appname(NAME).summary(&words.summary);
        let body = if self.reads_markup() { words.escaped_body() } else { words.body.clone() };
        notification.body(&body);
        own(&mut notification, words, replaces);
        let shown = notification.show().map_err(|error| error.to_string())?;
        Ok(number(&shown))
    }

    fn name(&self) -> &'static str {
        if cfg!(all(unix, not(target_os = "macos"))) {
            "org.freedesktop.Notifications on the session bus"
        } else {
            "the system's notifications"
        }
    }
}

impl System {
    #[cfg(all(unix, not(target_os = "macos")))]
    fn reads_markup(&mut self) -> bool {
        if let Some(known) = self.reads_markup {
            return known;
        }
        let Ok(capabilities) = notify_rust::get_capabilities() else { return true };
        let reads = capabilities.iter().any(|capability| capability == "body-markup");
        *self.reads_markup.insert(reads)
    }

    #[cfg(not(all(unix, not(target_os = "macos"))))]
    fn reads_markup(&mut self) -> bool {
        *self.reads_markup.insert(false)
    }
}

/// What only some systems have: urgency, and taking the place of another.
#[cfg(all(unix, not(target_os = "macos")))]
fn own(notification: &mut Notification, words: &Words, replaces: Option<u32>) {
    notification.urgency(match words.urgency {
        super::Urgency::Low => notify_rust::Urgency::Low,
        super::Urgency::Normal => notify_rust::Urgency::Normal,
        super::Urgency::Critical => notify_rust::Urgency::Critical,
    });
    notification.icon("dialog-warning");
    if let Some(id) = replaces {
        notification.id(id);
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn own(_notification: &mut Notification, _words: &Words, _replaces: Option<u32>) {}

#[cfg(all(unix, not(target_os = "macos")))]
fn number(shown: &notify_rust::NotificationHandle) -> u32 {
    shown.id()
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn number<T>(_shown: &T) -> u32 {
    0
}
