use serde_json::{Value, json as value};

use super::*;
use crate::report::fixture;

/// The promised shape: every key that users may rely on.
const PROMISED: &str = r#"
{ "schema": "taskscope.dump/1", "taken_at": "2026-01-02T03:04:05Z",
  "process": {"name": "checkout", "pid": 1, "started_at": "…", "rss_bytes": 1,
              "memory_limit_bytes": 1, "memory_current_bytes": 1, "agent_bytes": 1},
  "coverage": {"tracked": 9, "alive": 12},
  "totals": {"alive": 9, "running": 1, "ready": 0, "parked": 8, "new": 0, "spawned": 20,
             "finished": 11},
  "lost": {"label_sets": 0, "captures": 0, "chains": 0, "groups": 0, "stacks": 0, "history": 0,
           "runtimes": 0, "untracked": 0, "origins": 0, "waits": 0, "proofs": 0},
  "runtimes": [ {"id": 1, "flavor": "multi_thread", "worker_threads": 2, "busy_ratio": 0.5,
                 "parks": 1, "alive_tasks": 1, "global_queue_depth": 1,
                 "workers": [ {"busy_ratio": 1.0, "parks": 1, "parked": false,
                               "local_queue_depth": null, "steals": null} ],
                 "blocking": null, "stall": {"secs": 3.0, "ready_tasks": 2}} ],
  "groups": [ {
     "labels": {"task": "audit"},
     "spawned_at": {"file": "src/main.rs", "line": 3, "column": 5},
     "tracked": true, "state": "parked", "count": 8, "future_bytes": 4096,
     "oldest_secs": 61.2, "median_secs": 30.0,
     "await_point": {"file": "src/audit.rs", "line": 41, "column": 37,
                     "function": "demo::audit::log"},
     "wait_kinds": ["mpsc_send"],
     "tree": [ {"function": "…", "file": "…", "line": 1, "column": 1, "user": true, "count": 8,
                "children": [ {"function": "…", "children": []} ]} ],
     "verdict": {"class": "suspect", "reason": "…", "tasks": 8, "since_secs": 41.0, "points": 140},
     "held_by": [ {"kind": "mpsc_send", "made_at": {"file": "…", "line": 1, "column": 1},
                   "tasks": 8, "relation": "received", "since_secs": 1.0, "holders": 1,
                   "holder": {"task": 3, "alive": true, "labels": {}, "spawned_at": {"file": "…"},
                              "state": "parked", "await_point": {"file": "…", "line": 1},
                              "wait_kinds": ["mutex"]}} ],
     "chain": ["…"], "waiting_for_it": 0,
     "spawned_per_min": 12.0, "finished_per_min": 0.0,
     "heap": null } ],
  "heap": null }
"#;

fn report() -> Value {
    let text = json(&fixture::process(), &fixture::profile()).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Every key of `promised` is in `got`, with a value of the same type.
fn contains(promised: &Value, got: &Value, path: &str) {
    match (promised, got) {
        (Value::Object(promised), Value::Object(got)) => {
            for (key, promised) in promised {
                let got = got.get(key).unwrap_or_else(|| panic!("{path}.{key} is missing"));
                contains(promised, got, &format!("{path}.{key}"));
            }
        }
        (Value::Array(promised), Value::Array(got)) => {
            if let Some(promised) = promised.first() {
                contains(promised, got.first().unwrap(), &format!("{path}[0]"));
            }
        }
        _ => assert_eq!(
            std::mem::discriminant(promised),
            std::mem::discriminant(got),
            "{path}: {got} instead of {promised}"
        ),
    }
}

#[test]
fn every_promised_key_is_there() {
    contains(&serde_json::from_str(PROMISED).unwrap(), &report(), "");
}

#[test]
fn numbers_and_places_are_those_of_the_profile() {
    let got = report();
    assert_eq!(got["taken_at"], "2026-01-02T03:06:09Z");
    assert_eq!(got["process"]["started_at"], "2026-01-02T03:04:05Z");
    let worst = &got["groups"][0];
    assert_eq!(worst["labels"], value!({"task": "audit", "tenant": "acme"}));
    assert_eq!(worst["spawned_at"], value!({"file": "src/main.rs", "line": 3, "column": 5}));
    assert_eq!((&worst["oldest_secs"], &worst["median_secs"]), (&value!(61.2), &value!(30.0)));
    assert_eq!(
        worst["await_point"],
        value!({"file": "src/audit.rs", "line": 41, "column": 37, "function": "demo::audit::log"})
    );
    assert_eq!(worst["wait_kinds"], value!(["mpsc_send"]));
    let inner = &worst["tree"][0]["children"][0]["children"][0];
    assert_eq!((&inner["line"], &inner["count"]), (&value!(41), &value!(8)));
}

#[test]
fn a_fork_keeps_the_order_of_its_branches() {
    let tree = fixture::fork();
    let nested = nest(&tree, 1);
    let [root] = &*nested else { panic!("{} roots", nested.len()) };
    let names: Vec<_> = root.children.iter().map(|node| node.function.unwrap()).collect();
    assert_eq!(names, ["demo::call", "tokio::time::Sleep"]);
    let names: Vec<_> = root.children[0].children.iter().map(|n| n.function.unwrap()).collect();
    assert_eq!(names, ["demo::left", "demo::right"]);
}

#[test]
fn a_tree_thousands_deep_can_be_read_and_counts_what_it_leaves_out() {
    let profile = Profile {
        groups: vec![fixture::group(1, Some(fixture::deep(4_000))).into()],
        ..Profile::default()
    };
    let text = json(&Process::default(), &profile).unwrap();
    assert_eq!(text.matches("demo::again").count(), places::MAX_DEPTH);
    assert_eq!(text.matches("omitted_frames").count(), 1);
    let dump: Value = serde_json::from_str(&text).unwrap();
    assert!(dump["groups"][0]["tree"][0].get("omitted_frames").is_none());
}

#[test]
fn what_is_not_known_is_null() {
    let got = report();
    let groups = got["groups"].as_array().unwrap();
    let unknown = groups.iter().find(|group| group["spawned_at"].is_null()).unwrap();
    assert_eq!((&unknown["await_point"], &unknown["tree"]), (&Value::Null, &value!([])));
    assert_eq!(unknown["spawned_per_min"], Value::Null);
    // Newer than the header: not in the future, just now.
    assert_eq!(unknown["oldest_secs"], value!(0.0));
}
