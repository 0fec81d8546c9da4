//! House rules that no compiler knows.

use taskscope_tests::programs;
use taskscope_tests::sources::{Source, read, rust_files};

/// All there is.
const FOLDERS: [&str; 5] = ["agent", "viewer", "proto", "tests", "examples"];
/// Past this a file is split, by idea.
const MOST_LINES: usize = 400;
/// Files that may be longer, and why.
const LONG_FILES: [(&str, &str); 1] = [(
    "agent/tests/await_points.rs",
    "one table of every wait kind; a case is next to the line that it checks",
)];
/// The only place that crates come from, as Cargo.lock writes it.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn files() -> Vec<Source> {
    let mut files = rust_files(&FOLDERS);
    files.retain(|file| !file.path.contains("/generated/"));
    files
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_first_what_it_is_for() {
    // The unit tests of a file, in a file of their own, are explained by what they test.
    let wrong = files().into_iter().filter(|file| !file.path.ends_with("/tests.rs"));
    let wrong = wrong.filter(|file| !file.text.starts_with("//! "));
    report(&wrong.map(|file| format!("{} does not begin with //!", file.path)).collect::<Vec<_>>());
}

#[test]
fn no_file_is_long() {
    let mut wrong = Vec::new();
    for file in files() {
        let lines = file.text.lines().count();
        let excepted = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        if lines > MOST_LINES && !excepted {
            wrong.push(format!("{} has {lines} lines: split it by idea", file.path));
        } else if lines <= MOST_LINES && excepted {
            wrong.push(format!("{} is an exception that nobody needs", file.path));
        }
    }
    report(&wrong);
}

#[test]
fn nothing_is_left_for_later() {
    // Written so that this file does not find itself.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[", "ignore")];
    let mut wrong = Vec::new();
    for file in files() {
        for (number, line) in (1..).zip(file.text.lines()) {
            wrong.extend(
                words
                    .iter()
                    .filter(|word| line.contains(**word))
                    .map(|word| format!("{}:{number} has {word}", file.path)),
            );
        }
    }
    report(&wrong);
}

/// tokio's feature `test-util` lets a program stop its clock. The crate that stands for tokio names
/// it, to pass it on, and the tests do, whose leaks run in stopped time too. No program that a
/// user has can do it.
#[test]
fn no_program_of_a_user_can_stop_its_clock() {
    for member in ["agent", "agent/tokio", "viewer", "proto", "tests", "examples", "."] {
        let path = format!("{member}/Cargo.toml");
        let named = read(&path).matches("test-util").count();
        let allowed = match member {
            "agent/tokio" => 2,
            "tests" => 1,
            _ => 0,
        };
        assert_eq!(named, allowed, "{path} names tokio's test-util");
    }
}

#[test]
fn crates_come_from_crates_io_only() {
    for path in ["Cargo.lock", "agent/benches/peers/Cargo.lock", "viewer/fuzz/Cargo.lock"] {
        let lock = read(path);
        let sources = lock.lines().filter_map(|line| line.strip_prefix("source = "));
        let wrong = sources.filter(|source| source.trim_matches('"') != REGISTRY);
        report(&wrong.map(|source| format!("{path} has {source}")).collect::<Vec<_>>());
    }
}

/// The lines of the README's blocks of plain text that begin like this.
fn readme_lines(start: &str) -> Vec<String> {
    let readme = read("README.md");
    let blocks = readme.split("```text\n").skip(1);
    let blocks = blocks.filter_map(|block| Some(block.split_once("```")?.0));
    let lines = blocks.flat_map(str::lines).map(str::trim);
    lines.filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

#[test]
fn commands_of_the_readme_exist() {
    let help = programs::taskscope().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let is_known = |name: &str| help.lines().any(|line| line.trim().starts_with(name));
    let mut commands: Vec<String> = readme_lines("taskscope ");
    let run = "cargo run --release -- ";
    let runs = readme_lines(run);
    commands.extend(runs.iter().map(|line| format!("taskscope {}", line.replace(run, ""))));
    assert!(commands.len() > 2, "the README shows {commands:?}");
    for command in commands {
        let name = command.split_whitespace().nth(1).unwrap();
        assert!(is_known(name), "`{command}` is in the README, and not in\n{help}");
    }
    let scripts = readme_lines("./");
    assert!(!scripts.is_empty(), "the README names no script");
    for script in scripts {
        let path = script.split_whitespace().next().unwrap();
        assert!(programs::workspace().join(path).is_file(), "`{script}` is in the README only");
    }
}

#[test]
fn examples_of_the_readme_and_the_overview_exist() {
    let overview = read("examples/src/lib.rs");
    for (path, text) in [("README.md", read("README.md")), ("examples/src/lib.rs", overview)] {
        for (at, found) in text.match_indices("--bin ") {
            let rest = text.get(at + found.len()..).unwrap();
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let source = programs::workspace().join(format!("examples/src/bin/{name}.rs"));
            assert!(source.is_file(), "{path} runs the example `{name}`, which is not there");
        }
    }
}

#[test]
fn every_example_is_in_the_overview() {
    let overview = read("examples/src/lib.rs");
    for file in rust_files(&["examples/src/bin"]) {
        let name = file.path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        let (row, run) = (format!("//! | `{name}` |"), format!("--bin {name}\n"));
        assert!(overview.contains(&row), "{name} is not in the table of examples/src/lib.rs");
        assert!(file.text.contains(&run), "{} does not say how to run it", file.path);
    }
}

/// Names of variables in a text: `TASKSCOPE_BIND`.
fn variables(text: &str) -> Vec<String> {
    let starts = text.match_indices("TASKSCOPE_").filter_map(|(at, _)| text.get(at..));
    let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
    let mut names: Vec<String> =
        starts.map(|rest| rest.chars().take_while(|c| is_name(*c)).collect()).collect();
    names.retain(|name| name != "TASKSCOPE_");
    names.sort();
    names.dedup();
    names
}

#[test]
fn the_readme_lists_every_setting() {
    let code: String = rust_files(&["agent/src", "viewer/src"]).iter().map(Source::code).collect();
    assert_eq!(variables(&read("README.md")), variables(&code));
}
