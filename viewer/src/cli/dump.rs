//! `taskscope dump`: one report.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use taskscope_proto::model::{Capture, Process, Profile};

use super::output;
use super::{Format, Print};
use crate::connect::{Client, Place, state_at};
use crate::report;

/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// For the captures and the answer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

pub(super) fn run(target: &str, capture: Capture, how: Print) -> anyhow::Result<()> {
    let (process, profile) = take(&target.parse()?, capture, &mut BTreeSet::new())?;
    print(&process, &profile, how)
}

/// The state of a place, and tells on standard error what else is to be said of a file and has not
/// been `said`.
pub(super) fn take(
    place: &Place,
    capture: Capture,
    said: &mut BTreeSet<String>,
) -> anyhow::Result<(Arc<Process>, Arc<Profile>)> {
    let Some((path, when)) = place.file() else {
        let (process, profile) = fetch(&place.to_string(), capture)?;
        return Ok((Arc::new(process), profile));
    };
    let state = state_at(path, when)?;
    for remark in state.remarks() {
        // A note in the file is not to look like a line of ours.
        let line = format!("{}: {}", path.display(), report::harmless(&remark));
        if !said.contains(&line) {
            output::complain(&format_args!("{line}"));
            said.insert(line);
        }
    }
    Ok((state.process, state.profile))
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
