//! One frame: its head, and the checksum over it.

use std::io::{self, Write};

use crate::limits::MAX_MESSAGE_BYTES;

/// The version of the format. It grows when an older reader could misread what is written.
pub const VERSION: u16 = 1;

/// What every frame begins with.
pub(super) const MARK: [u8; 4] = [0x9A, b't', b's', b'k'];
/// Bytes of a frame before its payload.
pub(super) const HEAD_BYTES: usize = 20;
/// No payload is longer. What cannot be compressed grows by a little.
pub(super) const MAX_PAYLOAD_BYTES: usize = MAX_MESSAGE_BYTES + (MAX_MESSAGE_BYTES >> 6);

/// What a frame holds.
pub(super) mod kind {
    pub(in super::super) const PROCESS: u8 = 1;
    pub(in super::super) const NOTE: u8 = 2;
    pub(in super::super) const STATE: u8 = 3;
    pub(in super::super) const END: u8 = 4;
}

/// What is said of a payload.
pub(super) mod flag {
    pub(in super::super) const PACKED: u8 = 1;
    pub(in super::super) const FRESH: u8 = 2;
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) version: u16,
    pub(super) kind: u8,
    pub(super) flags: u8,
    /// Bytes of the payload as it lies there.
    pub(super) stored: u32,
    /// Bytes once decompressed.
    pub(super) whole: u32,
    pub(super) checksum: u32,
}

impl Head {
    /// The head at the beginning of these bytes, if there is one.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (mark, rest) = bytes.split_first_chunk::<4>()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (&[kind, flags], rest) = rest.split_first_chunk::<2>()?;
        let (stored, rest) = rest.split_first_chunk()?;
        let (whole, rest) = rest.split_first_chunk()?;
        let (checksum, _) = rest.split_first_chunk()?;
        let head = Self {
            version: u16::from_le_bytes(*version),
            kind,
            flags,
            stored: u32::from_le_bytes(*stored),
            whole: u32::from_le_bytes(*whole),
            checksum: u32::from_le_bytes(*checksum),
        };
        let fits =
            head.stored as usize <= MAX_PAYLOAD_BYTES && head.whole as usize <= MAX_MESSAGE_BYTES;
        (*mark == MARK && fits).then_some(head)
    }

    /// Everything before the checksum.
    fn beginning(&self) -> [u8; HEAD_BYTES - 4] {
        let mut bytes = [0; HEAD_BYTES - 4];
        let version = self.version.to_le_bytes();
        let (stored, whole) = (self.stored.to_le_bytes(), self.whole.to_le_bytes());
        let parts: [&[u8]; 5] = [&MARK, &version, &[self.kind, self.flags], &stored, &whole];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }

    /// The checksum that the frame has to have with this payload.
    pub(super) fn checksum_with(&self, payload: &[u8]) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(self.beginning().get(MARK.len()..).unwrap_or_default());
        sum.update(payload);
        sum.finalize()
    }
}

/// Writes a frame at once, so that a writer that is stopped leaves as few halves as can be.
pub(super) fn write(
    out: &mut impl Write,
    (kind, flags): (u8, u8),
    payload: &[u8],
    whole: usize,
) -> io::Result<u64> {
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "a frame is too long");
    if payload.len() > MAX_PAYLOAD_BYTES || whole > MAX_MESSAGE_BYTES {
        return Err(too_long());
    }
    let mut head = Head {
        version: VERSION,
        kind,
        flags,
        stored: u32::try_from(payload.len()).map_err(|_| too_long())?,
        whole: u32::try_from(whole).map_err(|_| too_long())?,
        checksum: 0,
    };
    head.checksum = head.checksum_with(payload);
    let mut frame = Vec::with_capacity(HEAD_BYTES + payload.len());
    frame.extend_from_slice(&head.beginning());
    frame.extend_from_slice(&head.checksum.to_le_bytes());
    frame.extend_from_slice(payload);
    out.write_all(&frame)?;
    Ok(frame.len() as u64)
}
