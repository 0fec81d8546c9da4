//! The real binary, from outside: what it prints, where, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_mins(1);

fn taskscope(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taskscope"));
    command.args(args).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("RUST_LOG");
    command
}

fn run(args: &[&str]) -> Output {
    taskscope(args).stdin(Stdio::null()).output().unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The sample service, its address, and its end.
fn sample_service() -> (Child, String) {
    let mut command = taskscope(&["demo-service"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().to_owned())
}

/// Waits until `done`, or fails.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < DEADLINE, "still waiting until {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_cannot_run_ends_with_2_and_says_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap().to_string();
    drop(listener);
    for (args, expected) in [
        (vec!["dump", &closed], format!("taskscope: nothing listens on {closed}\n  start the ")),
        (
            vec!["dump", "nonsense"],
            "taskscope: `nonsense` is not an address: it has no port".into(),
        ),
        (vec!["dump"], "error: the following required arguments were not provided".into()),
        (vec!["top", &closed], format!("taskscope: nothing listens on {closed}\n  start the ")),
        (
            vec!["heap", &closed, "-o", "/nowhere/heap.pb.gz"],
            format!("taskscope: nothing listens on {closed}\n  start the "),
        ),
        (vec!["bottom", "6670"], "error: unrecognized subcommand 'bottom'".into()),
    ] {
        let output = run(&args);
        let error = words(&output.stderr);
        assert!(error.starts_with(&expected), "{error}");
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{args:?}");
    }
}

#[test]
fn help_goes_to_standard_output_and_ends_with_0() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(words(&output.stdout).contains("Exit codes: 0 fine, 1 it ran and the answer is bad"));
}

#[test]
fn a_dump_of_the_sample_service_shows_the_pile_with_its_line() {
    let (mut service, address) = sample_service();
    let mut groups = Vec::new();
    until("a pile shows", || {
        let output = run(&["dump", &address, "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
        let dump: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(dump["schema"], "taskscope.dump/1");
        groups = dump["groups"].as_array().unwrap().clone();
        groups.iter().any(|group| {
            let waits = group["wait_kinds"] == serde_json::json!(["mpsc_send"]);
            waits && group["labels"]["task"] == "audit" && group["count"].as_u64() >= Some(10)
        })
    });
    let pile = groups.iter().find(|group| group["labels"]["task"] == "audit").unwrap();
    let file = pile["await_point"]["file"].as_str().unwrap();
    assert!(file.ends_with("demo/service/audit.rs"), "{pile:#}");
    assert!(pile["labels"]["tenant"].is_string(), "{pile:#}");

    let text = words(&run(&["dump", &address]).stdout);
    assert!(text.starts_with("taskscope-demo  pid ") && text.contains("mpsc_send"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours without a terminal");

    drop(service.stdin.take());
    until("the service ends with its standard input", || service.try_wait().unwrap().is_some());
}

#[test]
fn the_demo_without_a_display_says_so_and_reports() {
    let output = run(&["demo", "--for", "1s"]);
    let said = words(&output.stderr);
    assert!(said.starts_with("no display: the sample service runs on 127.0.0.1:"), "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(words(&output.stdout).contains("task=worker"), "{}", words(&output.stdout));
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_demo_leaves_no_service_behind() {
    let mut command = taskscope(&["demo", "--headless", "--for", "1h"]);
    let mut demo = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(demo.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split_whitespace().find(|word| word.starts_with("127.")).unwrap();
    let address = address.trim_end_matches(',');
    std::net::TcpStream::connect(address).unwrap().write_all(b"x").unwrap();
    // SIGKILL: nothing of ours runs any more.
    demo.kill().unwrap();
    demo.wait().unwrap();
    until("the service is gone too", || std::net::TcpStream::connect(address).is_err());
}
