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
        let is_poll = |frame: &Frame| library::of(frame) == Some((AGENT, "task/tracked.rs"));
        // What is outside of the task's own poll is the executor (inlined into one function).
        let start = captured.iter().position(|frame| is_poll(frame)).unwrap_or(0);
        let mut chain = Self::default();
        // The task's own poll begins the chain; it is not a part.
        let mut in_poll = true;
        for frame in captured.iter().skip(start) {
            match library::of(frame) {
                Some((AGENT, "task/tracked.rs")) if !in_poll => {
                    in_poll = true;
                    chain.parts.push(chain.frames.len());
                }
                Some((AGENT, "task/blocking.rs")) => chain.blocking = Some(chain.frames.len()),
                Some((AGENT, _)) => {}
                _ if library::is_plumbing(frame) => {}
                _ => {
                    in_poll = false;
                    chain.frames.push(Arc::clone(frame));
                }
            }
        }
        chain.ends_in_part = chain.parts.last() == Some(&chain.frames.len());
        chain
    }
}
