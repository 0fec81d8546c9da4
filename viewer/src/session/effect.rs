//! What a command does outside of the window's own state.

use std::sync::Arc;

use crate::analyst::Ask;
use crate::workspace::ThemeChoice;

/// Something for the world outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Tell the analyst.
    Ask(Ask),
    /// Put text on the clipboard.
    Copy(String),
    /// Show the window in these colours.
    Theme(ThemeChoice),
    /// Show everything so large.
    Scale(f32),
    /// Ask the system to point the window out.
    Attention,
    /// Write what the service at this address says into a file, which is called like this.
    #[expect(missing_docs, reason = "their names say it all")]
    Record { target: Arc<str>, name: Arc<str> },
    /// End that file.
    StopRecording,
    /// Open this place in the editor.
    #[expect(missing_docs, reason = "their names say it all")]
    OpenSource { path: std::path::PathBuf, line: u32, column: u32 },
}
