//! What the numbers on the screen leave out, in words. Always shown when there is something.

use taskscope_proto::model::{DebugInfo, Header, Lost, Process, Source, StackWalk};

use super::console;
use super::numbers::{count, counted};

/// Something that the viewer of these numbers has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The fact, short enough for a line of many.
    pub text: String,
    /// What it means, and what to do about it.
    pub meaning: String,
    /// Part of the picture is missing, as against coarse.
    pub serious: bool,
}

/// Everything that was left out, most serious first.
pub fn losses(process: Option<&Process>, header: &Header) -> Vec<Note> {
    let mut notes = Vec::new();
    if process.is_some_and(|process| process.source == Source::Console) {
        return console::notes(&header.lost);
    }
    let mut note = |serious, text: String, meaning: &str| {
        notes.push(Note { text, meaning: meaning.to_owned(), serious });
    };
    left_out(&header.lost, &mut note);
    of_waits(&header.lost, &mut note);
    match process.map(|process| process.debug_info) {
        Some(DebugInfo::None) => note(
            true,
            "no debug information".into(),
            "The binary has no line tables, so source lines cannot be shown. Build it with \
             `debug = \"line-tables-only\"` in its Cargo profile.",
        ),
        Some(DebugInfo::LineTables) => note(
            false,
            "debug info: line tables only".into(),
            "File, line and column are exact. Names of inlined functions are short.",
        ),
        _ => {}
    }
    if process.is_some_and(|process| process.stack_walk == StackWalk::UnwindTables) {
        note(
            false,
            "stacks walked with unwind tables".into(),
            "About a hundred times slower than frame pointers, so fewer tasks are captured within \
             the agent's budget. Build with `-C force-frame-pointers=yes` to speed it up.",
        );
    }
    if header.captures_pending > 0 {
        let text = format!("{} to come", counted(header.captures_pending, "capture"));
        note(false, text, "Parked tasks whose await tree is still to be captured, within budget.");
    }
    notes
}

/// What had no room in the agent.
fn left_out(lost: &Lost, note: &mut impl FnMut(bool, String, &str)) {
    if lost.label_sets > 0 {
        let sets = counted(lost.label_sets, "label set");
        let text = match &lost.label_key {
            Some(key) => format!("{sets} folded, mostly `{key}`"),
            None => format!("{sets} folded"),
        };
        note(
            true,
            text,
            "Too many different labels: their tasks are counted under `…`. A label with a value \
             for each request or connection does this; take it off, or give it fewer values.",
        );
    }
    if lost.groups > 0 {
        let text = format!("{} folded into one", counted(lost.groups, "group"));
        note(true, text, "The service has more different groups than the agent keeps apart.");
    }
    if lost.captures > 0 {
        let text = format!("{} lost", counted(lost.captures, "capture"));
        note(
            true,
            text,
            "Tasks that did not run in time, or whose await tree found no room. They are counted, \
             but their await point is not known.",
        );
    }
    if lost.chains > 0 {
        let text = format!("{} cut", counted(lost.chains, "await chain"));
        note(true, text, "Chains with more frames or branches than the agent keeps.");
    }
    if lost.stacks > 0 {
        let text = format!("{} of blocked threads missed", counted(lost.stacks, "stack"));
        note(
            true,
            text,
            "Threads that could not be asked by a signal: they block it, the service handles it now, \
             or none is free. Their tasks are shown as running, without a line.",
        );
    }
    if lost.history > 0 {
        let text = format!("{} forgotten", counted(lost.history, "past"));
        note(
            true,
            text,
            "More groups than the agent has room to remember: those that are gone, and then the \
             smallest, lost what they were before.",
        );
    }
    if lost.runtimes > 0 {
        let text = format!("{} runtimes or workers left out", count(lost.runtimes));
        note(true, text, "The service has more runtimes, or more workers, than the agent watches.");
    }
    if lost.untracked > 0 {
        let text = format!("{} left out", counted(lost.untracked, "untracked task"));
        note(true, text, "The service has more tasks that nobody tracks than the agent counts.");
    }
    if lost.origins > 0 {
        let text = format!("{} without an origin of its own", counted(lost.origins, "spawn"));
        note(
            true,
            text,
            "More pairs of a spawn location and labels than the agent keeps apart. Labels with many \
             values do this; give them fewer.",
        );
    }
    if lost.heap_blocks > 0 {
        let text = format!("{} left out", counted(lost.heap_blocks, "sampled block"));
        note(
            true,
            text,
            "More sampled blocks of the heap than the agent has room for: all bytes are too low. \
             Sample fewer, with TASKSCOPE_HEAP_SAMPLE.",
        );
    }
}

/// What is missing from, or wrong with, what is said of waits.
fn of_waits(lost: &Lost, note: &mut impl FnMut(bool, String, &str)) {
    if lost.waits > 0 {
        let text = format!("{} left out", counted(lost.waits, "wait"));
        note(
            true,
            text,
            "More waits, locks and channels than the agent has room for: of these it does not know \
             who holds what.",
        );
    }
    if lost.proofs > 0 {
        let text = format!("{} taken back", counted(lost.proofs, "proof"));
        note(
            true,
            text,
            "Tasks that were said never to run again did. A lock's guard was moved to another task \
             through a reference that lives for ever, or this is a mistake of ours: please report it.",
        );
    }
    if lost.evidence > 0 {
        let times = if lost.evidence == 1 {
            "once".into()
        } else {
            format!("{} times", count(lost.evidence))
        };
        note(
            true,
            format!("evidence not written {times}"),
            "Evidence was due, and the disk had no room for it or could not be written to. The \
             service's log says what was tried.",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_lost_says_nothing_and_each_loss_says_what_was_lost() {
        assert_eq!(losses(Some(&Process::default()), &Header::default()), []);
        let lost = Lost {
            label_sets: 4,
            label_key: Some("request_id".into()),
            captures: 3,
            chains: 2,
            groups: 1,
            stacks: 5,
            history: 6,
            runtimes: 5,
            untracked: 7,
            origins: 8,
            heap_blocks: 9,
            waits: 10,
            proofs: 11,
            evidence: 12,
        };
        let header = Header { lost, captures_pending: 9, ..Header::default() };
        let process = Process {
            debug_info: DebugInfo::None,
            stack_walk: StackWalk::UnwindTables,
            ..Process::default()
        };
        let texts: Vec<String> =
            losses(Some(&process), &header).into_iter().map(|note| note.text).collect();
        assert_eq!(
            texts,
            [
                "4 label sets folded, mostly `request_id`",
                "1 group folded into one",
                "3 captures lost",
                "2 await chains cut",
                "5 stacks of blocked threads missed",
                "6 pasts forgotten",
                "5 runtimes or workers left out",
                "7 untracked tasks left out",
                "8 spawns without an origin of its own",
                "9 sampled blocks left out",
                "10 waits left out",
                "11 proofs taken back",
                "evidence not written 12 times",
                "no debug information",
                "stacks walked with unwind tables",
                "9 captures to come",
            ]
        );
    }
}
