//! How a report's numbers were found out, and what its words mean.

use std::time::Duration;

use taskscope_proto::model::{Capture, Source};
use taskscope_proto::version::PROTOCOL;

use super::page::Fact;
use super::{Incident, IncidentSource};
use crate::analyse::numbers::{age, bytes, span};
use crate::report::ages;

pub(super) fn facts(incident: &Incident<'_>) -> Vec<Fact> {
    let (process, header) = (incident.process, &incident.profile.header);
    let version = env!("CARGO_PKG_VERSION");
    let mut facts = vec![Fact::words(
        "made by",
        format!("taskscope {version}, protocol {PROTOCOL}; told by {}", process.agent),
    )];
    facts.push(match incident.source {
        IncidentSource::Live { capture, took_ms, .. } => {
            let capture = match capture {
                Capture::Cached => "await trees as the agent knew them, new ones captured",
                Capture::Fresh => "await trees of all parked tasks captured anew",
            };
            let took = span(took_ms.saturating_mul(1_000));
            Fact::words("captured", format!("{capture}; the answer took {took}"))
        }
        IncidentSource::File { .. } => {
            Fact::words("captured", "while the service ran, within the agent's budget")
        }
    });
    facts.push(Fact::words(
        "tasks",
        "Futures that the agent wraps and an executor polls as a root, and blocking closures. Those \
         equal in labels, state, spawn location and await tree are a group.",
    ));
    let after = ages::secs(Duration::from_millis(process.stuck_after_ms));
    facts.push(Fact::words(
        "stuck",
        format!("In one state for more than {after} s, sleeping tasks excepted."),
    ));
    if process.source == Source::Agent {
        facts.push(Fact::words(
            "verdicts",
            "proven: the tasks can never run again by themselves. suspect: they do not finish, while \
             what is known of their siblings says that they should have, or they wait in a cycle as \
             far as can be seen. slow: late, but such tasks do finish; or more come than go.",
        ));
        facts.push(Fact::words("heap", heap(incident)));
    }
    facts.push(Fact::words(
        "times",
        format!("UTC, by the service's clock. Ages are as of the state above: {}.", {
            let moment = ages::moment(header.now_unix_ms);
            moment.map_or_else(|| "not known".to_owned(), |moment| moment.to_string())
        }),
    ));
    if let (Some(first), Some(last)) = (incident.past.first(), incident.past.last()) {
        let span = Duration::from_millis(last.at_ms.saturating_sub(first.at_ms));
        let words = format!("{} moments in {}", incident.past.len(), age(span));
        facts.push(Fact::words("past", words));
    }
    let target = incident.source.target();
    facts.push(Fact::code("open it", format!("taskscope view {}", quoted(target))));
    facts
}

fn heap(incident: &Incident<'_>) -> String {
    match incident.profile.header.heap {
        None => "not sampled".to_owned(),
        Some(heap) => match heap.mean_sample_bytes {
            0 => "sampled at times: no more samples are taken".to_owned(),
            mean => format!("one block in about {} is sampled", bytes(mean.into())),
        },
    }
}

/// As a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@[]".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) && !word.starts_with('-') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        for (word, expected) in [
            ("127.0.0.1:6670", "127.0.0.1:6670"),
            ("/srv/a b.taskscope", "'/srv/a b.taskscope'"),
            ("it's;rm", r"'it'\''s;rm'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
