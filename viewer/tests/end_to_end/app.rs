//! The whole viewer without a display: its own threads, a real connection, keys, and its screen
//! as a screen reader reads it.

use egui::Key;
use egui_kittest::Harness;
use taskscope_viewer::app::{App, Opening};

use crate::printer::print;
use crate::service::until;

pub(crate) struct Viewer(pub(crate) Harness<'static, App>);

impl Viewer {
    /// Opens a window of this height on a target.
    pub(crate) fn on(target: &str, height: f32) -> Self {
        let builder = Harness::builder().with_size([1440.0, height]);
        let target = Some(target.to_owned());
        Self(builder.build_eframe(|cc| {
            App::start(cc, Opening { targets: target.into_iter().collect(), ..Opening::default() })
                .unwrap()
        }))
    }

    pub(crate) fn text(&mut self) -> String {
        // What is new shows in the second frame at the latest.
        self.0.step();
        self.0.step();
        print(&self.0.root())
    }

    /// Waits for a screen that holds all of these.
    pub(crate) fn shows(&mut self, parts: &[&str]) -> String {
        until("the screen shows it", || {
            let text = self.text();
            match parts.iter().find(|part| !text.contains(**part)) {
                None => Ok(text),
                Some(part) => Err(format!("no {part:?} in\n{text}")),
            }
        })
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.0.key_press(key);
    }
}

/// The lines of the table of groups.
pub(crate) fn group_rows(text: &str) -> Vec<&str> {
    let rows = text.lines().map(str::trim).filter(|line| line.starts_with("Row \""));
    rows.filter(|line| !line.starts_with("Row \"task ")).collect()
}

/// The number in the label `N tasks`.
pub(crate) fn alive(text: &str) -> Option<u64> {
    let label = |line: &str| {
        let number = line.trim().strip_prefix("Label \"")?.strip_suffix(" tasks\"")?;
        number.replace(' ', "").parse().ok()
    };
    text.lines().find_map(label)
}
