use taskscope_proto::file::{Entry, Reader};
use taskscope_proto::model::{Class, GroupId, Header, Label, Labels, State, Verdict};

use super::*;

fn profile(groups: u64) -> Profile {
    let group = |id: u64| {
        let text = format!("{id}: {}", "a long label ".repeat(40));
        let labels = Labels::new([Label { key: "task".into(), value: text.into() }]);
        Arc::new(Group {
            count: 1,
            verdict: Verdict { class: Class::Suspect, points: id, ..Verdict::default() },
            ..Group::new(GroupId(id), labels, OriginId(1), State::Parked)
        })
    };
    let header = Header { now_ms: 77, ..Header::default() };
    Profile { header, groups: (0..groups).map(group).collect(), ..Profile::default() }
}

fn evidence(folder: &Path, most_bytes: u64, most_files: usize) -> Evidence {
    let process = Process { name: "check/out shop".into(), pid: 42, ..Process::default() };
    Evidence::new(folder.to_owned(), &process, (most_bytes, most_files))
}

/// The note, and the state.
fn read(path: &Path) -> (String, Arc<Profile>) {
    let mut reader = Reader::new(File::open(path).unwrap()).unwrap();
    let (mut note, mut state) = (None, None);
    while let Some(entry) = reader.entry().unwrap() {
        match entry {
            Entry::Note(Note { text, .. }) => note = Some(text),
            Entry::State(profile) => state = Some(profile),
            Entry::Process(_) | Entry::End => {}
            Entry::Damage(damage) => panic!("{damage}"),
        }
    }
    (note.unwrap(), state.unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let name = |file: fs::DirEntry| file.file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().flatten().map(name).collect();
    names.sort();
    names
}

#[test]
fn what_is_written_says_why_and_is_all_there() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("made/for/it");
    let mut evidence = evidence(&below, 1 << 20, 4);
    let path =
        evidence.write(ON_DEMAND, "somebody asked", &Process::default(), &profile(3)).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(
        name.starts_with("check_out_shop-42-") && name.ends_with("-demand.taskscope"),
        "{name}"
    );
    assert_eq!(names(&below), [name]);
    assert_eq!(read(&path), ("somebody asked".to_owned(), Arc::new(profile(3))));
}

#[test]
fn the_oldest_of_ours_go_and_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let ours = ["a-1-100-memory", "b-c-2-50-suspect", "a-1-70-signal"];
    let others =
        ["notes.txt", "recorded.taskscope", "a-x-60-memory.taskscope", "a-1-60-x.taskscope"];
    for name in ours {
        fs::write(folder.path().join(format!("{name}.taskscope")), [0; 1000]).unwrap();
    }
    for name in others {
        fs::write(folder.path().join(name), [0; 1000]).unwrap();
    }
    let check = |most_bytes, most_files, left: &[&str]| {
        let mut evidence = evidence(folder.path(), most_bytes, most_files);
        let new = evidence.write(ON_DEMAND, "", &Process::default(), &profile(1)).unwrap();
        fs::remove_file(new).unwrap();
        let mut expected: Vec<String> = left.iter().map(|n| format!("{n}.taskscope")).collect();
        expected.extend(others.map(str::to_owned));
        expected.sort();
        assert_eq!(names(folder.path()), expected);
    };
    check(1 << 20, 9, &ours);
    check(1 << 20, 3, &[ours[0], ours[2]]);
    // A fourth is for the new one, and two old ones are more than the rest.
    check(2_600, 9, &[ours[0]]);
}

#[test]
fn old_evidence_stays_while_there_is_no_new() {
    let folder = tempfile::tempdir().unwrap();
    let old = "a-1-100-memory.taskscope";
    fs::write(folder.path().join(old), [0; 1000]).unwrap();
    // Not even the name of the process fits.
    let mut evidence = evidence(folder.path(), 100, 1);
    let error = evidence.write(MEMORY, "", &Process::default(), &profile(1)).unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
    assert_eq!(names(folder.path()), [old]);
}

#[test]
fn what_is_too_large_is_written_without_its_least_suspicious_groups() {
    let folder = tempfile::tempdir().unwrap();
    let mut evidence = evidence(folder.path(), 400_000, 4);
    let path = evidence.write(MEMORY, "80 %", &Process::default(), &profile(1_000)).unwrap();
    assert!(fs::metadata(&path).unwrap().len() <= 100_000);
    let (note, state) = read(&path);
    assert_eq!(note, "80 %; 125 of 1000 groups, for want of room");
    assert_eq!((state.groups.len(), state.header.lost.groups), (125, 875));
    assert_eq!(state.groups[0].id, GroupId(875), "the most suspicious");
}

#[test]
fn suspicions_come_in_bursts_and_other_reasons_do_not_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut evidence = evidence(folder.path(), 1 << 20, 9);
    let mut write = |kind| evidence.write(kind, "", &Process::default(), &profile(1));
    assert!(write(SUSPECT).is_ok());
    assert!(matches!(write(SUSPECT), Err(EvidenceError::TooSoon)));
    assert!(write(MEMORY).is_ok());
}

#[test]
fn a_folder_that_cannot_be_had_is_named_with_what_was_tried() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    fs::write(&file, "").unwrap();
    let mut evidence = evidence(&file.join("below"), 1 << 20, 9);
    let error = evidence.write(SIGNAL, "", &Process::default(), &profile(1)).unwrap_err();
    assert!(error.to_string().starts_with("cannot make the folder "), "{error}");
    assert!(names(folder.path()) == ["a file"]);
}

#[test]
fn a_disk_without_room_for_the_largest_file_gets_none_and_says_how_much_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    // No disk has room for a fourth of that.
    let mut evidence = evidence(folder.path(), u64::MAX, 4);
    let error = evidence.write(MEMORY, "", &Process::default(), &profile(1)).unwrap_err();
    let EvidenceError::Full { free, needed, .. } = error else { panic!("{error}") };
    assert!(free < u64::MAX / PART_OF_ALL && needed > u64::MAX / PART_OF_ALL);
    assert!(error.to_string().contains("make room, or give TASKSCOPE_EVIDENCE a folder elsewhere"));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_stays_free_is_a_part_of_the_disk_within_bounds() {
    const GIB: u64 = 1 << 30;
    assert_eq!([0, GIB, 20 * GIB].map(left_free), [64 << 20, 64 << 20, 20 * GIB / 50]);
    assert_eq!([50 * GIB, 4_000 * GIB, u64::MAX].map(left_free), [GIB; 3]);
}
