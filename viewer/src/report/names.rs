//! Paths and functions of libraries, short enough for a line; the number of a process.

use taskscope_proto::model::Process;

/// Characters of a library function's name that are shown.
const SHOWN_CHARS: usize = 72;

/// `/…/registry/src/index-1949/tokio-1.54.1/src/time/sleep.rs` as
/// `tokio-1.54.1/src/time/sleep.rs`, and the toolchain's own sources likewise.
pub(super) fn file(path: &str) -> &str {
    if let Some((_, package)) = path.split_once("/registry/src/") {
        return package.split_once('/').map_or(package, |(_, inside)| inside);
    }
    if let Some((_, inside)) = path.split_once("/git/checkouts/") {
        return inside;
    }
    if path.starts_with("/rustc/")
        && let Some((_, inside)) = path.split_once("/library/")
    {
        return inside;
    }
    path
}

/// The name of a function, cut where its type parameters get long.
pub(super) fn function(name: &str) -> String {
    if name.chars().count() <= SHOWN_CHARS {
        return name.to_owned();
    }
    name.chars().take(SHOWN_CHARS - 1).chain(['…']).collect()
}

/// The process id, where it is known.
pub(super) fn pid(process: &Process) -> String {
    if process.pid == 0 { "not known".to_owned() } else { process.pid.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_libraries_begin_with_the_package() {
        for (path, expected) in [
            ("/home/me/.cargo/registry/src/idx-1/tokio-1.54.1/src/a.rs", "tokio-1.54.1/src/a.rs"),
            ("/home/me/.cargo/git/checkouts/h2-0f/1a/src/b.rs", "h2-0f/1a/src/b.rs"),
            ("/rustc/0a1b/library/core/src/future/mod.rs", "core/src/future/mod.rs"),
            ("src/library/shelf.rs", "src/library/shelf.rs"),
        ] {
            assert_eq!(file(path), expected);
        }
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(function("short<ä>"), "short<ä>");
        let cut = function(&"ä".repeat(200));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (SHOWN_CHARS, true));
    }
}
