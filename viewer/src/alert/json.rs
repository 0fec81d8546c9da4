//! Alerts for programs: our own words, and those of Alertmanager.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Alert, Change, Subject, Turn};

/// A time as RFC 3339 has it; empty where no calendar has it.
pub fn date(unix_ms: u64) -> String {
    let stamp =
        i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    stamp.map(|stamp| stamp.to_string()).unwrap_or_default()
}

impl Turn {
    /// What the alert is from then on.
    pub fn state(self) -> &'static str {
        match self {
            Self::Fired => "firing",
            Self::Resolved => "resolved",
        }
    }
}

impl Change {
    /// One object, `taskscope.alert/1`.
    pub fn json(&self) -> Value {
        let alert = &self.alert;
        let (labels, spawned_at, runtime) = match &alert.subject {
            Subject::Service => (Map::new(), Value::Null, Value::Null),
            Subject::Runtime(id) => (Map::new(), Value::Null, json!(id)),
            Subject::Tasks { labels, spawned_at } => {
                let labels = labels.iter().map(|l| (l.key.to_string(), json!(&*l.value)));
                let place = spawned_at.as_ref().map(ToString::to_string);
                (labels.collect(), json!(place), Value::Null)
            }
        };
        json!({
            "schema": "taskscope.alert/1",
            "state": self.turn.state(),
            "rule": &*alert.rule,
            "severity": alert.severity.name(),
            "process": &*alert.process,
            "target": &*alert.target,
            "labels": labels,
            "spawned_at": spawned_at,
            "runtime": runtime,
            "text": &*alert.text,
            "since": date(alert.since.unix_ms),
            "fired": alert.fired.map(|at| date(at.unix_ms)),
            "resolved": alert.resolved.map(|at| date(at.unix_ms)),
        })
    }
}

impl Alert {
    /// One of the list that Alertmanager takes at `/api/v2/alerts`. What makes an alert the same one is
    /// in its labels, everything else in its annotations.
    pub fn alertmanager(&self) -> Value {
        let mut labels = Map::new();
        let mut put = |name: &str, value: &str| {
            // An empty label is none.
            if !value.is_empty() {
                labels.insert(name.to_owned(), json!(value));
            }
        };
        if let Subject::Tasks { labels, .. } = &self.subject {
            for label in labels {
                put(&label_name(&label.key), &label.value);
            }
        }
        put("alertname", &self.rule);
        put("severity", self.severity.name());
        put("process", &self.process);
        put("instance", &self.target);
        match &self.subject {
            Subject::Tasks { spawned_at: Some(place), .. } => put("spawned_at", &place.to_string()),
            Subject::Runtime(id) => put("runtime", &id.to_string()),
            _ => {}
        }
        let mut alert = json!({
            "labels": labels,
            "annotations": { "summary": &*self.text, "since": date(self.since.unix_ms) },
            "startsAt": date(self.fired.unwrap_or(self.since).unix_ms),
            "generatorURL": format!("http://{}", self.target),
        });
        if let (Some(end), Some(alert)) = (self.resolved, alert.as_object_mut()) {
            alert.insert("endsAt".to_owned(), json!(date(end.unix_ms)));
        }
        alert
    }
}

/// Names that say something else here.
const TAKEN: [&str; 6] = ["alertname", "severity", "process", "instance", "spawned_at", "runtime"];

/// A label's name in the letters that Alertmanager of any version takes, and none of ours.
fn label_name(key: &Arc<str>) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let name: String = key.chars().map(letter).collect();
    let odd = name.starts_with(|c: char| c.is_ascii_digit()) || name.starts_with("__");
    if odd || TAKEN.contains(&&*name) { format!("label_{name}") } else { name }
}
