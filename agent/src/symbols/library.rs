//! Which library a frame belongs to, and which file of it.

use taskscope_proto::model::Frame;

use super::user_code;

/// The name of the agent in [`of`]'s answers.
pub(super) const AGENT: &str = "taskscope";

/// The crate and the path below its `src` folder: `("tokio", "sync/mutex.rs")`.
pub(super) fn of(frame: &Frame) -> Option<(&str, &str)> {
    if let Some(location) = &frame.location {
        return of_file(&location.file);
    }
    // Without debug information the names of functions that were not inlined are left.
    let name = frame.function.trim_start_matches(['<', '&']);
    NAMES.iter().find(|(path, _)| name.starts_with(path)).map(|(_, file)| *file)
}

/// The files that the names of functions lead to, for those that say what a task waits for.
const NAMES: [(&str, (&str, &str)); 35] = [
    ("taskscope::task::tracked::", (AGENT, "task/tracked.rs")),
    ("taskscope::task::blocking::", (AGENT, "task/blocking.rs")),
    ("taskscope::task::waker::", (AGENT, "task/waker.rs")),
    ("taskscope::task::capture::", (AGENT, "task/capture.rs")),
    ("taskscope::task::waits::", (AGENT, "task/waits/mod.rs")),
    ("taskscope::sync::", (AGENT, "sync/mod.rs")),
    ("tokio::sync::mutex::", ("tokio", "sync/mutex.rs")),
    ("tokio::sync::rwlock::", ("tokio", "sync/rwlock.rs")),
    ("tokio::sync::semaphore::", ("tokio", "sync/semaphore.rs")),
    ("tokio::sync::batch_semaphore::", ("tokio", "sync/batch_semaphore.rs")),
    ("tokio::sync::oneshot::", ("tokio", "sync/oneshot.rs")),
    ("tokio::sync::notify::", ("tokio", "sync/notify.rs")),
    ("tokio::sync::watch::", ("tokio", "sync/watch.rs")),
    ("tokio::sync::broadcast::", ("tokio", "sync/broadcast.rs")),
    ("tokio::sync::barrier::", ("tokio", "sync/barrier.rs")),
    ("tokio::sync::once_cell::", ("tokio", "sync/once_cell.rs")),
    ("tokio::sync::set_once::", ("tokio", "sync/set_once.rs")),
    ("tokio::sync::mpsc::bounded::", ("tokio", "sync/mpsc/bounded.rs")),
    ("tokio::sync::mpsc::unbounded::", ("tokio", "sync/mpsc/unbounded.rs")),
    ("tokio::sync::mpsc::chan::", ("tokio", "sync/mpsc/chan.rs")),
    ("tokio::time::sleep::", ("tokio", "time/sleep.rs")),
    ("tokio::time::interval::", ("tokio", "time/interval.rs")),
    ("tokio::time::timeout::", ("tokio", "time/timeout.rs")),
    ("tokio::task::join_set::", ("tokio", "task/join_set.rs")),
    ("tokio::util::idle_notified_set::", ("tokio", "util/idle_notified_set.rs")),
    ("tokio::runtime::task::join::", ("tokio", "runtime/task/join.rs")),
    ("tokio::runtime::io::registration::", ("tokio", "runtime/io/registration.rs")),
    ("tokio::io::poll_evented::", ("tokio", "io/poll_evented.rs")),
    ("tokio::net::tcp::listener::", ("tokio", "net/tcp/listener.rs")),
    ("tokio::net::tcp::stream::", ("tokio", "net/tcp/stream.rs")),
    ("tokio::net::tcp::socket::", ("tokio", "net/tcp/socket.rs")),
    ("tokio::net::unix::listener::", ("tokio", "net/unix/listener.rs")),
    ("tokio::net::unix::stream::", ("tokio", "net/unix/stream.rs")),
    ("tokio_util::sync::cancellation_token::", ("tokio-util", "sync/cancellation_token.rs")),
    (
        "futures_util::stream::futures_unordered::",
        ("futures-util", "stream/futures_unordered/mod.rs"),
    ),
];

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
    fn without_a_location_the_name_tells_the_file() {
        let frame = |function: &str| Frame {
            function: function.into(),
            location: None,
            user: false,
            module: None,
            offset: 0,
        };
        let named = frame("<tokio::sync::batch_semaphore::Acquire as core::future::Future>::poll");
        assert_eq!(of(&named), Some(("tokio", "sync/batch_semaphore.rs")));
        assert_eq!(of(&frame("shop::cart::load")), None);
    }

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
