//! The heap as a whole, in words: how much lives, how exact that is, and how it is divided.

use taskscope_proto::model::{Header, Heap};

use crate::analyse::numbers::{bytes, counted, signed_bytes};
use crate::analyse::{has_grown, nearly_full};

/// A part of the resident memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Held by tasks that live.
    Tasks,
    /// Held by what tasks that have ended left behind.
    Outlived,
    /// Allocated by no tracked task.
    Nobody,
    /// The agent's own.
    Agent,
    /// Resident, and not in the heap.
    Rest,
}

/// One thing that is known of the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// How much.
    pub value: String,
    /// What it means, in a sentence.
    pub meaning: String,
    /// The part of the bar that it explains.
    pub part: Option<Part>,
    /// It deserves a look.
    pub warm: bool,
}

/// The parts of the resident memory, and what the bar that they fill stands for: the limit of the
/// control group if there is one, else the resident memory.
pub fn heap_parts(header: &Header, heap: &Heap) -> (Vec<(Part, u64)>, u64) {
    let Heap { held, unattributed_bytes, agent_bytes, .. } = *heap;
    let others = held.outlived_bytes.saturating_add(unattributed_bytes).saturating_add(agent_bytes);
    let rss = header.rss_bytes.unwrap_or(0);
    let parts = vec![
        (Part::Tasks, held.live_bytes.saturating_sub(others)),
        (Part::Outlived, held.outlived_bytes),
        (Part::Nobody, unattributed_bytes),
        (Part::Agent, agent_bytes),
        (Part::Rest, rss.saturating_sub(held.live_bytes)),
    ];
    let sum = parts.iter().fold(0, |sum: u64, (_, bytes)| sum.saturating_add(*bytes));
    (parts, sum.max(header.memory_limit_bytes.unwrap_or(0)))
}

/// What is known of the heap, most important first.
pub fn heap_facts(header: &Header, heap: &Heap) -> Vec<Fact> {
    let held = heap.held;
    let grown = crate::analyse::holding::difference(held.live_bytes, heap.live_bytes_minute_ago);
    let mut facts = Vec::new();
    let mut say = |name, value: String, meaning: &str, part, warm| {
        facts.push(Fact { name, value, meaning: meaning.into(), part, warm });
    };
    let live = format!("{} ± {}", bytes(held.live_bytes), bytes(held.error_bytes));
    let about = format!(
        "An estimate from a sample of {}: with a chance of 95 % the truth is no further from it.",
        counted(held.blocks, "block"),
    );
    say("live heap", live, &about, None, false);
    let about = "Bytes more (or fewer) than a minute ago.";
    say("in a minute", signed_bytes(grown), about, None, has_grown(grown, &held));
    let (parts, _) = heap_parts(header, heap);
    for (part, size) in parts {
        let (name, meaning) = words(part);
        if part == Part::Rest && header.rss_bytes.is_none() {
            continue;
        }
        let warm = part == Part::Outlived && size > held.live_bytes / 10;
        say(name, bytes(size), meaning, Some(part), warm);
    }
    if let Some(rss) = header.rss_bytes {
        say("resident", bytes(rss), "Memory of the process that is in RAM.", None, false);
    }
    if let Some(limit) = header.memory_limit_bytes {
        let used = header
            .memory_current_bytes
            .map(|used| format!(", {:.0} % used", used as f64 / limit.max(1) as f64 * 100.0));
        let value = format!("{}{}", bytes(limit), used.unwrap_or_default());
        let about = "What the control group may use. Past it, the kernel ends the process.";
        say("limit", value, about, None, nearly_full(header));
    }
    let rate = format!("{} a minute", bytes(heap.allocated_bytes_last_minute));
    let about =
        format!("Bytes allocated, freed or not: {} since start.", bytes(heap.allocated_bytes));
    say("allocated", rate, &about, None, false);
    let (sampled, about) = match heap.mean_sample_bytes {
        0 => {
            ("not at present".into(), "Sampling is switched off: blocks allocated now are missing.")
        }
        mean => (
            format!("every {}", bytes(mean.into())),
            "One block in so many allocated bytes is sampled; all other numbers follow from these.",
        ),
    };
    say("sampled", sampled, about, None, heap.mean_sample_bytes == 0);
    facts
}

