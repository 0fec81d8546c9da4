//! What `dump` says when nobody who knows how answers.

use std::io::Write as _;
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use crate::agent::FakeAgent;
use crate::service::{dump, taskscope};

fn check(address: &str, parts: &[&str]) {
    let output = dump(address);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty());
    for part in parts {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

#[test]
fn a_wrong_address_says_how_to_write_one() {
    check("localhost", &["`localhost` is not an address", "write HOST:PORT"]);
    check("https://127.0.0.1:1", &["agents speak no TLS yet"]);
}

#[test]
fn where_nothing_listens_it_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    check(&address, &[&format!("nothing listens on {address}"), "start the service"]);
}

#[test]
fn a_web_server_is_no_agent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serve = move || {
        for mut stream in listener.incoming().flatten() {
            // Whatever it asks, and whether or not it listens: the answer of a web server.
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").ok();
        }
    };
    thread::Builder::new().name("web-server".to_owned()).spawn(serve).unwrap();
    check(&address, &["is no Taskscope agent", "does not speak gRPC", "default port is 6670"]);
}

#[test]
fn an_agent_that_is_too_old_is_told_from_a_broken_one() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let old = FakeAgent { protocol: 0, ..FakeAgent::sample(1, 41) };
    runtime.spawn(old.serve_on(listener));
    check(&address, &["the agent speaks protocol 0", "older than the 1 this viewer needs"]);
}

/// What the program says and how it ends.
fn told(words: &[&str]) -> (Option<i32>, String) {
    let output = taskscope(words).stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_recording_without_a_state_is_no_success() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("silent.taskscope").display().to_string();
    // Somebody listens, and never answers.
    let (code, said) = told(&["record", &address, "-o", &file, "--for", "1s"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains(&format!("no state came from {address}")), "{said}");
}

#[test]
fn a_cut_recording_is_said_to_be_so_once_and_no_report_takes_its_place() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    runtime.spawn(FakeAgent::sample(1, 41).serve_on(listener));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.taskscope");
    let path = file.display().to_string();
    let (code, said) = told(&["record", &address, "-o", &path, "--for", "3s"]);
    assert_eq!(code, Some(0), "{said}");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 7]).unwrap();
    let (code, said) = told(&["diff", &path]);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{said}");
    let before = std::fs::read(&file).unwrap();
    let (code, said) = told(&["report", &path, "-o", &path, "--format", "html"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("is what the report is about"), "{said}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}
