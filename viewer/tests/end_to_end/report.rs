//! `taskscope report` on a service with a leak in it, and on a recording of it.

use std::process::Stdio;

use super::service::{Service, taskscope, until};

/// What `taskscope report` prints about a target, as Markdown.
fn page(target: &str) -> String {
    let mut command = taskscope(&["report", target, "-o", "-", "--format", "md"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The page, once all of these are in it.
fn page_with(target: &str, parts: &[&str]) -> String {
    until("the page has it", || {
        let page = page(target);
        match parts.iter().find(|part| !page.contains(**part)) {
            None => Ok(page),
            Some(part) => Err(format!("no {part:?} in\n{page}")),
        }
    })
}

#[test]
fn a_report_names_the_leak_its_line_its_holder_and_its_past() {
    let service = Service::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.taskscope").display().to_string();
    let mut recorder = taskscope(&["record", &service.address, "-o", &file, "--for", "4s"]);
    let mut recorder = recorder.stderr(Stdio::null()).spawn().unwrap();
    let found = [
        "# Incident report: taskscope-demo\n",
        &format!("the agent at {}, while it ran", service.address),
        "- **suspect** `task=audit`",
        "of 4 label sets",
        "At the root: mpsc\\_send made at ",
        "demo/service/audit.rs:",
        "- suspect since ",
        "← waits here",
        "received last by task ",
        "Longest in this state:",
    ];
    let page = page_with(&service.address, &found);
    let (_, first) = page.split_once("### 1. ").unwrap();
    let (first, _) = first.split_once("### 2. ").unwrap();
    assert!(first.contains(" tasks parked, "), "{first}");
    assert!(first.contains("- labels: `task=audit`\n"), "{first}");
    let (_, longest) = first.split_once("Longest in this state:").unwrap();
    assert!(longest.contains(" (task=audit tenant="), "{first}");
    assert!(longest.contains(", which has ended\n"), "requests spawn them and end: {first}");
    // It grew from nothing: the agent remembers it.
    let trend = first.lines().find(|line| line.starts_with("`▁")).unwrap();
    assert!(trend.contains("█` from 0 to "), "{trend}");
    let past = page.lines().filter(|line| line.starts_with("| ") && line.contains(':')).count();
    assert!(past > 5, "{page}");
    let with_memory =
        page.lines().filter(|line| line.starts_with("| ") && line.ends_with(" MiB |"));
    assert!(with_memory.count() > 5, "and what the process took up: {page}");
    assert!(page.contains("Waited for by:"), "the writer holds them up: {page}");
    assert!(page.contains(&format!("`taskscope view {}`", service.address)), "{page}");

    assert!(recorder.wait().unwrap().success());
    let page =
        page_with(&file, &["the recording ", " states", "| memory |", "### All that is known: "]);
    assert!(page.contains(" MiB |"), "{page}");
}
