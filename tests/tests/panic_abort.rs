//! What is left of a service that was built with `panic = "abort"`, once a task of it panics.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::path::{Path, PathBuf};
use std::process::Command;

use taskscope_tests::report::Report;

/// Builds the service as its own would: there is no other way to such a binary.
fn built() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root).args(["build", "--profile", "abort", "-p", "taskscope-tests"]);
    let output = cargo.args(["--bin", "panics"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target.join("abort/panics")
}

#[test]
fn a_panic_that_ends_the_process_is_written_down_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = Command::new(built());
    service.env("TASKSCOPE_EVIDENCE", folder.path());
    let output = service.output().unwrap();
    assert_eq!(output.status.code(), None, "it was to be aborted: {output:?}");
    // The service's own message comes first, and once.
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.matches("the books do not balance").count(), 1, "{said}");
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let files: Vec<PathBuf> = files.collect();
    let [file] = &files[..] else { panic!("{files:?}") };
    assert!(file.to_str().unwrap().ends_with("-panic.taskscope"), "{file:?}");
    let report = Report::of(file.to_str().unwrap()).unwrap();
    assert_eq!(report.0["process"]["name"], "panics");
    let count = |task: &str| {
        let groups = report.groups().filter(|group| group.0["labels"]["task"] == task);
        groups.map(|group| group.0["count"].as_u64().unwrap()).sum::<u64>()
    };
    // The one that panicked is still there, in its poll.
    assert_eq!((count("bystander"), count("auditor")), (7, 1), "{report}");
}
