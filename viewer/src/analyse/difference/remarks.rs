//! What is to be said of a comparison that is not quite fair.

use std::time::Duration;

use taskscope_proto::model::Source;

use super::Side;
use crate::analyse::numbers::{age, counted};

pub(super) fn remarks(
    before: Side<'_>,
    after: Side<'_>,
    (between_ms, same_run): (Option<i64>, bool),
) -> Vec<String> {
    let mut remarks = Vec::new();
    let (then, now) = (before.process, after.process);
    if then.name != now.name {
        remarks.push(format!("These are two services, {} and {}.", then.name, now.name));
    } else if !same_run {
        remarks.push(
            "These are two runs of the service: no task of one is a task of the other, and rows are \
             the same by their labels and places."
                .into(),
        );
    }
    if let Some(ms) = between_ms.filter(|ms| *ms < 0) {
        let earlier = age(Duration::from_millis(ms.unsigned_abs()));
        remarks.push(format!(
            "The second moment is {earlier} before the first one: what is told as new was gone later."
        ));
    }
    if then.source != now.source || now.source == Source::Console {
        remarks.push(
            "A console-subscriber tells of no await points, verdicts and bytes: these are not \
             compared."
                .into(),
        );
    }
    for (side, name) in [(before, "first"), (after, "second")] {
        let header = &side.profile.header;
        if header.captures_pending > 0 {
            let captures = counted(header.captures_pending, "await tree");
            remarks.push(format!(
                "At the {name} moment {captures} had still to be captured: their tasks may seem new \
                 or gone at an await point."
            ));
        }
        if header.lost.groups > 0 || header.lost.label_sets > 0 {
            remarks.push(format!(
                "At the {name} moment groups or label sets were folded for want of room: their tasks \
                 are compared as one."
            ));
        }
    }
    remarks
}
