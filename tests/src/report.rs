//! What `taskscope dump --format json` prints.

use std::fmt;
use std::process::Stdio;

use serde_json::Value;

use crate::programs;
use crate::sources::Place;

/// One report.
#[derive(Clone, Debug)]
pub struct Report(pub Value);

/// One group of a report.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a>(pub &'a Value);

impl Report {
    /// Asks the agent at `address` with the real command line.
    ///
    /// # Errors
    /// The command fails, in its own words.
    pub fn of(address: &str) -> Result<Self, String> {
        let mut command = programs::taskscope();
        command.args(["dump", address, "--format", "json"]).stdin(Stdio::null());
        let output =
            command.output().map_err(|error| format!("cannot start taskscope: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("taskscope dump ended with {}: {said}", output.status));
        }
        let report = serde_json::from_slice(&output.stdout);
        report.map(Self).map_err(|error| format!("taskscope dump printed no JSON: {error}"))
    }

    /// The groups, most suspicious first.
    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        self.0["groups"].as_array().into_iter().flatten().map(Group)
    }

    /// The groups of living tasks that carry this label.
    pub fn labeled(&self, key: &str, value: &str) -> Vec<Group<'_>> {
        let of_label = |group: &Group<'_>| group.0["labels"][key] == value && group.count() > 0;
        self.groups().filter(of_label).collect()
    }

    /// A number of the report, by the path to it.
    pub fn number(&self, path: &str) -> Option<u64> {
        self.0.pointer(path)?.as_u64()
    }
}

impl Group<'_> {
    /// How many tasks are in it.
    pub fn count(&self) -> u64 {
        self.0["count"].as_u64().unwrap_or(0)
    }

    /// The label `role`; empty if they have none.
    pub fn role(&self) -> &str {
        self.0["labels"]["role"].as_str().unwrap_or_default()
    }

    /// What they do.
    pub fn state(&self) -> &str {
        self.0["state"].as_str().unwrap_or_default()
    }

    /// What they wait for.
    pub fn wait_kinds(&self) -> Vec<&str> {
        self.0["wait_kinds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What is thought of them, if anything is.
    pub fn class(&self) -> Option<&str> {
        self.0["verdict"]["class"].as_str()
    }

    /// Where they wait.
    pub fn await_point(&self) -> Option<Place> {
        let point = &self.0["await_point"];
        Some(Place {
            file: point["file"].as_str()?.to_owned(),
            line: point["line"].as_u64()?,
            column: point["column"].as_u64()?,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for group in self.groups() {
            let labels = &group.0["labels"];
            let (count, state, kinds) = (group.count(), group.state(), group.wait_kinds());
            let at = group.await_point();
            let at = at.map(|at| format!("{}:{}:{}", at.file, at.line, at.column));
            let class = group.class().unwrap_or("no verdict");
            writeln!(f, "  {count} {state} {labels} {kinds:?} at {at:?}: {class}")?;
        }
        Ok(())
    }
}
