//! Source lines on the screen.

use taskscope_proto::model::Location;

/// The path without what is the same for every file of a dependency: where the registry, the
/// checkouts or the toolchain lie.
pub(super) fn short_file(file: &str) -> &str {
    let after = |mark: &str, levels: usize| -> Option<&str> {
        let mut rest = &file[file.find(mark)? + mark.len()..];
        for _ in 0..levels {
            rest = &rest[rest.find('/')? + 1..];
        }
        Some(rest)
    };
    // registry/src/<index>/<crate>/…, git/checkouts/<repository>/<commit>/…, /rustc/<hash>/library/…
    after("registry/src/", 1)
        .or_else(|| after("git/checkouts/", 2))
        .or_else(|| after("/rustc/", 2))
        .or_else(|| after("/lib/rustlib/src/rust/library/", 0))
        .unwrap_or(file)
}

/// `file:line:column`, with the short path.
pub(super) fn short(location: &Location) -> String {
    format!("{}:{}:{}", short_file(&location.file), location.line, location.column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_dependency_has_in_common_is_left_out() {
        for (file, expected) in [
            ("src/main.rs", "src/main.rs"),
            ("/h/.cargo/registry/src/idx-1/tokio-1.54.1/src/time.rs", "tokio-1.54.1/src/time.rs"),
            ("/h/.cargo/git/checkouts/repo-1/abc123/src/lib.rs", "src/lib.rs"),
            ("/rustc/5980/library/core/src/future.rs", "core/src/future.rs"),
            ("/t/lib/rustlib/src/rust/library/std/src/a.rs", "std/src/a.rs"),
            ("registry/src/", "registry/src/"),
        ] {
            assert_eq!(short_file(file), expected);
        }
    }
}
