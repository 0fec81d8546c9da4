//! A running example.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::programs::{program, workspace};
use crate::report::Report;
use crate::wait::until;

/// A running example; dropped, it is ended.
#[derive(Debug)]
pub struct Example {
    child: Child,
    /// The example ends when this does, even if we are killed.
    _stdin: Option<ChildStdin>,
    address: String,
    source: String,
    path: String,
}

impl Example {
    /// Starts the example of this name on a port that the system chooses.
    ///
    /// # Panics
    /// It does not start, or does not say where it listens.
    pub fn start(name: &str) -> Self {
        let path = format!("examples/src/bin/{name}.rs");
        let source = std::fs::read_to_string(workspace().join(&path));
        let source = source.unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
        let mut command = Command::new(program(name, &path));
        command
            .env("TASKSCOPE_BIND", "127.0.0.1:0")
            .env("EXAMPLE_EXIT_WITH_STDIN", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let child = command.spawn();
        let mut child = child.unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).ok();
        }
        let stdin = child.stdin.take();
        // From here on the child is ended whatever happens.
        let mut example = Self { child, _stdin: stdin, address: String::new(), source, path };
        let address = line.trim().strip_prefix("taskscope listens on ");
        assert!(address.is_some(), "{name} does not say where it listens but {line:?}");
        address.unwrap_or_default().clone_into(&mut example.address);
        example
    }

    /// Where the line is that carries this remark.
    ///
    /// # Panics
    /// There is not exactly one.
    pub fn place(&self, remark: &str) -> Place {
        let comment = format!("// {remark}");
        let marked = |line: &&str| line.trim_end().ends_with(&comment);
        let found: Vec<(u64, &str)> =
            (1..).zip(self.source.lines()).filter(|(_, line)| marked(line)).collect();
        let [(line, text)] = found[..] else {
            panic!("{} lines of {} end in {comment:?}", found.len(), self.path)
        };
        let column = text.find("await").map_or(0, |at| at as u64 + 1);
        Place { file: self.path.clone(), line, column }
    }

    /// Where its agent listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What `taskscope dump` says now.
    ///
    /// # Errors
    /// It fails, in its own words.
    pub fn dump(&self) -> Result<Report, String> {
        Report::of(&self.address)
    }

    /// The first report that `look` finds right.
    ///
    /// # Panics
    /// None is in time; the message holds the last one.
    pub fn report(&self, what: &str, look: impl Fn(&Report) -> Result<(), String>) -> Report {
        until(what, || {
            let report = self.dump()?;
            look(&report).map_err(|missing| format!("{missing}, in\n{report}"))?;
            Ok(report)
        })
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // Our own child, by its handle; it may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A place in an example's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From the workspace, as the compiler records it.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// Of the keyword `await`, from 1.
    pub column: u64,
}
