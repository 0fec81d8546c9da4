//! A failure in words: what was tried, what came of it, what to do.

use std::fmt;

use super::ConnectError;

/// Why something did not work, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What was tried, e.g. `connect to 127.0.0.1:6670`.
    pub tried: String,
    /// What came of it.
    pub cause: String,
    /// What to do about it.
    pub advice: String,
    /// Trying again cannot help: the target itself is wrong.
    pub hopeless: bool,
}

impl Failure {
    pub(super) fn new(tried: String, error: &ConnectError) -> Self {
        Self {
            tried,
            cause: sentence(&error.to_string()),
            advice: sentence(error.advice()),
            hopeless: error.is_hopeless(),
        }
    }
}

/// With a capital and a full stop.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_was_tried_what_came_of_it_and_what_to_do() {
        let error = ConnectError::from("x".parse::<super::super::Target>().expect_err("no port"));
        let failure = Failure::new("connect to x".into(), &error);
        assert!(failure.hopeless && failure.cause.starts_with("`x` is not an address"));
        assert_eq!(failure.advice, "Write HOST:PORT, or only the port for this machine.");
    }
}
