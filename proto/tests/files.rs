//! A file gives back what was written, and of a damaged one what is left.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::sync::Arc;

use common::{chain, label, parked};
use proptest::collection::vec;
use proptest::prelude::*;
use taskscope_proto::file::{Damage, Entry, FileError, Note, Reader, What, Writer};
use taskscope_proto::model::*;

fn process(name: &str) -> Process {
    Process { name: name.into(), run_id: 7, ..Process::default() }
}

/// As many groups as there are, of which a third has another count at each step.
fn state(groups: u64, step: u64) -> Profile {
    let group = |id: u64| {
        let tree = chain(4, u32::try_from(id).unwrap(), "wait");
        let group = parked(id, label("task", &format!("number {id}")), Some(tree));
        let count = if id % 3 == step % 3 { step } else { 1 };
        Arc::new(Group { count, ..(*group).clone() })
    };
    let header = Header { now_ms: step * 1_000, ..Header::default() };
    Profile { header, groups: (0..groups).map(group).collect(), ..Profile::default() }
}

/// A process, a note, these states and an end.
fn file(packed: bool, states: &[Profile]) -> Vec<u8> {
    let mut writer = if packed { Writer::packed(Vec::new()) } else { Writer::plain(Vec::new()) };
    writer.process(&process("checkout")).unwrap();
    writer.note(&Note { at_unix_ms: 42, text: "on demand".into() }).unwrap();
    for state in states {
        writer.state(state).unwrap();
    }
    let bytes = writer.bytes();
    let file = writer.end().unwrap();
    assert!(file.len() as u64 >= bytes);
    file
}

fn read(bytes: &[u8]) -> Result<Vec<Entry>, FileError> {
    let mut reader = Reader::new(bytes)?;
    let mut entries = Vec::new();
    while let Some(entry) = reader.entry()? {
        entries.push(entry);
    }
    assert_eq!(reader.position(), bytes.len() as u64);
    Ok(entries)
}

fn states(entries: &[Entry]) -> Vec<&Profile> {
    let mut states = Vec::new();
    for entry in entries {
        if let Entry::State(state) = entry {
            states.push(&**state);
        }
    }
    states
}

fn damages(entries: &[Entry]) -> Vec<&Damage> {
    let mut damages = Vec::new();
    for entry in entries {
        if let Entry::Damage(damage) = entry {
            damages.push(damage);
        }
    }
    damages
}

#[test]
fn what_was_written_is_read_packed_or_not() {
    let written: Vec<Profile> = (0..5).map(|step| state(40, step)).collect();
    for packed in [false, true] {
        let entries = read(&file(packed, &written)).unwrap();
        let [Entry::Process(whose), Entry::Note(note), .., Entry::End] = &entries[..] else {
            panic!("{entries:?}")
        };
        assert_eq!(**whose, process("checkout"));
        assert_eq!((note.at_unix_ms, note.text.as_str()), (42, "on demand"));
        assert_eq!(states(&entries), written.iter().collect::<Vec<_>>());
        assert_eq!(damages(&entries), [] as [&Damage; 0]);
    }
}

#[test]
fn changes_are_small_and_chapters_end() {
    let written: Vec<Profile> = (0..1_300).map(|step| state(60, step)).collect();
    let [plain, packed] = [false, true].map(|packed| file(packed, &written));
    let whole = file(false, &written[..1]).len();
    assert!(plain.len() < 1_300 * whole / 2, "{} of {}", plain.len(), 1_300 * whole);
    assert!(packed.len() < plain.len() / 2, "{} of {}", packed.len(), plain.len());
    // Three chapters: with the first destroyed the others are still there.
    let mut bytes = packed;
    bytes[100..600].fill(0);
    let entries = read(&bytes).unwrap();
    let seen = states(&entries);
    assert!((600..1_300).contains(&seen.len()), "{}", seen.len());
    assert_eq!(seen.last().copied(), written.last());
    assert!(seen.iter().all(|state| written.contains(state)));
    assert!(damages(&entries)[0].bytes >= 500, "{:?}", damages(&entries));
}

