//! How a report looks in a terminal.

use std::fmt::{self, Display};

/// How a text report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// With colours.
    pub coloured: bool,
    /// Every frame of the await trees, instead of folding those of libraries.
    pub all_frames: bool,
}

/// Something in a colour, or plainly.
pub(super) struct Painted<T> {
    code: Option<&'static str>,
    what: T,
}

impl Style {
    /// Titles and counts.
    pub(super) fn bold<T: Display>(self, what: T) -> Painted<T> {
        self.paint("1", what)
    }

    /// Library code and everything else that is rarely read.
    pub(super) fn dim<T: Display>(self, what: T) -> Painted<T> {
        self.paint("2", what)
    }

    /// The await point.
    pub(super) fn point<T: Display>(self, what: T) -> Painted<T> {
        self.paint("1;36", what)
    }

    /// What is bad.
    pub(super) fn bad<T: Display>(self, what: T) -> Painted<T> {
        self.paint("31", what)
    }

    /// What is better than before.
    pub(super) fn good<T: Display>(self, what: T) -> Painted<T> {
        self.paint("32", what)
    }

    fn paint<T>(self, code: &'static str, what: T) -> Painted<T> {
        Painted { code: self.coloured.then_some(code), what }
    }
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\u{1b}[{code}m{}\u{1b}[0m", self.what),
            None => write!(f, "{}", self.what),
        }
    }
}

/// Text of the service with everything taken out that a terminal would obey.
pub(super) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
