//! A service that runs out of memory, and what is left to find out why.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;

use taskscope_tests::example::Example;
use taskscope_tests::memory_limit::{files, limit_memory, recorder, resident};
use taskscope_tests::programs::taskscope;
use taskscope_tests::report::Report;
use taskscope_tests::sources::Place;
use taskscope_tests::wait::until;

/// What the service is told that it may take.
const MEMORY_LIMIT: u64 = 160_000_000;
/// How much more memory than at its start the system lets it have. Before that, its limit is passed.
const ROOM: u64 = 170_000_000;

/// Bytes that tasks of the careless tenant left behind, and where they were allocated.
fn left_behind(report: &Report) -> Option<(u64, Place)> {
    let left = |group: &taskscope_tests::report::Group<'_>| {
        let bytes = group.0["heap"]["outlived_bytes"].as_u64()?;
        let place = &group.0["heap"]["allocated_at"][0]["at"];
        let at = Place {
            file: place["file"].as_str()?.to_owned(),
            line: place["line"].as_u64()?,
            column: place["column"].as_u64()?,
        };
        (group.0["labels"]["tenant"] == "t17").then_some((bytes, at))
    };
    report.groups().filter_map(|group| left(&group)).max_by_key(|(bytes, _)| *bytes)
}

#[test]
fn a_service_that_dies_of_its_memory_leaves_evidence_and_a_recording_that_name_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    let limit = MEMORY_LIMIT.to_string();
    let variables = [
        ("TASKSCOPE_EVIDENCE", evidence.to_str().unwrap()),
        ("TASKSCOPE_MEMORY_LIMIT", &limit),
        ("TASKSCOPE_HEAP_SAMPLE", "65536"),
    ];
    let example = Example::start_with("growing_cache", &variables);
    let pid = example.report("the first report", |_| Ok(())).number("/process/pid").unwrap();
    let pid = i32::try_from(pid).unwrap();
    let recording = folder.path().join("recording.taskscope");
    let mut recorder = recorder(example.address(), &recording);
    limit_memory(pid, ROOM);

    // It dies of it, and at the same moment the recorder is killed as well.
    until("the end of the service", || match resident(pid) {
        Some(rss) => Err(format!("it takes {rss} bytes")),
        None => Ok(()),
    });
    recorder.kill();

    let found = files(&evidence, "-memory.taskscope");
    assert!(!found.is_empty(), "{:?}", files(&evidence, ""));
    let place = example.place("answers are allocated here");
    for path in found.iter().chain([&recording]) {
        let report = Report::of(path.to_str().unwrap()).unwrap();
        assert_eq!(report.0["process"]["name"], "growing_cache");
        let (bytes, at) = left_behind(&report).unwrap_or_else(|| panic!("{report}"));
        assert_eq!((&at.file, at.line), (&place.file, place.line), "{path:?}");
        assert!(bytes > 30_000_000, "{bytes} bytes in {path:?}");
    }
    // Nothing else is left but what may have been written when it died.
    let others =
        files(&evidence, "").len() - found.len() - files(&evidence, "-suspect.taskscope").len();
    assert!(others <= 1, "{:?}", files(&evidence, ""));
}

#[test]
fn a_recording_goes_on_after_a_kill_and_nothing_else_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let example = Example::start("stuck_mutex");
    let file = folder.path().join("recording.taskscope");
    let size = || fs::metadata(&file).map_or(0, |about| about.len());
    for round in 0..2 {
        let before = size();
        let mut recorder = recorder(example.address(), &file);
        until("a recording that grows", || {
            if size() > before + 300 { Ok(()) } else { Err(format!("{} bytes", size())) }
        });
        recorder.kill();
        let report = Report::of(file.to_str().unwrap()).unwrap();
        assert_eq!(report.0["process"]["name"], "stuck_mutex", "round {round}");
    }
    let other = folder.path().join("notes.txt");
    fs::write(&other, "to be kept").unwrap();
    let mut command: Command = taskscope();
    let output = command.args(["record", example.address(), "-o"]).arg(&other).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("nothing is added to it"), "{said}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "to be kept");
}
