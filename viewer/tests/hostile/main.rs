//! Files and rules from anywhere: cut off, damaged, made up. Each is refused with words, or opened as
//! far as it can be, which is told; in memory that has a bound.
//!
//! `UPDATE_CORPUS=1` writes what the fuzz targets in `viewer/fuzz` begin with.
#![cfg(test)]

mod bomb;
mod damage;
mod open;
#[path = "../window/sample.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the window use the rest")]
mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use taskscope_proto::file::{Note, Writer};
use taskscope_proto::model::Profile;

use damage::{Random, damaged};
use open::{Opened, file, frame, framed, rules};

/// Files, and texts of rules, that are damaged.
const MANY: u32 = 1_000;
/// What this process may take at most while it opens a thousand of them.
const MOST_BYTES: u64 = 400 << 20;
/// What it may take for one file that grows as much as a file can: the limits of the wire, which
/// leave half a gigabyte to a dictionary.
const MOST_FOR_A_BOMB: u64 = 700 << 20;

/// A recording of so many seconds, or evidence with the last one only.
fn written(packed: bool, seconds: u64) -> Vec<u8> {
    let mut writer = if packed { Writer::packed(Vec::new()) } else { Writer::plain(Vec::new()) };
    writer.process(&sample::process(7, 4_242)).unwrap();
    writer.note(&Note { at_unix_ms: 1_767_323_045_000, text: "suspect: audit".into() }).unwrap();
    for second in 1..=seconds {
        writer.state(&sample::profile(second)).unwrap();
    }
    writer.end().unwrap()
}

/// Rules with every key there is.
const RULES: &str = r#"off = ["many-tasks"]

[[rule]]
name = "audit piles up"
when = "tasks > 500"
match = "task:audit -state:running"
each = true
for = "2m"
severity = "critical"
cool-down = "30m"
clear = "1m"

[[rule]]
name = "it rises"
when = "rising"
over = "15m"
severity = "info"

[[rule]]
name = "memory"
when = "memory > 80%"
"#;

fn corpus(which: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(which)
}

/// What is in the corpus, which is never empty.
fn replayed(which: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(corpus(which)).unwrap().map(|file| file.unwrap().path());
    let files: Vec<_> = files.map(|path| fs::read(path).unwrap()).collect();
    assert!(files.len() >= 3, "only {} of {which}", files.len());
    files
}

/// The most that this process has had of the memory so far.
#[cfg(target_os = "linux")]
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix("kB").unwrap().trim().parse::<u64>().unwrap() * 1_024
}

#[cfg(not(target_os = "linux"))]
fn most_memory() -> u64 {
    0
}

#[test]
fn a_thousand_damaged_files_open_as_far_as_they_can() {
    let whole = [written(true, 6), written(false, 1), written(false, 4)];
    for bytes in &whole {
        let opened = file(bytes);
        assert!(opened.states >= 1 && opened.damages == 0 && !opened.refused, "{opened:?}");
    }
    let mut random = Random::new(1);
    let mut partial = 0;
    for round in 0..MANY {
        let bytes = damaged(&whole[round as usize % whole.len()], round, &mut random);
        let opened = file(&bytes);
        partial += u32::from(opened.refused || opened.damages > 0);
    }
    // What was cut off between two frames, or has one of them twice, is a whole file.
    assert!(partial > MANY * 9 / 10, "{partial} of {MANY}");
    assert!(most_memory() < MOST_BYTES, "{} bytes", most_memory());
}

#[test]
fn what_is_something_else_is_refused() {
    for bytes in [
        &b""[..],
        b"a text of some length, and no file of ours",
        b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00",
        b"\x28\xb5\x2f\xfd\x04\x00\x01\x00\x00\x99\xe9\xd8\x51 a frame of zstd",
        &vec![0; 100_000],
    ] {
        assert_eq!(file(bytes), Opened { refused: true, ..Opened::default() });
    }
}

