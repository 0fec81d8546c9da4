//! The sample service as a child process.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// For the child to tell where it listens.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two looks whether the child still lives.
const LOOK: Duration = Duration::from_millis(50);

/// The running child. Dropping it ends it; should we be killed instead, the end of its standard
/// input does.
pub(super) struct SampleService {
    child: Child,
    address: String,
    _lifeline: Option<ChildStdin>,
}

impl SampleService {
    /// Starts this program once more and waits for its address.
    pub(super) fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut child = Command::new(program)
            .arg("demo-service")
            // The demo must not fight over the port of the user's own service.
            .env_remove("TASKSCOPE_BIND")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start this program once more")?;
        let stdout = child.stdout.take();
        // From here on, dropping ends the child.
        let mut service = Self { _lifeline: child.stdin.take(), address: String::new(), child };
        let (tell, told) = mpsc::sync_channel(1);
        thread::Builder::new().name("demo-address".to_owned()).spawn(move || {
            let mut line = String::new();
            let read = stdout.map(|stdout| BufReader::new(stdout).read_line(&mut line));
            if matches!(read, Some(Ok(1..))) {
                // Nobody waits any more: then nobody needs it.
                tell.send(line.trim().to_owned()).ok();
            }
        })?;
        service.address = told
            .recv_timeout(START_TIMEOUT)
            .context("it ended, or did not tell where it listens")?;
        Ok(service)
    }

    /// Where its agent listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Lets it run for a while.
    pub(super) fn run_for(&mut self, span: Duration) -> anyhow::Result<()> {
        let started = Instant::now();
        while let Some(left) = span.checked_sub(started.elapsed()) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the sample service ended by itself: {status}");
            }
            thread::sleep(left.min(LOOK));
        }
        Ok(())
    }
}

impl Drop for SampleService {
    fn drop(&mut self) {
        // It may have ended already: that is what we want.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
