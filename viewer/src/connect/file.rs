//! Profiles from a file: evidence that an agent wrote, or a recording. A file is read as a stream:
//! one state of it is kept, however long it is.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use taskscope_proto::file::{Damage, Entry, FileError, Note, Reader};
use taskscope_proto::model::{Process, Profile};
use thiserror::Error;

use super::failure::sentence;
use super::{Failure, When};

/// Notes and damages that are told; there may be as many as a file has room for.
const MOST_TOLD: usize = 20;

/// What stands at the end of a file or at a moment of it, and what is to be said of it up to there.
#[derive(Clone, Debug, Default)]
pub struct LastState {
    /// Whose state it is.
    pub process: Arc<Process>,
    /// The state.
    pub profile: Arc<Profile>,
    /// How many there are up to this one.
    pub states: u64,
    /// There are later ones, which were not asked for.
    pub goes_on: bool,
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
    /// The moment asked for is before its first state.
    #[error(
        "{}: nothing in it is as early as {when}: it reaches from {first} to {last}",
        .path.display()
    )]
    Before {
        /// Which.
        path: PathBuf,
        /// What was asked for.
        when: When,
        /// When its first state is of.
        first: String,
        /// When its last state is of.
        last: String,
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

/// Reads to the end of the file.
///
/// # Errors
///
/// It cannot be opened, is none of ours, or has no whole state. Damage is no error while a state is left.
pub fn last_state(path: &Path) -> Result<LastState, OpenError> {
    state_at(path, When::End)
}

/// Reads to the last state at this moment or before, and keeps one state on the way.
///
/// # Errors
///
/// As [`last_state`]; or the file begins later.
pub fn state_at(path: &Path, when: When) -> Result<LastState, OpenError> {
    read_file(path, when, |_, _| ControlFlow::Continue(()))
}

/// Reads to the last state at this moment or before, and shows each state on the way, with whose it
/// is. Whoever is shown may break it off.
///
/// # Errors
///
/// As [`state_at`].
pub fn read_file(
    path: &Path,
    when: When,
    mut show: impl FnMut(&Arc<Process>, &Arc<Profile>) -> ControlFlow<()>,
) -> Result<LastState, OpenError> {
    let until = if when == When::End { i64::MAX } else { moment(path, when)? };
    let mut last = LastState::default();
    let mut process = Arc::default();
    // Whether the run that is being read has a state that was asked for.
    let mut is_in_time = false;
    entries(path, |entry| {
        match entry {
            // It is theirs only if a state of theirs follows.
            Entry::Process(next) => (process, is_in_time) = (next, false),
            Entry::State(profile) if unix_ms(&profile) > until => {
                last.goes_on = true;
                // The clock may have been set back before another run.
                return if is_in_time { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            }
            Entry::State(profile) => {
                (is_in_time, last.goes_on) = (true, false);
                let go_on = show(&process, &profile);
                last.process.clone_from(&process);
                last.profile = profile;
                last.states += 1;
                return go_on;
            }
            // What was said after the moment.
            Entry::Note(_) | Entry::Damage(_) if last.goes_on => {}
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
        ControlFlow::Continue(())
    })?;
    if last.states == 0 {
        let damage = last.damages.into_iter().next();
        return Err(OpenError::NoState { path: path.to_owned(), damage });
    }
    Ok(last)
}

/// Hands over each entry of the file, until its end or until nobody wants more.
fn entries(path: &Path, mut take: impl FnMut(Entry) -> ControlFlow<()>) -> Result<(), OpenError> {
    let open = |source| OpenError::Open { path: path.to_owned(), source };
    let file = |source| OpenError::File { path: path.to_owned(), source };
    let mut reader = Reader::new(File::open(path).map_err(open)?).map_err(file)?;
    while let Some(entry) = reader.entry().map_err(file)? {
        if take(entry).is_break() {
            break;
        }
    }
    Ok(())
}

/// A moment of the file in milliseconds of Unix time.
fn moment(path: &Path, when: When) -> Result<i64, OpenError> {
    let known = reach(path, when.needs_the_end())?;
    let at = when.in_ms(known.first, known.last);
    if at >= known.earliest.cast_signed() {
        return Ok(at);
    }
    let known = reach(path, true)?;
    if at >= known.earliest.cast_signed() {
        return Ok(at);
    }
    let (first, last) = (clock(known.earliest), clock(known.latest));
    Err(OpenError::Before { path: path.to_owned(), when, first, last })
}

/// Times of states of a file. The first need not be the earliest: clocks are set back.
#[derive(Clone, Copy)]
struct Reach {
    first: u64,
    last: u64,
    earliest: u64,
    latest: u64,
}

/// The times of all states of the file; of the first only if that will do.
fn reach(path: &Path, to_the_end: bool) -> Result<Reach, OpenError> {
    let mut reach: Option<Reach> = None;
    let mut damaged = None;
    entries(path, |entry| {
        match entry {
            Entry::State(profile) => {
                let at = profile.header.now_unix_ms;
                let known =
                    reach.unwrap_or(Reach { first: at, last: at, earliest: at, latest: at });
                let (earliest, latest) = (known.earliest.min(at), known.latest.max(at));
                reach = Some(Reach { last: at, earliest, latest, ..known });
            }
            Entry::Damage(damage) => damaged = damaged.take().or(Some(damage)),
            Entry::Process(_) | Entry::Note(_) | Entry::End => {}
        }
        match reach {
            Some(_) if !to_the_end => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    })?;
    reach.ok_or_else(|| OpenError::NoState { path: path.to_owned(), damage: damaged })
}

fn unix_ms(profile: &Profile) -> i64 {
    profile.header.now_unix_ms.cast_signed()
}

/// Unix time for people, to the second.
fn clock(unix_ms: u64) -> String {
    let at = i64::try_from(unix_ms / 1_000).ok();
    let at = at.and_then(|at| Timestamp::from_second(at).ok());
    at.map_or_else(|| format!("{unix_ms} ms"), |at| at.to_string())
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

    /// A recording of two runs: a state each second, as many tasks as seconds have gone by.
    fn recording(path: &Path) {
        let mut writer = Writer::packed(Vec::new());
        for (run, seconds) in [("old", 0..5), ("new", 60..65)] {
            writer.process(&Process { name: run.into(), ..Process::default() }).unwrap();
            for second in seconds {
                let line = format!("{second} parked task=a < src/m.rs:1");
                let mut profile = fixture::profile(&[&line]);
                profile.header.now_unix_ms = 1_767_323_045_200 + second * 1_000;
                writer.state(&profile).unwrap();
            }
        }
        std::fs::write(path, writer.end().unwrap()).unwrap();
    }

    #[test]
    fn a_moment_has_the_last_state_at_it_or_before_and_the_process_of_that() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.taskscope");
        recording(&path);
        let check = |when: &str, expected: (&str, u64, u64)| {
            let found = state_at(&path, when.parse().unwrap()).unwrap();
            let tasks = found.profile.groups[0].count;
            assert_eq!((&*found.process.name, tasks, found.states), expected, "{when}");
        };
        check("start", ("old", 0, 1));
        check("end", ("new", 64, 10));
        check("+3s", ("old", 3, 4));
        check("+3500ms", ("old", 3, 4));
        check("+59s", ("old", 4, 5));
        check("+60s", ("new", 60, 6));
        check("-2s", ("new", 62, 8));
        check("-30s", ("old", 4, 5));
        check("2026-01-02T03:04:07Z", ("old", 2, 3));
        check("03:05:06", ("new", 61, 7));
        check("2030-01-01", ("new", 64, 10));
    }

    #[test]
    fn a_run_whose_clock_was_set_back_has_its_moments_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.taskscope");
        let mut writer = Writer::packed(Vec::new());
        for (run, seconds) in [("ahead", 900..903), ("right", 10..15)] {
            writer.process(&Process { name: run.into(), ..Process::default() }).unwrap();
            for second in seconds {
                let line = format!("{second} parked task=a < src/m.rs:1");
                let mut profile = fixture::profile(&[&line]);
                profile.header.now_unix_ms = 1_767_323_045_200 + second * 1_000;
                writer.state(&profile).unwrap();
            }
        }
        std::fs::write(&path, writer.end().unwrap()).unwrap();
        let check = |when: &str, expected: (&str, u64, u64, bool)| {
            let found = state_at(&path, when.parse().unwrap()).unwrap();
            let tasks = found.profile.groups[0].count;
            let found = (&*found.process.name, tasks, found.states, found.goes_on);
            assert_eq!(found, expected, "{when}");
        };
        check("start", ("ahead", 900, 1, true));
        check("03:04:17", ("right", 12, 3, true));
        check("2026-01-02T03:04:17Z", ("right", 12, 3, true));
        check("-2s", ("right", 12, 3, true));
        check("end", ("right", 14, 8, false));
        let error = state_at(&path, "03:04:14".parse().unwrap()).unwrap_err().to_string();
        let reach = "it reaches from 2026-01-02T03:04:15Z to 2026-01-02T03:19:07Z";
        assert!(error.ends_with(reach), "{error}");
    }

    #[test]
    fn before_the_first_state_it_is_said_from_when_to_when_the_file_reaches() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.taskscope");
        recording(&path);
        for when in ["03:04:04", "2025-01-01T00:00:00Z", "-2h"] {
            let error = state_at(&path, when.parse().unwrap()).unwrap_err().to_string();
            let reach = "it reaches from 2026-01-02T03:04:05Z to 2026-01-02T03:05:09Z";
            assert!(error.contains("nothing in it is as early as") && error.ends_with(reach));
        }
    }
}