#[test]
fn whole_frames_with_nonsense_in_them_are_told_and_passed_over() {
    let whole = written(false, 3);
    let mut random = Random::new(2);
    let mut damages = 0;
    for _ in 0..MANY {
        let mut bytes = Vec::new();
        for (kind, flags, mut payload) in damage::frames(&whole) {
            if random.below(2) == 0 {
                damage::flip(&mut payload, &mut random);
            }
            bytes.extend_from_slice(&frame(kind, flags, &payload, payload.len()));
        }
        damages += file(&bytes).damages;
    }
    assert!(damages > u64::from(MANY) / 2, "{damages} damages");
    assert!(most_memory() < MOST_BYTES, "{} bytes", most_memory());
}

#[test]
fn a_small_file_that_grows_without_end_ends_at_a_limit() {
    let bytes = bomb::recording();
    assert!(bytes.len() < 4 << 20, "{} bytes", bytes.len());
    let opened = file(&bytes);
    // The last piece that fits, and all behind it, is one stretch that cannot be used.
    assert_eq!(opened, Opened { states: 0, damages: 1, refused: false });
    assert!(most_memory() < MOST_FOR_A_BOMB, "{} bytes for {}", most_memory(), bytes.len());
}

#[test]
fn a_thousand_damaged_rules_are_right_or_told_with_their_line() {
    let profile = sample::profile(60);
    assert!(rules(RULES, &profile));
    let mut random = Random::new(3);
    let mut wrong = 0;
    for round in 0..MANY {
        let bytes = damaged(RULES.as_bytes(), round, &mut random);
        wrong += u32::from(!rules(&String::from_utf8_lossy(&bytes), &profile));
    }
    assert!(wrong > MANY / 2 && wrong < MANY, "{wrong} of {MANY} are wrong");
}

#[test]
fn rules_that_mean_harm_are_refused() {
    let profile = Profile::default();
    for text in [
        "[".repeat(100_000),
        format!("off = {}", "[".repeat(100_000)),
        format!("[[rule]]\nname = \"{}\"", "n".repeat(1_000_000)),
        format!("a{} = 1", ".a".repeat(50_000)),
        "[[rule]]\nname = \"a\"\nwhen = \"tasks > 1\"\n".repeat(200),
        format!("[[rule]]\nname = 'a'\nwhen = 'tasks > {}'", "9".repeat(400)),
        format!("[[rule]]\nname = 'a'\nwhen = 'tasks > 1'\nfor = '{}d'", "9".repeat(40)),
        "[[rule]]\nname = 'a'\nwhen = 'tasks > 1'\nfor = '99999999999999999d'".into(),
        "\u{0}".repeat(1_000),
    ] {
        assert!(!rules(&text, &profile), "{}", &text[..text.len().min(80)]);
    }
}

#[test]
fn the_corpus_of_the_fuzz_targets_is_opened() {
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        write_corpus();
    }
    let profile = sample::profile(60);
    let states: u64 = replayed("file").iter().map(|bytes| file(bytes).states).sum();
    let in_frames: u64 = replayed("frames").iter().map(|bytes| file(&framed(bytes)).states).sum();
    let texts = replayed("rules");
    let right = texts.iter().filter(|bytes| rules(&String::from_utf8_lossy(bytes), &profile));
    assert!(states >= 3 && in_frames >= 1 && right.count() >= 1, "{states}, {in_frames}");
    assert!(most_memory() < MOST_BYTES, "{} bytes", most_memory());
}

/// The files that are whole, the same as frames, and rules that are right.
fn write_corpus() {
    let put = |which: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(corpus(which)).unwrap();
        fs::write(corpus(which).join(name), bytes).unwrap();
    };
    for (name, packed, seconds) in [("packed", true, 3), ("plain", false, 1), ("two", false, 2)] {
        let bytes = written(packed, seconds);
        put("file", name, &bytes);
        let mut frames = Vec::new();
        for (kind, flags, payload) in damage::frames(&bytes) {
            let length = u16::try_from(payload.len()).unwrap().to_le_bytes();
            frames.extend_from_slice(&[kind, flags, length[0], length[1]]);
            frames.extend_from_slice(&payload);
        }
        put("frames", name, &frames);
    }
    for (at, text) in RULES.split("\n\n").enumerate() {
        put("rules", &format!("part-{at}"), text.as_bytes());
    }
    put("rules", "all", RULES.as_bytes());
}
