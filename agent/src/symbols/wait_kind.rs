//! What the leaf of a chain waits for.
//!
//! Read from the *files* of the libraries on the chain, from the user's code inwards: names of
//! inlined functions are short with line tables only, files are always exact. The outermost
//! file that says something wins: a `Mutex` is a semaphore inside, but it is a `Mutex` that the
//! user awaits.

use taskscope_proto::model::{Frame, WaitKind};

use super::calibrate::RwLockLines;
use super::chain::Chain;
use super::library;

/// The kind of the chain's leaf.
pub(super) fn of(chain: &Chain, rwlock: &RwLockLines) -> WaitKind {
    if chain.blocking.is_some_and(|at| names(chain, at, "runtime/task/join.rs")) {
        return WaitKind::SpawnBlocking;
    }
    let innermost_user = chain.frames.iter().rposition(|frame| frame.user);
    let library = innermost_user.map_or(0, |at| at + 1);
    // Async user code may be called back by a library (a stream, a layer): what counts is below
    // the innermost user frame. A user's own future that polls nothing further is a leaf itself.
    let below = chain.frames.get(library..).unwrap_or_default();
    let found = (0..below.len()).find_map(|at| decide(below.get(at..)?, rwlock));
    found.unwrap_or_else(|| WaitKind::Other(leaf_path(chain, library).into()))
}

fn names(chain: &Chain, from: usize, file: &str) -> bool {
    let frames = chain.frames.get(from..).unwrap_or_default();
    frames.iter().any(|frame| library::of(frame) == Some(("tokio", file)))
}

/// What the first frame, with what is below it, says.
fn decide(frames: &[std::sync::Arc<Frame>], rwlock: &RwLockLines) -> Option<WaitKind> {
    let frame = frames.first()?;
    let (krate, file) = library::of(frame)?;
    let below = |wanted: &str| frames.iter().any(|f| library::of(f) == Some(("tokio", wanted)));
    let kind = match (krate, file) {
        ("tokio", "sync/mutex.rs") => WaitKind::Mutex,
        ("tokio", "sync/rwlock.rs") => return rwlock.kind(frame),
        ("tokio", "sync/semaphore.rs") => WaitKind::Semaphore,
        ("tokio", "sync/oneshot.rs") => WaitKind::Oneshot,
        ("tokio", "sync/notify.rs") => WaitKind::Notify,
        ("tokio", "sync/watch.rs") => WaitKind::Watch,
        ("tokio", "sync/broadcast.rs") => WaitKind::Broadcast,
        ("tokio", "sync/barrier.rs") => WaitKind::Barrier,
        ("tokio", "sync/once_cell.rs" | "sync/set_once.rs") => WaitKind::OnceCell,
        ("tokio", "sync/mpsc/bounded.rs" | "sync/mpsc/unbounded.rs" | "sync/mpsc/chan.rs") => {
            if below("sync/batch_semaphore.rs") {
                WaitKind::MpscSend
            } else if below("sync/notify.rs") {
                // `Sender::closed`.
                return None;
            } else {
                WaitKind::MpscRecv
            }
        }
        ("tokio", "time/sleep.rs") => WaitKind::Sleep,
        ("tokio", "time/interval.rs") => WaitKind::Interval,
        ("tokio", "task/join_set.rs" | "util/idle_notified_set.rs") => WaitKind::JoinSet,
        ("tokio", "runtime/task/join.rs") => WaitKind::JoinHandle,
        ("tokio", "net/tcp/listener.rs" | "net/unix/listener.rs") => WaitKind::Accept,
        ("tokio", _) => return io(krate, file, frames),
        ("tokio-util", "sync/cancellation_token.rs") => WaitKind::Cancelled,
        ("tokio-util", path) if path.starts_with("sync/cancellation_token/") => WaitKind::Cancelled,
        ("futures-util", path) if path.starts_with("stream/futures_unordered/") => {
            // Only where the chain ends there: a child that is seen says what it waits for.
            if frames.iter().any(|f| matches!(library::of(f), Some(("tokio", _)))) {
                return None;
            }
            WaitKind::FuturesUnordered
        }
        _ => return None,
    };
    Some(kind)
}

