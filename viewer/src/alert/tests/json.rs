//! What programs are told of alerts.

use super::*;

fn change(line: &str) -> Change {
    let mut engine = Engine::new("a:1", vec![Rule { hold: secs(2), ..rule("proven") }]);
    let profile = fixture::profile(&[line]);
    let _pending = engine.profile(&process(1), &profile, at(0));
    engine.profile(&process(1), &profile, at(2)).remove(0)
}

#[test]
fn a_change_is_one_object() {
    let Change { turn, alert } = change("3 parked class=proven task=a instance=i < src/m.rs:1");
    assert_eq!(
        Change { turn, alert: alert.clone() }.json(),
        serde_json::json!({
            "schema": "taskscope.alert/1",
            "state": "firing",
            "rule": "proven",
            "severity": "critical",
            "process": "shop",
            "target": "a:1",
            "labels": { "task": "a", "instance": "i" },
            "spawned_at": "src/m.rs:1:1",
            "runtime": null,
            "text": "instance=i task=a: proven of group 1",
            "since": "1970-01-01T00:16:40Z",
            "fired": "1970-01-01T00:16:42Z",
            "resolved": null,
        })
    );
    let over = Change { turn: Turn::Resolved, alert: Alert { resolved: Some(at(9)), ..alert } };
    assert_eq!(over.json()["state"], "resolved");
    assert_eq!(over.json()["resolved"], "1970-01-01T00:16:49Z");
}

#[test]
fn alertmanager_is_told_what_makes_an_alert_the_same_one_as_labels() {
    let alert = change("3 parked class=proven task=a instance=i 1-x=y < src/m.rs:1").alert;
    let expected = serde_json::json!({
        "labels": {
            "alertname": "proven",
            "severity": "critical",
            "process": "shop",
            "instance": "a:1",
            "spawned_at": "src/m.rs:1:1",
            "task": "a",
            "label_instance": "i",
            "label_1_x": "y",
        },
        "annotations": {
            "summary": "1-x=y instance=i task=a: proven of group 1",
            "since": "1970-01-01T00:16:40Z",
        },
        "startsAt": "1970-01-01T00:16:42Z",
        "generatorURL": "http://a:1",
    });
    assert_eq!(alert.alertmanager(), expected);
    let over = Alert { resolved: Some(at(9)), ..alert }.alertmanager();
    assert_eq!(over["endsAt"], "1970-01-01T00:16:49Z");
    assert_eq!(over["labels"], expected["labels"]);
}
