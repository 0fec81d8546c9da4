//! What the agent tells and writes down when things get worse.

#![expect(clippy::disallowed_methods, reason = "threads of a test need no names")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex as StdMutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use taskscope::model::{Class, Profile};
use taskscope::sync::Mutex;
use taskscope::{
    Agent, Alert, Builder, EvidenceError, FutureExt as _, SnapshotOptions, labels, snapshot,
};
use taskscope_proto::file::{Entry, Reader};
use tokio::runtime::Runtime;

fn builder(folder: &Path) -> Builder {
    Agent::builder()
        .name("shop")
        .bind("127.0.0.1:0".parse().unwrap())
        // What is suspected by age was captured long before.
        .stuck_after(Duration::from_millis(800))
        .evidence(folder)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A task that waits for a lock of its own.
fn stand_still(runtime: &Runtime) -> taskscope::task::JoinHandle<()> {
    let own = Arc::new(Mutex::new(()));
    let stuck = async move {
        let held = own.lock().await;
        drop(own.lock().await);
        drop(held);
    };
    taskscope::spawn_on(stuck.labeled(labels! { "task" => "stuck" }), runtime.handle())
}

/// The file that is there for this reason, once there is one.
fn wait_for(folder: &Path, kind: &str) -> PathBuf {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
        let ending = format!("-{kind}.taskscope");
        let mut files = files.filter(|file| file.to_str().unwrap().ends_with(&ending));
        match files.next() {
            Some(found) => return found,
            None => assert!(Instant::now() < deadline, "no evidence of {kind}"),
        }
        sleep(Duration::from_millis(20));
    }
}

/// Why it was written, and the profile.
fn read(path: &Path) -> (String, Arc<Profile>) {
    let mut reader = Reader::new(File::open(path).unwrap()).unwrap();
    let mut entries = Vec::new();
    while let Some(entry) = reader.entry().unwrap() {
        entries.push(entry);
    }
    let [Entry::Process(whose), Entry::Note(note), Entry::State(profile), Entry::End] =
        &entries[..]
    else {
        panic!("{entries:?}")
    };
    assert_eq!((&*whose.name, whose.pid), ("shop", std::process::id()));
    (note.text.clone(), Arc::clone(profile))
}

fn labels_of(profile: &Profile) -> Vec<String> {
    let there = profile.groups.iter().filter(|group| group.count > 0);
    let labels = there.filter_map(|group| group.labels.get("task"));
    labels.map(ToString::to_string).collect()
}

fn told(builder: Builder) -> (Builder, Receiver<Alert>) {
    let (teller, told) = channel();
    let teller = StdMutex::new(teller);
    // Who no longer listens has seen enough.
    (builder.on_alert(move |alert| drop(teller.lock().unwrap().send(alert.clone()))), told)
}

#[test]
fn a_proven_task_is_told_once_and_written_down_and_so_is_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (builder, told) = told(builder(folder.path()));
    let agent = builder.start().unwrap();
    let runtime = runtime();
    let task = stand_still(&runtime);
    let patience = Duration::from_secs(20);
    let first = told.recv_timeout(patience).unwrap();
    assert_eq!(first.before, Class::Normal);
    // A proof has to be found twice; until then it may be likely.
    let mut last = first.clone();
    while last.now != Class::Proven {
        last = told.recv_timeout(patience).unwrap();
        assert!(last.is_worse(), "{last}");
    }
    assert!(last.to_string().starts_with("task=stuck: proven, was "), "{last}");
    let (why, profile) = read(&wait_for(folder.path(), "suspect"));
    assert_eq!((why, labels_of(&profile)), (first.to_string(), vec!["stuck".to_owned()]));
    let group = profile.groups.iter().find(|group| group.verdict.class > Class::Slow).unwrap();
    let point = group.tree.as_ref().unwrap().await_point.as_ref().unwrap();
    assert!(point.location.as_ref().unwrap().file.ends_with("evidence.rs"), "{point:?}");
    // Nothing new while nothing changes.
    assert!(told.recv_timeout(Duration::from_millis(2_500)).is_err());
    task.abort();
    let over = told.recv_timeout(patience).unwrap();
    assert_eq!(over.to_string(), "task=stuck: normal, was proven");
    drop(agent);
}

