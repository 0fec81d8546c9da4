//! A line about what was done or could not be done, until somebody has read it.

use std::ops::Deref;

/// Something to say once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What there is to say.
    pub words: String,
    /// It went as it was meant to.
    pub is_good: bool,
}

impl Remark {
    /// What was asked for is done.
    pub fn good(words: String) -> Self {
        Self { words, is_good: true }
    }
}

/// Why something could not be done.
impl From<String> for Remark {
    fn from(words: String) -> Self {
        Self { words, is_good: false }
    }
}

impl From<&str> for Remark {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

impl Deref for Remark {
    type Target = str;

    fn deref(&self) -> &str {
        &self.words
    }
}
