//! Source files at hand: the lines around a place, and the editor that opens it there.
//!
//! A service says `src/audit.rs:41:37`. If the viewer runs where that file is, it can show the line
//! itself. Files are read on a thread of their own, since a disk may be slow or far away.

mod editor;
mod library;
mod reader;

use std::path::PathBuf;
use std::sync::Arc;

pub use editor::{EDITOR, EditorError, open};
pub use library::Library;
pub use reader::{Reader, start};

/// Lines shown before and after the one that is asked for.
pub const AROUND: u32 = 20;
/// Places that are read at once.
pub const MOST_PLACES: usize = 48;

/// A line to look at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// As the compiler recorded it.
    pub file: Arc<str>,
    /// Counts from 1.
    pub line: u32,
}

/// The lines around a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Where the file is.
    pub path: PathBuf,
    /// The number of the first line.
    pub first: u32,
    /// The lines, without their ends.
    pub lines: Box<[Box<str>]>,
    /// When the file was changed last, milliseconds of Unix time; `None` where nobody knows.
    pub modified_unix_ms: Option<u64>,
}

/// Why there is no source to show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// There is no such file.
    #[error("{file} is not at hand; looked in {}", words(.folders))]
    NotFound {
        /// As the compiler recorded it.
        file: Arc<str>,
        /// Where it was looked for; none for an absolute path.
        folders: Vec<PathBuf>,
    },
    /// It is too large, or no plain file.
    #[error("{} is not read: {why}", .path.display())]
    Refused {
        /// Where the file is.
        path: PathBuf,
        /// What is the matter with it.
        why: &'static str,
    },
    /// It cannot be read.
    #[error("{} cannot be read: {cause}", .path.display())]
    Unreadable {
        /// Where the file is.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// It has no such line: it is another version of the file.
    #[error("{} has only {lines} lines: it is another version of the file", .path.display())]
    TooShort {
        /// Where the file is.
        path: PathBuf,
        /// How many it has.
        lines: usize,
    },
}

/// What came of looking.
pub type Reading = Result<Excerpt, Missing>;

/// Places to read, and where files are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// At most [`MOST_PLACES`] of them are read.
    pub places: Vec<Wanted>,
    /// Folders that relative paths may start from, besides the one that the viewer runs in.
    pub folders: Vec<PathBuf>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What was looked for.
    pub search: Search,
    /// For each of its places.
    pub readings: Vec<Arc<Reading>>,
}

impl Found {
    /// The lines around this place, if it was looked for.
    pub fn at(&self, wanted: &Wanted) -> Option<&Arc<Reading>> {
        let at = self.search.places.iter().position(|place| place == wanted)?;
        self.readings.get(at)
    }
}

fn words(folders: &[PathBuf]) -> String {
    if folders.is_empty() {
        return "no other place, its path is absolute".to_owned();
    }
    let folders: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    folders.join(", ")
}
