//! Rules of a service's own, from a file.
//!
//! ```toml
//! off = ["many-tasks"]            # built-in rules that are not wanted; `built-in = false` drops all
//!
//! [[rule]]
//! name = "audit piles up"         # the name of a built-in rule puts this one in its place
//! when = "tasks > 500"
//! match = "task:audit -state:running"
//! each = true                     # of each labels and spawn location by itself
//! for = "2m"
//! severity = "critical"
//! cool-down = "30m"
//! ```
//!
//! Whatever is wrong with a file is told with its line, the reason, and an example of what is right.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::when;
use super::{Rule, Severity, What, built_in};
use crate::analyse::Filter;

/// A file has no more rules than that.
const MOST_RULES: usize = 100;
/// The least time that a rise can be seen in.
const LEAST_OVER: Duration = Duration::from_secs(30);

/// What is right, for each key.
const EXAMPLES: [(&str, &str); 11] = [
    ("name", "name = \"audit piles up\""),
    ("when", when::EXAMPLES),
    ("match", "match = \"task:audit -state:running\", in the words of the viewer's filter"),
    ("each", "each = true"),
    ("for", "for = \"2m\", with ms, s, m, h or d"),
    ("over", "over = \"15m\", with when = \"rising\""),
    ("severity", "severity = \"info\", \"warning\" or \"critical\""),
    ("cool-down", "cool-down = \"30m\", with ms, s, m, h or d"),
    ("clear", "clear = \"1m\", with ms, s, m, h or d"),
    ("off", "off = [\"many-tasks\"]"),
    ("built-in", "built-in = false"),
];
/// What a whole rule looks like.
const RULE: &str = "[[rule]], and below it name = \"audit piles up\" and when = \"tasks > 500\"";

/// What is wrong with a file of rules.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {reason}\n  write {example}")]
pub struct RulesError {
    /// Where, from 1.
    pub line: usize,
    /// Where in the line, in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub reason: String,
    /// What would be right.
    pub example: String,
}

type Text = Spanned<String>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    built_in: Option<bool>,
    #[serde(default)]
    off: Vec<Text>,
    #[serde(default)]
    rule: Vec<Spanned<Written>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: Option<Text>,
    when: Option<Text>,
    #[serde(rename = "match")]
    words: Option<Text>,
    each: Option<Spanned<bool>>,
    #[serde(rename = "for")]
    hold: Option<Text>,
    over: Option<Text>,
    severity: Option<Text>,
    cool_down: Option<Text>,
    clear: Option<Text>,
}

/// What is wrong, and where in the text.
struct Wrong {
    span: Range<usize>,
    key: &'static str,
    reason: String,
}

fn wrong<T>(at: &Spanned<T>, key: &'static str, reason: impl fmt::Display) -> Wrong {
    Wrong { span: at.span(), key, reason: reason.to_string() }
}

/// The rules of a file, and the built-in ones that it leaves in force.
///
/// # Errors
///
/// The text is no TOML, or says something that no rule can mean: with the line and the reason.
pub fn read_rules(text: &str) -> Result<Vec<Rule>, RulesError> {
    let file: File = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let reason = error.message().lines().next().unwrap_or_default();
        at_place(text, span.start, reason.to_owned(), key_at(text, span.start))
    })?;
    rules(&file).map_err(|wrong| {
        let example = EXAMPLES.iter().find(|(key, _)| *key == wrong.key);
        let example = example.map(|(_, example)| *example);
        at_place(text, wrong.span.start, wrong.reason, example)
    })
}

fn rules(file: &File) -> Result<Vec<Rule>, Wrong> {
    let mut rules = if file.built_in == Some(false) { Vec::new() } else { built_in() };
    for name in &file.off {
        let before = rules.len();
        rules.retain(|rule| &*rule.name != name.get_ref().as_str());
        if rules.len() == before {
            let reason = format!("there is no built-in rule `{}`", name.get_ref());
            return Err(wrong(name, "off", reason));
        }
    }
    let mut own: Vec<Rule> = Vec::new();
    for written in &file.rule {
        let rule = written.get_ref().rule(written)?;
        if own.iter().any(|known| known.name == rule.name) {
            let name = written.get_ref().name.as_ref();
            let reason = format!("two rules are called `{}`", rule.name);
            return Err(name.map_or_else(
                || wrong(written, "name", &reason),
                |name| wrong(name, "name", &reason),
            ));
        }
        if own.len() >= MOST_RULES {
            return Err(wrong(written, "", format!("more than {MOST_RULES} rules")));
        }
        rules.retain(|known| known.name != rule.name);
        own.push(rule);
    }
    rules.append(&mut own);
    Ok(rules)
}

