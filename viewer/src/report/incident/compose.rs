//! Makes a page of what is known.

use std::time::Duration;

use taskscope_proto::model::{Class, Source};

use super::chart::stretches;
use super::page::{Fact, Finding, Page};
use super::suspects::{divided, others, suspect};
use super::{Incident, IncidentSource, PastPoint, measured};
use crate::analyse::numbers::{age, count, counted};
use crate::analyse::{
    growth, heap_line, losses, memory_line, nearly_full, onsets, runtimes, troubles,
};
use crate::report::{ages, names, words};

/// As many as one can take in at a glance.
const MOST_FINDINGS: usize = 3;

pub(super) fn page(incident: &Incident<'_>) -> Page {
    let profile = incident.profile;
    let (suspects, rest) = divided(profile, incident.extent.suspects);
    let (others, left_out) = others(profile, &rest);
    let past = stretches(incident.past, &profile.header, &onsets(profile));
    Page {
        service: incident.process.name.to_string(),
        heading: heading(incident),
        answer: answer(incident),
        totals: totals(incident),
        past_notes: past_notes(incident, past.is_empty()),
        past,
        suspects: suspects.iter().map(|one| suspect(incident, one)).collect(),
        others,
        left_out,
        unknown: unknown(incident),
        measured: measured::facts(incident),
    }
}

fn heading(incident: &Incident<'_>) -> Vec<Fact> {
    let (process, header) = (incident.process, &incident.profile.header);
    let mut facts = Vec::new();
    if let Some(moment) = ages::moment(header.now_unix_ms) {
        facts.push(Fact::words("state of", moment.to_string()));
    }
    facts.push(Fact::words("up for", age(ages::since(header, 0))));
    facts.push(Fact::words("process id", names::pid(process)));
    if !process.executable.is_empty() {
        facts.push(Fact::code("executable", &*process.executable));
    }
    facts.push(Fact::words("agent", &*process.agent));
    facts.push(Fact::words("source", source(incident)));
    facts
}

/// `the recording checkout.taskscope: 724 states`.
fn source(incident: &Incident<'_>) -> String {
    let of_runs = |runs: u64| match runs {
        0 | 1 => String::new(),
        runs => format!(" of {runs} runs of the service, of which this is the last"),
    };
    match incident.source {
        IncidentSource::Live { target, .. } if incident.process.source == Source::Console => {
            format!("the console-subscriber at {target}, while it ran")
        }
        IncidentSource::Live { target, .. } => format!("the agent at {target}, while it ran"),
        IncidentSource::File { target, written_for: Some(why), .. } => {
            format!("the evidence {target}, which the agent wrote because of: {why}")
        }
        IncidentSource::File { target, states, runs, .. } => {
            format!("the recording {target}: {}{}", counted(*states, "state"), of_runs(*runs))
        }
    }
}

/// What is wrong, in a sentence each.
fn answer(incident: &Incident<'_>) -> Vec<Finding> {
    let header = &incident.profile.header;
    let plain = |words: String| Finding { class: None, tasks: String::new(), words };
    let mut answer: Vec<Finding> = Vec::new();
    let stalls = header.runtimes.iter().filter_map(|runtime| runtimes::stall(runtime, header));
    answer.extend(stalls.map(|words| plain(format!("Stalled: {words}."))));
    answer.extend(troubles(incident.profile).0.into_iter().take(MOST_FINDINGS).map(|trouble| {
        Finding {
            class: Some(trouble.class),
            tasks: trouble.name().to_owned(),
            words: trouble.words(&age(ages::since(header, trouble.since_ms))),
        }
    }));
    if let Some(growth) = growth(incident.profile) {
        let words = format!("makes the heap grow: {}", growth.words());
        answer.push(Finding { class: None, tasks: growth.name().to_owned(), words });
    }
    if let Some(memory) = memory_line(header).filter(|_| nearly_full(header)) {
        answer.push(plain(format!("The memory is near its limit: {memory}.")));
    }
    if !answer.is_empty() {
        return answer;
    }
    let stuck = super::PastPoint::of(incident.profile).stuck;
    let stuck = match stuck {
        0 => String::new(),
        stuck => {
            let after = ages::secs(Duration::from_millis(incident.process.stuck_after_ms));
            let (tasks, verb) = (counted(stuck, "task"), if stuck == 1 { "is" } else { "are" });
            format!(" {tasks} {verb} in one state for more than {after} s.")
        }
    };
    let nothing = if incident.process.source == Source::Console {
        "Verdicts are not known: a console-subscriber has none."
    } else {
        "Nothing is stuck for ever or piling up, as far as can be told."
    };
    vec![plain(format!("{nothing}{stuck}"))]
}

