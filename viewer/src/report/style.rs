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

/// Text of the service in one line, with everything taken out that a terminal would obey.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(harmless_char).collect()
}

/// What is shown for a character of somebody else's text.
pub(super) fn harmless_char(c: char) -> char {
    match c {
        '\u{2028}' | '\u{2029}' => ' ',
        c if c.is_control() => ' ',
        // Some turn around what follows, so that one reads something else than what is there; some
        // cannot be seen at all.
        '\u{200e}'
        | '\u{200f}'
        | '\u{061c}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{200b}'
        | '\u{2060}'
        | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_service_moves_the_cursor_or_turns_a_line_around() {
        for (text, expected) in [
            ("plain ä 你好 עברית", "plain ä 你好 עברית"),
            ("a\nb\u{1b}[31m\u{9b}2J", "a b [31m 2J"),
            ("exe\u{202e}gpj", "exe\u{fffd}gpj"),
        ] {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
    }
}
