//! Opens a source line in the editor that the user named.

use std::path::Path;
use std::process::{Command, Stdio};

/// The variable that says how: a command with `{file}`, `{line}` and `{column}` in it.
pub const EDITOR: &str = "TASKSCOPE_EDITOR";

/// Why no editor was opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditorError {
    /// Nobody said which.
    #[error(
        "No editor is named: start the viewer with {EDITOR} set to a command that opens a window \
         of its own, for example `code --goto {{file}}:{{line}}:{{column}}`"
    )]
    NotNamed,
    /// The command has no end.
    #[error("{EDITOR} has a quotation mark that is never closed: {command}")]
    OpenQuote {
        /// The command.
        command: String,
    },
    /// The command does not start.
    #[error("Cannot start `{program}`, which {EDITOR} names: {cause}")]
    NotStarted {
        /// Its program.
        program: String,
        /// What the system says.
        cause: String,
    },
}

/// Opens this place with this command. No shell takes part: what stands in a path stays a path.
///
/// # Errors
///
/// There is no command, or it cannot be started.
pub fn open(command: Option<&str>, path: &Path, line: u32, column: u32) -> Result<(), EditorError> {
    let words = fill(command.unwrap_or_default(), path, line, column)?;
    let (program, arguments) = words.split_first().ok_or(EditorError::NotNamed)?;
    let mut command = Command::new(program);
    command.args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let not_started = |error: std::io::Error| EditorError::NotStarted {
        program: program.clone(),
        cause: error.to_string(),
    };
    let mut child = command.spawn().map_err(not_started)?;
    // Somebody has to take in how it ended; without a thread nobody does, and nothing is lost.
    let wait = move || drop(child.wait());
    drop(std::thread::Builder::new().name("taskscope-editor".into()).spawn(wait));
    Ok(())
}

/// The words of the command, each with its place filled in. Without `{file}` the place comes last.
fn fill(command: &str, path: &Path, line: u32, column: u32) -> Result<Vec<String>, EditorError> {
    let mut words = split(command)?;
    if words.is_empty() {
        return Err(EditorError::NotNamed);
    }
    if !words.iter().any(|word| word.contains("{file}")) {
        words.push("{file}".to_owned());
    }
    let file = path.display().to_string();
    let place = |word: String| {
        let word = word.replace("{line}", &line.to_string());
        word.replace("{column}", &column.max(1).to_string()).replace("{file}", &file)
    };
    Ok(words.into_iter().map(place).collect())
}

/// Words are parted by spaces; quotation marks hold them together.
fn split(command: &str) -> Result<Vec<String>, EditorError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for sign in command.chars() {
        match quote {
            Some(open) if sign == open => quote = None,
            None if sign == '"' || sign == '\'' => {
                quote = Some(sign);
                word.get_or_insert_default();
            }
            None if sign.is_whitespace() => words.extend(word.take()),
            Some(_) | None => word.get_or_insert_default().push(sign),
        }
    }
    if quote.is_some() {
        return Err(EditorError::OpenQuote { command: command.to_owned() });
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_filled_in_word_by_word() {
        let check = |command: &str, expected: &[&str]| {
            let words = fill(command, Path::new("/a b/$(x).rs"), 41, 37).unwrap();
            assert_eq!(words, expected, "{command}");
        };
        let file = "/a b/$(x).rs";
        check("code --goto {file}:{line}:{column}", &["code", "--goto", "/a b/$(x).rs:41:37"]);
        check("subl", &["subl", file]);
        check("'my editor'  +{line} \"{file}\"", &["my editor", "+41", file]);
        check("e '' {file}", &["e", "", file]);
    }

    #[test]
    fn what_cannot_be_opened_says_why() {
        let check = |command: Option<&str>, part: &str| {
            let error = open(command, Path::new("/x.rs"), 1, 0).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check(None, "code --goto {file}:{line}:{column}");
        check(Some("  "), "No editor is named");
        check(Some("'code {file}"), "never closed");
        check(Some("/no/such/editor {file}"), "Cannot start `/no/such/editor`");
    }

    #[test]
    fn an_editor_is_started_with_the_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("opened at {line}");
        open(Some("touch {file}"), &path, 7, 1).unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !path.exists() {
            assert!(std::time::Instant::now() < deadline, "the command was not run");
            std::thread::yield_now();
        }
    }

    proptest::proptest! {
        #[test]
        fn no_command_makes_it_panic(command in ".{0,60}", path in ".{0,20}") {
            drop(fill(&command, Path::new(&path), 1, 1));
        }
    }
}
