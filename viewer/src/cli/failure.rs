//! An error, in the two lines that a terminal shows.

use std::fmt;

use crate::connect::ConnectError;

/// What went wrong, and what to do about it if anyone knows.
#[derive(Debug)]
pub(super) struct Failure {
    what: String,
    advice: Option<&'static str>,
}

impl Failure {
    pub(super) fn of(error: &anyhow::Error) -> Self {
        let advice = error.downcast_ref::<ConnectError>().map(ConnectError::advice);
        Self { what: causes(error), advice }
    }
}

/// What happened, and why. Errors that say themselves why are not said twice.
fn causes(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if words.ends_with(&cause) {
            continue;
        }
        if !words.is_empty() {
            words.push_str(": ");
        }
        words.push_str(&cause);
    }
    words
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "taskscope: {}", self.what)?;
        match self.advice {
            Some(advice) => write!(f, "\n  {advice}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_happened_and_what_to_do() {
        let target = "127.0.0.1:6670".parse().unwrap();
        let error = anyhow::Error::from(ConnectError::NothingListens { target });
        assert_eq!(
            Failure::of(&error).to_string(),
            "taskscope: nothing listens on 127.0.0.1:6670\n  \
             start the service, and look for the address that its agent logs at start"
        );
        let error = anyhow::anyhow!("inside").context("outside");
        assert_eq!(Failure::of(&error).to_string(), "taskscope: outside: inside");
        let missing = crate::connect::last_state("no/such".as_ref()).unwrap_err();
        let error = anyhow::Error::from(missing).context("outside");
        assert_eq!(
            Failure::of(&error).to_string(),
            "taskscope: outside: cannot open no/such: No such file or directory (os error 2)"
        );
    }
}
