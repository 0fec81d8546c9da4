//! `taskscope dump`: one report.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use taskscope_proto::model::{Capture, Process, Profile};

use super::output;
use super::{Format, Print};
use crate::connect::{Client, is_file, last_state};
use crate::report;

/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the captures and the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

pub(super) fn run(target: &str, capture: Capture, how: Print) -> anyhow::Result<()> {
    if is_file(target) {
        return open(Path::new(target), how);
    }
    let (process, profile) = fetch(target, capture)?;
    print(&process, &profile, how)
}

/// Prints the last state of a file, and tells on standard error what else is to be said of it.
fn open(path: &Path, how: Print) -> anyhow::Result<()> {
    let last = last_state(path)?;
    for remark in last.remarks() {
        output::complain(&format_args!("{}: {remark}", path.display()));
    }
    print(&last.process, &last.profile, how)
}

/// Asks an agent for its profile.
pub(crate) fn fetch(target: &str, capture: Capture) -> anyhow::Result<(Process, Arc<Profile>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    runtime.block_on(async {
        let (client, process) = Client::connect(target, CONNECT_TIMEOUT).await?;
        let profile = tokio::time::timeout(ANSWER_TIMEOUT, client.snapshot(capture)).await;
        let late = || format!("{target} did not answer within {} s", ANSWER_TIMEOUT.as_secs());
        Ok((process, profile.with_context(late)??))
    })
}

/// Prints a report to standard output.
pub(crate) fn print(process: &Process, profile: &Profile, how: Print) -> anyhow::Result<()> {
    let text = match how.format {
        Format::Json => report::json(process, profile)?,
        Format::Text => {
            let style = report::Style { coloured: output::coloured(), all_frames: how.all_frames };
            report::text(process, profile, style)
        }
    };
    output::answer(&text).context("cannot write the report")
}
