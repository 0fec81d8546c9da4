//! What a watch is asked for.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

use crate::alert::{Alert, Rule, Severity};
use crate::cli::Format;
use crate::connect::{ConnectError, Target};

/// What a watch is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The agents to follow.
    pub targets: Vec<String>,
    /// A file of rules; none: the built-in ones.
    pub rules: Option<PathBuf>,
    /// A command to run for every change.
    pub exec: Option<String>,
    /// Where alerts are posted.
    pub webhook: Option<String>,
    /// Severities and rules of which no alert is to fire.
    pub fail_on: Vec<String>,
    /// For how long; none: until it is interrupted.
    pub span: Option<Duration>,
    /// For whom changes are printed.
    pub format: Format,
}

/// Which alerts are not to fire.
#[derive(Debug, Default)]
pub(super) struct FailOn {
    severity: Option<Severity>,
    rules: Vec<String>,
}

impl FailOn {
    pub(super) fn is_met_by(&self, alert: &Alert) -> bool {
        self.severity.is_some_and(|least| alert.severity >= least)
            || self.rules.iter().any(|rule| *rule == *alert.rule)
    }
}

impl Watch {
    /// Each of them once, as `HOST:PORT`.
    pub(super) fn targets(&self) -> anyhow::Result<Vec<String>> {
        let mut targets = Vec::new();
        for target in &self.targets {
            let target: Target = target.parse().map_err(ConnectError::from)?;
            let target = target.to_string();
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        Ok(targets)
    }

    pub(super) fn fail_on(&self, rules: &[Rule]) -> anyhow::Result<FailOn> {
        let mut fail_on = FailOn::default();
        for word in &self.fail_on {
            if let Some(severity) = Severity::named(word) {
                let least = fail_on.severity.map_or(severity, |known| known.min(severity));
                fail_on.severity = Some(least);
            } else if rules.iter().any(|rule| *rule.name == **word) {
                fail_on.rules.push(word.clone());
            } else {
                bail!("--fail-on {word}: it is no severity (info, warning, critical) and no rule");
            }
        }
        Ok(fail_on)
    }
}
