//! What the viewer does with bytes from anywhere: a file, frames that are whole, rules. Tests and the
//! fuzz targets in `viewer/fuzz` call the same.
//!
//! Each comes to an end, says what is wrong, or gives something that can be shown.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::file::{Entry, Reader};
use taskscope_proto::model::{Process, Profile};
use taskscope_viewer::alert::{At, Engine, built_in, read_rules};
use taskscope_viewer::connect::{Event, Happening};
use taskscope_viewer::report;
use taskscope_viewer::store::Store;

/// What became of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Opened {
    /// Whole states that were read.
    pub(crate) states: u64,
    /// Pieces that cannot be used.
    pub(crate) damages: u64,
    /// Why it is none, or goes on no further.
    pub(crate) refused: bool,
}

/// Opens a file as the viewer does: each state is stored and judged, the last one is printed.
pub(crate) fn file(bytes: &[u8]) -> Opened {
    let mut opened = Opened::default();
    let mut reader = match Reader::new(bytes) {
        Ok(reader) => reader,
        Err(error) => {
            assert!(error.to_string().len() > 10, "{error}");
            return Opened { refused: true, ..opened };
        }
    };
    let (mut process, mut last) = (Arc::<Process>::default(), Arc::<Profile>::default());
    let mut store = Store::default();
    store.follow(1, Some("file".into()), Duration::ZERO);
    let mut engine = Engine::new("file", built_in());
    loop {
        let entry = match reader.entry() {
            Ok(Some(entry)) => entry,
            Ok(None) => break,
            Err(error) => {
                assert!(error.to_string().len() > 10, "{error}");
                opened.refused = true;
                break;
            }
        };
        match entry {
            Entry::Process(whose) => {
                process = whose;
                let happening = Happening::Connected(Arc::clone(&process));
                store.apply(Event { session: 1, happening }, Duration::ZERO);
            }
            Entry::State(profile) => {
                opened.states += 1;
                last = profile;
                let at = At {
                    moment: Duration::from_millis(last.header.now_ms),
                    unix_ms: last.header.now_unix_ms,
                };
                engine.profile(&process, &last, at);
                let happening = Happening::Profile(Arc::clone(&last));
                store.apply(Event { session: 1, happening }, at.moment);
            }
            Entry::Damage(damage) => {
                opened.damages += 1;
                assert!(!damage.to_string().is_empty());
                assert!(damage.at + damage.bytes <= bytes.len() as u64, "{damage}");
            }
            Entry::Note(note) => assert!(note.text.len() <= bytes.len() * 3),
            Entry::End => {}
        }
    }
    let text = report::text(&process, &last, report::Style { coloured: true, all_frames: true });
    assert!(!text.is_empty());
    if let Err(error) = report::json(&process, &last) {
        panic!("what was read cannot be printed: {error}");
    }
    let earlier = last.header.now_ms.saturating_sub(1_000);
    if let Some(then) = store.moment(earlier) {
        assert!(then.groups.len() <= last.groups.len() + 1_000_000);
    }
    opened
}

/// Makes a file of these bytes whose frames are whole, whatever they hold: what no checksum
/// refuses. Four bytes are a frame's kind, its flags, and its length; after them comes its payload.
pub(crate) fn framed(mut bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    while let Some((&[kind, flags, low, high], rest)) = bytes.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (payload, rest) = rest.split_at(length);
        // What it says to be decompressed: eight times as much, which is often enough.
        let whole = if flags & 1 == 1 { length * 8 } else { length };
        file.extend_from_slice(&frame(kind % 6, flags, payload, whole));
        bytes = rest;
    }
    file
}

/// One whole frame.
pub(crate) fn frame(kind: u8, flags: u8, payload: &[u8], whole: usize) -> Vec<u8> {
    let mut head = vec![1, 0, kind, flags];
    for length in [payload.len(), whole] {
        head.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    }
    let mut sum = crc32fast::Hasher::new();
    sum.update(&head);
    sum.update(payload);
    let mark = [0x9A, b't', b's', b'k'];
    [&mark, &head[..], &sum.finalize().to_le_bytes(), payload].concat()
}

/// Reads rules as `watch --rules` does, and judges by those that are right. Whether they are.
pub(crate) fn rules(text: &str, profile: &Profile) -> bool {
    match read_rules(text) {
        Err(error) => {
            assert!(error.line >= 1 && error.line <= text.lines().count() + 1, "{error}");
            assert!(error.column >= 1 && !error.reason.is_empty(), "{error}");
            assert!(!error.example.is_empty(), "{error}");
            false
        }
        Ok(rules) => {
            let mut engine = Engine::new("file", rules);
            for second in [0, 100, 200, 4_000] {
                let at = At { moment: Duration::from_secs(second), unix_ms: second * 1_000 };
                engine.profile(&Process::default(), profile, at);
                engine.gone("it is gone", at);
            }
            true
        }
    }
}
