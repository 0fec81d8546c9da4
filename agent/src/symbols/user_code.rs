//! Which source files are the service's own.

/// Parts of a path that mark a registry, a git checkout or the toolchain (`/rust/deps/` is what the
/// standard library is made of besides itself: its hash tables).
const LIBRARIES: [&str; 6] = [
    "/registry/src/",
    "/git/checkouts/",
    "/rustc/",
    "/rustlib/src/",
    "/library/std/src/",
    "/rust/deps/",
];

/// The agent's own sources, as the compiler records them.
const AGENT: &str = file!();

/// Tells the service's own code from libraries by the path of the source file.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserCode {
    /// Further parts of paths that mark libraries, e.g. `vendor/`.
    libraries: Vec<String>,
}

impl UserCode {
    pub(crate) fn new(libraries: Vec<String>) -> Self {
        Self { libraries }
    }

    /// Whether the file is the service's own.
    pub(crate) fn contains(&self, file: &str) -> bool {
        let file = file.replace('\\', "/");
        !(LIBRARIES.iter().any(|part| file.contains(part))
            || file.starts_with("/rustc/")
            || self.libraries.iter().any(|part| file.contains(part.as_str()))
            || is_agent(&file))
    }
}

/// Whether the file is one of the agent's.
pub(super) fn is_agent(file: &str) -> bool {
    agent_path(file).is_some()
}

/// The path of one of the agent's files below its `src` folder.
pub(super) fn agent_path(file: &str) -> Option<&str> {
    let sources = AGENT.strip_suffix("symbols/user_code.rs")?;
    file.strip_prefix(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_are_told_from_libraries() {
        let code = UserCode::new(vec!["vendor/".into()]);
        let check = |file: &str, own: bool| assert_eq!(code.contains(file), own, "{file}");
        check("src/main.rs", true);
        check("/home/me/shop/src/main.rs", true);
        check("/home/me/.cargo/registry/src/index-1949cf8c6b5b557f/tokio-1.54.1/src/lib.rs", false);
        check("/home/me/.cargo/git/checkouts/tokio-0/abc/tokio/src/lib.rs", false);
        check("/rustc/59807616e1/library/core/src/future/future.rs", false);
        check("vendor/tokio/src/lib.rs", false);
        check(file!(), false);
    }
}
