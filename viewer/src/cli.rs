//! The command line.
//!
//! Arguments are parsed into dumb data (`args`), resolved once into an [`Action`], and done. What
//! goes to standard output is the answer and nothing else; everything said about it goes to
//! standard error.
//!
//! Exit codes: 0 fine, 1 it ran and the answer is bad, 2 it could not run.

mod action;
mod args;
mod diff;
mod dump;
mod failure;
mod heap;
mod new_file;
mod output;
mod record;
mod report;
mod rules;
mod top;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::app::Opening;
use crate::connect::{Place, span};

pub use action::{Action, Format, Print};
pub use diff::Diff;
pub(crate) use dump::{fetch, print};
use failure::Failure;
pub(crate) use output::{answer, complain};
pub use report::{PageFormat, Report};
pub use watch::Watch;

/// It could not run.
const CANNOT_RUN: u8 = 2;

/// Runs the command line `args`, the program's name first, to its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match args::Args::try_parse_from(args) {
        Ok(args) => args,
        // Help and version are errors to the parser, on standard output and with the code 0.
        Err(error) => {
            output::ignore(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(CANNOT_RUN));
        }
    };
    log_to_stderr();
    match act(Action::from(args)) {
        Ok(code) => code,
        Err(error) => {
            output::complain(&Failure::of(&error));
            ExitCode::from(CANNOT_RUN)
        }
    }
}

fn act(action: Action) -> anyhow::Result<ExitCode> {
    let done = match action {
        Action::View { targets, by, nest, filter, rules, against } => {
            // What is wrong with a moment is said here, and not in a window.
            targets.iter().try_for_each(|target| target.parse::<Place>().map(drop))?;
            let read = |file: PathBuf| {
                let rules = rules::read(Some(&file))?;
                anyhow::Ok((file.display().to_string(), rules))
            };
            let rules = rules.map(read).transpose()?;
            let against = against.as_deref().map(diff::reference).transpose()?;
            let may_notify = true;
            crate::app::run(Opening { targets, by, nest, filter, rules, may_notify, against })
        }
        Action::Dump { target, capture, print } => dump::run(&target, capture, print),
        Action::Diff(diff) => diff::run(&diff),
        Action::Demo { headless, span, print } => crate::demo::run(headless, span, print),
        Action::Heap { target, output } => heap::run(&target, &output),
        Action::Record { target, output, span } => record::run(&target, &output, span),
        Action::Report(report) => report::run(&report),
        Action::Top { target, table, span } => top::run(&target, table, span),
        Action::Watch(watch) => return watch::run(&watch),
        Action::DemoService { crowd } => crate::demo::serve(crowd),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Warnings, unless `RUST_LOG` says otherwise.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A logger that is already there, in a test, is as good.
    output::ignore(log.try_init());
}
