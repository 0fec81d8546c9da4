//! Desktop notifications of the real program, on a session bus of the test's own.
#![expect(
    clippy::too_many_arguments,
    clippy::needless_pass_by_value,
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "the interface of the desktop is what it is"
)]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use zbus::blocking::connection::Builder;
use zbus::zvariant::OwnedValue;

use super::real_window::{display, need_tools};
use super::service::{Running, Service, taskscope, until};

/// A crowd that is there, and the end of the agent.
const RULES: &str = r#"
built-in = false
[[rule]]
name = "crowd <of> tasks"
when = "tasks > 2"
for = "1s"
severity = "critical"
[[rule]]
name = "only good to know"
when = "tasks > 1"
severity = "info"
[[rule]]
name = "gone"
when = "gone"
for = "1s"
clear = "1s"
"#;

/// A notification, as the desktop got it.
#[derive(Clone, Debug, Default)]
struct Told {
    app: String,
    replaces: u32,
    id: u32,
    summary: String,
    body: String,
    urgency: u8,
}

/// A desktop that shows nothing and writes everything down.
#[derive(Clone, Default)]
struct Desktop(Arc<Mutex<Vec<Told>>>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Desktop {
    fn notify(
        &self,
        app_name: String,
        replaces_id: u32,
        _app_icon: String,
        summary: String,
        body: String,
        _actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        let mut told = self.0.lock().unwrap();
        let next = 100 + u32::try_from(told.len()).unwrap();
        let id = if replaces_id == 0 { next } else { replaces_id };
        let urgency = hints.get("urgency").and_then(|urgency| u8::try_from(urgency).ok());
        let urgency = urgency.unwrap_or(u8::MAX);
        told.push(Told { app: app_name, replaces: replaces_id, id, summary, body, urgency });
        id
    }

    fn close_notification(&self, _id: u32) {}

    fn get_capabilities(&self) -> Vec<String> {
        vec!["body".into(), "body-markup".into()]
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("paper".into(), "taskscope".into(), "1".into(), "1.2".into())
    }
}

impl Desktop {
    fn told(&self) -> Vec<Told> {
        self.0.lock().unwrap().clone()
    }

    fn first(&self, what: &str, fits: impl Fn(&Told) -> bool) -> Told {
        until(what, || self.told().into_iter().find(&fits).ok_or(format!("{:?}", self.told())))
    }
}

/// A session bus of our own, and its address.
fn bus() -> (Running, String) {
    let mut command = Command::new("dbus-daemon");
    command.args(["--session", "--print-address", "--nofork"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let child: Child = child.expect("install the package `dbus`: this test needs dbus-daemon");
    let mut daemon = Running(child);
    let mut address = String::new();
    BufReader::new(daemon.0.stdout.take().unwrap()).read_line(&mut address).unwrap();
    assert!(!address.is_empty(), "the bus did not start");
    (daemon, address.trim().to_owned())
}

/// The window on a service, by these rules, with settings of its own.
fn window(display: &str, bus: Option<&str>, folder: &Path, address: &str) -> Command {
    let rules = folder.join("rules.toml");
    std::fs::write(&rules, RULES).unwrap();
    let mut command = taskscope(&["view", address, "--rules", rules.to_str().unwrap()]);
    command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY").env("XDG_DATA_HOME", folder);
    command.env("XDG_RUNTIME_DIR", folder).env_remove("DBUS_SESSION_BUS_ADDRESS");
    if let Some(bus) = bus {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    }
    command.stdin(Stdio::null());
    command
}

#[test]
fn a_window_tells_the_desktop_when_an_alert_fires_and_when_it_is_over() {
    need_tools();
    let (_bus, bus) = bus();
    let desktop = Desktop::default();
    let served = Builder::address(bus.as_str()).unwrap().name("org.freedesktop.Notifications");
    let path = "/org/freedesktop/Notifications";
    let _served = served.unwrap().serve_at(path, desktop.clone()).unwrap().build().unwrap();
    let (_server, display) = display();
    let folder = tempfile::tempdir().unwrap();
    let mut service = Service::start(&[]);
    let address = service.address.clone();
    let mut command = window(&display, Some(&bus), folder.path(), &address);
    let mut window = Running(command.spawn().unwrap());
    let fired = desktop.first("the crowd is told", |told| told.body.contains("crowd"));
    assert_eq!((&*fired.app, fired.replaces, fired.urgency), ("Taskscope", 0, 2), "{fired:?}");
    assert!(fired.summary.starts_with("Critical: "), "{fired:?}");
    assert!(fired.body.contains("crowd &lt;of&gt; tasks: all tasks: "), "{fired:?}");
    assert!(fired.body.contains(" tasks, more than 2"), "{fired:?}");

    // Nobody looks at it: what is gone is told all the same.
    let hide = ["search", "--name", "^Taskscope$", "windowunmap", "%@"];
    Command::new("xdotool").env("DISPLAY", &display).args(hide).status().unwrap();
    service.kill();
    let gone = desktop.first("the end is told", |told| told.body.starts_with("gone: "));
    assert_eq!((gone.replaces, gone.urgency), (0, 1), "{gone:?}");
    until("the service comes back", || {
        service = Service::try_start(&[], &address)?;
        Ok(())
    });
    let is_back = |told: &Told| told.summary.starts_with("Resolved: ");
    let back = desktop.first("it is back", is_back);
    assert_eq!((back.replaces, back.id, back.urgency), (gone.id, gone.id, 0), "{back:?}");
    assert!(back.body.starts_with("gone is over after "), "{back:?}");
    assert!(desktop.told().iter().all(|told| !told.body.contains("good to know")));
    assert_eq!(window.0.try_wait().unwrap(), None, "the program ended");
}

#[test]
fn without_a_bus_the_window_says_so_once_and_goes_on() {
    need_tools();
    let (_server, display) = display();
    let folder = tempfile::tempdir().unwrap();
    let mut service = Service::start(&[]);
    let address = format!("unix:path={}/no-bus", folder.path().display());
    let log = folder.path().join("log");
    let mut command = window(&display, Some(&address), folder.path(), &service.address);
    command.stderr(std::fs::File::create(&log).unwrap());
    let mut window = Running(command.spawn().unwrap());
    let said = || std::fs::read_to_string(&log).unwrap();
    let count = || said().matches("no desktop notifications: tried org.freedesktop").count();
    until("it says so", || if count() == 0 { Err(said()) } else { Ok(()) });
    // One more alert, which is not tried.
    service.kill();
    let begun = std::time::Instant::now();
    until("the next alert has fired, too", || {
        assert_eq!(window.0.try_wait().unwrap(), None, "the program ended:\n{}", said());
        if begun.elapsed().as_secs() < 8 { Err("not yet".into()) } else { Ok(()) }
    });
    assert_eq!(count(), 1, "{}", said());
}

#[test]
fn a_bad_file_of_rules_is_named_with_its_line_before_a_window_opens() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("rules.toml");
    std::fs::write(&rules, "[[rule]]\nname = \"x\"\nwhen = \"soon\"\n").unwrap();
    let mut command = taskscope(&["view", "127.0.0.1:1", "--rules", rules.to_str().unwrap()]);
    let output = command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("rules.toml") && said.contains("line 3, column "), "{said}");
}
