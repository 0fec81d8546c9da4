//! The real binary, from outside: what it prints, where, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use taskscope_proto::file::{Note, Writer};
use taskscope_proto::model::{
    Class, Group, GroupId, Header, Label, Labels, Location, Origin, OriginId, Process, Profile,
    State, TaskKind, Totals,
};

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
        (
            vec!["report", &closed, "-o", "/nowhere/report.html"],
            format!("taskscope: nothing listens on {closed}\n  start the "),
        ),
        (
            vec!["report", &closed, "-o", "report.pdf"],
            "taskscope: report.pdf ends neither in .html nor in .md: name it so, or add ".into(),
        ),
        (
            vec!["report", "no/such.taskscope", "-o", "-", "--format", "md"],
            "taskscope: cannot open no/such.taskscope: No such file".into(),
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

/// The state of a service with a pile that grows by one a second.
fn pile(second: u64) -> Profile {
    let label = Label { key: "task".into(), value: "<b>audit</b>".into() };
    let labels = Labels::new([label]);
    let mut group = Group::new(GroupId(1), labels.clone(), OriginId(1), State::Parked);
    (group.count, group.stuck) = (second, second / 2);
    group.verdict.class = Class::Suspect;
    group.verdict.reason = "they pile up".into();
    let origin = Origin {
        id: OriginId(1),
        labels,
        spawned_at: Location { file: "src/audit.rs".into(), line: 30, column: 9 },
        kind: TaskKind::Async,
        spawned: second,
        finished: 0,
        aborted: 0,
        panicked: 0,
        last_panic: None,
        spawned_last_minute: second,
        finished_last_minute: 0,
        allocated_bytes: 0,
        allocated_bytes_last_minute: 0,
    };
    Profile {
        header: Header {
            now_ms: second * 1_000,
            now_unix_ms: 1_767_323_045_000 + second * 1_000,
            rss_bytes: Some(second << 20),
            totals: Totals { parked: second, ..Totals::default() },
            ..Header::default()
        },
        groups: vec![Arc::new(group)],
        origins: vec![Arc::new(origin)],
        ..Profile::default()
    }
}

#[test]
fn a_report_of_a_recording_is_a_page_with_its_past() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (file, html, evidence) = (path("shop.taskscope"), path("r.html"), path("e.taskscope"));
    let process = |run_id| Process { name: "shop".into(), run_id, ..Process::default() };
    let mut writer = Writer::packed(Vec::new());
    writer.process(&process(1)).unwrap();
    writer.state(&pile(999)).unwrap();
    writer.process(&process(2)).unwrap();
    (10..=70).for_each(|second| writer.state(&pile(second)).unwrap());
    std::fs::write(&file, writer.end().unwrap()).unwrap();

    std::fs::write(&html, "what was there before").unwrap();
    let output = run(&["report", &file, "-o", &html]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    assert!(words(&output.stderr).contains(" bytes about shop"), "{}", words(&output.stderr));
    assert_eq!(words(&output.stdout), "");
    let page = std::fs::read_to_string(&html).unwrap();
    for expected in [
        "<!doctype html>",
        "task=&lt;b&gt;audit&lt;/b&gt;",
        "they pile up",
        "62 states of 2 runs of the service, of which this is the last",
        "From 10 tasks alive at 03:04:15 to 70 at 03:05:15; at most 70, at 03:05:15.",
        "From 10 MiB resident at 03:04:15 to 70 MiB at 03:05:15",
        "src/audit.rs:30:9",
    ] {
        assert!(page.contains(expected), "{expected:?} is not in\n{page}");
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 2, "nothing else is left there");

    let mut writer = Writer::plain(Vec::new());
    writer.note(&Note { at_unix_ms: 1_767_323_045_000, text: "SIGQUIT".into() }).unwrap();
    writer.process(&process(2)).unwrap();
    writer.state(&pile(70)).unwrap();
    std::fs::write(&evidence, writer.end().unwrap()).unwrap();
    let output = run(&["report", &evidence, "-o", "-", "--format", "md"]);
    let page = words(&output.stdout);
    assert_eq!((output.status.code(), words(&output.stderr)), (Some(0), String::new()));
    for expected in [
        "# Incident report: shop\n",
        "which the agent wrote because of: SIGQUIT",
        "evidence is the state of one moment",
        "`task=<b>audit</b>`",
    ] {
        assert!(page.contains(expected), "{expected:?} is not in\n{page}");
    }
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
