//! `taskscope diff`: what changed between two moments.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use taskscope_proto::model::Capture;

use super::{Format, dump, output};
use crate::analyse::{Key, Side, difference};
use crate::connect::{Place, When};
use crate::report::{self, Style};
use crate::store::Reference;

/// What is compared, and how that is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// The moment before, as it was written.
    pub before: String,
    /// The moment after; none: of the same service or file.
    pub after: Option<String>,
    /// How long to wait before the moment after.
    pub wait: Option<Duration>,
    /// What makes up a row; empty: all that there is.
    pub by: Vec<Key>,
    /// How many rows are shown.
    pub rows: usize,
    /// For whom it is.
    pub format: Format,
}

pub(super) fn run(diff: &Diff) -> anyhow::Result<()> {
    let (first, second) = places(diff)?;
    // Two moments of one file share what is to be said of it.
    let mut said = BTreeSet::new();
    let before = dump::take(&first, Capture::Cached, &mut said)?;
    if let Some(wait) = diff.wait {
        output::complain(&format_args!("waiting for {} s", wait.as_secs_f64()));
        thread::sleep(wait);
    }
    let after = dump::take(&second, Capture::Cached, &mut said)?;
    let before = Side { process: &before.0, profile: &before.1 };
    let after = Side { process: &after.0, profile: &after.1 };
    let keys = Some(&*diff.by).filter(|keys| !keys.is_empty());
    let told = difference(before, after, keys);
    let sides = (before, after);
    let text = match diff.format {
        Format::Json => report::difference_json(sides, &told, diff.rows)?,
        Format::Text => {
            let style = Style { coloured: output::coloured(), all_frames: false };
            report::difference_text(sides, &told, diff.rows, style)
        }
    };
    output::answer(&text).context("cannot write the difference")
}

/// What the viewer is to compare with, and what that is called.
pub(super) fn reference(place: &str) -> anyhow::Result<Reference> {
    let place: Place = place.parse()?;
    let (process, profile) = dump::take(&place, Capture::Cached, &mut BTreeSet::new())?;
    let at = report::moment(profile.header.now_unix_ms);
    let at = at.map(|at| format!(", {at}")).unwrap_or_default();
    let words = format!("{place} ({}{at})", process.name).into();
    Ok(Reference { words, process, profile })
}

/// Where the two moments come from. One recording alone is compared from its start to its end.
fn places(diff: &Diff) -> anyhow::Result<(Place, Place)> {
    let first: Place = diff.before.parse()?;
    let (first, second) = match (&diff.after, first) {
        (Some(after), first) => (first, after.parse()?),
        (None, Place::File(path)) => (Place::Moment(path.clone(), When::Start), Place::File(path)),
        (None, Place::Moment(path, when)) => (Place::Moment(path.clone(), when), Place::File(path)),
        (None, address @ Place::Address(_)) => (address.clone(), address),
    };
    if diff.wait.is_some() && second.file().is_some() {
        bail!("--after waits for a service, and {second} is a file: leave it out");
    }
    if first == second && diff.wait.is_none() {
        bail!(
            "{first} would be compared with itself: say how long to wait in between, as in \
             `taskscope diff {first} --after 30s`, or give another moment"
        );
    }
    Ok((first, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(before: &str, after: Option<&str>, wait: Option<u64>) -> Diff {
        Diff {
            before: before.into(),
            after: after.map(Into::into),
            wait: wait.map(Duration::from_secs),
            by: Vec::new(),
            rows: 20,
            format: Format::Text,
        }
    }

    #[test]
    fn two_moments_are_made_of_what_was_written() {
        for (before, after, wait, expected) in [
            ("a:1", Some("b:1"), None, "a:1 b:1"),
            ("a:1", None, Some(30), "a:1 a:1"),
            ("a:1", Some("a:1"), Some(30), "a:1 a:1"),
            ("x.taskscope", Some("a:1"), Some(30), "x.taskscope a:1"),
            ("x.taskscope", None, None, "x.taskscope@start x.taskscope"),
            ("x.taskscope@+5s", None, None, "x.taskscope@+5s x.taskscope"),
            ("x.taskscope@+5s", Some("x.taskscope@-5s"), None, "x.taskscope@+5s x.taskscope@-5s"),
        ] {
            let (first, second) = places(&diff(before, after, wait)).unwrap();
            assert_eq!(format!("{first} {second}"), expected);
        }
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        for (before, after, wait, expected) in [
            ("a:1", None, None, "a:1 would be compared with itself: say how long to wait"),
            ("a:1", Some("a:1"), None, "`taskscope diff a:1 --after 30s`"),
            ("x.taskscope", Some("x.taskscope"), None, "would be compared with itself"),
            ("a:1", Some("x.taskscope"), Some(3), "--after waits for a service, and x.taskscope"),
            ("x.taskscope@soon", None, None, "`soon` is not a moment"),
        ] {
            let error = places(&diff(before, after, wait)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
