//! Profiles in a file: what an agent writes down in an emergency, and what a viewer records.
//!
//! A file is a sequence of frames and nothing else. Each has its length and a checksum, so a file
//! that was cut off opens up to its last whole frame, one with a hole goes on behind it, and two
//! files one after the other are a file.
//!
//! # A frame
//!
//! All numbers little-endian.
//!
//! | bytes | are |
//! |---|---|
//! | 4 | `9A 74 73 6B` |
//! | 2 | the version of this format, [`VERSION`] |
//! | 1 | what it holds: 1 the process, 2 a note, 3 a piece of a state, 4 the end |
//! | 1 | flags: 1 the payload is compressed, 2 what follows rests on nothing before it |
//! | 4 | bytes of the payload as it lies there |
//! | 4 | bytes of the payload once decompressed |
//! | 4 | CRC-32 (ISO-HDLC) of everything above but the first four bytes, and of the payload |
//! | … | the payload |
//!
//! A process is a `HelloReply` of the protocol, a piece of a state an `Update`, see
//! [`wire`](crate::wire). A note is the time in milliseconds since 1970 as eight bytes, and a text.
//! The end has no payload: whoever wrote the file did so on purpose. What else there may be in a
//! later version has other numbers, and is passed over.
//!
//! A piece with flag 2 begins a whole state, a *chapter*. Those that follow are changes
//! of it, by the rules of [`stream`](crate::stream), whose numbers begin at 1 in each chapter.
//! With flag 1 the payloads of a chapter are one stream of zstd (RFC 8878), flushed after each
//! frame: what is said once is not said again, and yet every frame is all there when it is written.
//!
//! # Example
//!
//! ```
//! use taskscope_proto::file::{Entry, Reader, Writer};
//! use taskscope_proto::model::{Process, Profile};
//!
//! let mut writer = Writer::plain(Vec::new());
//! writer.process(&Process { name: "checkout".into(), ..Process::default() })?;
//! writer.state(&Profile::default())?;
//! let bytes = writer.end()?;
//!
//! let mut reader = Reader::new(&bytes[..])?;
//! let Some(Entry::Process(process)) = reader.entry()? else { panic!("a process") };
//! assert_eq!(&*process.name, "checkout");
//! assert!(matches!(reader.entry()?, Some(Entry::State(_))));
//! assert!(matches!(reader.entry()?, Some(Entry::End)));
//! assert!(reader.entry()?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod frame;
mod packing;
mod reader;
mod writer;

pub use error::{Damage, FileError, What};
pub use frame::VERSION;
pub use reader::{Entry, Reader};
pub use writer::Writer;

/// The ending of such files' names, without the dot.
pub const EXTENSION: &str = "taskscope";

/// Something that whoever wrote the file had to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// When, in milliseconds since 1970.
    pub at_unix_ms: u64,
    /// What.
    pub text: String,
}
