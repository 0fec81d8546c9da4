//! The real binary, from outside: what it prints, where, and how it ends.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use taskscope_proto::file::{Note, Writer};
use taskscope_proto::model::{
    Class, Frame, Group, GroupId, Header, Label, Labels, Location, Origin, OriginId, Process,
    Profile, State, TaskKind, Totals, Tree,
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

/// A recording of one task, two, and three, ten seconds from one to the next, waiting on one line.
fn pile(path: &Path) {
    let label = Label { key: "task".into(), value: "audit".into() };
    let place = Location { file: "src/audit.rs".into(), line: 41, column: 7 };
    let frame = Arc::new(Frame {
        function: "audit::log".into(),
        location: Some(place),
        user: true,
        module: None,
        offset: 0,
    });
    let tree = Arc::new(Tree { await_point: Some(frame), ..Tree::default() });
    let mut writer = Writer::packed(Vec::new());
    writer.process(&Process { name: "shop".into(), ..Process::default() }).unwrap();
    for tasks in 1..=3 {
        let labels = Labels::new([label.clone()]);
        let mut group = Group::new(GroupId(tasks), labels, OriginId(1), State::Parked);
        (group.count, group.tree) = (tasks, Some(tree.clone()));
        let header = Header {
            now_ms: tasks * 10_000,
            now_unix_ms: 1_767_323_035_000 + tasks * 10_000,
            totals: Totals { parked: tasks, ..Totals::default() },
            ..Header::default()
        };
        let groups = vec![Arc::new(group)];
        writer.state(&Profile { header, groups, ..Profile::default() }).unwrap();
    }
    std::fs::write(path, writer.end().unwrap()).unwrap();
}

#[test]
fn a_moment_of_a_recording_is_dumped_and_one_that_it_does_not_have_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a@b.taskscope");
    pile(&file);
    let at = |moment: &str| format!("{}{moment}", file.display());
    for (moment, tasks) in
        [("", 3), ("@end", 3), ("@start", 1), ("@+12s", 2), ("@-1s", 2), ("@03:04:15", 2)]
    {
        let output = run(&["dump", &at(moment), "--format", "json"]);
        let dump: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(dump["totals"]["parked"], tasks, "{moment}");
    }
    for (moment, expected) in [
        ("@03:04:04", "it reaches from 2026-01-02T03:04:05Z to 2026-01-02T03:04:25Z"),
        ("@soon", "`soon` is not a moment: write 2026-11-22T03:04:05Z"),
    ] {
        let commands: &[&str] = if moment == "@soon" { &["dump", "view"] } else { &["dump"] };
        for command in commands {
            let output = run(&[command, &at(moment)]);
            let error = words(&output.stderr);
            assert!(error.contains(expected), "{error}");
            assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]));
        }
    }
}

#[test]
fn a_difference_of_two_moments_says_what_grew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.taskscope");
    pile(&file);
    let at = |moment: &str| format!("{}{moment}", file.display());
    // Alone it is compared from its start to its end.
    for args in [vec![at("")], vec![at("@start"), at("@end")], vec![at("@03:04:05"), at("@-0s")]] {
        let args: Vec<&str> = ["diff"].into_iter().chain(args.iter().map(|a| &**a)).collect();
        let output = run(&args);
        let text = words(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
        let second = text.lines().nth(1).unwrap();
        let expected =
            "grown: task=audit: 1 → 3 tasks parked, +2 (+6.0 a minute), at src/audit.rs:41:7";
        assert_eq!(second, expected, "{text}");
        assert!(text.contains("20 s later, one run") && !text.contains('\u{1b}'), "{text}");
    }
    let json = run(&["diff", &at("@-10s"), &at("@end"), "--format", "json", "--by", "task"]);
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&told["schema"], &told["secs"]), (&"taskscope.diff/1".into(), &10.0.into()));
    let row = &told["changes"][0];
    assert_eq!((&row["kind"], &row["tasks"]["before"]), (&"grown".into(), &2.into()));

    for (args, expected) in [
        (vec!["diff", "127.0.0.1:1"], "127.0.0.1:1 would be compared with itself: say how long"),
        (vec!["diff", &at("@03:04:04")], "it reaches from 2026-01-02T03:04:05Z to 2026-01-02T0"),
        (vec!["diff", &at(""), &at("@start"), "--after", "1s"], "--after waits for a service"),
        (vec!["diff", &at(""), "no/such.taskscope"], "cannot open no/such.taskscope"),
    ] {
        let output = run(&args);
        let error = words(&output.stderr);
        assert!(error.contains(expected), "{error}");
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{args:?}");
    }
}

#[test]
fn a_difference_of_a_service_with_itself_waits_in_between() {
    let (mut service, address) = sample_service();
    until("the pile has grown", || {
        let output = run(&["diff", &address, "--after", "1s", "--format", "json"]);
        assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["same_run"], true);
        let row = &told["changes"][0];
        row["labels"]["task"] == "audit"
            && row["tasks"]["change"].as_i64() > Some(0)
            && row["await_point"]["file"].as_str().is_some_and(|file| file.ends_with("audit.rs"))
    });
    drop(service.stdin.take());
    until("the service ends with its standard input", || service.try_wait().unwrap().is_some());
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
fn pile_at(second: u64) -> Profile {
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
    writer.state(&pile_at(999)).unwrap();
    writer.process(&process(2)).unwrap();
    (10..=70).for_each(|second| writer.state(&pile_at(second)).unwrap());
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

    // As it was at a moment, and nothing of what came after.
    // The run before it had a clock that was ahead.
    let output = run(&["report", &format!("{file}@03:04:45"), "-o", "-", "--format", "html"]);
    let page = words(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    assert!(page.contains("From 10 tasks alive at 03:04:15 to 40 at 03:04:45"), "{page}");

    let mut writer = Writer::plain(Vec::new());
    writer.note(&Note { at_unix_ms: 1_767_323_045_000, text: "SIGQUIT".into() }).unwrap();
    writer.process(&process(2)).unwrap();
    writer.state(&pile_at(70)).unwrap();
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
