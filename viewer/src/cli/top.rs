//! `taskscope top`: a table of the groups, again every second.

use std::io::IsTerminal as _;
use std::time::Duration;

use anyhow::Context as _;
use taskscope_proto::stream::Decoder;
use tokio_stream::StreamExt as _;

use super::output;
use crate::connect::Client;
use crate::report::{self, TopTable};

/// For the connection and the greeting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Clears the screen and goes to its first line.
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

pub(super) fn run(target: &str, table: TopTable, span: Option<Duration>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")?;
    runtime.block_on(async {
        let follow = follow(target, table);
        match span {
            // The time is over: that is what was asked for.
            Some(span) => tokio::time::timeout(span, follow).await.unwrap_or(Ok(())),
            None => follow.await,
        }
    })
}

async fn follow(target: &str, table: TopTable) -> anyhow::Result<()> {
    let (client, process) = Client::connect(target, CONNECT_TIMEOUT).await?;
    let mut updates = client.watch(Duration::ZERO).await?;
    let mut decoder = Decoder::new();
    let style = report::Style { coloured: output::coloured(), all_frames: false };
    let before = if std::io::stdout().is_terminal() { CLEAR } else { "" };
    while let Some(update) = updates.next().await {
        let state = decoder.apply(update?).context("the agent sent what makes no sense")?;
        if let Some(profile) = state {
            let text = report::top(&process, &profile, table, style);
            output::answer(&format!("{before}{text}\n")).context("cannot write the table")?;
        }
    }
    Ok(())
}