fn totals(incident: &Incident<'_>) -> Vec<Fact> {
    let header = &incident.profile.header;
    let now = super::PastPoint::of(incident.profile);
    let mut facts = vec![
        Fact::words("tasks", words::totals(&header.totals)),
        Fact::words("stuck", count(now.stuck)),
    ];
    let judged = |class: Class| {
        let of_class = incident.profile.groups.iter().filter(|g| g.verdict.class == class);
        of_class.fold(0_u64, |sum, group| sum.saturating_add(group.verdict.tasks))
    };
    let classes = [Class::Proven, Class::Suspect, Class::Slow];
    let classes = classes.map(|class| format!("{} {}", count(judged(class)), class.name()));
    facts.push(Fact::words("verdicts", classes.join(", ")));
    facts.push(Fact::words("coverage", words::coverage(header)));
    facts.extend(memory_line(header).map(|line| Fact::words("memory", line)));
    facts.extend(heap_line(header).map(|line| Fact::words("heap", line)));
    for runtime in &header.runtimes {
        let (flavor, business) = (runtime.flavor.name(), runtimes::business(runtime));
        let words = format!("{flavor}, {business}; {}", runtimes::load(runtime));
        facts.push(Fact::words(format!("runtime {}", runtime.id), words));
    }
    facts
}

fn past_notes(incident: &Incident<'_>, is_empty: bool) -> Vec<String> {
    let note = match incident.source {
        IncidentSource::File { written_for: Some(_), .. } if is_empty => {
            "No past is known: evidence is the state of one moment. What grew in the minute before \
             is said with each group."
        }
        IncidentSource::File { .. } if is_empty => "No past is known: the file has one state.",
        IncidentSource::Live { .. } if is_empty => "No past is known: who answered remembers none.",
        IncidentSource::Live { .. } if !knows_memory_of_before(incident.past) => {
            "What the process took up before is not known: this agent remembers tasks and no memory."
        }
        _ => return Vec::new(),
    };
    vec![note.to_owned()]
}

/// Whether the last point, which is now, is not the only one with memory. Where not even that has
/// it, there is nothing to miss.
fn knows_memory_of_before(past: &[PastPoint]) -> bool {
    let mut with = past.iter().filter(|point| point.memory.is_some());
    past.last().is_none_or(|now| now.memory.is_none()) || with.nth(1).is_some()
}

fn unknown(incident: &Incident<'_>) -> Vec<Fact> {
    let header = &incident.profile.header;
    let mut facts = Vec::new();
    let coverage = header.coverage;
    match coverage.alive {
        Some(alive) if alive > coverage.tracked => {
            let unseen = counted(alive - coverage.tracked, "task");
            let words = "Tasks spawned past the agent: of these only what tokio tells is known.";
            facts.push(Fact::words(format!("{unseen} not tracked"), words));
        }
        Some(_) => {}
        None => facts.push(Fact::words(
            "coverage not known",
            "How many tasks nobody tracks is not known: tokio did not tell.",
        )),
    }
    match &header.heap {
        None => facts.push(Fact::words(
            "heap not sampled",
            "Which tasks hold the memory is known where the service allocates through TaskAlloc.",
        )),
        Some(heap) => facts.push(Fact::words(
            "heap by a sample",
            format!(
                "Bytes are estimates: with a chance of 95 % the heap is no further than {} from what \
                 is said, and each group has its own error.",
                crate::analyse::numbers::bytes(heap.held.error_bytes)
            ),
        )),
    }
    let notes = losses(Some(incident.process), header);
    facts.extend(notes.into_iter().map(|note| Fact::words(note.text, note.meaning)));
    facts.extend(incident.remarks.iter().map(|remark| Fact::words("remark", remark)));
    facts
}
