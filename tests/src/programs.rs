//! Finding the programs under test: those that cargo built beside the test itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The workspace's directory.
pub fn workspace() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// The program of this name, of the same profile as the running test. `source` is its main file,
/// from the workspace.
///
/// # Panics
/// It is not there, or older than its source.
pub fn program(name: &str, source: &str) -> PathBuf {
    let path = beside_the_test().join(name);
    let build = "build the programs first: ./tests/run does, or \
                 `cargo build --workspace --bins` in the profile of the tests";
    let made = modified(&path);
    assert!(made.is_some(), "{} is not there; {build}", path.display());
    let written = modified(&workspace().join(source));
    assert!(written.is_some(), "{source} is not there");
    assert!(made >= written, "{} is older than {source}; {build}", path.display());
    path
}

/// The command line.
///
/// # Panics
/// As [`program`].
pub fn taskscope() -> Command {
    let mut command = Command::new(program("taskscope", "viewer/src/main.rs"));
    command.env_remove("RUST_LOG");
    command
}

/// `target/PROFILE`, from `target/PROFILE/deps/TEST`.
fn beside_the_test() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    test.ancestors().nth(2).map(Path::to_owned).unwrap_or_default()
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}
