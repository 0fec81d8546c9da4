//! Words that come again and again (files, types, sources): each kept once, cut, and not without
//! bound.

use std::collections::HashSet;
use std::sync::Arc;

/// Different words that are kept; what comes after them is `…`.
const MAX_WORDS: usize = 50_000;
/// Bytes of one word.
const MAX_BYTES: usize = 512;
/// What stands for a word that has no room.
pub(super) const REST: &str = "…";

/// The words of one stream.
#[derive(Debug)]
pub(super) struct Words {
    known: HashSet<Arc<str>>,
    rest: Arc<str>,
}

impl Default for Words {
    fn default() -> Self {
        Self { known: HashSet::new(), rest: REST.into() }
    }
}

impl Words {
    /// The word, shared with everybody who has it.
    pub(super) fn keep(&mut self, word: &str) -> Arc<str> {
        let word = cut(word, MAX_BYTES);
        if let Some(known) = self.known.get(word) {
            return Arc::clone(known);
        }
        if self.known.len() >= MAX_WORDS {
            return Arc::clone(&self.rest);
        }
        let word: Arc<str> = word.into();
        self.known.insert(Arc::clone(&word));
        word
    }
}

/// At most so many bytes of a text, in whole characters.
pub(super) fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_once_cut_and_not_without_bound() {
        let mut words = Words::default();
        let first = words.keep("src/main.rs");
        assert!(Arc::ptr_eq(&first, &words.keep("src/main.rs")));
        assert_eq!(words.keep(&"ä".repeat(900)).len(), MAX_BYTES);
        assert_eq!(cut("aä", 2), "a");
        for number in 0..MAX_WORDS {
            words.keep(&number.to_string());
        }
        assert_eq!((&*words.keep("one more"), &*words.keep("src/main.rs")), (REST, "src/main.rs"));
    }
}
