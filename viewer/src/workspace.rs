//! What the viewer remembers from one start to the next.
//!
//! Stored as JSON with a version. What cannot be read is replaced by the defaults, and the window
//! says so once; nothing a user typed is worth failing to start for.

use serde::{Deserialize, Serialize};

use crate::alert::Silence;
use crate::analyse::{AwaitWeight, Key, Lens, Range, Shape, Sort};

/// The version that this build writes.
const VERSION: u32 = 1;
/// The smallest and the largest text, and how far a step goes.
const SCALES: std::ops::RangeInclusive<u16> = 60..=250;
const SCALE_STEP: u16 = 10;
/// How many targets are remembered.
const MAX_RECENT: usize = 12;

/// Light, dark, or what the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// What the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl ThemeChoice {
    /// The one after this, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// Its name.
    pub fn text(self) -> &'static str {
        match self {
            Self::System => "System theme",
            Self::Light => "Light theme",
            Self::Dark => "Dark theme",
        }
    }
}

/// The user's choices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workspace {
    version: u32,
    /// By what to group.
    pub keys: Vec<Key>,
    /// Whether rows lie in rows, those of one key in those of the key before.
    pub nest: bool,
    /// Order of the rows.
    pub sort: Sort,
    /// Whether one looks at tasks or at bytes.
    pub lens: Lens,
    /// The filter line.
    pub filter: String,
    /// Colours.
    pub theme: ThemeChoice,
    /// How long a stretch of time one looks at.
    pub range: Range,
    /// Whether runs of library frames are folded away.
    pub fold_library: bool,
    /// How large everything is, in percent of what the system says.
    pub scale_percent: u16,
    /// In which shape await trees are shown.
    pub shape: Shape,
    /// By what they are weighted.
    pub await_weight: AwaitWeight,
    /// Targets, latest first.
    pub recent: Vec<String>,
    /// The targets that were open together last.
    pub open: Vec<String>,
    /// Folders that paths of source files may start from, besides the one that the viewer runs in.
    pub source_folders: Vec<String>,
    /// Whether alerts are told on the desktop.
    pub notifies: bool,
    /// Alerts of which nothing is to be heard for a while.
    pub silences: Vec<Silence>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            version: VERSION,
            keys: Self::usual_keys(),
            nest: false,
            sort: Sort::default(),
            lens: Lens::default(),
            filter: String::new(),
            theme: ThemeChoice::default(),
            range: Range::default(),
            fold_library: true,
            scale_percent: 100,
            shape: Shape::default(),
            await_weight: AwaitWeight::default(),
            recent: Vec::new(),
            open: Vec::new(),
            source_folders: Vec::new(),
            notifies: true,
            silences: Vec::new(),
        }
    }
}

impl Workspace {
    /// By what to group when nothing else is said.
    pub fn usual_keys() -> Vec<Key> {
        vec![Key::Label("task".into()), Key::AwaitPoint, Key::WaitKind]
    }

    /// Reads what [`Workspace::to_text`] wrote. What cannot be read becomes the defaults, with a
    /// sentence that says so.
    pub fn from_text(text: &str) -> (Self, Option<String>) {
        match serde_json::from_str::<Self>(text) {
            Ok(found) if found.version == VERSION => (found, None),
            Ok(found) => {
                let version = found.version;
                let note = format!(
                    "The remembered settings have version {version}, this viewer reads {VERSION}; \
                     started with the defaults."
                );
                (Self::default(), Some(note))
            }
            Err(error) => {
                let note = format!(
                    "The remembered settings could not be read ({error}); started with the defaults."
                );
                (Self::default(), Some(note))
            }
        }
    }

    /// As text, to be stored.
    ///
    /// # Errors
    ///
    /// None that is known of: every choice has a text.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Everything a step larger, or smaller.
    pub fn scale(&mut self, larger: bool) {
        let percent = self.scale_percent;
        let next = if larger { percent + SCALE_STEP } else { percent.saturating_sub(SCALE_STEP) };
        self.scale_percent = next.clamp(*SCALES.start(), *SCALES.end());
    }

    /// By how much to multiply sizes, whatever was stored.
    pub fn scale_factor(&self) -> f32 {
        f32::from(self.scale_percent.clamp(*SCALES.start(), *SCALES.end())) / 100.0
    }

    /// Puts a target at the head of the recent ones.
    pub fn remember(&mut self, target: &str) {
        self.recent.retain(|known| known != target);
        self.recent.insert(0, target.to_owned());
        self.recent.truncate(MAX_RECENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut workspace = Workspace { filter: "task:fetch".into(), ..Workspace::default() };
        workspace.remember("127.0.0.1:6670");
        let text = workspace.to_text().expect("JSON");
        assert_eq!(Workspace::from_text(&text), (workspace, None));
    }

    #[test]
    fn what_cannot_be_read_becomes_the_defaults_and_a_note() {
        for text in ["", "{", r#"{"version": 99}"#, r#"{"version": 1, "keys": 3}"#] {
            let (workspace, note) = Workspace::from_text(text);
            assert_eq!(workspace, Workspace::default(), "{text}");
            assert!(note.is_some(), "{text}");
        }
    }

    #[test]
    fn recent_targets_are_few_and_each_is_there_once() {
        let mut workspace = Workspace::default();
        for port in (1..20).chain([15]) {
            workspace.remember(&format!("h:{port}"));
        }
        assert_eq!(workspace.recent.len(), MAX_RECENT);
        assert_eq!(workspace.recent[..3], ["h:15", "h:19", "h:18"]);
    }
}
