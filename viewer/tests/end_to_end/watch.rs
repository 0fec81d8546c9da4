//! `taskscope watch`: who is told of alerts, and what its exit code says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::Value;

use super::service::{Running, Service, taskscope, until};

/// A crowd that is there, one that is not, and the end of the agent.
const RULES: &str = r#"
built-in = false
[[rule]]
name = "crowd"
when = "tasks > 2"
for = "1s"
severity = "critical"
[[rule]]
name = "riot"
when = "tasks > 1000000"
severity = "critical"
[[rule]]
name = "gone"
when = "gone"
for = "1s"
clear = "1s"
"#;

fn rules(folder: &Path) -> String {
    let path = folder.join("rules.toml");
    std::fs::write(&path, RULES).unwrap();
    path.display().to_string()
}

/// What happened to an alert: `firing crowd`.
fn words(alert: &Value) -> String {
    format!("{} {}", alert["state"].as_str().unwrap(), alert["rule"].as_str().unwrap())
}

/// An Alertmanager that is out of order at first.
struct Webhook {
    url: String,
    posted: Receiver<(String, Value)>,
}

impl Webhook {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/v2/alerts", listener.local_addr().unwrap());
        let (sender, posted) = sync_channel(64);
        let serve = move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { return };
                let answer = if number == 0 { "503 Service Unavailable" } else { "200 OK" };
                let Some(request) = answered(stream, answer) else { continue };
                if number > 0 && sender.send(request).is_err() {
                    return;
                }
            }
        };
        thread::Builder::new().name("webhook".into()).spawn(serve).unwrap();
        Self { url, posted }
    }
}

/// The first line and the body of a request.
fn answered(mut stream: TcpStream, answer: &str) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => head.push(line.to_lowercase()),
        }
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    assert!(head.contains(&"content-type: application/json".to_owned()), "{head:?}");
    Some((head.first()?.clone(), serde_json::from_slice(&body).ok()?))
}

#[test]
fn readers_a_command_and_a_webhook_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told");
    let webhook = Webhook::start();
    let mut service = Service::start(&[]);
    let address = service.address.clone();
    let exec = format!("cat >> {}", told.display());
    let rules = rules(folder.path());
    let mut command = taskscope(&["watch", &address, "--rules", &rules, "--format", "json"]);
    command.args(["--exec", &exec, "--webhook", &webhook.url]);
    let mut watch = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(watch.0.stdout.take().unwrap()).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };

    let crowd = next();
    assert_eq!(words(&crowd), "firing crowd");
    assert_eq!(crowd["schema"], "taskscope.alert/1");
    assert_eq!(
        (&crowd["process"], &crowd["target"]),
        (&"taskscope-demo".into(), &(*address).into())
    );
    service.kill();
    let gone = next();
    assert_eq!(words(&gone), "firing gone");
    let service = until("a service is there again", || Service::try_start(&[], &address));
    // The crowd was there before and is there again: nothing to say of it.
    let back = next();
    assert_eq!(words(&back), "resolved gone");
    assert_eq!(back["fired"], gone["fired"]);
    drop(service);

    // What a command was told is what readers were.
    let commanded = until("the command was told", || {
        let text = std::fs::read_to_string(&told).unwrap_or_default();
        let alerts: Vec<Value> =
            text.lines().map_while(|line| serde_json::from_str(line).ok()).collect();
        if alerts.len() >= 3 { Ok(alerts) } else { Err(text) }
    });
    assert_eq!(commanded[..3], [crowd.clone(), gone, back.clone()]);
    // The first attempt failed.
    let posted: Vec<(String, Value)> = webhook.posted.iter().take(3).collect();
    let names: Vec<&Value> =
        posted.iter().map(|(_, body)| &body[0]["labels"]["alertname"]).collect();
    assert_eq!(names, ["crowd", "gone", "gone"]);
    let (line, body) = &posted[0];
    assert_eq!(line, "post /api/v2/alerts http/1.1");
    assert_eq!(body[0]["labels"]["instance"], *address);
    assert_eq!((&body[0]["startsAt"], &body[0]["endsAt"]), (&crowd["fired"], &Value::Null));
    assert_eq!(posted[2].1[0]["endsAt"], back["resolved"]);
}

#[test]
fn the_exit_code_says_whether_such_an_alert_fired() {
    let folder = tempfile::tempdir().unwrap();
    let (service, rules) = (Service::start(&[]), rules(folder.path()));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let bad = folder.path().join("bad.toml").display().to_string();
    std::fs::write(&bad, "[[rule]]\nname = 'x'\nwhen = 'fire'\n").unwrap();
    let watched = [&*service.address, "--rules", &rules];
    let unanswered = [&*closed, "--rules", &rules];
    for (target, args, code, printed, said) in [
        (&watched[..], "--fail-on crowd", 1, "firing critical crowd taskscope-demo", ""),
        (&watched, "--fail-on warning", 1, "firing critical crowd taskscope-demo", ""),
        (&watched, "--fail-on crowd --for 3s", 1, "firing critical crowd taskscope-demo", ""),
        (&watched, "--fail-on riot,gone --for 3s", 0, "firing critical crowd", ""),
        (&watched, "--for 3s", 0, "firing critical crowd", ""),
        (&unanswered, "--fail-on gone", 1, "firing warning gone 127.0.0.1:", ""),
        (&[&service.address, &closed, "--rules", &rules], "--fail-on gone", 1, "warning gone", ""),
        (&[&service.address, &closed, "--rules", &rules], "--for 3s", 2, "crowd", "taskscope: No"),
        (&unanswered, "--for 1s", 2, "", "taskscope: Nothing listens on 127.0.0.1:"),
        (&["nonsense"], "--for 9s", 2, "", "taskscope: `nonsense` is not an address"),
        (&watched, "--fail-on fire", 2, "", "taskscope: --fail-on fire: it is no severity (info,"),
        (&watched, "--webhook nonsense", 2, "", "taskscope: --webhook nonsense: write http://"),
        (
            &[&service.address, "--rules", "/nowhere"],
            "",
            2,
            "",
            "taskscope: cannot read /nowhere: ",
        ),
        (
            &[&service.address, "--rules", &bad],
            "",
            2,
            "",
            &format!(
                "taskscope: {bad}: line 3, column 8: nothing is called `fire`\n  write one of"
            ),
        ),
    ] {
        let words = target.iter().copied().chain(args.split_whitespace());
        let args: Vec<&str> = std::iter::once("watch").chain(words).collect();
        let output = taskscope(&args).stdin(Stdio::null()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(error.starts_with(said), "{args:?}: {error}");
        assert!(answer.contains(printed), "{args:?}: {answer}");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {answer}{error}");
    }
}
