//! Reads source files, and keeps those that were read last until they change.

use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{AROUND, Excerpt, Found, MOST_PLACES, Missing, Reading, Search, Wanted};

/// Larger files are not read.
const MOST_BYTES: u64 = 4 << 20;
/// Files that are kept.
const MOST_FILES: usize = 24;
/// Characters of a line that are kept.
const MOST_COLUMNS: usize = 240;

/// Source files.
#[derive(Debug, Default)]
pub struct Library {
    /// Latest first.
    files: VecDeque<(PathBuf, Stamp, Lines)>,
}

type Lines = Arc<[Box<str>]>;

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Library {
    /// Reads around all of these places.
    pub fn search(&mut self, mut search: Search) -> Found {
        search.places.truncate(MOST_PLACES);
        let read = |wanted| Arc::new(self.read(wanted, &search.folders));
        let readings = search.places.iter().map(read).collect();
        Found { search, readings }
    }

    /// The lines around this one.
    ///
    /// # Errors
    ///
    /// There is no such file, it cannot or should not be read, or it has no such line.
    pub fn read(&mut self, wanted: &Wanted, folders: &[PathBuf]) -> Reading {
        let relative = Path::new(&*wanted.file).is_relative();
        let folders = if relative { with_own(folders) } else { Vec::new() };
        let (path, metadata) = find(&wanted.file, &folders)
            .ok_or_else(|| Missing::NotFound { file: wanted.file.clone(), folders })?;
        let stamp = Stamp { modified: metadata.modified().ok(), bytes: metadata.len() };
        let lines = self.lines(&path, stamp, &metadata)?;
        let at = wanted.line.max(1);
        if at as usize > lines.len() {
            return Err(Missing::TooShort { path, lines: lines.len() });
        }
        let first = at.saturating_sub(AROUND).max(1);
        let around = lines.iter().skip(first as usize - 1).take((at - first + AROUND + 1) as usize);
        let since_epoch = stamp.modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Ok(Excerpt {
            path,
            first,
            lines: around.cloned().collect(),
            modified_unix_ms: since_epoch.and_then(|since| u64::try_from(since.as_millis()).ok()),
        })
    }

    fn lines(&mut self, path: &Path, stamp: Stamp, metadata: &Metadata) -> Result<Lines, Missing> {
        let known = self.files.iter().position(|(known, ..)| known == path);
        if let Some(known) = known.and_then(|at| self.files.remove(at))
            && known.1 == stamp
        {
            let lines = known.2.clone();
            self.files.push_front(known);
            return Ok(lines);
        }
        let refused = |why| Missing::Refused { path: path.to_owned(), why };
        if !metadata.is_file() {
            return Err(refused("it is no plain file"));
        }
        if metadata.len() > MOST_BYTES {
            return Err(refused("it is too large for source"));
        }
        let unreadable = |error: std::io::Error| Missing::Unreadable {
            path: path.to_owned(),
            cause: error.to_string(),
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        // It may have grown since.
        file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        let text = String::from_utf8_lossy(&bytes);
        let lines: Lines = text.lines().map(shown).collect();
        self.files.push_front((path.to_owned(), stamp, lines.clone()));
        self.files.truncate(MOST_FILES);
        Ok(lines)
    }
}

/// A line as it can be drawn: tabs as spaces, and not without end.
fn shown(line: &str) -> Box<str> {
    line.replace('\t', "    ").chars().take(MOST_COLUMNS).collect::<String>().into()
}

/// These folders, then the one that the viewer runs in.
fn with_own(folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut all = folders.to_vec();
    all.extend(std::env::current_dir());
    all
}

fn find(file: &str, folders: &[PathBuf]) -> Option<(PathBuf, Metadata)> {
    let there = |path: PathBuf| std::fs::metadata(&path).ok().map(|found| (path, found));
    if folders.is_empty() {
        return there(PathBuf::from(file));
    }
    folders.iter().find_map(|folder| there(folder.join(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(file: &str, line: u32) -> Wanted {
        Wanted { file: file.into(), line }
    }

    #[test]
    fn lines_around_a_place_are_read_from_the_first_folder_that_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        let text: Vec<String> = (1..=100).map(|n| format!("\tline {n}")).collect();
        std::fs::write(folder.path().join("src/a.rs"), text.join("\n")).unwrap();
        let folders = ["/nowhere/at/all".into(), folder.path().to_owned()];
        let mut library = Library::default();
        let mut check = |line, first, count| {
            let excerpt = library.read(&wanted("src/a.rs", line), &folders).unwrap();
            assert_eq!((excerpt.first, excerpt.lines.len()), (first, count), "line {line}");
            assert_eq!(&*excerpt.lines[0], format!("    line {first}"));
            assert!(excerpt.modified_unix_ms.is_some());
        };
        check(50, 30, 41);
        check(1, 1, 21);
        check(0, 1, 21);
        check(100, 80, 21);
        let short = library.read(&wanted("src/a.rs", 101), &folders).unwrap_err();
        assert!(short.to_string().contains("has only 100 lines"), "{short}");
        let none = library.read(&wanted("src/b.rs", 1), &folders).unwrap_err().to_string();
        assert!(none.contains("src/b.rs is not at hand; looked in /nowhere/at/all, "), "{none}");
    }

    #[test]
    fn a_file_that_changed_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        let mut library = Library::default();
        let mut first_line = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let file = path.display().to_string();
            library.read(&wanted(&file, 1), &[]).unwrap().lines[0].clone()
        };
        assert_eq!(&*first_line("one"), "one");
        assert_eq!(&*first_line("other"), "other");
    }

    #[test]
    fn what_is_no_source_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.rs");
        File::create(&path).unwrap().set_len(MOST_BYTES + 1).unwrap();
        let mut library = Library::default();
        for (path, why) in [(path.as_path(), "too large"), (folder.path(), "no plain file")] {
            let file = path.display().to_string();
            let error = library.read(&wanted(&file, 1), &[]).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
