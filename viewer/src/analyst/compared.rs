//! What has changed since a state of elsewhere, in words.

use taskscope_proto::model::{Process, Profile};

use crate::analyse::numbers::count;
use crate::analyse::{Kind, Side, difference};
use crate::report::headline;
use crate::screen::Compared;
use crate::store::Reference;

/// Compares a state with one of elsewhere.
pub(super) fn compared(reference: &Reference, process: &Process, profile: &Profile) -> Compared {
    let before = Side { process: &reference.process, profile: &reference.profile };
    let told = difference(before, Side { process, profile }, None);
    let kinds = [Kind::New, Kind::Grown, Kind::Moved, Kind::Shrunk, Kind::Gone, Kind::Same];
    let kinds = kinds.map(|kind| {
        let rows = told.changes.iter().filter(|change| change.kind == kind).count();
        (rows > 0).then(|| format!("{} {}", count(rows as u64), kind.name()))
    });
    Compared {
        with: reference.words.clone(),
        // The window has no letter for an arrow.
        headline: headline(&told).replace(" → ", " to "),
        kinds: kinds.into_iter().flatten().collect::<Vec<_>>().join(", "),
        remarks: told.remarks,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fixture;

    #[test]
    fn the_leak_and_how_many_rows_changed_are_told() {
        let process = Process { name: "shop".into(), ..Process::default() };
        let before = fixture::profile(&[
            "8 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "2 parked t=b @ src/a.rs:2 mutex < src/m.rs:1",
            "2 parked t=c @ src/a.rs:2 mutex < src/m.rs:1",
        ]);
        let after = fixture::profile(&[
            "80 parked t=a @ src/a.rs:1 mutex < src/m.rs:1",
            "2 parked t=c @ src/a.rs:2 mutex < src/m.rs:1",
        ]);
        let words = "x@start".into();
        let reference =
            Reference { words, process: Arc::new(process.clone()), profile: Arc::new(before) };
        let other = Process { run_id: 2, ..process };
        let told = compared(&reference, &other, &after);
        let headline = "grown: t=a: 8 to 80 tasks parked, +72, at src/a.rs:1:1 for mutex";
        assert_eq!((&*told.headline, &*told.kinds), (headline, "1 grown, 1 gone, 1 same"));
        assert!(told.remarks.join("").starts_with("These are two runs of the service"));
        let none = compared(&reference, &reference.process, &reference.profile);
        assert_eq!((&*none.kinds, none.remarks), ("3 same", Vec::new()));
    }
}
