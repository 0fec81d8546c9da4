//! `taskscope demo`: a sample service with a real leak in it, and the viewer on it.
//!
//! The service is a process of its own, as in life: this program started once more. It ends when
//! its standard input does, so it never outlives us, however we end.

mod child;
mod display;
mod service;

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use taskscope_proto::model::Capture;

use crate::cli::{self, Print};
use child::SampleService;

/// Starts the sample service and shows it: in the window, or as a report after `span`.
pub(crate) fn run(headless: bool, span: Duration, print: Print) -> anyhow::Result<()> {
    let no_window = match (headless, display::is_there()) {
        (true, _) => Some("headless"),
        (false, false) => Some("no display"),
        (false, true) => None,
    };
    let mut service = SampleService::start().context("cannot start the sample service")?;
    let address = service.address().to_owned();
    let Some(why) = no_window else {
        return crate::app::run(crate::app::Opening {
            targets: vec![address],
            may_notify: true,
            ..Default::default()
        });
    };
    let secs = span.as_secs_f32();
    cli::complain(&format_args!(
        "{why}: the sample service runs on {address}, the report follows in {secs} s"
    ));
    service.run_for(span)?;
    let (process, profile) = cli::fetch(&address, Capture::Cached)?;
    cli::print(&process, &profile, print)
}

/// Is the sample service, or a crowd of so many tasks, until standard input ends.
pub(crate) fn serve(crowd: Option<u32>) -> anyhow::Result<()> {
    let running = service::start(crowd)?;
    cli::answer(&format!("{}\n", running.address())).context("cannot tell the address")?;
    io::copy(&mut io::stdin().lock(), &mut io::sink()).context("cannot wait for the end")?;
    running.stop();
    Ok(())
}
