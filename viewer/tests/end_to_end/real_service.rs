//! A service with a leak in it, found by report and window alike; killed, and started again.

use egui::Key;
use serde_json::Value;

use crate::app::{Viewer, alive, group_rows};
use crate::service::{Service, until};

/// The only place where the audit log sends, as `(line, "audit.rs:LINE")`.
fn where_it_sends() -> (u64, String) {
    let source = include_str!("../../src/demo/service/audit.rs");
    let lines: Vec<u64> = (1..)
        .zip(source.lines())
        .filter(|(_, line)| line.contains(".send(") && line.contains(".await"))
        .map(|(number, _)| number)
        .collect();
    let [line] = lines[..] else { panic!("one send expected: {lines:?}") };
    (line, format!("demo/service/audit.rs:{line}"))
}

fn is_pile(group: &Value) -> bool {
    let waits = group["wait_kinds"] == serde_json::json!(["mpsc_send"]);
    waits && group["labels"]["task"] == "audit"
}

fn has_line(nodes: &Value, line: u64) -> bool {
    nodes.as_array().unwrap().iter().any(|node| {
        let here = node["line"] == line && node["file"].as_str().unwrap().ends_with("audit.rs");
        here || has_line(&node["children"], line)
    })
}

/// Chooses the pile's row by arrow keys alone.
fn choose_pile(viewer: &mut Viewer, place: &str) {
    viewer.press(Key::End);
    until("the pile is chosen", || {
        let text = viewer.text();
        let rows = group_rows(&text);
        let chosen = rows.iter().find(|row| row.ends_with("True")).copied().unwrap_or_default();
        if chosen.contains("audit,") && chosen.contains(place) && chosen.contains("mpsc_send") {
            return Ok(());
        }
        viewer.press(Key::ArrowUp);
        Err(format!("chosen is {chosen:?} of {rows:#?}"))
    });
}

#[test]
fn report_and_window_name_the_line_and_a_new_run_begins_anew() {
    let (line, place) = where_it_sends();
    let mut service = Service::start(&[]);
    let groups = until("the pile is in the report", || {
        let groups = service.dump()["groups"].as_array().unwrap().clone();
        let piled = groups.iter().filter(|group| is_pile(group));
        let count: u64 = piled.map(|group| group["count"].as_u64().unwrap()).sum();
        let verdict = &groups[0]["verdict"];
        if count >= 80 && verdict["class"] == "suspect" {
            return Ok(groups);
        }
        Err(format!("{count} tasks so far, the worst: {verdict}"))
    });
    let worst = &groups[0];
    assert!(is_pile(worst), "the pile comes first: {worst:#}");
    let reason = worst["verdict"]["reason"].as_str().unwrap();
    assert!(reason.contains("have not finished") && reason.contains(&place), "{reason}");
    let held = &worst["held_by"][0];
    assert_eq!((&held["kind"], &held["relation"]), (&"mpsc_send".into(), &"received".into()));
    assert_eq!(held["holder"]["labels"]["task"], "audit-writer");
    let point = &worst["await_point"];
    assert!(point["file"].as_str().unwrap().ends_with("demo/service/audit.rs"), "{point}");
    assert_eq!(point["line"], line);
    assert!(has_line(&worst["tree"], line), "{worst:#}");

    let mut viewer = Viewer::on(&service.address, 900.0);
    let pid = format!("pid {}", service.pid());
    let text = viewer.shows(&["\"live\"", &pid, &place, "mpsc_send"]);
    let first = group_rows(&text)[0];
    assert!(first.contains("audit,") && first.contains(&place), "the pile comes first: {text}");
    choose_pile(&mut viewer, &place);
    viewer.shows(&["have not finished", "received last by task"]);
    let here = format!("{place}:");
    let text = viewer.shows(&["Awaits: Tree", "waits here", "Row \"task ", "1–"]);
    let waits_here = text.lines().find(|line| line.contains("waits here")).unwrap();
    assert!(waits_here.contains(&here), "{text}");
    let task = text.lines().find(|line| line.contains("Row \"task ")).unwrap();
    assert!(task.contains("parked for") && task.contains("task=audit"), "{task}");
    let before = alive(&text).unwrap();
    assert!(before >= 80, "{text}");

    service.kill();
    let text = viewer.shows(&["\"disconnected\"", "Disconnected ", " ago, retrying "]);
    assert!(alive(&text) >= Some(before), "the last numbers stay: {text}");

    let address = service.address.clone();
    let second = until("the port is free again", || Service::try_start(&[], &address));
    let new = format!("pid {}", second.pid());
    let restarted = format!("(pid {}, now {})", service.pid(), second.pid());
    viewer.shows(&["\"live\"", &new, &restarted]);
    let now = until("there are numbers of the new run", || {
        let text = viewer.text();
        alive(&text).ok_or(text)
    });
    assert!(now < before / 2, "{now} tasks in a new run, {before} in the old one");
}
