//! Standard output and standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use crate::report::harmless;

/// Writes the answer. Nobody reads on (`| head`): that is fine.
pub(crate) fn answer(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Says something about the run. Names and notes in it are somebody else's: what a terminal would
/// obey is taken out, and only lines are left as they are.
pub(crate) fn complain(what: &impl Display) {
    // With standard error closed there is nobody left to tell.
    ignore(writeln!(io::stderr().lock(), "{}", lines(&what.to_string())));
}

fn lines(text: &str) -> String {
    text.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

/// For results that nobody can act on; the place of use says why.
pub(super) fn ignore<T, E>(result: Result<T, E>) {
    drop(result);
}

/// Whether the answer may be coloured: a terminal reads it and nobody asked for plain text.
pub(super) fn coloured() -> bool {
    let asked_not_to = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    io::stdout().is_terminal() && !asked_not_to && !dumb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_has_lines_and_nothing_else_that_a_terminal_obeys() {
        for (text, expected) in [
            ("taskscope: nothing listens\n  start it", "taskscope: nothing listens\n  start it"),
            ("recording \u{1b}]0;shop\u{7} into x\r", "recording  ]0;shop  into x "),
        ] {
            assert_eq!(lines(text), expected);
        }
    }
}