impl Written {
    fn rule(&self, whole: &Spanned<Self>) -> Result<Rule, Wrong> {
        let name = self.name.as_ref().ok_or_else(|| wrong(whole, "", "the rule has no name"))?;
        if name.get_ref().trim().is_empty() {
            return Err(wrong(name, "name", "the name is empty"));
        }
        let when = self.when.as_ref();
        let when = when.ok_or_else(|| {
            wrong(name, "when", format!("the rule `{}` says not when", name.get_ref()))
        })?;
        let what = when::read(when.get_ref()).map_err(|reason| wrong(when, "when", reason))?;
        let mut rule = Rule::new(name.get_ref().trim(), what);
        if let Some(over) = &self.over {
            rule.what = over_time(what, over)?;
        }
        self.choose(&mut rule)?;
        for (time, key, place) in [
            (&self.hold, "for", &mut rule.hold),
            (&self.cool_down, "cool-down", &mut rule.cool_down),
            (&self.clear, "clear", &mut rule.clear),
        ] {
            if let Some(time) = time {
                *place = when::time(time.get_ref()).map_err(|reason| wrong(time, key, reason))?;
            }
        }
        if let Some(severity) = &self.severity {
            rule.severity = Severity::named(severity.get_ref()).ok_or_else(|| {
                let reason = format!("`{}` is no severity", severity.get_ref());
                wrong(severity, "severity", reason)
            })?;
        }
        Ok(rule)
    }

    /// Which tasks it is about.
    fn choose(&self, rule: &mut Rule) -> Result<(), Wrong> {
        if let Some(words) = &self.words {
            if !rule.what.is_of_tasks() {
                let reason = "this condition is about the whole service, and no words choose of it";
                return Err(wrong(words, "match", reason));
            }
            rule.filter = Filter::parse(words.get_ref());
            if let Some(problem) = rule.filter.problem() {
                return Err(wrong(words, "match", problem));
            }
            if rule.filter.is_empty() {
                return Err(wrong(words, "match", "no words choose every task: leave it out"));
            }
        }
        if let Some(each) = &self.each {
            let reason = match (rule.what, *each.get_ref()) {
                (what, true) if !what.is_of_tasks() => {
                    "this condition is about the whole service, not about each group"
                }
                (What::Verdict { .. }, false) => "a verdict is of each group by itself",
                (What::Amount { more: false, .. }, true) => {
                    "tasks that are gone are not seen by themselves: less is of all together"
                }
                (_, each) => {
                    rule.each = each;
                    return Ok(());
                }
            };
            return Err(wrong(each, "each", reason));
        }
        Ok(())
    }
}

fn over_time(what: What, over: &Text) -> Result<What, Wrong> {
    if !matches!(what, What::Rising { .. }) {
        return Err(wrong(over, "over", "only what rises is looked at over a time"));
    }
    let time = when::time(over.get_ref()).map_err(|reason| wrong(over, "over", reason))?;
    if time < LEAST_OVER || time > Duration::from_hours(6) {
        return Err(wrong(over, "over", "a rise is seen in 30 seconds at least, 6 hours at most"));
    }
    Ok(What::Rising { over: time })
}

/// What is right for the key of the line that this place is in.
fn key_at(text: &str, at: usize) -> Option<&'static str> {
    let before = text.get(..at).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next()?;
    let key = line.split('=').next()?.trim();
    EXAMPLES.iter().find(|(known, _)| *known == key).map(|(_, example)| *example)
}

fn at_place(text: &str, at: usize, reason: String, example: Option<&str>) -> RulesError {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before.get(start..).map_or(0, |begun| begun.chars().count()) + 1;
    RulesError { line, column, reason, example: example.unwrap_or(RULE).to_owned() }
}
