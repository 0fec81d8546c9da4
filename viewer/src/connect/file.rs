//! Profiles from a file: evidence that an agent wrote, or a recording.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use taskscope_proto::file::{Damage, EXTENSION, Entry, FileError, Note, Reader};
use taskscope_proto::model::{Process, Profile};
use thiserror::Error;

use super::Failure;
use super::failure::sentence;

/// Notes and damages that are told; there may be as many as a file has room for.
const MOST_TOLD: usize = 20;

/// What stands at the end of a file, and what is to be said of it.
#[derive(Clone, Debug, Default)]
pub struct LastState {
    /// Whose state it is.
    pub process: Arc<Process>,
    /// The last one.
    pub profile: Arc<Profile>,
    /// How many there are.
    pub states: u64,
    /// What whoever wrote the file had to say, the last of it.
    pub notes: Vec<Note>,
    /// Pieces that cannot be used, the first of them.
    pub damages: Vec<Damage>,
    /// Further ones.
    pub more_damages: u64,
}

impl LastState {
    /// What is to be said of the file, in sentences.
    pub fn remarks(&self) -> Vec<String> {
        let notes = self.notes.iter().map(|Note { at_unix_ms, text }| {
            let at = i64::try_from(*at_unix_ms).ok();
            let at = at.and_then(|ms| Timestamp::from_millisecond(ms).ok());
            at.map_or_else(|| text.clone(), |at| format!("{at:.0}: {text}"))
        });
        let damages = self.damages.iter().map(ToString::to_string);
        let more =
            (self.more_damages > 0).then(|| format!("and {} more such pieces", self.more_damages));
        notes.chain(damages).chain(more).collect()
    }
}

/// Why there is no state to show.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The system does not give the file.
    #[error("cannot open {}: {source}", .path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is none of ours, or cannot be read.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: FileError,
    },
    /// There is no whole state in it.
    #[error("{}: no whole profile is in it{}", .path.display(), told(.damage.as_ref()))]
    NoState {
        /// Which.
        path: PathBuf,
        /// What is in the way, if anything is.
        damage: Option<Damage>,
    },
}

impl OpenError {
    /// The same in the words of the window.
    pub(super) fn failure(&self) -> Failure {
        Failure {
            tried: "open a file".into(),
            cause: sentence(&self.to_string()),
            advice: "Look whether it is a recording, or evidence that an agent wrote; both end in \
                     .taskscope."
                .into(),
            hopeless: true,
        }
    }
}

fn told(damage: Option<&Damage>) -> String {
    damage.map(|damage| format!("; {damage}")).unwrap_or_default()
}

/// Whether a target is a file and no address: it is called like one, or there is one.
pub fn is_file(target: &str) -> bool {
    let path = Path::new(target);
    path.extension().is_some_and(|ending| ending == EXTENSION) || path.is_file()
}

/// Reads to the end of the file.
///
/// # Errors
///
/// It cannot be opened, is none of ours, or has no whole state. Damage is no error while a state is left.
pub fn last_state(path: &Path) -> Result<LastState, OpenError> {
    read_file(path, |_| ControlFlow::Continue(()))
}

/// Reads to the end of the file, and shows each entry on the way. Whoever is shown may break it off.
///
/// # Errors
///
/// As [`last_state`].
pub fn read_file(
    path: &Path,
    mut show: impl FnMut(&Entry) -> ControlFlow<()>,
) -> Result<LastState, OpenError> {
    let open = |source| OpenError::Open { path: path.to_owned(), source };
    let file = |source| OpenError::File { path: path.to_owned(), source };
    let mut reader = Reader::new(File::open(path).map_err(open)?).map_err(file)?;
    let mut last = LastState::default();
    while let Some(entry) = reader.entry().map_err(file)? {
        if show(&entry).is_break() {
            break;
        }
        match entry {
            Entry::Process(process) => last.process = process,
            Entry::State(profile) => {
                last.profile = profile;
                last.states += 1;
            }
            Entry::Note(note) => {
                if last.notes.len() == MOST_TOLD {
                    last.notes.remove(0);
                }
                last.notes.push(note);
            }
            Entry::Damage(damage) if last.damages.len() < MOST_TOLD => last.damages.push(damage),
            Entry::Damage(_) => last.more_damages += 1,
            Entry::End => {}
        }
    }
    if last.states == 0 {
        let damage = last.damages.into_iter().next();
        return Err(OpenError::NoState { path: path.to_owned(), damage });
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use taskscope_proto::file::Writer;

    use super::*;
    use crate::fixture;

    #[test]
    fn the_last_state_counts_with_what_is_to_be_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.taskscope");
        let mut writer = Writer::packed(Vec::new());
        writer.process(&Process { name: "shop".into(), ..Process::default() }).unwrap();
        for count in [3, 5] {
            let line = format!("{count} parked task=a @ src/a.rs:1 mutex < src/m.rs:1");
            writer.state(&fixture::profile(&[&line])).unwrap();
        }
        writer.note(&Note { at_unix_ms: 1, text: "SIGQUIT".into() }).unwrap();
        let mut bytes = writer.end().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let last = last_state(&path).unwrap();
        assert_eq!((&*last.process.name, last.states), ("shop", 2));
        assert_eq!((last.profile.groups[0].count, &*last.notes[0].text), (5, "SIGQUIT"));
        assert!(last.damages.is_empty());
        assert_eq!(last.remarks(), ["1970-01-01T00:00:00Z: SIGQUIT"]);

        bytes.truncate(bytes.len() - 30);
        std::fs::write(&path, &bytes).unwrap();
        let last = last_state(&path).unwrap();
        assert_eq!((last.states, last.notes.len(), last.damages.len()), (2, 0, 1));
    }

    #[test]
    fn what_has_no_state_is_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.taskscope");
        let check = |bytes: Option<&[u8]>, expected: &str| {
            if let Some(bytes) = bytes {
                std::fs::write(&path, bytes).unwrap();
            }
            let error = last_state(&path).unwrap_err().to_string();
            let path = path.display().to_string();
            assert!(error.contains(&path) && error.contains(expected), "{error}");
        };
        check(None, "cannot open");
        check(Some(b""), "the file is empty");
        check(Some(b"# a text file of some length"), "no file of Taskscope");
        let mut writer = Writer::packed(Vec::new());
        writer.process(&Process::default()).unwrap();
        writer.state(&fixture::profile(&["3 parked task=a < src/m.rs:1"])).unwrap();
        let bytes = writer.end().unwrap();
        check(Some(&bytes[..bytes.len() - 40]), "no whole profile is in it; ");
    }

    #[test]
    fn addresses_are_no_files() {
        for (target, expected) in
            [("127.0.0.1:6670", false), ("6670", false), ("no/such.taskscope", true)]
        {
            assert_eq!(is_file(target), expected, "{target}");
        }
    }
}
