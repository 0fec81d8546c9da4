//! The walls of the house: a room may use only the rooms on floors below its own.
//!
//! **The agent.** From the ground: what knows nothing of tasks (`primitives`, `clock`), and `verdict`, which
//! is arithmetic over counts and knows nothing at all; the collections,
//! the table of label sets and the stack walk; on these stands `task`, whose records everything
//! else reads. `labels` is two rooms: its table is below `task`, which keeps numbers of label
//! sets; its functions ask for the *current* task and are above. `symbols`, `capture` and `spawn`
//! each need `task` and not one another. `task` is two rooms as well: `task::surface` is above
//! `spawn`, since `taskscope::task` shows all of `tokio::task`'s names, and `spawn` makes those. Beside it is
//! what fits into other crates, `hyper`, `runtime`, `tower` and `tracing`. `profile` reads records and resolves them with `symbols`;
//! it does not know who asked for the captures. `profiler` brings `capture` and `profile`
//! together, `serve` answers from it, `alarm` writes down what it says, `agent` and `snapshot` are the two ways in. `settings` is
//! above `symbols` because a setting says what counts as user code; `process` describes the
//! process by settings and symbols.
//!
//! **The viewer.** Data climbs `connect → store → analyse → fleet → screen → analyst`; `command` and
//! `workspace` are what views say and remember. `session` is above `analyst`, to which it passes
//! what was asked. `view` is above all of them and changes nothing; `app`, `cli` and `demo` are the
//! faces. `report` prints what `analyse` says, `export` writes other people's formats.
//!
//! An exception below names a known crack with its reason, and goes when the crack is gone: an
//! exception that is not needed any more fails too.

use std::collections::BTreeSet;

use taskscope_tests::sources::{Source, rust_files};

/// From the ground up. A room is a module, or a part of one that has a floor of its own.
const AGENT: &[&[&str]] = &[
    &["primitives", "clock", "losses", "verdict"],
    &["registry", "runtimes", "ticker", "untracked"],
    &["labels::table", "stack"],
    &["task"],
    &["alloc", "labels", "symbols", "capture", "blocked"],
    &["spawn", "sync", "profile", "settings"],
    &["task::surface", "hyper", "runtime", "tower", "tracing"],
    &["process"],
    &["profiler"],
    &["serve", "alarm"],
    &["agent"],
    &["snapshot"],
];

const VIEWER: &[&[&str]] = &[
    &["clock"],
    &["connect", "source"],
    &["store", "analyse"],
    &["report", "export", "fleet", "alert"],
    &["desktop"],
    &["screen", "command", "workspace"],
    &["analyst"],
    &["session"],
    &["theme"],
    &["widgets"],
    &["view"],
    &["app"],
    &["cli"],
    &["demo"],
];

