//! The sources of the workspace, read as text.

use std::path::Path;

use crate::programs::workspace;

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path from the workspace.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From the workspace, as the compiler records it.
    pub file: String,
    /// From 1.
    pub line: u64,
    /// Of the keyword `await`, from 1; 0 where there is none.
    pub column: u64,
}

/// Where the line is that carries this remark: `code // remark`, or a line with nothing but the
/// remark above it.
///
/// # Panics
/// There is not exactly one in all of these files.
pub fn marked(files: &[Source], remark: &str) -> Place {
    let comment = format!("// {remark}");
    let mut found = Vec::new();
    for file in files {
        let mut lines = (1..).zip(file.text.lines()).peekable();
        while let Some((number, line)) = lines.next() {
            if line.trim() == comment {
                found.extend(lines.peek().map(|(number, line)| (file, *number, *line)));
            } else if line.trim_end().ends_with(&format!(" {comment}")) {
                found.push((file, number, line));
            }
        }
    }
    let [(file, line, text)] = found[..] else {
        panic!("{} lines carry {comment:?}, not one", found.len())
    };
    let column = text.find("await").map_or(0, |at| at as u64 + 1);
    Place { file: file.path.clone(), line, column }
}

/// All Rust files under these folders of the workspace, sorted by path.
///
/// # Panics
/// A folder cannot be read, or there is no file.
pub fn rust_files(folders: &[&str]) -> Vec<Source> {
    let mut files = Vec::new();
    for folder in folders {
        collect(&workspace().join(folder), &mut files);
    }
    assert!(!files.is_empty(), "no Rust file in {folders:?}");
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The text of one file of the workspace.
///
/// # Panics
/// It cannot be read.
pub fn read(path: &str) -> String {
    let text = std::fs::read_to_string(workspace().join(path));
    text.unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

fn collect(folder: &Path, files: &mut Vec<Source>) {
    let entries = folder.read_dir();
    let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let from_workspace = path.strip_prefix(workspace()).unwrap_or(&path);
            let path = from_workspace.to_string_lossy().replace('\\', "/");
            files.push(Source { text: read(&path), path });
        }
    }
}

impl Source {
    /// The module path of the file inside of its crate's `src`: `["task", "waker"]`.
    pub fn module(&self) -> Vec<&str> {
        let inside = self.path.split_once("src/").map_or(&*self.path, |(_, inside)| inside);
        let mut parts: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
        if parts.last() == Some(&"mod") || parts == ["lib"] {
            parts.pop();
        }
        parts
    }

    /// The text without comments, and without the unit tests at its end.
    pub fn code(&self) -> String {
        let end = self.text.find("#[cfg(test)]\nmod tests {").unwrap_or(self.text.len());
        let code = self.text.get(..end).unwrap_or_default();
        let lines = code.lines().map(|line| {
            let is_comment = line.trim_start().starts_with("//");
            let without = line.split_once(" // ").map_or(line, |(code, _)| code);
            if is_comment { "" } else { without }
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Whether nothing but unit tests is made of it.
    pub fn is_for_tests(&self) -> bool {
        self.module().iter().any(|name| *name == "tests" || *name == "fixture")
    }

    /// The modules that this file names by `crate::…` or `super::…`, each as a path from the root
    /// of the crate, two parts of it at most.
    pub fn imports(&self) -> Vec<Vec<String>> {
        let code = self.code();
        let mut imports = Vec::new();
        let own: Vec<String> = self.module().into_iter().map(str::to_owned).collect();
        for (at, _) in code.match_indices("crate::") {
            let before = code.get(..at).and_then(|before| before.chars().next_back());
            if !before.is_some_and(|c| c == '$' || c == ':' || c.is_alphanumeric() || c == '_') {
                let rest = code.get(at + "crate::".len()..).unwrap_or_default();
                imports.extend(named(&[], rest));
            }
        }
        for (at, _) in code.match_indices("super::") {
            let before = code.get(..at).unwrap_or_default();
            let rest = code.get(at + "super::".len()..).unwrap_or_default();
            // Of several in a row the last one counts.
            if path(rest).first().is_some_and(|name| name == "super") {
                continue;
            }
            let more = before.len() - before.trim_end_matches("super::").len();
            let up = 1 + more / "super::".len();
            let depth = own.len().saturating_sub(up);
            imports.extend(named(own.get(..depth).unwrap_or_default(), rest));
        }
        imports.retain(|path| !path.is_empty());
        imports.sort();
        imports.dedup();
        imports
    }
}

/// The paths that begin with `base` and go on as `rest` says: `a::b::C`, or `{a, b::C}`.
fn named(base: &[String], rest: &str) -> Vec<Vec<String>> {
    let with = |names: Vec<String>| {
        let mut path = base.to_vec();
        path.extend(names);
        path.truncate(2);
        path
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![with(path(rest))] };
    let (mut depth, mut start) = (0, 0);
    let mut paths = Vec::new();
    for (at, c) in group.char_indices() {
        let ends = depth == 0 && (c == ',' || c == '}');
        if ends {
            paths.push(with(path(group.get(start..at).unwrap_or_default().trim_start())));
            start = at + 1;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    // A comma at the end names nothing.
    paths.retain(|path| path.len() > base.len().min(1));
    paths
}

/// The names of `a::b::{…` up to what is none.
fn path(text: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        if name.is_empty() {
            return names;
        }
        names.push(name.to_owned());
        match rest.get(end..).and_then(|after| after.strip_prefix("::")) {
            Some(after) => rest = after,
            None => return names,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.into(), text: text.into() };
        source.imports().iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn imports_are_found_in_every_form() {
        let file = "agent/src/task/waker.rs";
        for (text, expected) in [
            ("use crate::sync::Arc;", vec!["sync::Arc"]),
            ("use crate::{clock, labels::{table, Label}};", vec!["clock", "labels"]),
            ("use crate::{clock, runtimes,\n};", vec!["clock", "runtimes"]),
            ("use super::record::Record;", vec!["task::record"]),
            ("use super::{current, record::Record};", vec!["task::current", "task::record"]),
            ("use super::super::clock;", vec!["clock"]),
            ("pub(in super::super) fn f() {}", vec![]),
            ("let x = crate::labels::table::get(0);", vec!["labels::table"]),
            ("// use crate::agent;\n#[cfg(test)]\nmod tests {\n use crate::serve;\n}", vec![]),
            ("$crate::labels::make()", vec![]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(imports(file, text), expected, "{text}");
        }
        assert_eq!(imports("agent/src/task/mod.rs", "use super::clock;"), ["clock"]);
    }
}
