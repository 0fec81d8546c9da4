//! What can be done to ways: each transform is a small value, shown as a breadcrumb, and can be
//! taken back.

use std::sync::Arc;

use taskscope_proto::model::Frame;

use crate::analyse::frame_label;

/// One change of the ways. Frames are the same if their source line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transform {
    /// Only ways through this frame, from there on inwards: it becomes the root.
    From(Arc<Frame>),
    /// Only ways through this frame, up to there: it becomes the end of all.
    UpTo(Arc<Frame>),
    /// Where a way passes this frame more than once, all between becomes one: recursion, undone.
    Merge(Arc<Frame>),
    /// Without this frame: what it awaits hangs on what awaits it.
    Without(Arc<Frame>),
}

impl Transform {
    /// The frame that it is about.
    pub fn frame(&self) -> &Arc<Frame> {
        match self {
            Self::From(frame) | Self::UpTo(frame) | Self::Merge(frame) | Self::Without(frame) => {
                frame
            }
        }
    }

    /// A breadcrumb: `from prices cart.rs:112`.
    pub fn words(&self) -> String {
        let word = match self {
            Self::From(_) => "from",
            Self::UpTo(_) => "up to",
            Self::Merge(_) => "merged",
            Self::Without(_) => "without",
        };
        format!("{word} {}", frame_label(self.frame()))
    }

    /// What it does, in a sentence.
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::From(_) => "Only tasks that pass this frame, seen from there on inwards",
            Self::UpTo(_) => "Only tasks that pass this frame, seen from their roots up to there",
            Self::Merge(_) => "Where a chain passes this frame more than once, all between is one",
            Self::Without(_) => "This frame is left out: what it awaits hangs on what awaits it",
        }
    }

    /// Does it to one way of frames, named by number; `frame` is the number of its own frame.
    /// False: this way is not there any more.
    pub(super) fn apply(&self, way: &mut Vec<u32>, frame: u32) -> bool {
        let first = way.iter().position(|at| *at == frame);
        let last = way.iter().rposition(|at| *at == frame);
        match (self, first, last) {
            (Self::From(_), Some(first), _) => drop(way.drain(..first)),
            (Self::UpTo(_), _, Some(last)) => way.truncate(last + 1),
            (Self::From(_) | Self::UpTo(_), ..) => return false,
            (Self::Merge(_), Some(first), Some(last)) => drop(way.drain(first..last)),
            (Self::Without(_), Some(_), _) => {
                way.retain(|at| *at != frame);
                // A way of nothing would take its tasks with it.
                if way.is_empty() {
                    way.push(frame);
                }
            }
            (Self::Merge(_) | Self::Without(_), ..) => {}
        }
        true
    }
}
