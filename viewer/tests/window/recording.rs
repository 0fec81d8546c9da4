//! Recording from the window: the command, what is said of it, and the file itself.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::kittest::Queryable as _;
use taskscope_viewer::command::Command;
use taskscope_viewer::connect::{Recorder, RecorderState, Taken, last_state};

use crate::net::{Service, quick};
use crate::stage::{Stage, TARGET, harness};

const DEADLINE: Duration = Duration::from_secs(20);

fn until(recorder: &Recorder, what: &str, fits: impl Fn(&RecorderState) -> bool) -> RecorderState {
    let begun = Instant::now();
    loop {
        let state = recorder.state();
        if fits(&state) {
            return state;
        }
        assert!(begun.elapsed() < DEADLINE, "waited for {what}: {state:?}");
        std::thread::yield_now();
    }
}

fn recorder(target: &str, path: &Path) -> Recorder {
    Recorder::start(&target.into(), path.into(), || {}).unwrap()
}

#[test]
fn a_recording_has_all_states_also_when_the_service_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("checkout.taskscope");
    let mut service = Service::start(quick(1, 41));
    let mut recorder = recorder(&service.address.to_string(), &path);
    until(&recorder, "states", |state| state.taken.states > 3);
    service.kill();
    let gone = until(&recorder, "the loss", |state| state.trouble.is_some());
    service.restart(quick(2, 42));
    let more = |state: &RecorderState| state.taken.states > gone.taken.states + 3;
    until(&recorder, "more states", more);
    recorder.stop();
    let state = until(&recorder, "the end", |state| state.end.is_some());
    assert_eq!((&state.end, &state.trouble), (&Some(Ok(())), &None));
    let last = last_state(&path).unwrap();
    assert_eq!((last.states, last.process.pid), (state.taken.states, 42));
    assert!(last.damages.is_empty(), "{:?}", last.damages);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), state.taken.bytes);
}

#[test]
fn letting_go_of_a_recording_ends_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkout.taskscope");
    let service = Service::start(quick(1, 41));
    let recorder = recorder(&service.address.to_string(), &path);
    let state = until(&recorder, "states", |state| state.taken.states > 1);
    drop(recorder);
    let last = last_state(&path).unwrap();
    assert!(last.states >= state.taken.states && last.damages.is_empty(), "{last:?}");
}

#[test]
fn what_is_no_plain_file_is_recorded_into_without_a_disk() {
    let service = Service::start(quick(1, 41));
    let mut recorder = recorder(&service.address.to_string(), Path::new("/dev/null"));
    until(&recorder, "states", |state| state.taken.states > 1);
    recorder.stop();
    let state = until(&recorder, "the end", |state| state.end.is_some());
    assert_eq!(state.end, Some(Ok(())));
    assert!(state.taken.bytes > 0, "{state:?}");
}

#[test]
fn what_cannot_be_written_or_reached_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(quick(1, 41));
    let file = folder.path().join("file");
    std::fs::write(&file, "somebody else's").unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let check = |target: &str, path: &Path, expected: &str| {
        let recorder = recorder(target, path);
        let state = until(&recorder, "the end", |state| state.end.is_some());
        let why = state.end.unwrap().unwrap_err();
        assert!(why.contains(expected), "{why}");
    };
    let address = service.address.to_string();
    check(&address, &file.join("x.taskscope"), "cannot write");
    check(&address, &file, "is there, and nothing is added to it");
    // A disk that is full.
    if cfg!(target_os = "linux") {
        check(&address, Path::new("/dev/full"), "cannot write /dev/full");
    }
    check(&closed.to_string(), &folder.path().join("x.taskscope"), "nothing listens");
    // Two in one file would destroy what both have to say.
    if cfg!(unix) {
        let taken = folder.path().join("taken.taskscope");
        let first = self::recorder(&address, &taken);
        let state = until(&first, "states", |state| state.taken.states > 1);
        check(&address, &taken, "is being recorded into already: give this recording another file");
        drop(first);
        let last = last_state(&taken).unwrap();
        assert!(last.states >= state.taken.states && last.damages.is_empty(), "{last:?}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "somebody else's");
}

#[test]
fn the_command_begins_and_ends_it_and_the_window_says_where_it_goes() {
    let mut harness = harness(Stage::live());
    harness.key_press(egui::Key::N);
    harness.run();
    harness.get_by_label("Record").click();
    harness.run();
    assert_eq!(harness.state().orders, [format!("checkout at {TARGET}")]);
    let state = RecorderState {
        target: TARGET.into(),
        path: "/home/a/checkout.taskscope".into(),
        taken: Taken { states: 12, bytes: 34 << 10 },
        trouble: None,
        end: None,
    };
    harness.state_mut().session.note_recording(state.clone());
    harness.run();
    for words in ["Recording 127.0.0.1:6670", "12 states, 34 KiB", "/home/a/checkout.taskscope"] {
        assert!(harness.query_by_label(words).is_some(), "{words}");
    }
    harness.get_by_label("Stop recording").click();
    harness.run();
    assert_eq!(harness.state().orders.last().unwrap(), "stop");
    let check = |harness: &mut egui_kittest::Harness<'_, Stage>, end, expected: &str| {
        let state = RecorderState { end: Some(end), ..state.clone() };
        harness.state_mut().session.note_recording(state);
        harness.run();
        assert!(harness.query_by_label(expected).is_some(), "{expected}");
        assert!(harness.query_by_label("Stop recording").is_none());
    };
    let taken = "12 states of 127.0.0.1:6670, 34 KiB";
    let well = format!("Recorded into /home/a/checkout.taskscope: {taken}.");
    check(&mut harness, Ok(()), &well);
    let badly = format!(
        "The recording into /home/a/checkout.taskscope ended after {taken}: no space is left."
    );
    check(&mut harness, Err("no space is left".into()), &badly);
}

#[test]
fn what_cannot_be_recorded_is_not() {
    let check = |stage: Stage, expected: &str| {
        let mut stage = stage;
        let screen = Arc::clone(&stage.screen);
        let effects = stage.session.perform(Command::Record, &screen);
        assert_eq!((effects, stage.session.remark.as_deref()), (Vec::new(), Some(expected)));
    };
    check(Stage::default(), "No service is looked at that could be recorded.");
    let mut file = Stage::live();
    file.tell(taskscope_viewer::connect::Happening::Recorded {
        states: 3,
        remarks: [].into(),
        goes_on: false,
    });
    check(file, "This is a file already.");
    let mut both = Stage::live();
    both.open("127.0.0.1:6671");
    both.session.services.scope = taskscope_viewer::analyse::Scope::All;
    both.refresh();
    check(both, "These are all services: record the tab of one.");
}
