//! A running example.

use std::process::Command;

use crate::programs::program;
use crate::report::Report;
use crate::running::Running;
use crate::sources::{self, Place, Source, read};
use crate::wait::until;

/// A running example; dropped, it is ended.
#[derive(Debug)]
pub struct Example {
    running: Running,
    source: Source,
}

impl Example {
    /// Starts the example of this name on a port that the system chooses.
    ///
    /// # Panics
    /// It does not start, or does not say where it listens.
    pub fn start(name: &str) -> Self {
        Self::start_with(name, &[])
    }

    /// Starts it with these variables set, too.
    ///
    /// # Panics
    /// As [`Example::start`].
    pub fn start_with(name: &str, variables: &[(&str, &str)]) -> Self {
        let path = format!("examples/src/bin/{name}.rs");
        let mut command = Command::new(program(name, &path));
        command.env("TASKSCOPE_BIND", "127.0.0.1:0").env("EXAMPLE_EXIT_WITH_STDIN", "1");
        command.envs(variables.iter().copied());
        let source = Source { text: read(&path), path };
        Self { running: Running::start(&mut command), source }
    }

    /// Where the line is that carries this remark.
    ///
    /// # Panics
    /// There is not exactly one.
    pub fn place(&self, remark: &str) -> Place {
        sources::marked(std::slice::from_ref(&self.source), remark)
    }

    /// Where its agent listens.
    pub fn address(&self) -> &str {
        self.running.address()
    }

    /// What `taskscope dump` says now.
    ///
    /// # Errors
    /// It fails, in its own words.
    pub fn dump(&self) -> Result<Report, String> {
        self.running.dump()
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
