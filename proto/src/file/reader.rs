//! Reads frames, whatever they are.

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use prost::Message;

use super::frame::{HEAD_BYTES, Head, MARK, MAX_PAYLOAD_BYTES, VERSION, flag, kind};
use super::packing::Unpacker;
use super::{Damage, FileError, Note, What};
use crate::model::{Process, Profile};
use crate::stream::Decoder;
use crate::version;
use crate::wire;

/// How far from the beginning the first frame is looked for.
const FIRST_WITHIN: u64 = 64 << 20;
/// Bytes that are shown of a file that is something else.
const SHOWN: usize = 8;
/// So many bytes are checked in vain, and this many for each byte of the file, before a frame that
/// is not what it says is passed over with all that it says is its own. Else marks that lie could
/// have the same bytes checked for each of them.
const VAIN_FREE: u64 = 64 << 20;
const VAIN_EACH: u64 = 16;

/// What a file says next.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Whose states follow.
    Process(Arc<Process>),
    /// Something that whoever wrote the file had to say.
    Note(Note),
    /// A whole state.
    State(Arc<Profile>),
    /// Who wrote it stopped here on purpose.
    End,
    /// A piece that cannot be used; what comes after it may be all right.
    Damage(Damage),
}

/// Reads the entries of a file, see the [module](super).
///
/// # Memory
/// One frame, and one state with its dictionary, within [`limits`](crate::limits), whatever the
/// file says.
pub struct Reader<R> {
    input: R,
    /// What was read and not used yet, from `used` on.
    buffer: Vec<u8>,
    used: usize,
    /// Where in the file the buffer's unused part begins.
    at: u64,
    /// Bytes that were checked for frames that are none.
    vain: u64,
    /// Nothing more comes from the input.
    is_read: bool,
    is_over: bool,
    chapter: Option<Chapter>,
    /// Damage that is told once its end is known.
    open: Option<Damage>,
    /// What comes after it.
    ready: Option<Entry>,
}

struct Chapter {
    decoder: Decoder,
    unpacker: Option<Unpacker>,
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("at", &self.at).finish_non_exhaustive()
    }
}

/// One step through the file.
enum Step {
    Entry(Entry),
    Damage(u64, What),
    /// Nothing to tell.
    Passed,
    Over,
}

impl<R: Read> Reader<R> {
    /// Reads on until it is clear what the file is.
    ///
    /// # Errors
    /// It is empty, something else, or of a later version; or it cannot be read.
    pub fn new(input: R) -> Result<Self, FileError> {
        let mut reader = Self {
            input,
            buffer: Vec::new(),
            used: 0,
            at: 0,
            vain: 0,
            is_read: false,
            is_over: false,
            chapter: None,
            open: None,
            ready: None,
        };
        reader.fill(HEAD_BYTES)?;
        let begins: Vec<u8> = reader.unused().iter().take(SHOWN).copied().collect();
        if begins.is_empty() {
            return Err(FileError::Empty);
        }
        reader.ready = loop {
            match reader.step()? {
                Step::Entry(entry) => break Some(entry),
                Step::Damage(bytes, what) => reader.note_damage(bytes, what),
                Step::Passed => {}
                Step::Over if reader.open.as_ref().is_some_and(is_cut_off) => break None,
                Step::Over => return Err(other(&begins, reader.at)),
            }
            if reader.at > FIRST_WITHIN {
                return Err(other(&begins, reader.at));
            }
        };
        Ok(reader)
    }

    /// The next entry; `None` at the end of the file.
    ///
    /// # Errors
    /// The file cannot be read, or goes on in a later version. What is damaged is an entry and no
    /// error.
    pub fn entry(&mut self) -> Result<Option<Entry>, FileError> {
        loop {
            if let Some(damage) = self.open.take_if(|_| self.ready.is_some() || self.is_over) {
                return Ok(Some(Entry::Damage(damage)));
            }
            if let Some(entry) = self.ready.take() {
                return Ok(Some(entry));
            }
            match self.step()? {
                Step::Entry(entry) if self.open.is_none() => return Ok(Some(entry)),
                Step::Entry(entry) => self.ready = Some(entry),
                Step::Damage(bytes, what) => self.note_damage(bytes, what),
                Step::Passed => {}
                Step::Over if self.open.is_none() => return Ok(None),
                Step::Over => self.is_over = true,
            }
        }
    }

