//! Limits, kept on the way out and checked on the way in.

use std::sync::Arc;

use super::ConvertError;
use crate::limits::MAX_STRING_BYTES;

/// What a string that was cut ends with.
const CUT_MARK: char = '…';

/// The longest beginning of `text` that may be sent. Cut text says so at its end.
pub(crate) fn cut(text: &str) -> String {
    if text.len() <= MAX_STRING_BYTES {
        return text.to_owned();
    }
    let mut end = MAX_STRING_BYTES - CUT_MARK.len_utf8();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut short = text.get(..end).unwrap_or_default().to_owned();
    short.push(CUT_MARK);
    short
}

/// A string from the other side.
pub(crate) fn text(what: &'static str, text: String) -> Result<Arc<str>, ConvertError> {
    at_most(what, text.len(), "MAX_STRING_BYTES", MAX_STRING_BYTES)?;
    Ok(text.into())
}

/// A string from the other side, where the empty one means that there is none.
pub(crate) fn optional(what: &'static str, from: String) -> Result<Option<Arc<str>>, ConvertError> {
    if from.is_empty() { Ok(None) } else { text(what, from).map(Some) }
}

/// Refuses more than `limit`, which is called `name`.
pub(crate) fn at_most(
    what: &'static str,
    got: usize,
    name: &'static str,
    limit: usize,
) -> Result<(), ConvertError> {
    if got > limit { Err(ConvertError::Limit { what, got, name, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters_and_marked() {
        for text in ["x".repeat(MAX_STRING_BYTES + 1), "ä€😀".repeat(MAX_STRING_BYTES)] {
            let short = cut(&text);
            assert!(short.len() <= MAX_STRING_BYTES && short.len() > MAX_STRING_BYTES - 8);
            assert!(short.ends_with(CUT_MARK) && text.starts_with(short.trim_end_matches('…')));
        }
        let fits = "x".repeat(MAX_STRING_BYTES);
        assert_eq!(cut(&fits), fits);
    }

    #[test]
    fn too_long_text_is_refused_by_the_limits_name() {
        let error = text("a path", "x".repeat(MAX_STRING_BYTES + 1)).unwrap_err();
        assert_eq!(error.to_string(), "a path: 8193 is more than limits::MAX_STRING_BYTES (8192)");
    }
}
