//! Crates that others wrote, built against this one in place of tokio, pass their own tests.
//!
//! Their sources are those that cargo has fetched: nothing of them is kept here. Each is copied
//! beside the build, its manifest names this crate as `tokio` and nothing else is changed, and its
//! tests run there, without the network.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod examples;
mod nested;

use nested::Nested;

/// 14,000 lines and 8,000 lines of tests: codecs, `JoinMap`, `LocalPoolHandle`, `TaskTracker`,
/// timers, adapters of every kind.
#[test]
fn tokio_util_passes_its_own_tests() {
    let util = Nested::copy_of("tokio-util");
    util.replace_tokio_in_manifest();
    util.write_one_test_of(|name| name != "_require_full");
    let passed = util.run_tests(&["--test", "all", "--features", "full"]);
    assert!(passed > 300, "only {passed} tests of tokio-util ran");
}

/// Of tokio's test files, those that do not belong into one program on Linux.
const LEFT_OUT: [(&str, &str); 8] = [
    ("_require_full", "only says that the features are missing"),
    ("io_async_fd", "needs a crate that nothing else here needs"),
    ("net_unix_pipe", "needs a crate that nothing else here needs"),
    ("process_", "children and signals are the whole program's"),
    ("signal_", "children and signals are the whole program's"),
    ("fs_try_exists", "fails for the superuser, against tokio too"),
    ("fs_uring", "needs `--cfg tokio_unstable`"),
    ("tracing_", "needs `--cfg tokio_unstable`"),
];

/// tokio's own tests: tasks, sets, runtimes, handles, macros, budgets, bounds, and with them all
/// that is passed on unchanged.
#[test]
fn tokios_own_tests_pass() {
    let tokio = Nested::tests_of("tokio");
    let wanted = |name: &str| !LEFT_OUT.iter().any(|(left_out, _)| name.starts_with(left_out));
    tokio.write_one_test_of(wanted);
    let passed = tokio.run_tests(&["--test", "all"]);
    assert!(passed > 500, "only {passed} tests of tokio ran");
}

/// What tokio's documentation shows, on every page of it.
#[test]
fn tokios_documented_examples_run() {
    let passed = Nested::examples_of("tokio").run_tests(&["--doc"]);
    assert!(passed > 500, "only {passed} examples ran");
}
