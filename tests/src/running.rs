//! A running program with an agent in it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::report::Report;

/// A running program with an agent in it; dropped, it is ended.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// The program ends when this does, even if we are killed.
    _stdin: Option<ChildStdin>,
    address: String,
}

impl Running {
    /// Starts a program that says first where its agent listens, as the last word of a line, and
    /// ends with its standard input.
    ///
    /// # Panics
    /// It does not start, or says something else.
    pub fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).ok();
        }
        let stdin = child.stdin.take();
        // From here on the child is ended whatever happens.
        let mut running = Self { child, _stdin: stdin, address: String::new() };
        let address = line.split_whitespace().last().unwrap_or_default();
        let is_address = address.parse::<SocketAddr>().is_ok();
        assert!(is_address, "{command:?} does not say where it listens but {line:?}");
        address.clone_into(&mut running.address);
        running
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
}

impl Drop for Running {
    fn drop(&mut self) {
        // Our own child, by its handle; it may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