    /// How much of the file has been used.
    pub fn position(&self) -> u64 {
        self.at
    }

    fn unused(&self) -> &[u8] {
        self.buffer.get(self.used..).unwrap_or_default()
    }

    /// Reads until so many bytes are there, or the file is over; whether they are.
    fn fill(&mut self, bytes: usize) -> Result<bool, FileError> {
        if self.unused().len() >= bytes || self.is_read {
            return Ok(self.unused().len() >= bytes);
        }
        self.buffer.drain(..self.used);
        self.used = 0;
        let missing = (bytes - self.buffer.len()) as u64;
        // More at once than is needed now: frames are small mostly.
        let wanted = missing.max(1 << 16);
        let read = self.input.by_ref().take(wanted).read_to_end(&mut self.buffer);
        let at = self.at + self.buffer.len() as u64;
        let read = read.map_err(|source| FileError::Read { at, source })?;
        self.is_read = (read as u64) < wanted;
        Ok(self.buffer.len() >= bytes)
    }

    fn pass(&mut self, bytes: usize) {
        self.used += bytes;
        self.at += bytes as u64;
    }

    /// Adds to the damage before it if it goes on from there.
    fn note_damage(&mut self, bytes: u64, what: What) {
        let at = self.at - bytes;
        match &mut self.open {
            Some(open) if open.at + open.bytes == at && what != What::CutOff => open.bytes += bytes,
            Some(open) if open.at + open.bytes == at => {
                open.bytes += bytes;
                open.what = what;
            }
            // Pieces with whole frames in between: the first one says where it began.
            Some(open) => open.bytes = self.at - open.at,
            None => self.open = Some(Damage { at, bytes, what }),
        }
    }

    fn step(&mut self) -> Result<Step, FileError> {
        if !self.fill(HEAD_BYTES)? {
            let rest = self.unused().len();
            if rest == 0 {
                return Ok(Step::Over);
            }
            let is_half = self.unused().iter().zip(MARK).all(|(byte, mark)| *byte == mark);
            self.pass(rest);
            let what = if is_half { What::CutOff } else { What::Garbled };
            return Ok(Step::Damage(rest as u64, what));
        }
        let Some(head) = Head::parse(self.unused()) else { return self.search() };
        let bytes = HEAD_BYTES + head.stored as usize;
        if !self.fill(bytes)? {
            // Either the file was cut off, or this is no frame and a whole one follows.
            return self.search();
        }
        let payload = self.unused().get(HEAD_BYTES..bytes).unwrap_or_default();
        if head.checksum != head.checksum_with(payload) {
            self.vain += bytes as u64;
            if self.vain > self.at.saturating_mul(VAIN_EACH).saturating_add(VAIN_FREE) {
                self.chapter = None;
                self.pass(bytes);
                return Ok(Step::Damage(bytes as u64, What::Garbled));
            }
            return self.search();
        }
        if head.version > VERSION {
            return Err(FileError::Newer { version: head.version });
        }
        let payload = payload.to_vec();
        self.pass(bytes);
        Ok(match self.take_in(head, payload) {
            Ok(Some(entry)) => Step::Entry(entry),
            Ok(None) => Step::Passed,
            Err(what) => Step::Damage(bytes as u64, what),
        })
    }

    /// Passes over what is no frame, up to the next mark.
    fn search(&mut self) -> Result<Step, FileError> {
        self.chapter = None;
        let found = |bytes: &[u8]| bytes.windows(MARK.len()).skip(1).position(|four| four == MARK);
        self.fill(HEAD_BYTES + MAX_PAYLOAD_BYTES)?;
        let unused = self.unused();
        let (bytes, what) = match found(unused) {
            Some(before) => (before + 1, What::Garbled),
            // The mark itself may be cut in two.
            None if unused.len() > HEAD_BYTES + MAX_PAYLOAD_BYTES / 2 => {
                (unused.len() - MARK.len(), What::Garbled)
            }
            None if unused.starts_with(&MARK) => (unused.len(), What::CutOff),
            None => (unused.len(), What::Garbled),
        };
        self.pass(bytes);
        Ok(Step::Damage(bytes as u64, what))
    }

