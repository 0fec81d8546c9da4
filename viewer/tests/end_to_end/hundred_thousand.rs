//! A hundred thousand tasks in fifty groups, from the agent to the report and to the screen.

use std::time::Instant;

use egui::Key;
use egui_kittest::kittest::Queryable as _;

use crate::app::{Viewer, alive, group_rows};
use crate::service::{Service, until};

const TASKS: u64 = 100_000;
const GROUPS: u64 = 50;

#[test]
fn a_hundred_thousand_tasks_are_all_there_in_report_and_window() {
    let service = Service::start(&["--crowd", "100000"]);
    let dump = until("every task has its await tree", || {
        let started = Instant::now();
        let dump = service.dump();
        eprintln!("dump of {} tasks: {:?}", dump["totals"]["alive"], started.elapsed());
        let groups = dump["groups"].as_array().unwrap();
        let done = |group: &&serde_json::Value| {
            group["count"] == TASKS / GROUPS && group["wait_kinds"][0] == "notify"
        };
        let ready = groups.iter().filter(done).count();
        let count = groups.len();
        if ready == 50 && count == 50 { Ok(dump) } else { Err(format!("{ready} of {count}")) }
    });
    assert_eq!(dump["totals"]["alive"], TASKS);
    assert_eq!(dump["totals"]["parked"], TASKS);
    assert_eq!(dump["coverage"]["tracked"], TASKS);
    for (what, number) in dump["lost"].as_object().unwrap() {
        assert_eq!(*number, 0, "lost {what}");
    }
    let mut names = Vec::new();
    for group in dump["groups"].as_array().unwrap() {
        names.push(group["labels"]["group"].as_str().unwrap().to_owned());
        assert!(group["await_point"]["file"].as_str().unwrap().ends_with("crowd.rs"), "{group:#}");
        assert!(!group["tree"].as_array().unwrap().is_empty(), "{group:#}");
    }
    names.sort();
    let expected: Vec<String> = (0..GROUPS).map(|group| format!("g{group:02}")).collect();
    assert_eq!(names, expected);

    // High enough for all rows.
    let mut viewer = Viewer::on(&service.address, 3_000.0);
    viewer.shows(&["\"live\"", "100 000 tasks", "crowd.rs"]);
    viewer.press(Key::K);
    viewer.shows(&["CheckBox \"group\""]);
    viewer.0.get_by_label("group").click();
    viewer.shows(&["\"50 rows\"", "g00:", "g49:"]);
    viewer.press(Key::Home);
    let text = viewer.shows(&["1–100 of 2 000", "Row \"task "]);
    for loss in [" lost\"", " folded into", "sets folded", " cut\"", " to come\""] {
        assert!(!text.contains(loss), "{text}");
    }
    assert_eq!(alive(&text), Some(TASKS), "{text}");
    let rows = group_rows(&text);
    assert_eq!(rows.len(), 50, "{text}");
    assert!(rows.iter().all(|row| row.contains(": 2 000 tasks")), "{text}");
}
