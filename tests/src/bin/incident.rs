//! A service that is well for a while, and then is not: what a test of a whole incident looks at.
//!
//! `incident SECONDS FILE`: forty requests a second are each answered once the ledger has taken them
//! in. After so many seconds the ledger stops to; then FILE is made. From there on every request waits, with
//! its document in memory, until there is none left.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use taskscope::{labels, prelude::*};
use tokio::sync::{mpsc, oneshot};
use tokio::time::interval;

/// Bytes of a document.
const DOCUMENT: usize = 128 << 10;
/// Documents that may be on their way to the ledger.
const ROOM: usize = 16;

type Entry = (usize, oneshot::Sender<()>);

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let healthy = words.next().and_then(|word| word.parse().ok()).context("SECONDS is missing")?;
    let mark = PathBuf::from(words.next().context("FILE is missing")?);
    let agent = taskscope::Agent::builder().name("incident").start()?;
    writeln!(io::stdout(), "taskscope listens on {}", agent.address())?;
    let (ledger, entries) = mpsc::channel(ROOM);
    let keeper = keep(entries, Duration::from_secs(healthy), mark);
    drop(taskscope::spawn(keeper.labeled(labels! { "task" => "ledger" })));
    let mut every = interval(Duration::from_millis(25));
    loop {
        every.tick().await;
        let posted = post(ledger.clone());
        drop(taskscope::spawn(posted.labeled(labels! { "task" => "post", "tenant" => "acme" })));
    }
}

/// Takes entries in, for so long; then it waits for an approval that nobody gives.
async fn keep(mut entries: mpsc::Receiver<Entry>, healthy: Duration, mark: PathBuf) {
    let started = Instant::now();
    let (_approve, approved) = oneshot::channel::<()>();
    while started.elapsed() < healthy {
        let Some((_bytes, done)) = entries.recv().await else { return };
        // Who asked may have gone.
        done.send(()).ok();
    }
    fs::write(mark, "").ok();
    approved.await.ok(); // the ledger waits here
}

async fn post(ledger: mpsc::Sender<Entry>) {
    let document = vec![1_u8; DOCUMENT];
    let (done, taken_in) = oneshot::channel();
    let sent = ledger.send((document.len(), done)).await; // posts wait here
    if sent.is_ok() {
        taken_in.await.ok();
    }
    drop(document);
}