    /// What a frame says; `None` for a piece of a state that is not whole yet.
    fn take_in(&mut self, head: Head, payload: Vec<u8>) -> Result<Option<Entry>, What> {
        match head.kind {
            kind::PROCESS => {
                self.chapter = None;
                let hello = wire::HelloReply::decode(&*payload).map_err(message)?;
                version::check(&hello).map_err(message)?;
                Ok(Some(Entry::Process(Arc::new(Process::try_from(hello)?))))
            }
            kind::NOTE => note(&payload).map(|note| Some(Entry::Note(note))),
            kind::STATE => {
                let result = self.piece(head, payload);
                if result.is_err() {
                    self.chapter = None;
                }
                Ok(result?.map(Entry::State))
            }
            kind::END => Ok(Some(Entry::End)),
            _ => Err(What::Unknown),
        }
    }

    fn piece(&mut self, head: Head, payload: Vec<u8>) -> Result<Option<Arc<Profile>>, What> {
        let packing = |error: std::io::Error| What::Packing(error.to_string());
        let is_packed = head.flags & flag::PACKED != 0;
        if head.flags & flag::FRESH != 0 {
            let unpacker = if is_packed { Some(Unpacker::new().map_err(packing)?) } else { None };
            self.chapter = Some(Chapter { decoder: Decoder::new(), unpacker });
        }
        let Chapter { decoder, unpacker } = self.chapter.as_mut().ok_or(What::Orphaned)?;
        let payload = match unpacker {
            Some(unpacker) if is_packed => {
                unpacker.unpack(&payload, head.whole as usize).map_err(packing)?
            }
            None if !is_packed => payload,
            _ => return Err(What::Packing("of one chapter some pieces are compressed".into())),
        };
        let update = wire::Update::decode(&*payload).map_err(message)?;
        Ok(decoder.apply(update)?)
    }
}

fn note(payload: &[u8]) -> Result<Note, What> {
    let short = || What::Message("a note has no time".into());
    let (at, text) = payload.split_first_chunk().ok_or_else(short)?;
    Ok(Note {
        at_unix_ms: u64::from_le_bytes(*at),
        text: String::from_utf8_lossy(text).into_owned(),
    })
}

fn message(error: impl fmt::Display) -> What {
    What::Message(error.to_string())
}

fn is_cut_off(damage: &Damage) -> bool {
    damage.what == What::CutOff
}

fn other(begins: &[u8], looked: u64) -> FileError {
    FileError::Other { begins: format!("{:?}", begins.escape_ascii().to_string()), looked }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Writer;

    /// A frame of its own, of these bytes.
    fn note() -> Vec<u8> {
        let mut writer = Writer::plain(Vec::new());
        writer.note(&Note { at_unix_ms: 1, text: "still here".into() }).unwrap();
        writer.end().unwrap()
    }

    #[test]
    fn marks_that_lie_cost_no_more_than_so_much_for_each_byte() {
        // Heads that follow one upon the other, each of which claims all that a frame may have.
        let mut head = [0; HEAD_BYTES];
        head[..4].copy_from_slice(&MARK);
        head[4] = 1;
        head[8..12].copy_from_slice(&u32::try_from(MAX_PAYLOAD_BYTES).unwrap().to_le_bytes());
        let lies = head.repeat(8 * MAX_PAYLOAD_BYTES / HEAD_BYTES);
        let mut bytes = note();
        bytes.extend_from_slice(&lies);
        bytes.extend_from_slice(&note());
        let mut reader = Reader::new(&bytes[..]).unwrap();
        let mut entries = Vec::new();
        while let Some(entry) = reader.entry().unwrap() {
            entries.push(entry);
        }
        assert_eq!(reader.at, bytes.len() as u64);
        let most = VAIN_FREE + (VAIN_EACH + 1) * bytes.len() as u64;
        assert!(reader.vain > VAIN_FREE && reader.vain <= most, "{} of {most}", reader.vain);
        let damages = entries.iter().filter(|entry| matches!(entry, Entry::Damage(_)));
        assert_eq!(damages.count(), 1, "{entries:?}");
        // What is true behind them is found.
        assert!(
            matches!(&entries[..], [.., Entry::Note(note), Entry::End] if note.at_unix_ms == 1)
        );
    }
}
