//! What the numbers leave out, in words.

use taskscope_proto::model::{DebugInfo, Header, Process, StackWalk};

/// One line each; none when nothing is left out.
pub(super) fn notes(process: &Process, header: &Header) -> Vec<String> {
    let lost = &header.lost;
    let mut notes = Vec::new();
    let mut note = |told: bool, text: String| {
        if told {
            notes.push(text);
        }
    };
    let key = lost.label_key.as_deref().map(|key| format!(", mostly of `{key}`"));
    note(
        lost.label_sets > 0,
        format!(
            "{} label sets were folded into `…`{}: a label has too many values",
            lost.label_sets,
            key.unwrap_or_default()
        ),
    );
    note(lost.groups > 0, format!("{} groups were folded into one", lost.groups));
    note(lost.captures > 0, format!("{} captures came to nothing", lost.captures));
    note(lost.chains > 0, format!("{} await chains were cut or dropped", lost.chains));
    note(
        header.captures_pending > 0,
        format!("tasks still to be captured: {}", header.captures_pending),
    );
    note(
        process.debug_info == DebugInfo::None,
        "the binary has no line tables, so no source lines: build it with \
         `debug = \"line-tables-only\"`"
            .to_owned(),
    );
    note(
        process.debug_info == DebugInfo::LineTables,
        "line tables only: lines are exact, names of inlined functions are short".to_owned(),
    );
    note(
        process.stack_walk == StackWalk::UnwindTables,
        "no frame pointers, so captures are slow: build with `-C force-frame-pointers=yes`"
            .to_owned(),
    );
    notes
}
