//! The rules of alerts that a command line names.

use std::path::Path;

use anyhow::Context as _;

use crate::alert::{Rule, built_in, read_rules};

/// Those of the file, and the built-in ones that it leaves in force.
pub(super) fn read(file: Option<&Path>) -> anyhow::Result<Vec<Rule>> {
    let Some(file) = file else { return Ok(built_in()) };
    let path = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {path}"))?;
    read_rules(&text).with_context(|| path.to_string())
}
