//! What went through each place that spawns: how many tasks came and went, in all and in the last
//! minute.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use taskscope_proto::model::{Labels, Location, Origin, OriginId, TaskKind};

use super::stamp::{Stamp, ms_between};

/// Places that are kept apart; the tasks of more are counted at one without a place.
const MAX_PLACES: usize = 20_000;
/// Steps of the last minute, and how long each is.
const STEPS: usize = 12;
const STEP_MS: u64 = 5_000;

/// All places that spawn, of one stream.
#[derive(Debug, Default)]
pub(super) struct Origins {
    places: HashMap<OriginId, Place>,
    left_out: u64,
}

/// Where a task was spawned, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spawn {
    /// Its labels.
    pub(super) labels: Labels,
    /// The call of `spawn`; without a file if not known.
    pub(super) at: Location,
    /// Future or closure.
    pub(super) kind: TaskKind,
}

#[derive(Debug)]
struct Place {
    spawn: Spawn,
    spawned: Flow,
    finished: Flow,
}

/// How many things happened, in all and lately.
#[derive(Debug, Default)]
struct Flow {
    ever: u64,
    /// Counts by step of the clock, at the step's number modulo their number.
    lately: [(u64, u64); STEPS],
}

impl Spawn {
    /// The place that is not known.
    fn unknown() -> Self {
        let at = Location { file: "".into(), line: 0, column: 0 };
        Self { labels: Labels::default(), at, kind: TaskKind::Async }
    }

    /// Equal wherever and whenever it is asked. Never 0, which means none.
    fn id(&self) -> OriginId {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        OriginId(hasher.finish().max(1))
    }
}

impl Origins {
    /// A task was spawned; says of which place it is.
    pub(super) fn spawned(&mut self, spawn: &Spawn, at: Stamp) -> OriginId {
        let mut id = spawn.id();
        let mut known = spawn;
        let unknown = Spawn::unknown();
        if self.places.len() >= MAX_PLACES && !self.places.contains_key(&id) {
            self.left_out += 1;
            (id, known) = (unknown.id(), &unknown);
        }
        let new =
            || Place { spawn: known.clone(), spawned: Flow::default(), finished: Flow::default() };
        self.places.entry(id).or_insert_with(new).spawned.add(at);
        id
    }

    /// A task of this place has ended.
    pub(super) fn finished(&mut self, id: OriginId, at: Stamp) {
        if let Some(place) = self.places.get_mut(&id) {
            place.finished.add(at);
        }
    }

    /// Tasks spawned where there was no room for the place.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// All of them, in no order.
    pub(super) fn all(&self, now: Stamp) -> impl Iterator<Item = Origin> {
        self.places.iter().map(move |(id, place)| Origin {
            id: *id,
            labels: place.spawn.labels.clone(),
            spawned_at: place.spawn.at.clone(),
            kind: place.spawn.kind,
            spawned: place.spawned.ever,
            finished: place.finished.ever,
            aborted: 0,
            panicked: 0,
            last_panic: None,
            spawned_last_minute: place.spawned.last_minute(now),
            finished_last_minute: place.finished.last_minute(now),
            allocated_bytes: 0,
            allocated_bytes_last_minute: 0,
        })
    }
}

impl Flow {
    fn add(&mut self, at: Stamp) {
        self.ever = self.ever.saturating_add(1);
        let step = ms_between(0, at) / STEP_MS;
        let slot = usize::try_from(step % STEPS as u64).unwrap_or(0);
        let Some((number, count)) = self.lately.get_mut(slot) else { return };
        if *number < step {
            (*number, *count) = (step, 0);
        }
        // What is older than the minute does not count for it.
        *count += u64::from(*number == step);
    }

    fn last_minute(&self, now: Stamp) -> u64 {
        let step = ms_between(0, now) / STEP_MS;
        let oldest = step.saturating_sub(STEPS as u64 - 1);
        let lately = self.lately.iter().filter(|(number, _)| (oldest..=step).contains(number));
        lately.map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Stamp = 1_000_000_000;

    fn spawn(line: u32) -> Spawn {
        let at = Location { file: "src/main.rs".into(), line, column: 5 };
        Spawn { at, ..Spawn::unknown() }
    }

    #[test]
    fn a_place_counts_all_and_those_of_the_last_minute() {
        let mut origins = Origins::default();
        let start = 1_000_000 * SECOND;
        let id = origins.spawned(&spawn(3), start);
        for second in 1..=90 {
            assert_eq!(origins.spawned(&spawn(3), start + second * SECOND), id);
            origins.finished(id, start + second * SECOND);
        }
        let now = start + 90 * SECOND;
        let all: Vec<Origin> = origins.all(now).collect();
        assert_eq!((all.len(), all[0].spawned, all[0].finished), (1, 91, 90));
        // To a step of five seconds.
        assert!((55..=60).contains(&all[0].spawned_last_minute), "{all:?}");
        let later: Vec<Origin> = origins.all(now + 70 * SECOND).collect();
        assert_eq!((later[0].spawned_last_minute, later[0].spawned), (0, 91));
    }

    #[test]
    fn stamps_out_of_order_do_no_harm() {
        let mut origins = Origins::default();
        for at in [u64::MAX, 0, 7 * SECOND, u64::MAX, 1] {
            origins.spawned(&spawn(3), at);
        }
        assert_eq!(origins.all(u64::MAX).map(|origin| origin.spawned).sum::<u64>(), 5);
    }

    #[test]
    fn more_places_than_there_is_room_for_become_one_without_a_place() {
        let mut origins = Origins::default();
        let lines = u32::try_from(MAX_PLACES).unwrap() + 9;
        for line in 0..lines {
            origins.spawned(&spawn(line), SECOND);
        }
        assert_eq!((origins.left_out(), origins.places.len()), (9, MAX_PLACES + 1));
        let all = origins.all(SECOND).map(|origin| origin.spawned).sum::<u64>();
        assert_eq!(all, u64::from(lines));
    }
}
