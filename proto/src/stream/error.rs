//! Why a stream cannot go on.

use thiserror::Error;

use crate::convert::ConvertError;

/// Why a [`Decoder`](super::Decoder) gave up. The remedy is always the same: a new stream with a
/// new decoder, which starts with the whole state.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Messages were lost, or came twice.
    #[error("message {got} came where {expected} was due: ask for the full state again")]
    Gap {
        /// The number that was due.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// A message that cannot come at this place.
    #[error("message {seq} {what}")]
    Order {
        /// Its number.
        seq: u64,
        /// What is wrong about it.
        what: &'static str,
    },
    /// Something in a message is wrong.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// An earlier message was refused, so nothing that follows can be understood.
    #[error("the stream failed before: ask for the full state again with a new stream")]
    Failed,
}
