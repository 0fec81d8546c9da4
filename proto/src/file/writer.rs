//! Writes frames.

use std::fmt;
use std::io::{self, Write};

use prost::Message;

use super::Note;
use super::frame::{self, flag, kind};
use super::packing::Packer;
use crate::convert::cut;
use crate::model::{Process, Profile};
use crate::stream::Encoder;
use crate::wire;

/// States of a chapter at most: ten minutes of them. What is damaged costs no more than the rest of
/// its chapter, and to get to a moment no more have to be read.
const MOST_STATES: u32 = 600;
/// A chapter whose changes take this many times what its whole state took is long enough, too.
const MOST_GROWTH: u64 = 16;

/// Writes profiles to a file, see the [module](super).
///
/// Every call writes whole frames, each at once. Nothing is kept back but what `out` keeps; sync to
/// the disk is the caller's, who knows what `out` is.
pub struct Writer<W> {
    out: W,
    packed: bool,
    chapter: Option<Chapter>,
    bytes: u64,
}

/// A whole state and its changes.
struct Chapter {
    encoder: Encoder,
    packer: Option<Packer>,
    states: u32,
    first_bytes: u64,
    bytes: u64,
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { packed, bytes, .. } = self;
        f.debug_struct("Writer")
            .field("packed", packed)
            .field("bytes", bytes)
            .finish_non_exhaustive()
    }
}

impl<W: Write> Writer<W> {
    /// Payloads go into the file as they are.
    pub fn plain(out: W) -> Self {
        Self { out, packed: false, chapter: None, bytes: 0 }
    }

    /// Payloads are compressed: to about a tenth.
    #[cfg(feature = "zstd")]
    pub fn packed(out: W) -> Self {
        Self { packed: true, ..Self::plain(out) }
    }

    /// Says whose states follow. The next one is written whole.
    ///
    /// # Errors
    /// What `out` says.
    pub fn process(&mut self, process: &Process) -> io::Result<()> {
        self.chapter = None;
        let payload = wire::HelloReply::from(process).encode_to_vec();
        self.frame((kind::PROCESS, flag::FRESH), &payload)
    }

    /// Says something to whoever reads the file.
    ///
    /// # Errors
    /// What `out` says.
    pub fn note(&mut self, note: &Note) -> io::Result<()> {
        let mut payload = note.at_unix_ms.to_le_bytes().to_vec();
        payload.extend_from_slice(cut(&note.text).as_bytes());
        self.frame((kind::NOTE, 0), &payload)
    }

    /// Writes a state: what changed since the last one, or all of it now and then.
    ///
    /// # Errors
    /// What `out` says. The next state is written whole then.
    pub fn state(&mut self, profile: &Profile) -> io::Result<()> {
        let result = self.try_state(profile);
        if result.is_err() {
            self.chapter = None;
        }
        result
    }

    fn try_state(&mut self, profile: &Profile) -> io::Result<()> {
        self.chapter = self.chapter.take().filter(|chapter| !chapter.is_over());
        let mut chapter = match self.chapter.take() {
            Some(chapter) => chapter,
            None => Chapter::new(self.packed)?,
        };
        let before = self.bytes;
        for update in chapter.encoder.delta(profile) {
            if update.full && update.begin && update.seq > 1 {
                // The encoder threw its dictionary away: the same is better done from the start.
                self.chapter = None;
                return self.try_state(profile);
            }
            let fresh = if update.seq == 1 { flag::FRESH } else { 0 };
            let payload = update.encode_to_vec();
            match &mut chapter.packer {
                None => self.frame((kind::STATE, fresh), &payload)?,
                Some(packer) => {
                    let stored = packer.pack(&payload)?;
                    let flags = flag::PACKED | fresh;
                    let written =
                        frame::write(&mut self.out, (kind::STATE, flags), &stored, payload.len())?;
                    self.bytes += written;
                }
            }
        }
        chapter.count(self.bytes - before);
        self.chapter = Some(chapter);
        Ok(())
    }

    /// Says that the file ends here on purpose, and gives `out` back.
    ///
    /// # Errors
    /// What `out` says.
    pub fn end(mut self) -> io::Result<W> {
        self.frame((kind::END, 0), &[])?;
        self.out.flush()?;
        Ok(self.out)
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where it writes to.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    fn frame(&mut self, what: (u8, u8), payload: &[u8]) -> io::Result<()> {
        self.bytes += frame::write(&mut self.out, what, payload, payload.len())?;
        Ok(())
    }
}

impl Chapter {
    fn new(compressed: bool) -> io::Result<Self> {
        let packer = if compressed { Self::packer()? } else { None };
        Ok(Self { encoder: Encoder::new(), packer, states: 0, first_bytes: 0, bytes: 0 })
    }

    #[cfg(feature = "zstd")]
    fn packer() -> io::Result<Option<Packer>> {
        Packer::new().map(Some)
    }

    #[cfg(not(feature = "zstd"))]
    #[expect(clippy::unnecessary_wraps, reason = "with the feature it may fail")]
    fn packer() -> io::Result<Option<Packer>> {
        Ok(None)
    }

    fn count(&mut self, bytes: u64) {
        if self.states == 0 {
            self.first_bytes = bytes;
        }
        self.states += 1;
        self.bytes += bytes;
    }

    fn is_over(&self) -> bool {
        let is_large = self.bytes / MOST_GROWTH > self.first_bytes.max(1 << 16);
        self.states >= MOST_STATES || is_large
    }
}
