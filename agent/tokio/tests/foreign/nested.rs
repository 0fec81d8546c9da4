//! A package of the registry, copied and built by a cargo of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::examples;

/// Where cargo puts what tests make. It stays, so that a second run builds nothing.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");
const FACADE: &str = env!("CARGO_MANIFEST_DIR");
/// Everything that the copied packages need besides what their manifests say.
const TEST_DEPENDENCIES: &str = r#"
async-stream = "0.3"
bytes = "1"
futures = "0.3"
futures-test = "0.3"
libc = "0.2"
parking_lot = "0.12"
pin-project-lite = "0.2"
rand = "0.9"
socket2 = { version = "0.6", features = ["all"] }
tempfile = "3"
tokio-stream = "0.1"
tokio-test = "0.4"
"#;

/// See the [module](self).
pub(crate) struct Nested {
    name: String,
    folder: PathBuf,
}

impl Nested {
    /// The package with all that is in it.
    pub(crate) fn copy_of(name: &str) -> Self {
        let nested = Self::empty(name);
        copy(&fetched(name), &nested.folder);
        nested
    }

    /// A package with nothing but the tests of that one.
    pub(crate) fn tests_of(name: &str) -> Self {
        let nested = Self::empty(name);
        copy(&fetched(name).join("tests"), &nested.folder.join("tests"));
        nested.write_package("2021", "");
        nested
    }

    /// A package with nothing but the examples in the documentation of that one.
    pub(crate) fn examples_of(name: &str) -> Self {
        let nested = Self::empty(&format!("{name}-examples"));
        // From this edition on all examples are one program.
        nested.write_package("2024", &examples::library(&fetched(name).join("src")));
        nested
    }

    fn write_package(&self, edition: &str, library: &str) {
        let facade = facade_dependency(&["full", "test-util"]);
        let name = &self.name;
        // Some tests read this file, and look for tokio's address in it.
        let manifest = format!(
            "[package]\nname = \"{name}-tests\"\nhomepage = \"https://tokio.rs\"\n\
             edition = \"{edition}\"\nautotests = false\n\n\
             [features]\ndefault = [\"full\"]\nfull = []\n\n\
             [dev-dependencies]\ntokio = {facade}{TEST_DEPENDENCIES}\n{WORKSPACE}"
        );
        write(&self.folder.join("Cargo.toml"), &manifest);
        write(&self.folder.join("src/lib.rs"), library);
    }

    fn empty(name: &str) -> Self {
        let folder = Path::new(SCRATCH).join("foreign").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        // The versions that this workspace is locked to are those that are on this machine.
        let lock = Path::new(FACADE).join("../../Cargo.lock");
        fs::copy(lock, folder.join("Cargo.lock")).unwrap();
        Self { name: name.to_owned(), folder }
    }

    /// Makes the package's `tokio` this crate: the version goes, the features stay.
    pub(crate) fn replace_tokio_in_manifest(&self) {
        let path = self.folder.join("Cargo.toml");
        let manifest = read(&path);
        let (mut replaced, mut section, mut times) = (String::new(), "", 0);
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let of_tokio = section.ends_with("dependencies.tokio]");
            if section == "[[test]]" {
                // `write_one_test_of` makes the only one.
            } else if of_tokio && line.starts_with("version") {
                times += 1;
                write!(replaced, "package = \"taskscope-tokio\"\npath = {FACADE:?}\n").unwrap();
            } else {
                writeln!(replaced, "{line}").unwrap();
            }
        }
        assert!(times > 0, "{} has no tokio in it", path.display());
        write(&path, &format!("{replaced}{WORKSPACE}"));
    }

    /// Makes one test program of all test files with the right names: each is a module of it.
    pub(crate) fn write_one_test_of(&self, wanted: impl Fn(&str) -> bool) {
        let tests = self.folder.join("tests");
        let mut names: Vec<String> = files(&tests)
            .iter()
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .filter(|name| wanted(name))
            .collect();
        names.sort();
        let mut all = String::from("#![allow(warnings)]\n");
        for name in &names {
            writeln!(all, "#[path = \"../tests/{name}.rs\"]\nmod {name};").unwrap();
        }
        write(&self.folder.join("all_tests/main.rs"), &all);
        let path = self.folder.join("Cargo.toml");
        let manifest = read(&path);
        let test = "[[test]]\nname = \"all\"\npath = \"all_tests/main.rs\"\n";
        write(&path, &format!("{manifest}\n{test}"));
    }

    /// Builds and runs the tests; how many passed.
    ///
    /// # Panics
    /// With what cargo says, if it does not build or a test fails.
    pub(crate) fn run_tests(&self, arguments: &[&str]) -> usize {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(["test", "--offline"])
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", Path::new(SCRATCH).join("foreign-target"))
            .env("CARGO_TERM_COLOR", "never");
        // What the outer cargo and its runner tell a build of theirs is not for this one.
        for (name, _) in std::env::vars_os() {
            let of_outer_cargo = name.to_str().is_some_and(|name| {
                ["RUSTFLAGS", "RUSTDOCFLAGS"].contains(&name)
                    || name.starts_with("CARGO_PKG_")
                    || name.starts_with("NEXTEST")
            });
            if of_outer_cargo {
                command.env_remove(&name);
            }
        }
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (said, complained) = (text(&output.stdout), text(&output.stderr));
        assert!(
            output.status.success(),
            "the tests of {} fail against taskscope-tokio:\n{complained}\n{said}",
            self.name
        );
        let results = said.lines().filter_map(|line| line.strip_prefix("test result: ok. "));
        results.filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok()).sum()
    }
}

/// A workspace of its own, built fast.
const WORKSPACE: &str = "\n[workspace]\n\n[profile.dev]\ndebug = false\n";

fn facade_dependency(features: &[&str]) -> String {
    format!("{{ package = \"taskscope-tokio\", path = {FACADE:?}, features = {features:?} }}")
}

/// Where cargo keeps the source of a package that the workspace is locked to.
fn fetched(name: &str) -> PathBuf {
    // Needs the network for what is not on this machine yet, and says below what is missing.
    Command::new(env!("CARGO")).args(["fetch", "--locked"]).current_dir(FACADE).output().ok();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(FACADE)
        .output()
        .unwrap();
    let complained = String::from_utf8_lossy(&metadata.stderr);
    assert!(metadata.status.success(), "`cargo fetch --locked` first: {complained}");
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == name);
    let manifest = package.unwrap()["manifest_path"].as_str().unwrap();
    Path::new(manifest).parent().unwrap().to_owned()
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in files(from) {
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else if path.file_name().is_none_or(|name| name != "Cargo.lock") {
            write(&to, &read(&path));
        }
    }
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Packages of the registry are read-only, and a file that is copied would be too.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