#[test]
fn a_hook_that_panics_is_called_again() {
    let folder = tempfile::tempdir().unwrap();
    let (teller, told) = channel();
    let teller = StdMutex::new(teller);
    let hook = move |alert: &Alert| {
        teller.lock().unwrap_or_else(std::sync::PoisonError::into_inner).send(alert.now).unwrap();
        panic!("a hook of the service's");
    };
    let agent = builder(folder.path()).on_alert(hook).start().unwrap();
    let runtime = runtime();
    let task = stand_still(&runtime);
    let patience = Duration::from_secs(20);
    while told.recv_timeout(patience).unwrap() != Class::Proven {}
    wait_for(folder.path(), "suspect");
    task.abort();
    assert_eq!(told.recv_timeout(patience), Ok(Class::Normal));
    drop(agent);
}

#[test]
fn who_asks_gets_a_file_and_without_a_folder_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let agent = builder(folder.path()).start().unwrap();
    let runtime = runtime();
    let _task = stand_still(&runtime);
    let path = agent.write_evidence("the dashboard looks odd").unwrap();
    let (why, profile) = read(&path);
    assert_eq!(why, "the dashboard looks odd");
    assert_eq!(labels_of(&profile), ["stuck"]);
    drop(agent);
    let without = Agent::builder().bind("127.0.0.1:0".parse().unwrap()).start().unwrap();
    let error = without.write_evidence("").unwrap_err();
    assert!(matches!(error, EvidenceError::NoFolder), "{error}");
    assert!(error.to_string().contains("TASKSCOPE_EVIDENCE"), "{error}");
}

#[test]
fn a_panic_of_whoever_keeps_the_agent_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let builder = builder(folder.path());
    let main = std::thread::spawn(move || {
        let _agent = builder.start().unwrap();
        let runtime = runtime();
        let _task = stand_still(&runtime);
        runtime.block_on(async { panic!("the main task") });
    });
    assert!(main.join().is_err());
    // It is all there once the thread is gone.
    let (why, _) = read(&wait_for(folder.path(), "panic"));
    assert_eq!(why, "the thread that keeps the agent panicked");
}

#[test]
fn memory_near_its_limit_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let agent = builder(folder.path()).memory_limit(400 << 20).start().unwrap();
    let mut blocks = vec![vec![1_u8; 330 << 20]];
    let (why, _) = read(&wait_for(folder.path(), "memory"));
    assert!(why.contains(" % of 419430400"), "{why}");
    blocks.clear();
    drop(agent);
}

#[test]
fn evidence_that_cannot_be_written_is_counted_in_the_profile() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no folder");
    fs::write(&file, "to be kept").unwrap();
    let agent = builder(&file).memory_limit(1).start().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let lost = || snapshot(SnapshotOptions::default()).profile.header.lost.evidence;
    while lost() == 0 {
        assert!(Instant::now() < deadline, "nothing is counted");
        sleep(Duration::from_millis(20));
    }
    // Who asks hears why, and nothing is counted for that.
    let (before, error) = (lost(), agent.write_evidence("try").unwrap_err());
    assert!(error.to_string().starts_with("cannot make the folder "), "{error}");
    assert_eq!((lost(), fs::read_to_string(&file).unwrap()), (before, "to be kept".to_owned()));
}

#[cfg(unix)]
#[test]
fn sigquit_asks_for_evidence_if_it_may() {
    #![expect(unsafe_code, reason = "a signal is sent to this process")]
    let folder = tempfile::tempdir().unwrap();
    let agent = builder(folder.path()).evidence_on_sigquit(true).start().unwrap();
    // SAFETY: sends a signal, nothing else.
    assert_eq!(unsafe { libc::kill(libc::getpid(), libc::SIGQUIT) }, 0);
    let (why, _) = read(&wait_for(folder.path(), "signal"));
    assert_eq!(why, "SIGQUIT");
    drop(agent);
}
