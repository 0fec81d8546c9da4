//! One await chain: the frames from a task's root future to a leaf.

use std::sync::Arc;

use taskscope_proto::model::Frame;

use super::library::{self, AGENT};

/// A chain without the frames of the agent and the language, with what those told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    /// From the root future to the leaf.
    pub(super) frames: Vec<Arc<Frame>>,
    /// Before which of `frames` a part of the task begins.
    pub(super) parts: Vec<usize>,
    /// Before which of `frames` the handle of a blocking closure is awaited.
    pub(super) blocking: Option<usize>,
    /// The chain ends where a part is polled: the part's own chains go on from here.
    pub(super) ends_in_part: bool,
}

impl Chain {
    /// Cleans the frames of a capture, outermost first.
    pub(super) fn new(captured: &[Arc<Frame>]) -> Self {
        let is_poll = |frame: &&Arc<Frame>| library::of(frame) == Some((AGENT, INNER_POLL));
        let mut chain = Self::default();
        // What is outside of the task's own poll is the executor (inlined into one function).
        let start = captured.iter().position(|frame| is_poll(&frame)).or_else(|| {
            // Inlined, and no debug information to say so: the function around it has a name.
            let is_tracked =
                |frame: &Arc<Frame>| library::of(frame) == Some((AGENT, "task/tracked.rs"));
            captured.iter().position(is_tracked)
        });
        let start = start.map_or(0, |at| at + 1);
        for frame in captured.iter().skip(start) {
            match library::of(frame) {
                Some((AGENT, INNER_POLL)) => {
                    chain.ends_in_part = false;
                    chain.parts.push(chain.frames.len());
                }
                Some((AGENT, "task/tracked.rs")) => chain.ends_in_part = true,
                // From here on it is the walk itself.
                Some((AGENT, "task/waker.rs" | "task/capture.rs")) => break,
                Some((AGENT, "task/blocking.rs")) => chain.blocking = Some(chain.frames.len()),
                Some((AGENT, _)) => {}
                _ if library::is_plumbing(frame) => {}
                _ => {
                    chain.ends_in_part = false;
                    chain.frames.push(Arc::clone(frame));
                }
            }
        }
        chain
    }
}

/// How many frames of an allocation's stack, outermost first, come before those of allocators.
///
/// The language's own function for it calls the one that `#[global_allocator]` writes, which stands
/// at that attribute in the service's code, and that one calls ours, perhaps through others.
pub(super) fn before_allocator(stack: &[Arc<Frame>]) -> usize {
    let named = |frame: &Arc<Frame>| {
        let name = frame.function.rsplit("::").next().unwrap_or_default();
        ["__rust_alloc", "__rust_realloc", "__rust_alloc_zeroed"].contains(&name)
    };
    let of_language = |frame: &Arc<Frame>| library::of(frame) == Some(("alloc", "alloc.rs"));
    let is_ours = |frame: &Arc<Frame>| library::of(frame) == Some((AGENT, "alloc/mod.rs"));
    // By its name, if it has one; else it comes after the language's own; called directly, ours.
    let written = stack.iter().rposition(named);
    let language = || stack.iter().rposition(of_language).map(|at| at + 1);
    let ours = || stack.iter().position(is_ours);
    let mut end = written.or_else(language).or_else(ours).unwrap_or(stack.len());
    // What led there inside of the language's library says nothing.
    while end.checked_sub(1).and_then(|at| stack.get(at)).is_some_and(|frame| asks(frame)) {
        end -= 1;
    }
    end
}

/// Whether a frame is the language's way to its allocator: the functions of `alloc::alloc`, and the
/// buffer of a `Vec`.
fn asks(frame: &Frame) -> bool {
    let by_name = || {
        let name = frame.function.trim_start_matches('<');
        name.starts_with("alloc::alloc::") || name.starts_with("alloc::raw_vec::")
    };
    match library::of(frame) {
        Some(("alloc", file)) => file == "alloc.rs" || file.starts_with("raw_vec"),
        Some(("core", file)) => file == "alloc/mod.rs",
        Some(_) => false,
        None => frame.location.is_none() && by_name(),
    }
}

/// See [`inner_poll`](crate::task::inner_poll).
const INNER_POLL: &str = "task/inner_poll.rs";
