//! Runs a command for every change: the alert as JSON on its standard input, and in variables.

use std::io::{self, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::teller::Teller;
use crate::alert::Change;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How often it is asked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// What a pipe takes without somebody who reads.
const MOST_BYTES: usize = 60 << 10;

pub(super) fn start(line: String) -> io::Result<Teller> {
    Teller::start("exec", move |changes| {
        changes.iter().try_for_each(|change| run(&line, change, LIMIT))
    })
}

#[cfg(unix)]
fn shell(line: &str) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new("sh");
    // A group of its own, so that all of it can be ended.
    command.arg("-c").arg(line).process_group(0);
    command
}

/// Ends it, with what it has started.
#[cfg(unix)]
fn end(child: &mut Child) -> io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process_group};
    kill_process_group(Pid::from_child(child), Signal::KILL)?;
    Ok(())
}

#[cfg(not(unix))]
fn end(child: &mut Child) -> io::Result<()> {
    child.kill()
}

#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(line);
    command
}

fn run(line: &str, change: &Change, limit: Duration) -> Result<(), String> {
    let alert = &change.alert;
    let mut command = shell(line);
    for (name, value) in [
        ("ALERT_STATE", change.turn.state()),
        ("ALERT_RULE", &alert.rule),
        ("ALERT_SEVERITY", alert.severity.name()),
        ("ALERT_PROCESS", &alert.process),
        ("ALERT_TARGET", &alert.target),
        ("ALERT_TEXT", &alert.text),
    ] {
        // A variable holds every character but this one.
        command.env(name, value.replace('\0', ""));
    }
    // Our standard output is the list of changes.
    command.stdin(Stdio::piped()).stdout(io::stderr());
    let mut child = command.spawn().map_err(|error| format!("cannot run `{line}`: {error}"))?;
    let json = change.json().to_string();
    let given = give(&mut child, &json);
    let ended = wait(&mut child, limit).map_err(|error| format!("`{line}`: {error}"))?;
    given?;
    match ended {
        None => Err(format!("`{line}` was ended after {} s", limit.as_secs())),
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("`{line}` ended with {status}")),
    }
}

/// A command need not read it.
fn give(child: &mut Child, json: &str) -> Result<(), String> {
    if json.len() > MOST_BYTES {
        return Err("the alert is too long to be told".to_owned());
    }
    let written = child.stdin.take().map_or(Ok(()), |mut to| writeln!(to, "{json}"));
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// `None`: it took too long and was killed.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<std::process::ExitStatus>> {
    let last = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= last {
            end(child)?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::alert::{Engine, built_in};

    fn change() -> Change {
        let rules =
            built_in().into_iter().map(|rule| crate::alert::Rule { hold: Duration::ZERO, ..rule });
        let mut engine = Engine::new("a:1", rules.collect());
        engine.gone("nothing listens", crate::alert::At::default()).remove(0)
    }

    #[test]
    fn a_command_hears_of_the_alert_and_ends_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("told").display().to_string();
        let line = format!("cat > {path}; echo $ALERT_STATE $ALERT_RULE $ALERT_TEXT >> {path}");
        assert_eq!(run(&line, &change(), LIMIT), Ok(()));
        let told = std::fs::read_to_string(&path).unwrap();
        let (json, variables) = told.trim_end().split_once('\n').unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(json).unwrap(), change().json());
        assert_eq!(variables, "firing gone nothing listens");
        for (line, expected) in [
            ("exit 3", "`exit 3` ended with exit status: 3"),
            ("exec sleep 60", "`exec sleep 60` was ended after 0 s"),
        ] {
            let limit = Duration::from_millis(300);
            assert_eq!(run(line, &change(), limit), Err(expected.to_owned()), "{line}");
        }
        // What it has started ends with it: nobody has the pipe any more.
        let (mut reader, writer) = io::pipe().unwrap();
        let mut command = shell("sleep 60 & sleep 60");
        let mut child = command.stdout(writer).spawn().unwrap();
        drop(command);
        assert!(wait(&mut child, Duration::from_millis(100)).unwrap().is_none());
        assert_eq!(io::Read::read(&mut reader, &mut [0; 8]).unwrap(), 0);
    }
}
