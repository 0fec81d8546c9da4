//! Why a file cannot be read, or not all of it.

use std::fmt;

use thiserror::Error;

use super::frame::VERSION;
use crate::convert::ConvertError;
use crate::stream::DecodeError;

/// Why a file cannot be read at all.
#[derive(Debug, Error)]
pub enum FileError {
    /// There is nothing in it.
    #[error("the file is empty: whoever wrote it ended before the first profile was on disk")]
    Empty,
    /// It is something else.
    #[error(
        "this is no file of Taskscope: it begins with {begins}, and nothing in its first {looked} \
         bytes is a profile"
    )]
    Other {
        /// Its first bytes, for people.
        begins: String,
        /// How far was looked.
        looked: u64,
    },
    /// It comes from a later version of Taskscope.
    #[error(
        "the file has format {version}, and this program knows {VERSION} and older: use the viewer \
         of the version that wrote it, or a later one"
    )]
    Newer {
        /// The format's number.
        version: u16,
    },
    /// The system cannot read it.
    #[error("cannot read on after byte {at}: {source}")]
    Read {
        /// How much had been read.
        at: u64,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A piece of a file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where in the file it begins.
    pub at: u64,
    /// How long it is.
    pub bytes: u64,
    /// What is wrong with it.
    pub what: What,
}

/// What is wrong with a piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The file ends in the middle of a frame: who wrote it was stopped.
    CutOff,
    /// It is no frame, or its checksum is wrong.
    Garbled,
    /// It rests on something before it that is damaged, up to the next whole state.
    Orphaned,
    /// It cannot be decompressed.
    Packing(String),
    /// A message in it breaks the rules.
    Message(String),
    /// It is of a kind that only later versions of this program know.
    Unknown,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, bytes, what } = self;
        write!(f, "{bytes} bytes from byte {at} on cannot be used: ")?;
        match what {
            What::CutOff => f.write_str("the file was cut off there"),
            What::Garbled => f.write_str("they are not what was written"),
            What::Orphaned => f.write_str("they rest on what is damaged before them"),
            What::Packing(why) => write!(f, "they cannot be decompressed ({why})"),
            What::Message(why) => write!(f, "{why}"),
            What::Unknown => {
                f.write_str("only a later version of this program knows what they are")
            }
        }
    }
}

impl From<DecodeError> for What {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Failed | DecodeError::Gap { .. } => Self::Orphaned,
            other => Self::Message(other.to_string()),
        }
    }
}

impl From<ConvertError> for What {
    fn from(error: ConvertError) -> Self {
        Self::Message(error.to_string())
    }
}