/// Which way data is to flow.
fn io(_krate: &str, file: &str, frames: &[std::sync::Arc<Frame>]) -> Option<WaitKind> {
    if let Some(helper) = file.strip_prefix("io/util/") {
        let helper = helper.strip_suffix(".rs").unwrap_or(helper);
        return match helper {
            "read" | "read_buf" | "read_exact" | "read_int" | "read_line" | "read_to_end"
            | "read_to_string" | "read_until" | "fill_buf" | "lines" | "split" => {
                Some(WaitKind::IoRead)
            }
            "write" | "write_all" | "write_all_buf" | "write_buf" | "write_int"
            | "write_vectored" | "flush" | "shutdown" => Some(WaitKind::IoWrite),
            _ => None,
        };
    }
    let through = |krate, wanted| frames.iter().any(|f| library::of(f) == Some((krate, wanted)));
    let socket = matches!(file, "net/tcp/stream.rs" | "net/tcp/socket.rs" | "net/unix/stream.rs");
    let connects =
        frames.iter().any(|frame| frame.function.split("::").any(|part| part == "connect_mio"));
    let by_poll_fn = through("core", "future/poll_fn.rs");
    if socket && (connects || by_poll_fn) && !through("tokio", "io/poll_evented.rs") {
        return Some(WaitKind::Connect);
    }
    if !(socket || matches!(file, "io/poll_evented.rs" | "runtime/io/registration.rs")) {
        return None;
    }
    frames.iter().find_map(|frame| match last_segment(&frame.function) {
        "poll_read" | "poll_read_ready" | "poll_read_io" | "poll_read_priv" | "poll_peek"
        | "readable" | "peek" => Some(WaitKind::IoRead),
        "poll_write"
        | "poll_write_ready"
        | "poll_write_io"
        | "poll_write_priv"
        | "poll_write_vectored"
        | "poll_write_vectored_priv"
        | "poll_flush"
        | "poll_shutdown"
        | "writable" => Some(WaitKind::IoWrite),
        _ => None,
    })
}

/// The last segment of a path without its generic arguments: `poll_read` of
/// `<a::B as c::D<e::F>>::poll_read<g::H>`.
pub(super) fn last_segment(function: &str) -> &str {
    let mut depth = 0_u32;
    let mut start = 0;
    let mut end = function.len();
    for (at, c) in function.char_indices() {
        match c {
            '<' => {
                if depth == 0 && at > start {
                    end = at;
                }
                depth += 1;
            }
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                start = at + 1;
                end = function.len();
            }
            _ => {}
        }
    }
    function.get(start..end.max(start)).unwrap_or(function)
}

/// Names a leaf that we have no word for: the type that the user's code awaits, if its name is
/// known; else the library and its function.
fn leaf_path(chain: &Chain, library: usize) -> String {
    let below = chain.frames.get(library..).unwrap_or_default();
    if let Some(path) = below.iter().take(3).find_map(|frame| type_path(&frame.function)) {
        return path.to_owned();
    }
    let Some(frame) = below.first().or(chain.frames.last()) else { return String::new() };
    let name = last_segment(&frame.function);
    match library::of(frame) {
        Some((krate, _)) if name.is_empty() || name.starts_with('{') => krate.replace('-', "_"),
        Some((krate, _)) => format!("{}::{name}", krate.replace('-', "_")),
        None => name.to_owned(),
    }
}

/// The path of the type that a function is generic over or belongs to, if the name says it:
/// `flume::async::RecvFut` of `<flume::async::RecvFut<T> as Future>::poll`.
fn type_path(function: &str) -> Option<&str> {
    let paths = function.split(['<', '>', ' ', ',', '&', '(', ')', '[', ']', '*', ';']);
    paths.map(|path| path.trim_end_matches("::")).find(|path| {
        let library = path.split("::").next().unwrap_or_default();
        let name = path.rsplit("::").next().unwrap_or_default();
        path.contains("::")
            && !matches!(library, "core" | "alloc" | "std" | "")
            && name.starts_with(|c: char| c.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segment_is_found_through_generics() {
        let check = |name, expected| assert_eq!(last_segment(name), expected, "{name}");
        check("poll_read", "poll_read");
        check("<a::B as c::D<e::F>>::poll_read", "poll_read");
        check("a::b::poll_read<g::H>", "poll_read");
        check("{async_fn#0}", "{async_fn#0}");
    }

    #[test]
    fn the_type_is_read_from_the_name_where_it_stands_there() {
        let check = |name, expected| assert_eq!(type_path(name), expected, "{name}");
        check(
            "<flume::async::RecvFut<T> as core::future::Future>::poll",
            Some("flume::async::RecvFut"),
        );
        check("poll<async_channel::RecvInner<()>>", Some("async_channel::RecvInner"));
        check("poll<()>", None);
        check("a::b::poll", None);
        check("poll<core::future::Pending<()>>", None);
    }
}
