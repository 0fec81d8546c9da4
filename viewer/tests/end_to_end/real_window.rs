//! The real program in a real window on a virtual display.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::service::{Running, Service, taskscope, until};

/// What this test needs besides what cargo builds.
const TOOLS: [&str; 3] = ["Xvfb", "xdotool", "import"];
/// A window that shows nothing has a handful of colours at most.
const FEW_COLOURS: usize = 40;
/// How long the window has to stay.
const STAYS: Duration = Duration::from_secs(3);

pub(crate) fn need_tools() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |tool: &&&str| std::env::split_paths(&path).any(|dir| dir.join(tool).is_file());
    let missing: Vec<_> = TOOLS.iter().filter(|tool| !there(tool)).collect();
    assert!(missing.is_empty(), "install {missing:?}: this test opens a window");
}

/// A display of our own, which chooses its number. It must not start anew when its last client
/// goes, which a search for a window is before the window comes: who connects then is turned away.
pub(crate) fn display() -> (Running, String) {
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "1440x900x24"]);
    command.args(["-nolisten", "tcp", "-noreset"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut server = Running(child.unwrap());
    let mut number = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut number).unwrap();
    assert!(!number.is_empty(), "the virtual display did not start");
    (server, format!(":{}", number.trim()))
}

/// Different colours on the whole display.
fn colours(display: &str) -> usize {
    let args = ["-silent", "-window", "root", "-depth", "8", "rgb:-"];
    let output = Command::new("import").env("DISPLAY", display).args(args).output().unwrap();
    let mut colours: Vec<_> = output.stdout.chunks_exact(3).collect();
    colours.sort_unstable();
    colours.dedup();
    colours.len()
}

#[test]
fn a_window_opens_shows_the_service_and_stays() {
    need_tools();
    let (_server, display) = display();
    let service = Service::start(&[]);
    let mut command = taskscope(&["view", &service.address]);
    let home = std::env::temp_dir().join(format!("taskscope-window-{}", std::process::id()));
    // Neither the settings nor the display of whoever runs the tests.
    command.env("DISPLAY", &display).env_remove("WAYLAND_DISPLAY").env("XDG_DATA_HOME", &home);
    let mut window = Running(command.stdin(Stdio::null()).spawn().unwrap());

    let search = || {
        let mut search = Command::new("xdotool");
        search.env("DISPLAY", &display).args(["search", "--onlyvisible", "--name", "^Taskscope$"]);
        search.stderr(Stdio::null()).output().unwrap().stdout
    };
    until("a window is there", || {
        assert_eq!(window.0.try_wait().unwrap(), None, "the program ended");
        if search().is_empty() { Err("no window of that name".to_owned()) } else { Ok(()) }
    });
    let opened = Instant::now();
    until("the window shows something", || match colours(&display) {
        few if few <= FEW_COLOURS => Err(format!("{few} colours")),
        _ => Ok(()),
    });
    until("it stayed", || {
        assert_eq!(window.0.try_wait().unwrap(), None, "the program ended");
        if opened.elapsed() > STAYS { Ok(()) } else { Err("not yet".to_owned()) }
    });
    drop(window);
    // Nothing may have been stored yet.
    std::fs::remove_dir_all(home).ok();
}

#[test]
fn a_window_records_what_it_shows_and_ends_the_file_when_it_is_closed() {
    need_tools();
    let (_server, display) = display();
    let service = Service::start(&[]);
    let home = tempfile::tempdir().unwrap();
    let mut command = taskscope(&["view", &service.address]);
    command.env("DISPLAY", &display).env_remove("WAYLAND_DISPLAY");
    command.env("XDG_DATA_HOME", home.path());
    let mut window = Running(command.stdin(Stdio::null()).spawn().unwrap());
    let xdotool = |args: &[&str]| {
        let mut xdotool = Command::new("xdotool");
        xdotool.env("DISPLAY", &display).args(args).stderr(Stdio::null()).output().unwrap()
    };
    until("the window shows something", || match colours(&display) {
        few if few <= FEW_COLOURS => Err(format!("{few} colours")),
        _ => Ok(()),
    });
    let focus = ["search", "--onlyvisible", "--name", "^Taskscope$", "windowfocus", "--sync"];
    xdotool(&focus);
    let folder = home.path().join("taskscope").join("recordings");
    until("the recording begins", || {
        for keys in [&["key", "Escape", "ctrl+k"][..], &["type", "record"], &["key", "Return"]] {
            // A key of the list counts once the list is there.
            std::thread::sleep(Duration::from_millis(400));
            xdotool(keys);
        }
        let asked = Instant::now();
        while !folder.exists() && asked.elapsed() < STAYS {
            std::thread::sleep(Duration::from_millis(50));
        }
        if folder.exists() { Ok(()) } else { Err("no folder".to_owned()) }
    });
    let file = until("a recording grows", || {
        let mut files = std::fs::read_dir(&folder).map_err(|error| error.to_string())?;
        let file = files.next().ok_or("no file")?.unwrap().path();
        let len = std::fs::metadata(&file).unwrap().len();
        if len > 2_000 { Ok(file) } else { Err(format!("{len} bytes")) }
    });
    xdotool(&["key", "ctrl+q"]);
    until("the program ends", || match window.0.try_wait().unwrap() {
        None => Err("it runs".to_owned()),
        Some(status) if status.success() => Ok(()),
        Some(status) => panic!("{status}"),
    });
    let last = taskscope_viewer::connect::last_state(&file).unwrap();
    assert!(last.states > 0 && last.damages.is_empty(), "{last:?}");
    assert_eq!(last.process.pid, service.pid());
}
