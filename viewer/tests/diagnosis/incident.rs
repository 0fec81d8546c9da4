//! A whole incident: a service that is well, begins to leak, raises an alert, writes evidence, and is
//! ended by its memory limit; and what there is then to find the line by.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use egui::Key;
use serde_json::Value;
use taskscope_tests::memory_limit::{Ended, files, limit_memory, recorder, resident};
use taskscope_tests::programs::{program, taskscope};
use taskscope_tests::running::Running;
use taskscope_tests::sources::{Place, Source, marked, read};
use taskscope_tests::wait::until;

use crate::desk::{Desk, short};

const SOURCE: &str = "tests/src/bin/incident.rs";
/// How long it is well, in seconds.
const HEALTHY: u64 = 20;
/// What it is told that it may take.
const MEMORY_LIMIT: u64 = 300_000_000;
/// How much more memory the system lets it have than when the alert fired. It takes five million bytes a
/// second: before that, its limit is passed.
const ROOM: u64 = 130_000_000;
/// From the start to the alert, and from there to the end of the service, at most.
const PATIENCE: Duration = Duration::from_mins(3);

/// `taskscope watch` by its own rules, and what it says, with the time it came.
fn watch(address: &str) -> (Ended, Receiver<(SystemTime, Value)>) {
    let mut command = taskscope();
    command.args(["watch", address, "--format", "json"]);
    let mut watch = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let (sender, said) = sync_channel(64);
    let listen = move || {
        for line in lines.map_while(Result::ok) {
            let alert = serde_json::from_str(&line).unwrap();
            if sender.send((SystemTime::now(), alert)).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("alerts".into()).spawn(listen).unwrap();
    (Ended(watch), said)
}

/// Where the line is that carries this remark.
fn place(remark: &str) -> Place {
    marked(&[Source { text: read(SOURCE), path: SOURCE.into() }], remark)
}

#[test]
fn from_the_first_leak_to_the_line_after_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let [evidence, mark, recording] =
        ["evidence", "leaks", "recording.taskscope"].map(|name| folder.path().join(name));
    let mut command = Command::new(program("incident", SOURCE));
    command.arg(HEALTHY.to_string()).arg(&mark);
    command.env("TASKSCOPE_BIND", "127.0.0.1:0").env("TASKSCOPE_STUCK_AFTER", "2");
    command.env("TASKSCOPE_EVIDENCE", &evidence);
    command.env("TASKSCOPE_MEMORY_LIMIT", MEMORY_LIMIT.to_string());
    let service = Running::start(&mut command);
    let report = until("the first report", || service.dump());
    let pid = i32::try_from(report.number("/process/pid").unwrap()).unwrap();
    let mut recorder = recorder(service.address(), &recording);
    let (_watch, alerts) = watch(service.address());

    // While it is well nobody is told of anything, and then of the right tasks.
    let alert = alerts.recv_timeout(PATIENCE);
    let (told_at, alert) = alert.unwrap_or_else(|why| panic!("{why}: {:#?}", service.dump()));
    let leaked_at = fs::metadata(&mark).expect("an alert before there is a leak").modified();
    assert_eq!((&alert["state"], &alert["rule"]), (&"firing".into(), &"suspect".into()), "{alert}");
    let labels = serde_json::json!({ "task": "post", "tenant": "acme" });
    assert_eq!(alert["labels"], labels, "{alert}");
    let delay = told_at.duration_since(leaked_at.unwrap()).unwrap();
    println!(
        "the alert fired {:.1} s after the leak began: {}",
        delay.as_secs_f64(),
        alert["text"]
    );
    assert!(!files(&evidence, "-suspect.taskscope").is_empty(), "no evidence of the suspicion");

    // It dies of its memory, and at the same moment the recorder is killed as well.
    limit_memory(pid, ROOM);
    let until_when = Instant::now() + PATIENCE;
    while resident(pid).is_some() {
        let status = || fs::read_to_string(format!("/proc/{pid}/status"));
        assert!(Instant::now() < until_when, "it does not end: {:?}", status());
        thread::sleep(Duration::from_millis(20));
    }
    recorder.kill();

    // What is left names the line, in the window too.
    let (waits, holds) = (place("posts wait here"), place("the ledger waits here"));
    let found = files(&evidence, "-memory.taskscope");
    let last = found.last().expect("no evidence near the limit");
    for file in [last, &recording] {
        let mut desk = Desk::launch(file.to_str().unwrap());
        desk.sees_finding(&["suspect ", "task=post tenant=acme", &short(&waits)]);
        desk.click_row(&["post", &short(&waits)]);
        // While it dies its posts are in many states, each a row of its own.
        desk.press(Key::Slash);
        desk.type_text("task=ledger");
        desk.sees_line(&["Row \"ledger", &short(&holds)]);
    }
    the_difference_names_the_line(&recording, &waits);
}

/// Between a moment at which the service was well and its last one.
fn the_difference_names_the_line(recording: &Path, waits: &Place) {
    let well = format!("{}@+{}s", recording.display(), HEALTHY / 2);
    let mut command = taskscope();
    command.args(["diff", &well]).arg(recording).args(["--format", "json"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let difference: Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = &difference["changes"][0];
    let at = &first["await_point"];
    let line = (&waits.file.clone().into(), &waits.line.into());
    assert_eq!((&at["file"], &at["line"]), line, "{difference:#}");
    let what = (first["kind"].as_str(), first["labels"]["task"].as_str());
    assert_eq!(what, (Some("new"), Some("post")), "{first}");
    assert_eq!(first["verdict"]["after"], "suspect", "{first}");
    let grown = first["tasks"]["change"].as_i64().unwrap();
    assert!(grown > 1_000, "{first}");
    println!("the difference: {grown} tasks more at {}:{}", at["file"], at["line"]);
}