/// A room, the room above or beside it that it uses nevertheless, and why.
type Exception = (&'static str, &'static str, &'static str);

const AGENT_EXCEPTIONS: &[Exception] = &[];

const VIEWER_EXCEPTIONS: &[Exception] =
    &[("cli", "demo", "the command line starts the demo, and the demo prints with its printer")];

/// Where a module stands: the longest name of a room that it begins with.
fn room(module: &[String], floors: &[&[&'static str]]) -> Option<(usize, &'static str)> {
    let full = module.join("::");
    let mut found: Option<(usize, &'static str)> = None;
    for (floor, rooms) in floors.iter().enumerate() {
        for name in *rooms {
            let inside = full == *name || full.starts_with(&format!("{name}::"));
            if inside && found.is_none_or(|(_, known)| known.len() < name.len()) {
                found = Some((floor, name));
            }
        }
    }
    found
}

/// Everything that is wrong with the imports of these files.
fn cracks(files: &[Source], floors: &[&[&'static str]], exceptions: &[Exception]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut needed = BTreeSet::new();
    for file in files {
        let module: Vec<String> = file.module().into_iter().map(str::to_owned).collect();
        // What only unit tests are made of, and the two files that open the crates.
        if file.is_for_tests() || module.is_empty() || module == ["main"] {
            continue;
        }
        let path = &file.path;
        let Some((floor, own)) = room(&module, floors) else {
            wrong.push(format!("{path} is in no room: give it a floor in tests/tests/layers.rs"));
            continue;
        };
        for import in file.imports() {
            let Some((below, other)) = room(&import, floors) else {
                wrong.push(format!("{path} uses {}, which is in no room", import.join("::")));
                continue;
            };
            let exception = exceptions.iter().find(|(a, b, _)| (*a, *b) == (own, other));
            if own == other || below < floor {
                continue;
            }
            match exception {
                Some(exception) => drop(needed.insert(*exception)),
                None => wrong.push(format!("{path}: {own} must not use {other}, which is above")),
            }
        }
    }
    for exception in exceptions.iter().filter(|exception| !needed.contains(*exception)) {
        wrong.push(format!("{exception:?} is an exception that nobody needs: take it out"));
    }
    wrong
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The files whose code has one of these words, without those in the allowed rooms.
fn users(folder: &str, words: &[&str], allowed: &[&str]) -> Vec<String> {
    let files = rust_files(&[folder]);
    let outside = files.iter().filter(|file| {
        let inside = file.module().join("::");
        let is_in = |room: &&str| inside == *room || inside.starts_with(&format!("{room}::"));
        !file.is_for_tests() && !allowed.iter().any(is_in)
    });
    let uses = outside.filter_map(|file| {
        let code = file.code();
        let word = words.iter().find(|word| has_word(&code, word))?;
        Some(format!("{} uses {word}", file.path))
    });
    uses.collect()
}

/// Whether the code has `word` where a name may begin.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

#[test]
fn rooms_of_the_agent_use_only_rooms_below() {
    report(&cracks(&rust_files(&["agent/src"]), AGENT, AGENT_EXCEPTIONS));
}

#[test]
fn rooms_of_the_viewer_use_only_rooms_below() {
    report(&cracks(&rust_files(&["viewer/src"]), VIEWER, VIEWER_EXCEPTIONS));
}

#[test]
fn only_what_is_drawn_knows_egui() {
    report(&users("viewer/src", &["egui", "eframe"], &["view", "widgets", "theme", "app"]));
}

#[test]
fn only_the_demo_has_an_agent_in_it() {
    report(&users("viewer/src", &["taskscope::"], &["demo"]));
}

#[test]
fn generated_types_stop_at_the_edge() {
    let words = ["taskscope_proto::wire", "wire::"];
    report(&users("agent/src", &words, &["serve"]));
    report(&users("viewer/src", &words, &["connect"]));
    report(&users("proto/src/model", &words, &[]));
}

#[test]
fn what_is_analysed_and_printed_is_pure() {
    let impure =
        ["std::thread", "std::fs", "std::net", "std::io", "Instant", "SystemTime", "tokio::"];
    let others: Vec<&str> = VIEWER
        .iter()
        .flat_map(|rooms| rooms.iter().copied())
        .filter(|room| !["alert", "analyse", "report", "store", "screen", "command"].contains(room))
        .chain(["", "main"])
        .collect();
    report(&users("viewer/src", &impure, &others));
}

#[test]
fn a_crack_is_found() {
    let file = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
    let floors: &[&[&str]] = &[&["primitives"], &["task", "labels::table"], &["labels"]];
    let good = [
        file("agent/src/task/mod.rs", "use crate::primitives::Arc;\nuse super::primitives;"),
        file("agent/src/labels/mod.rs", "use crate::task::Record;\nuse table::Table;"),
    ];
    assert_eq!(cracks(&good, floors, &[]), Vec::<String>::new());
    for (bad, word) in [
        (
            file("agent/src/primitives.rs", "use crate::{primitives, task::Record};"),
            "must not use task",
        ),
        (file("agent/src/task/mod.rs", "use crate::labels::table;"), "must not use labels::table"),
        (file("agent/src/labels/table.rs", "use super::Labels;"), "must not use labels,"),
        (file("agent/src/attic.rs", ""), "in no room"),
        (file("agent/src/task/mod.rs", "use crate::attic::Box;"), "in no room"),
    ] {
        let wrong = cracks(&[bad], floors, &[]).join("\n");
        assert!(wrong.contains(word), "{word:?} is not in {wrong:?}");
    }
    let unneeded = cracks(&good, floors, &[("task", "labels", "once upon a time")]);
    assert!(unneeded.join("").contains("nobody needs"));
}
