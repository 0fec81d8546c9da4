//! A process that runs out of memory, and what is left of it on the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::programs::taskscope;

/// A program that was started; dropped, it is ended.
#[derive(Debug)]
pub struct Ended(pub Child);

impl Ended {
    /// Kills it, in the middle of whatever it does.
    ///
    /// # Panics
    /// The system does not let it be killed.
    pub fn kill(&mut self) {
        let killed = self.0.kill().and_then(|()| self.0.wait());
        assert!(killed.is_ok(), "{killed:?}");
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        // Our own child, by its handle; it may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// `taskscope record ADDRESS -o FILE`.
///
/// # Panics
/// It does not start.
pub fn recorder(address: &str, file: &Path) -> Ended {
    let mut command = taskscope();
    command.args(["record", address, "-o"]).arg(file).stdin(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(child) => Ended(child),
        Err(error) => panic!("cannot start {command:?}: {error}"),
    }
}

/// Files in the folder that are called so, the oldest first.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    files.sort();
    files
}

/// What a process takes of memory, in bytes; `None` once it has ended.
pub fn resident(pid: i32) -> Option<u64> {
    status(pid, "VmRSS")
}

/// Lets a process have so many bytes more than it has; then allocations fail.
///
/// # Panics
/// It is not there.
pub fn limit_memory(pid: i32, room: u64) {
    let most = status(pid, "VmData").map(|has| has + room);
    assert!(most.is_some(), "there is no process {pid}");
    let limited =
        prlimit(Pid::from_raw(pid), Resource::Data, Rlimit { current: most, maximum: most });
    assert!(limited.is_ok(), "{limited:?}");
}

/// A number of `/proc/PID/status`, in bytes.
fn status(pid: i32, field: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1_024)
}