fn words(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Tasks => ("living tasks", "Held by what tasks allocated that still live."),
        Part::Outlived => (
            "outlived",
            "Allocated by tasks that have ended: caches, queues, what was handed on, leaks.",
        ),
        Part::Nobody => (
            "no tracked task",
            "Allocated where no tracked task was polled: at start, on other threads, by tasks \
             spawned past the agent.",
        ),
        Part::Agent => ("agent", "The agent's own: records, symbols, groups, history."),
        Part::Rest => (
            "not in the heap",
            "Resident memory less the live heap: stacks, code, fragmentation, and what was freed \
             and not given back.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use taskscope_proto::model::Held;

    use super::*;

    fn header() -> Header {
        let held = Held {
            live_bytes: 200 << 20,
            error_bytes: 4 << 20,
            blocks: 480,
            outlived_bytes: 120 << 20,
            outlived_blocks: 300,
        };
        let heap = Heap {
            held,
            live_bytes_minute_ago: 170 << 20,
            unattributed_bytes: 30 << 20,
            agent_bytes: 2 << 20,
            allocated_bytes: 9 << 30,
            allocated_bytes_last_minute: 80 << 20,
            mean_sample_bytes: 512 << 10,
        };
        Header { rss_bytes: Some(260 << 20), heap: Some(heap), ..Header::default() }
    }

    fn lines(header: &Header) -> Vec<String> {
        let facts = heap_facts(header, header.heap.as_ref().expect("a heap"));
        let mark = |fact: &Fact| if fact.warm { "!" } else { "" };
        facts.iter().map(|fact| format!("{}: {}{}", fact.name, fact.value, mark(fact))).collect()
    }

    #[test]
    fn the_heap_is_told_with_its_error_its_parts_and_what_is_not_in_it() {
        let mut header = header();
        assert_eq!(
            lines(&header),
            [
                "live heap: 200 MiB ± 4.0 MiB",
                "in a minute: +30 MiB!",
                "living tasks: 48 MiB",
                "outlived: 120 MiB!",
                "no tracked task: 30 MiB",
                "agent: 2.0 MiB",
                "not in the heap: 60 MiB",
                "resident: 260 MiB",
                "allocated: 80 MiB a minute",
                "sampled: every 512 KiB",
            ],
        );
        header.memory_limit_bytes = Some(280 << 20);
        header.memory_current_bytes = Some(266 << 20);
        header.heap.as_mut().expect("a heap").mean_sample_bytes = 0;
        let lines = lines(&header);
        assert!(lines.contains(&"limit: 280 MiB, 95 % used!".to_owned()), "{lines:?}");
        assert!(lines.contains(&"sampled: not at present!".to_owned()), "{lines:?}");
    }

    #[test]
    fn parts_add_up_to_the_resident_memory_and_the_bar_goes_as_far_as_the_limit() {
        let mut header = header();
        let heap = header.heap.expect("a heap");
        let (parts, whole) = heap_parts(&header, &heap);
        assert_eq!(parts.iter().map(|(_, bytes)| bytes).sum::<u64>(), 260 << 20);
        assert_eq!(whole, 260 << 20);
        header.memory_limit_bytes = Some(512 << 20);
        assert_eq!(heap_parts(&header, &heap).1, 512 << 20);
        // Estimates may say more than is resident.
        header.rss_bytes = Some(1);
        header.memory_limit_bytes = None;
        assert_eq!(heap_parts(&header, &heap).1, 200 << 20);
    }
}
