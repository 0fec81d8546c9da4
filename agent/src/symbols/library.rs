//! Which library a frame belongs to, and which file of it.

use taskscope_proto::model::Frame;

use super::user_code;

/// The name of the agent in [`of`]'s answers.
pub(super) const AGENT: &str = "taskscope";

/// The crate and the path below its `src` folder: `("tokio", "sync/mutex.rs")`.
pub(super) fn of(frame: &Frame) -> Option<(&str, &str)> {
    match &frame.location {
        Some(location) => of_file(&location.file),
        None => None,
    }
}

/// As [`of`], from the path of the source file.
pub(super) fn of_file(file: &str) -> Option<(&str, &str)> {
    if let Some(path) = user_code::agent_path(file) {
        return Some((AGENT, path));
    }
    let (before, path) = file.rsplit_once("/src/")?;
    let folder = before.rsplit('/').next()?;
    let name = match folder.rfind('-') {
        Some(dash) if folder.get(dash + 1..)?.starts_with(|c: char| c.is_ascii_digit()) => {
            folder.get(..dash)?
        }
        _ => folder,
    };
    Some((name, path))
}

/// Whether a frame is plumbing of the language: closures called, panics caught, wakers cloned.
pub(super) fn is_plumbing(frame: &Frame) -> bool {
    let by_file = match of(frame) {
        Some(("std", file)) => matches!(file, "panic.rs" | "panicking.rs"),
        Some(("core", file)) => matches!(
            file,
            "panic/unwind_safe.rs"
                | "task/wake.rs"
                | "clone.rs"
                | "option.rs"
                | "ops/function.rs"
                | "future/future.rs"
                | "pin.rs"
        ),
        _ => false,
    };
    by_file || &*frame.function == "__rust_try"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_and_its_file_are_read_from_the_path() {
        let check = |path: &str, expected| assert_eq!(of_file(path), expected, "{path}");
        check(
            "/c/registry/src/i-1/tokio-1.54.1/src/sync/mutex.rs",
            Some(("tokio", "sync/mutex.rs")),
        );
        check("/c/registry/src/i-1/tokio-util-0.7.20/src/a.rs", Some(("tokio-util", "a.rs")));
        check(
            "/c/git/checkouts/tokio-2ad/9f1/tokio/src/time/sleep.rs",
            Some(("tokio", "time/sleep.rs")),
        );
        check("/rustc/5980/library/core/src/task/wake.rs", Some(("core", "task/wake.rs")));
        check(file!(), Some((AGENT, "symbols/library.rs")));
        check("src/main.rs", None);
    }
}
