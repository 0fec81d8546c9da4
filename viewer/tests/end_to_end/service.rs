//! The program as a process: as a service, and asking one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No condition takes longer on a slow and busy machine.
const DEADLINE: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(50);

/// What `look` finds, once it finds it; what it misses last is what a failure says.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(missing) => {
                assert!(started.elapsed() < DEADLINE, "still waiting until {what}: {missing}");
            }
        }
        thread::sleep(PAUSE);
    }
}

/// The program under test.
pub(crate) fn taskscope(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskscope"));
    command.args(args).env_remove("RUST_LOG").env_remove("TASKSCOPE_BIND");
    command
}

/// A child that ends when it is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        // It may have ended already: that is what we want.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A service with the agent in it.
pub(crate) struct Service {
    running: Running,
    pub(crate) address: String,
}

impl Service {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::try_start(args, "127.0.0.1:0").unwrap()
    }

    /// Starts one on this port, which may still be taken.
    pub(crate) fn try_start(args: &[&str], address: &str) -> Result<Self, String> {
        let mut command = taskscope(&[&["demo-service"], args].concat());
        command.env("TASKSCOPE_BIND", address).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = Running(command.spawn().unwrap());
        let mut line = String::new();
        BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            return Err(format!("no service came up on {address}"));
        }
        Ok(Self { running, address: line.trim().to_owned() })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.running.0.id()
    }

    pub(crate) fn kill(&mut self) {
        self.running.kill();
    }

    /// What `taskscope dump --format json` says of it.
    pub(crate) fn dump(&self) -> Value {
        let output = dump(&self.address);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

pub(crate) fn dump(address: &str) -> Output {
    taskscope(&["dump", address, "--format", "json"]).stdin(Stdio::null()).output().unwrap()
}
