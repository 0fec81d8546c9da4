//! When two frames are the same: if their file, line and column are. Names do not count, because
//! inlined functions have short ones. Frames without a source line fall back on module and offset.

use std::sync::Arc;

use taskscope_proto::model::Frame;

/// What makes a frame the same as another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Source(Arc<str>, u32, u32),
    Binary(Arc<str>, u64, Arc<str>),
}

pub(super) fn place(frame: &Frame) -> Place {
    if let Some(location) = &frame.location {
        return Place::Source(location.file.clone(), location.line, location.column);
    }
    let module = frame.module.as_ref().map_or_else(|| "".into(), |module| module.path.clone());
    Place::Binary(module, frame.offset, frame.function.clone())
}
