//! Text of a service, fit to be read: nothing in it that changes how the rest is read, and not too
//! much of it.

use std::fmt::Write as _;

use crate::report::style::harmless_char;

/// Characters of one text. Labels, places and sentences of honest services are shorter.
const MOST: usize = 600;

/// The text without control characters and marks of direction, cut where it gets too long.
pub(super) fn shown(text: &str) -> String {
    let mut rest = text.chars();
    let mut out: String = rest.by_ref().take(MOST).map(harmless_char).collect();
    let left = rest.count();
    if left > 0 {
        // Writing to a string cannot fail.
        write!(out, "… ({left} more characters)").ok();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_cannot_hide_anything() {
        for (text, expected) in [
            ("plain ä 你好 עברית", "plain ä 你好 עברית"),
            ("a\nb\r\tc\u{1b}[31m", "a b  c [31m"),
            ("exe\u{202e}gpj\u{2069}.\u{200f}", "exe\u{fffd}gpj\u{fffd}.\u{fffd}"),
            ("a\u{2028}b\u{85}c\u{200b}", "a b c\u{fffd}"),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        let cut = shown(&"ü".repeat(10_000));
        assert!(cut.ends_with("ü… (9400 more characters)"), "{cut}");
        assert_eq!(cut.chars().filter(|c| *c == 'ü').count(), MOST);
        assert_eq!(shown(&"x".repeat(MOST)), "x".repeat(MOST));
    }
}
