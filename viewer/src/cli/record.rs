//! `taskscope record`: writes what a service says into a file, for as long as it runs.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::output;
use crate::connect::{RecordError, Recording, Taken, Told};
use crate::report::harmless;

pub(super) fn run(target: &str, file: &Path, span: Option<Duration>) -> anyhow::Result<()> {
    let path = file.display();
    let mut recording = Recording::open(file)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    let mut tell = |told: Told<'_>| match told {
        Told::Begun(name) => {
            output::complain(&format_args!("recording {} into {path}", harmless(name)));
        }
        Told::Written(_) => {}
        Told::Lost(error, pause) => {
            output::complain(&format_args!("{error}; trying again in {} s", pause.as_secs()));
        }
    };
    let followed = runtime.block_on(async {
        let follow = recording.follow(target, &mut tell);
        match span {
            Some(span) => tokio::time::timeout(span, follow).await.ok(),
            None => Some(follow.await),
        }
    });
    match followed {
        // The advice that stands with it is that of the connection.
        Some(Err(RecordError::Connect(error))) => return Err(error.into()),
        Some(Err(error)) => return Err(error.into()),
        // The time is over: that is what was asked for.
        None => {}
    }
    let Taken { states, bytes } = recording.end()?;
    if states == 0 {
        bail!("nothing is recorded: no state came from {target} in the time that was given");
    }
    output::complain(&format_args!("{path}: {states} states in {bytes} bytes"));
    Ok(())
}
