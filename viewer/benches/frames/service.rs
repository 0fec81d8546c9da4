//! A made-up service whose counts move.

use std::sync::Arc;
use std::time::Duration;

use taskscope_proto::model::{
    Blocker, Class, GroupId, Holder, Profile, Relation, TaskQuery, Verdict, WaitKind,
};
use taskscope_proto::stream::{Decoder, Encoder};
use taskscope_viewer::analyse::{Query, Selection};
use taskscope_viewer::analyst::compose;
use taskscope_viewer::connect::{Event, Happening};
use taskscope_viewer::screen::{PAGE, Screen};
use taskscope_viewer::store::Store;
use taskscope_viewer::workspace::Workspace;

use crate::sample;
use crate::sample_heap::large_with_heap;

/// Places at which it allocates.
const SITES: u64 = 2_000;
/// One group in so many has a verdict and waits for another one.
const SUSPECT: u64 = 50;

/// The service, as it is now.
pub(crate) struct Service {
    latest: Arc<Profile>,
    /// Tasks of a group.
    each: u64,
    second: u64,
}

impl Service {
    pub(crate) fn new(tasks: u64, groups: u64) -> Self {
        let each = (tasks / groups.max(1)).max(1);
        let mut profile = large_with_heap(groups, SITES.min(groups * 4));
        for group in &mut profile.groups {
            let group = Arc::make_mut(group);
            let id = group.id.0;
            if !id.is_multiple_of(SUSPECT) && id != 2 {
                continue;
            }
            group.verdict = Verdict {
                class: if id % 3 == 0 { Class::Slow } else { Class::Suspect },
                reason: "97 of 100 tasks spawned here since 12:03 have not finished; before that \
                         99.9\u{a0}% finished within 80\u{a0}ms"
                    .into(),
                since_ms: 512_000,
                tasks: each,
                points: id,
            };
            group.blockers = vec![Blocker {
                kind: WaitKind::Mutex,
                made_at: None,
                tasks: each,
                relation: Relation::Holds,
                since_ms: 480_000,
                holder: Some(Holder { task: 9, group: Some(GroupId(1)), ended: false }),
                holders: 1,
            }];
            group.chain = vec![GroupId(1)];
        }
        let mut service = Self { latest: received(&profile), each, second: 0 };
        service.next_second();
        service
    }

    /// The state a second later: every count is another one.
    pub(crate) fn next_second(&mut self) -> Arc<Profile> {
        self.second += 1;
        let mut profile = Profile::clone(&self.latest);
        let mut alive = 0;
        for group in &mut profile.groups {
            let group = Arc::make_mut(group);
            group.count = self.each + (group.id.0 + self.second) % 3;
            group.count_minute_ago = self.each;
            alive += group.count;
        }
        let header = &mut profile.header;
        header.now_ms += 1_000;
        header.now_unix_ms += 1_000;
        header.totals.parked = alive;
        header.coverage.tracked = alive;
        header.coverage.alive = Some(alive);
        self.latest = Arc::new(profile);
        self.latest.clone()
    }

    pub(crate) fn latest(&self) -> &Arc<Profile> {
        &self.latest
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.latest.header.now_ms
    }

    /// The answer to what the analyst asks of the agent about the chosen row.
    pub(crate) fn answer(&self, screen: &mut Screen) {
        let Some(detail) = &mut screen.detail else { return };
        let row = detail.row.and_then(|at| screen.table.rows.get(at));
        let members = row.map_or(&[][..], |row| &*row.members);
        let groups = members.iter().filter_map(|&at| self.latest.groups.get(at as usize));
        let query = TaskQuery {
            groups: groups.take(50).map(|group| group.id).collect(),
            order: detail.selection.order,
            offset: 0,
            limit: u32::try_from(PAGE).unwrap(),
            ..TaskQuery::default()
        };
        detail.page = Some(Arc::new(sample::tasks(&self.latest, &query)));
    }
}

/// The state as a viewer receives it: groups share label sets, trees and frames.
fn received(profile: &Profile) -> Arc<Profile> {
    let mut decoder = Decoder::new();
    let updates = Encoder::new().full(profile);
    updates.into_iter().find_map(|update| decoder.apply(update).unwrap()).unwrap()
}

/// The store learns of a state.
pub(crate) fn tell(store: &mut Store, profile: Arc<Profile>) {
    let now = Duration::from_millis(profile.header.now_ms);
    store.apply(Event { session: 1, happening: Happening::Profile(profile) }, now);
}

/// Makes the store follow this service.
pub(crate) fn begin(store: &mut Store) {
    store.follow(1, Some("127.0.0.1:6670".into()), Duration::ZERO);
    let process = Happening::Connected(Arc::new(sample::process(7, 4_242)));
    store.apply(Event { session: 1, happening: process }, Duration::ZERO);
}

/// The first row of the table.
pub(crate) fn worst_row(store: &Store) -> Option<Selection> {
    let query = Query { keys: Workspace::usual_keys(), ..Query::default() };
    let values = compose(store, &query).table.rows.first()?.values.clone();
    Some(Selection { values, ..Selection::default() })
}
