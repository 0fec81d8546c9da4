//! Which sites belong to a row of the table of groups.
//!
//! A group knows the labels in effect where its tasks wait; a site those in effect where blocks
//! were allocated, which may be others. Both know the origin of the tasks. So a row has the sites
//! of its origins: all of them where no other row has tasks of these, otherwise those whose labels
//! agree with the row's. What tasks of one origin and one label set allocated cannot be divided
//! among the places where they wait: it is shown with each of them, and the screen says so.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use taskscope_proto::model::{Group, HeapSite, Held, Labels, Location, OriginId, Profile, State};

use super::Counted;
use crate::analyse::{Key, Row, Value, is_there};

/// The sites of a row.
#[derive(Clone, Debug, Default)]
pub struct OfRow<'a> {
    /// They hold what the row's tasks hold: nothing that outlived its task if these live, and
    /// nothing else if all have ended.
    pub sites: Vec<Counted<'a>>,
    /// Tasks of other rows have allocated there, too, and nobody knows how much.
    pub shared: bool,
}

/// The label set and the spawn location that most of a row's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mostly {
    /// Labels in effect where they were allocated.
    pub labels: Labels,
    /// Where the tasks that did were spawned.
    pub spawned_at: Location,
    /// How many bytes.
    pub live_bytes: u64,
}

impl OfRow<'_> {
    /// Who holds more than half of it; `None` if nobody does.
    pub fn mostly(&self, profile: &Profile) -> Option<Mostly> {
        let mut by_holder: FxHashMap<(&Labels, OriginId), u64> = FxHashMap::default();
        let mut all: u64 = 0;
        for Counted { site, held, .. } in &self.sites {
            all = all.saturating_add(held.live_bytes);
            if let Some(origin) = site.origin {
                let sum = by_holder.entry((&site.labels, origin)).or_default();
                *sum = sum.saturating_add(held.live_bytes);
            }
        }
        let ((labels, origin), live_bytes) = by_holder.into_iter().max_by_key(|(_, sum)| *sum)?;
        let origin = profile.origin(origin).filter(|_| live_bytes > all / 2)?;
        Some(Mostly { labels: labels.clone(), spawned_at: origin.spawned_at.clone(), live_bytes })
    }
}

/// The sites of a row whose key columns are these.
pub fn of_row<'a>(profile: &'a Profile, keys: &[Key], row: &Row) -> OfRow<'a> {
    let members: FxHashSet<u32> = row.members.iter().copied().collect();
    let groups = || (0u32..).zip(&profile.groups).filter(|(_, group)| is_there(group));
    let own = |(at, _): &(u32, &Arc<Group>)| members.contains(at);
    let (mut living, mut ended) = (false, false);
    let mut origins: FxHashSet<OriginId> = FxHashSet::default();
    for (_, group) in groups().filter(own) {
        let has_ended = group.state == State::Finished;
        ended |= has_ended;
        living |= !has_ended;
        origins.insert(group.origin);
    }
    let agrees = |labels: &Labels| agrees(keys, &row.values, labels);
    // Of the origins that other rows have as well, only what the labels tell apart.
    let mut divided: FxHashSet<OriginId> = FxHashSet::default();
    let mut shared = false;
    for (_, group) in groups().filter(|group| !own(group)) {
        let alike = if group.state == State::Finished { ended } else { living };
        if alike && origins.contains(&group.origin) {
            divided.insert(group.origin);
            shared |= agrees(&group.labels);
        }
    }
    let belongs = |site: &HeapSite| {
        let origin = site.origin.filter(|origin| origins.contains(origin));
        origin.is_some_and(|origin| !divided.contains(&origin) || agrees(&site.labels))
    };
    let holders = match (living, ended) {
        (true, false) => Holders::Living,
        (false, true) => Holders::Ended,
        _ => Holders::Both,
    };
    let sites = profile.heap_sites.iter().filter(|site| belongs(site));
    let sites = sites.map(|site| Counted {
        site,
        held: holders.part(site.held),
        grown: 0,
        allocated_bytes: site.allocated_bytes,
        allocated_blocks: site.allocated_blocks,
    });
    OfRow { sites: sites.collect(), shared }
}

/// Whether these labels have the values of the row.
fn agrees(keys: &[Key], values: &[Value], labels: &Labels) -> bool {
    keys.iter().zip(values).all(|(key, value)| match (key, value) {
        (Key::Label(key), Value::Text(text)) => labels.get(key) == Some(text),
        (Key::Label(key), _) => labels.get(key).is_none(),
        _ => true,
    })
}

/// What the tasks of a row hold.
#[derive(Clone, Copy)]
enum Holders {
    Living,
    Ended,
    Both,
}

