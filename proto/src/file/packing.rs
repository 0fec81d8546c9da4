//! Compression: the payloads of a chapter as one stream of zstd, flushed after each.
//!
//! Only with the feature `zstd`: an agent writes what it has as it is, and its service needs no
//! compressor for that.

/// Why payloads that are compressed cannot be read here.
#[cfg(not(feature = "zstd"))]
const MISSING: &str = "this program was built without the feature `zstd`";

#[cfg(feature = "zstd")]
mod streams {
    use std::io;

    use zstd::stream::raw::{Decoder, Encoder, InBuffer, Operation, OutBuffer};

    use crate::limits::MAX_MESSAGE_BYTES;

    /// Of the levels from 1 to 22 the last that is about as fast as reading from a disk.
    const LEVEL: i32 = 3;
    /// What a decoder may keep to look back into: eight megabytes, far more than that level needs.
    const WINDOW_LOG_MAX: u32 = 23;

    /// Compresses the payloads of one chapter.
    pub(in super::super) struct Packer(Encoder<'static>);

    impl Packer {
        pub(in super::super) fn new() -> io::Result<Self> {
            Encoder::new(LEVEL).map(Self)
        }

        /// The payload as it goes into the file.
        pub(in super::super) fn pack(&mut self, payload: &[u8]) -> io::Result<Vec<u8>> {
            let mut packed = vec![0; zstd::zstd_safe::compress_bound(payload.len()) + 64];
            let mut input = InBuffer::around(payload);
            let mut output = OutBuffer::around(packed.as_mut_slice());
            while input.pos() < payload.len() {
                self.0.run(&mut input, &mut output)?;
            }
            if self.0.flush(&mut output)? > 0 {
                return Err(io::Error::other("zstd needs more room than it said"));
            }
            let written = output.pos();
            packed.truncate(written);
            Ok(packed)
        }
    }

    /// Decompresses the payloads of one chapter.
    pub(in super::super) struct Unpacker(Decoder<'static>);

    impl Unpacker {
        pub(in super::super) fn new() -> io::Result<Self> {
            let mut decoder = Decoder::new()?;
            decoder.set_parameter(zstd::zstd_safe::DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
            Ok(Self(decoder))
        }

        /// The payload as it was, of which the length is known and within the limit.
        pub(in super::super) fn unpack(
            &mut self,
            packed: &[u8],
            whole: usize,
        ) -> io::Result<Vec<u8>> {
            // One more than there is: what is longer is noticed.
            let mut payload = vec![0; whole.min(MAX_MESSAGE_BYTES) + 1];
            let mut input = InBuffer::around(packed);
            let mut output = OutBuffer::around(payload.as_mut_slice());
            loop {
                let before = (input.pos(), output.pos());
                self.0.run(&mut input, &mut output)?;
                let is_stuck = before == (input.pos(), output.pos());
                if is_stuck || (input.pos() == packed.len() && output.pos() <= whole) {
                    break;
                }
            }
            let (read, written) = (input.pos(), output.pos());
            if read < packed.len() || written != whole {
                let text = format!("{written} bytes came out instead of {whole}");
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
            payload.truncate(whole);
            Ok(payload)
        }
    }
}

#[cfg(not(feature = "zstd"))]
mod streams {
    use std::io;

    use super::MISSING;

    /// Nothing is compressed here.
    pub(in super::super) enum Packer {}

    impl Packer {
        pub(in super::super) fn pack(&mut self, _payload: &[u8]) -> io::Result<Vec<u8>> {
            match *self {}
        }
    }

    /// Nothing is decompressed here.
    pub(in super::super) enum Unpacker {}

    impl Unpacker {
        pub(in super::super) fn new() -> io::Result<Self> {
            Err(io::Error::new(io::ErrorKind::Unsupported, MISSING))
        }

        pub(in super::super) fn unpack(
            &mut self,
            _packed: &[u8],
            _whole: usize,
        ) -> io::Result<Vec<u8>> {
            match *self {}
        }
    }
}

pub(super) use streams::{Packer, Unpacker};
