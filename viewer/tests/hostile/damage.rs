//! Damages bytes in the ways that disks, networks and people do.

/// The same numbers in every run: xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % end
    }

    /// A place, and some bytes from there on.
    fn range(&mut self, of: usize, most: usize) -> std::ops::Range<usize> {
        let start = self.below(of);
        start..(start + 1 + self.below(most)).min(of)
    }
}

/// A few bits are others.
pub(crate) fn flip(bytes: &mut [u8], random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
}

/// Another kind of damage each round.
pub(crate) fn damaged(whole: &[u8], round: u32, random: &mut Random) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let range = random.range(bytes.len(), 300);
    match round % 10 {
        0 => bytes.truncate(range.start),
        1 | 2 => flip(&mut bytes, random),
        3 => drop(bytes.drain(range)),
        4 => bytes[range].fill(0),
        5 => {
            let piece = bytes[range.clone()].to_vec();
            drop(bytes.splice(range.start..range.start, piece));
        }
        6 => {
            // What belongs elsewhere.
            let piece = bytes[range].to_vec();
            let to = random.below(bytes.len());
            for (to, from) in bytes[to..].iter_mut().zip(piece) {
                *to = from;
            }
        }
        7 => {
            for byte in &mut bytes[range] {
                *byte = u8::try_from(random.below(256)).unwrap();
            }
        }
        8 => {
            // Our mark, and a length that is a lie.
            let lie = u32::try_from(random.below(1 << 22)).unwrap().to_le_bytes();
            let mark = [&[0x9A, b't', b's', b'k', 1, 0, 3, 0][..], &lie, &lie].concat();
            drop(bytes.splice(range.start..range.start, mark));
        }
        _ => {
            // Without its beginning, and damaged.
            bytes.drain(..range.start.min(whole.len() / 2));
            flip(&mut bytes, random);
        }
    }
    bytes
}

/// Kind, flags and payload of each frame of a file that is whole.
pub(crate) fn frames(mut file: &[u8]) -> Vec<(u8, u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while file.len() >= 20 {
        let stored = u32::from_le_bytes(file[8..12].try_into().unwrap()) as usize;
        frames.push((file[6], file[7], file[20..20 + stored].to_vec()));
        file = &file[20 + stored..];
    }
    frames
}
