//! Where states come from, as people write it: an address, a file, or a moment of a file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use taskscope_proto::file::EXTENSION;
use thiserror::Error;

use super::failure::sentence;
use super::{Failure, When};

/// What a command is told to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A service, by its address: what it is like now.
    Address(String),
    /// A file of evidence or a recording: its last state.
    File(PathBuf),
    /// `FILE@TIME`: the last state of a recording at this moment or before.
    Moment(PathBuf, When),
}

/// Text that begins like a moment of a file and is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}@…: {problem}", .path.display())]
pub struct PlaceError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong with the moment, and what to write instead.
    pub problem: String,
}

impl PlaceError {
    /// The same in the words of the window.
    pub(super) fn failure(&self) -> Failure {
        Failure {
            tried: "open a moment of a file".into(),
            cause: sentence(&self.to_string()),
            advice: "Write FILE@TIME, for example checkout.taskscope@-2m.".into(),
            hopeless: true,
        }
    }
}

impl Place {
    /// The moment of the file, where it is one; the end of it otherwise.
    pub fn file(&self) -> Option<(&Path, When)> {
        match self {
            Self::Address(_) => None,
            Self::File(path) => Some((path, When::End)),
            Self::Moment(path, when) => Some((path, *when)),
        }
    }
}

/// A file that is there is always taken as it is called, whatever `@` there is in its name.
impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let whole = Path::new(text);
        if whole.is_file() {
            return Ok(Self::File(whole.to_owned()));
        }
        if let Some((path, moment)) = text.rsplit_once('@')
            && is_file(Path::new(path))
        {
            let path = PathBuf::from(path);
            return match moment.parse() {
                Ok(when) => Ok(Self::Moment(path, when)),
                Err(problem) => Err(PlaceError { path, problem }),
            };
        }
        Ok(if is_file(whole) { Self::File(whole.to_owned()) } else { Self::Address(text.into()) })
    }
}

/// Whether it is called like a file, or there is one.
fn is_file(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == EXTENSION) || path.is_file()
}

/// As it was written.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => f.write_str(address),
            Self::File(path) => path.display().fmt(f),
            Self::Moment(path, when) => write!(f, "{}@{when}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_files_and_moments_are_told_apart() {
        let address = |text: &str| Place::Address(text.into());
        for (text, expected) in [
            ("127.0.0.1:6670", address("127.0.0.1:6670")),
            ("6670", address("6670")),
            ("me@host:6670", address("me@host:6670")),
            ("no/such.taskscope", Place::File("no/such.taskscope".into())),
            ("no/a@b.taskscope", Place::File("no/a@b.taskscope".into())),
            ("no/such.taskscope@start", Place::Moment("no/such.taskscope".into(), When::Start)),
            ("no/a@b.taskscope@end", Place::Moment("no/a@b.taskscope".into(), When::End)),
        ] {
            let place: Place = text.parse().expect(text);
            assert_eq!((place.to_string(), &place), (text.to_owned(), &expected));
        }
        let error = "x.taskscope@soon".parse::<Place>().expect_err("no moment").to_string();
        assert!(error.starts_with("x.taskscope@…: `soon` is not a moment: write "), "{error}");
    }

    #[test]
    fn a_file_that_is_there_is_taken_as_it_is_called() {
        let folder = tempfile::tempdir().expect("a folder");
        let named = |name: &str| folder.path().join(name).display().to_string();
        for name in ["plain", "plain@start", "x.taskscope@end"] {
            std::fs::write(named(name), "x").expect("room for a file");
            assert_eq!(named(name).parse(), Ok(Place::File(named(name).into())), "{name}");
        }
        assert_eq!(named("plain@end").parse(), Ok(Place::Moment(named("plain").into(), When::End)));
    }
}