#[test]
fn a_file_that_was_cut_off_opens_up_to_there() {
    let written: Vec<Profile> = (0..4).map(|step| state(3, step)).collect();
    for packed in [false, true] {
        let bytes = file(packed, &written);
        let mut most = 0;
        for cut in 0..bytes.len() {
            match read(&bytes[..cut]) {
                Err(FileError::Empty) => assert_eq!(cut, 0),
                Err(error) => panic!("cut at {cut}: {error}"),
                Ok(entries) => {
                    let seen = states(&entries);
                    assert_eq!(seen, written.iter().take(seen.len()).collect::<Vec<_>>());
                    assert!(seen.len() >= most, "cut at {cut}: a later cut leaves more");
                    most = seen.len();
                    let damages = damages(&entries);
                    assert!(
                        damages.iter().all(|damage| damage.what == What::CutOff),
                        "{damages:?}"
                    );
                }
            }
        }
        assert_eq!(most, written.len());
    }
}

#[test]
fn one_file_behind_another_is_a_file() {
    let [first, second] = [0, 7].map(|step| state(5, step));
    let mut bytes = file(true, std::slice::from_ref(&first));
    bytes.extend_from_slice(&file(false, std::slice::from_ref(&second)));
    let entries = read(&bytes).unwrap();
    assert_eq!(states(&entries), [&first, &second]);
    let ends = entries.iter().filter(|entry| matches!(entry, Entry::End)).count();
    assert_eq!((ends, damages(&entries).len()), (2, 0));
}

#[test]
fn what_is_no_file_of_ours_is_told_with_what_it_is() {
    let check = |bytes: &[u8], expected: &str| {
        let error = read(bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(b"", "the file is empty");
    check(b"{\"schema\": \"taskscope.dump/1\"}", "no file of Taskscope: it begins with");
    check(&vec![0; 4_000_000], "nothing in its first 4000000 bytes");
    let mut newer = file(false, &[]);
    newer[4] = 2;
    check(&with_checksum(newer), "format 2, and this program knows 1 and older");
}

/// With the checksum of its first frame made right.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let stored = u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
    let mut sum = crc32fast::Hasher::new();
    sum.update(&bytes[4..16]);
    sum.update(&bytes[20..20 + stored]);
    bytes[16..20].copy_from_slice(&sum.finalize().to_le_bytes());
    bytes
}

#[test]
fn a_kind_of_a_later_version_is_passed_over_and_told() {
    let mut bytes = file(false, &[]);
    bytes[6] = 99;
    let entries = read(&with_checksum(bytes)).unwrap();
    assert!(matches!(damages(&entries)[..], [Damage { at: 0, what: What::Unknown, .. }]));
    assert!(matches!(entries[..], [_, Entry::Note(_), Entry::End]), "{entries:?}");
}

#[test]
fn what_grows_beyond_what_it_says_is_refused() {
    // A piece of a state of which the head says that it is ten bytes long.
    let bytes = file(true, &[state(50, 1)]);
    let frames = bytes.windows(4).enumerate();
    let starts = frames.filter(|(_, four)| *four == [0x9A, b't', b's', b'k']);
    let third = starts.map(|(at, _)| at).nth(2).unwrap();
    let mut frame = bytes[third..].to_vec();
    frame[12..16].copy_from_slice(&10_u32.to_le_bytes());
    let entries = read(&[&bytes[..third], &with_checksum(frame)].concat()).unwrap();
    let [damage] = damages(&entries)[..] else { panic!("{entries:?}") };
    assert!(damage.to_string().contains("cannot be decompressed"), "{damage}");
    assert!(states(&entries).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn of_a_damaged_file_only_true_states_are_read(
        packed: bool,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        holes in vec((any::<prop::sample::Index>(), 0..200_usize), 0..3),
    ) {
        let written: Vec<Profile> = (0..6).map(|step| state(8, step)).collect();
        let mut bytes = file(packed, &written);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        for (at, length) in holes {
            let at = at.index(bytes.len());
            bytes.drain(at..bytes.len().min(at + length));
        }
        match read(&bytes) {
            Ok(entries) => {
                prop_assert!(states(&entries).iter().all(|state| written.contains(state)));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn random_bytes_with_our_mark_are_no_file(bytes in vec(any::<u8>(), 0..3_000), every in 1..300_usize) {
        let mut bytes = bytes;
        for at in (0..bytes.len().saturating_sub(4)).step_by(every) {
            if let Some(place) = bytes.get_mut(at..at + 4) {
                place.copy_from_slice(&[0x9A, b't', b's', b'k']);
            }
        }
        if let Ok(entries) = read(&bytes) {
            prop_assert!(states(&entries).is_empty());
        }
    }
}
