//! A profile as a stream: the whole state first, then what changed.
//!
//! One [`Encoder`] belongs to one stream and remembers what its viewer knows; the viewer's
//! [`Decoder`] puts the pieces together again. A state may span several messages; it counts from
//! the one marked `begin` to the one marked `end`, and a decoder shows it only as a whole.
//!
//! | property | held by |
//! |---|---|
//! | no message beyond [`CHUNK_BYTES`](crate::limits::CHUNK_BYTES) | `chunks` |
//! | what did not change is not sent, and keeps its `Arc` in the viewer | `table` |
//! | strings, label sets, locations, frames and trees are sent once | the dictionary |
//! | lost messages are noticed | sequence numbers, [`DecodeError::Gap`] |

mod chunks;
mod decoder;
mod encoder;
mod error;
mod table;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub use error::DecodeError;
