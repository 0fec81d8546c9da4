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
    let named = |part: &str| frames.iter().any(|f| last_segment(&f.function).starts_with(part));
    let through = |wanted: &str| frames.iter().any(|f| library::of(f) == Some(("tokio", wanted)));
    let socket = matches!(file, "net/tcp/stream.rs" | "net/tcp/socket.rs" | "net/unix/stream.rs");
    if socket && named("poll_write_ready") && !through("io/poll_evented.rs") {
        return Some(WaitKind::Connect);
    }
    if !(socket || matches!(file, "io/poll_evented.rs" | "runtime/io/registration.rs")) {
        return None;
    }
    if named("poll_read") || named("readable") {
        Some(WaitKind::IoRead)
    } else if named("poll_write") || named("writable") || named("poll_flush") {
        Some(WaitKind::IoWrite)
    } else {
        None
    }
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

/// Names a leaf that we have no word for: the library that the user's code calls into, with the
/// function if its name is known.
fn leaf_path(chain: &Chain, library: usize) -> String {
    let Some(frame) = chain.frames.get(library).or(chain.frames.last()) else {
        return String::new();
    };
    if frame.function.contains("::") {
        return frame.function.to_string();
    }
    match library::of(frame) {
        Some((krate, _)) => {
            let krate = krate.replace('-', "_");
            let name = &*frame.function;
            if name.is_empty() || name.starts_with('{') { krate } else { format!("{krate}::{name}") }
        }
        None => frame.function.to_string(),
    }
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
}