impl Holders {
    fn part(self, held: Held) -> Held {
        let (bytes, blocks) = (held.outlived_bytes, held.outlived_blocks);
        match self {
            Self::Living => Held {
                live_bytes: held.live_bytes.saturating_sub(bytes),
                blocks: held.blocks.saturating_sub(blocks),
                outlived_bytes: 0,
                outlived_blocks: 0,
                ..held
            },
            Self::Ended => Held { live_bytes: bytes, blocks, ..held },
            Self::Both => held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::pivot;
    use crate::fixture;

    fn check(keys: &[Key], expected: &[(&str, &str, bool)]) {
        // Origins: 1 is tenant a, 2 is tenant b, 3 has no labels; `of=` names them.
        let mut profile = fixture::profile(&[
            "3 parked task=web tenant=a @ src/a.rs:1 mutex < src/m.rs:1",
            "2 parked task=web tenant=b @ src/a.rs:1 mutex < src/m.rs:1",
            "2 parked task=web tenant=a @ src/a.rs:2 notify < src/m.rs:1",
            "0 finished live=9 left=9 task=web tenant=a < src/m.rs:1",
            "1 parked - @ src/a.rs:9 mutex < src/m.rs:9",
        ]);
        profile.heap_sites = fixture::sites(&[
            "1 live=100 left=40 task=web tenant=a of=1 @ src/a.rs:5",
            "2 live=20 task=web tenant=b of=2 @ src/a.rs:5",
            "3 live=7 phase=parse of=3 @ src/a.rs:6",
            "4 live=1000 @ src/main.rs:1",
        ]);
        let all: Vec<u32> = (0..5).collect();
        let rows = pivot(&profile, keys, &all).rows;
        let facts: Vec<(String, String, bool)> = rows
            .iter()
            .map(|row| {
                let OfRow { sites, shared } = of_row(&profile, keys, row);
                let ids = sites.iter().map(|c| format!("{}={}", c.site.id.0, c.held.live_bytes));
                let values: Vec<String> = row.values.iter().map(ToString::to_string).collect();
                (values.join(" "), ids.collect::<Vec<_>>().join(" "), shared)
            })
            .collect();
        let facts: Vec<(&str, &str, bool)> =
            facts.iter().map(|(values, ids, shared)| (&**values, &**ids, *shared)).collect();
        assert_eq!(facts, expected);
    }

    #[test]
    fn who_holds_more_than_half_is_named_and_nobody_else() {
        let mut profile = fixture::profile(&[
            "3 parked task=web tenant=a @ src/a.rs:1 mutex < src/m.rs:1",
            "2 parked task=web tenant=b @ src/a.rs:1 mutex < src/m.rs:2",
        ]);
        let mut check = |of_b: u64, expected: Option<(&str, u64)>| {
            let line = format!("2 live={of_b} task=web tenant=b of=2 @ src/a.rs:5");
            profile.heap_sites = fixture::sites(&[
                "1 live=100 task=web tenant=a of=1 @ src/a.rs:5",
                &line,
                "3 live=10 task=web tenant=b of=2 @ src/a.rs:6",
            ]);
            let rows = pivot(&profile, &[Key::Label("task".into())], &[0, 1]).rows;
            let mostly = of_row(&profile, &[Key::Label("task".into())], &rows[0]).mostly(&profile);
            let words = mostly.as_ref().map(|mostly| {
                let Mostly { labels, spawned_at, live_bytes } = mostly;
                (format!("{labels} < {spawned_at}"), *live_bytes)
            });
            let words = words.as_ref().map(|(words, bytes)| (words.as_str(), *bytes));
            assert_eq!(words, expected);
        };
        check(90, None);
        check(20, Some(("task=web tenant=a < src/m.rs:1:1", 100)));
        check(200, Some(("task=web tenant=b < src/m.rs:2:1", 210)));
    }

    #[test]
    fn a_row_has_the_sites_of_its_origins_and_what_labels_tell_apart() {
        let tenant = || Key::Label("tenant".into());
        check(
            &[tenant()],
            &[("a", "1=100", false), ("b", "2=20", false), ("(not set)", "3=7", false)],
        );
        check(&[], &[("", "1=100 2=20 3=7", false)]);
        // Tasks that live and tasks that have ended hold different bytes of one site; where the
        // living ones wait does not divide what they allocated.
        check(
            &[tenant(), Key::AwaitPoint],
            &[
                ("a src/a.rs:1:1", "1=60", true),
                ("b src/a.rs:1:1", "2=20", false),
                ("a src/a.rs:2:1", "1=60", true),
                ("a (ended)", "1=40", false),
                ("(not set) src/a.rs:9:1", "3=7", false),
            ],
        );
    }
}
