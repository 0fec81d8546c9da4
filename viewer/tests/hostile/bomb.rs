//! A recording of a few bytes that is half a gigabyte once it is decompressed, and more than that in
//! memory.

use prost::Message as _;
use taskscope_proto::wire::{Dictionary, Update};
use zstd::stream::raw::{Encoder, InBuffer, Operation as _, OutBuffer};

use crate::open::frame;

/// Pieces of one state, each of which brings strings of a megabyte in all.
const PIECES: u32 = 700;
const STRINGS: u32 = 120;
const LENGTH: usize = 8_000;

/// One chapter of which every frame is whole, and every piece goes on where the last one ended.
pub(crate) fn recording() -> Vec<u8> {
    let mut packer = Encoder::new(3).unwrap();
    let mut file = frame(2, 0, b"12345678a bomb", 14);
    for piece in 0..PIECES {
        let string = |at| format!("{:0>LENGTH$}", piece * STRINGS + at);
        let dictionary = Dictionary {
            first_string: piece * STRINGS + 1,
            strings: (0..STRINGS).map(string).collect(),
            ..Dictionary::default()
        };
        let update = Update {
            seq: u64::from(piece) + 1,
            begin: piece == 0,
            full: piece == 0,
            dictionary: Some(dictionary),
            ..Update::default()
        };
        let payload = update.encode_to_vec();
        let flags = if piece == 0 { 3 } else { 1 };
        file.extend_from_slice(&frame(3, flags, &packed(&mut packer, &payload), payload.len()));
    }
    file
}

fn packed(zstd: &mut Encoder<'_>, payload: &[u8]) -> Vec<u8> {
    let mut packed = vec![0; payload.len() + 1_024];
    let mut input = InBuffer::around(payload);
    let mut output = OutBuffer::around(packed.as_mut_slice());
    while input.pos() < payload.len() {
        zstd.run(&mut input, &mut output).unwrap();
    }
    assert_eq!(zstd.flush(&mut output).unwrap(), 0);
    let written = output.pos();
    packed.truncate(written);
    packed
}
