//! The examples in a package's documentation, taken out of its sources.

use std::fmt::Write as _;
use std::path::Path;

use super::nested::{files, read};

/// What stands before items that are not there on Linux without `--cfg tokio_unstable`.
const ABSENT: [&str; 4] = ["tokio_unstable", "windows", "freebsd", "wasi"];
/// Macros around such items, and around those for parts of tokio that are not stable.
const ABSENT_BLOCKS: [&str; 7] = [
    "cfg_aio!",
    "cfg_io_uring!",
    "cfg_schedule_latency!",
    "cfg_taskdump!",
    "cfg_unstable!",
    "cfg_unstable_metrics!",
    "cfg_windows!",
];
/// Words of examples that need what is absent although their items are not.
const ABSENT_WORDS: [&str; 7] = [
    "UnhandledPanic",
    "RngSeed",
    "_histogram",
    "futures_concurrency",
    " nix::",
    "runtime::dump",
    "tokio_unstable",
];

/// A library of nothing but the documentation of these sources: its examples can be tested.
pub(crate) fn library(sources: &Path) -> String {
    let mut library = String::from("#![allow(warnings, rustdoc::all)]\n");
    let mut number = 0;
    collect(sources, &mut |text| {
        for comment in comments(text) {
            writeln!(library, "{comment}pub struct Example{number};").unwrap();
            number += 1;
        }
    });
    library
}

/// The documentation of all items that are there.
fn comments(text: &str) -> Vec<String> {
    let mut comments = Vec::new();
    let mut comment = String::new();
    // The line that ends the block of items that is left out.
    let mut absent_until: Option<String> = None;
    for line in text.lines() {
        let code = line.trim_start();
        let indent = line.get(..line.len() - code.len()).unwrap_or_default();
        if let Some(end) = &absent_until {
            if line == end {
                absent_until = None;
            }
        } else if ABSENT_BLOCKS.iter().any(|block| code.starts_with(block)) {
            absent_until = Some(format!("{indent}}}"));
        } else if code.starts_with("#![all(") {
            // Inside of the block that it is about, and all of those are about what is unstable.
            absent_until = indent.strip_suffix("    ").map(|outer| format!("{outer}}}"));
        } else if let Some(documents) = code.strip_prefix("///").or(code.strip_prefix("//!")) {
            writeln!(comment, "///{documents}").unwrap();
        } else if code.starts_with("#[") && ABSENT.iter().any(|word| code.contains(word)) {
            comment.clear();
        } else if !code.starts_with("#[") && !comment.is_empty() {
            let comment = std::mem::take(&mut comment);
            if !ABSENT_WORDS.iter().any(|word| comment.contains(word)) {
                comments.push(comment);
            }
        }
    }
    comments
}

/// Shows every source below the folder that is for Linux, always in the same order.
fn collect(folder: &Path, visit: &mut impl FnMut(&str)) {
    let mut paths = files(folder);
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.contains("windows") || name.contains("named_pipe") {
            continue;
        }
        if path.is_dir() {
            collect(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&read(&path));
        }
    }
}
