//! How many tasks there were of each kind, before symbols are known, and what the process took up:
//! for ten minutes by the second, for a day by the minute.
//!
//! Kept while nobody watches, so that who connects in an incident sees at once how it began, and
//! what grows. What is kept is bounded by [`MAX_BYTES`]: beyond, kinds that have no tasks any more
//! are forgotten, those that went first, first; then those with the fewest tasks keep only their
//! last minute.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::heap::Holding;
use super::judge::Charges;
use super::track::{Level, MINUTE, Track};
use super::view::RawKey;
use crate::task::times::Spent;

/// Tasks that are equal before symbols are known.
#[derive(Debug, Default)]
pub(super) struct RawMembers {
    /// Ticks since which each is in its state.
    pub(super) since: Vec<u64>,
    /// How many of them are in it for longer than the threshold.
    pub(super) stuck: u64,
    pub(super) future_bytes: u64,
    pub(super) polls: u64,
    pub(super) spent: Spent,
    /// How many of them were woken last by tasks of which origin; 0 for no task.
    pub(super) woken_by: HashMap<u32, u64, FxBuildHasher>,
    /// What they hold of the heap.
    pub(super) held: Holding,
    /// What is to be said of them in the verdicts.
    pub(super) charges: Charges,
}

impl RawMembers {
    fn level(&self) -> Level {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Level {
            count: number(self.since.len() as u64),
            stuck: number(self.stuck),
            kib: number(self.held.bytes() >> 10),
        }
    }
}

/// The tasks of one moment.
pub(super) type RawGroups = HashMap<RawKey, RawMembers, FxBuildHasher>;

type Tracks = HashMap<RawKey, Track, FxBuildHasher>;

/// Kinds of tasks that are remembered. Those beyond have no past, only a present.
const MAX_KEYS: usize = 200_000;
/// What the counts of all of them may take up.
const MAX_BYTES: usize = 64 << 20;

/// The counts of the last day.
#[derive(Debug)]
pub(super) struct Past {
    /// Those that have tasks, or had some within a minute.
    live: Tracks,
    /// The others.
    gone: Tracks,
    /// What the process took up, since it was told first.
    process: Option<(u32, Track)>,
    /// The second of the first note and of the latest.
    first: Option<u32>,
    now: u32,
    bytes: usize,
    max_bytes: usize,
    /// How often a kind had to forget.
    lost: u64,
}

impl Default for Past {
    fn default() -> Self {
        Self::with_room(MAX_BYTES)
    }
}

impl Past {
    fn with_room(max_bytes: usize) -> Self {
        let (live, gone) = (Tracks::default(), Tracks::default());
        let (process, first) = (None, None);
        Self { live, gone, process, first, now: 0, bytes: 0, max_bytes, lost: 0 }
    }

    /// Adds what the process took up at the moment of the latest note, if the system says it.
    pub(super) fn note_process(&mut self, resident_bytes: Option<u64>) {
        let (Some(bytes), second) = (resident_bytes, self.now) else { return };
        let (_, track) = self.process.get_or_insert_with(|| (second, Track::new(second)));
        let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
        track.note(second, Level { kib, ..Level::default() });
    }

    /// Adds a moment, and forgets what has been gone for too long.
    pub(super) fn note(&mut self, now_ms: u64, raw: &RawGroups) {
        let second = u32::try_from(now_ms / 1_000).unwrap_or(u32::MAX).max(self.now);
        self.now = second;
        self.first.get_or_insert(second);
        let minute_ago = second.saturating_sub(MINUTE);
        let mut live_bytes = 0;
        let gone_now = self.live.extract_if(|key, track| {
            track.note(second, raw.get(key).map(RawMembers::level).unwrap_or_default());
            live_bytes += track.bytes() + size_of::<RawKey>();
            track.is_zero_since(minute_ago)
        });
        for (key, track) in gone_now {
            self.gone.insert(key, track);
        }
        for (key, members) in raw {
            if self.live.contains_key(key) {
                continue;
            }
            let known = self.gone.remove(key);
            if known.is_none() && self.live.len() + self.gone.len() >= MAX_KEYS {
                self.lost += 1;
                continue;
            }
            let mut track = known.unwrap_or_else(|| Track::new(second));
            track.note(second, members.level());
            live_bytes += track.bytes() + size_of::<RawKey>();
            self.live.insert(*key, track);
        }
        self.gone.retain(|_, track| {
            // Seldom, so that those that are gone cost little.
            if second.is_multiple_of(MINUTE) {
                track.note(second, Level::default());
            }
            live_bytes += track.bytes() + size_of::<RawKey>();
            !track.is_empty()
        });
        self.bytes = live_bytes;
        if self.bytes > self.max_bytes {
            self.make_room();
        }
    }

    /// Forgets until an eighth of the room is free again.
    fn make_room(&mut self) {
        let enough = self.max_bytes / 8 * 7;
        let mut gone: Vec<_> = self.gone.iter().map(|(key, t)| (t.changed_at(), *key)).collect();
        gone.sort_unstable();
        for (_, key) in gone {
            if self.bytes <= enough {
                return;
            }
            if let Some(track) = self.gone.remove(&key) {
                self.bytes = self.bytes.saturating_sub(track.bytes() + size_of::<RawKey>());
                self.lost += 1;
            }
        }
        let minute_ago = self.now.saturating_sub(MINUTE);
        let mut live: Vec<_> = self.live.iter().map(|(key, t)| (t.latest().count, *key)).collect();
        live.sort_unstable();
        for (_, key) in live {
            if self.bytes <= enough {
                return;
            }
            if let Some(track) = self.live.get_mut(&key) {
                let before = track.bytes();
                track.forget_before(minute_ago);
                let freed = before.saturating_sub(track.bytes());
                self.bytes = self.bytes.saturating_sub(freed);
                self.lost += u64::from(freed > 0);
            }
        }
    }

    /// All kinds of tasks there are or were within a minute, with what there was a minute ago.
    pub(super) fn keys(&self) -> Vec<(RawKey, Level)> {
        let minute_ago = self.now.saturating_sub(MINUTE);
        let level = |track: &Track| match self.first {
            Some(first) if first <= minute_ago => track.at_second(minute_ago),
            _ => Level::default(),
        };
        let mut keys: Vec<_> = self.live.iter().map(|(key, t)| (*key, level(t))).collect();
        // Ids are given in this order: it must not depend on the table's.
        keys.sort_unstable_by_key(|(key, _)| *key);
        keys
    }

    /// Every kind that is remembered.
    pub(super) fn all_keys(&self) -> Vec<RawKey> {
        self.live.keys().chain(self.gone.keys()).copied().collect()
    }

    /// What is remembered of a kind.
    pub(super) fn track(&self, key: &RawKey) -> Option<&Track> {
        self.live.get(key).or_else(|| self.gone.get(key))
    }

    /// What the process took up, and the first second of which that is known.
    pub(super) fn process(&self) -> Option<&(u32, Track)> {
        self.process.as_ref()
    }

    /// The seconds of the first note and of the latest.
    pub(super) fn span(&self) -> Option<(u32, u32)> {
        Some((self.first?, self.now))
    }

    /// How often a kind of tasks had to forget (a part of) its past.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// What all of it takes up, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.process.as_ref().map_or(0, |(_, track)| track.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use taskscope_proto::model::State;

    fn key(origin: u32) -> RawKey {
        let (labels, labels_in_part, tree) = (0, 0, 0);
        RawKey {
            labels,
            labels_in_part,
            origin,
            state: State::Parked,
            tree,
            dead: false,
            detached: false,
            orphan: false,
        }
    }

    fn moment(counts: &[(u32, u32)]) -> RawGroups {
        let members = |count: &u32| RawMembers {
            since: vec![0; *count as usize],
            stuck: u64::from(*count / 2),
            ..RawMembers::default()
        };
        counts.iter().map(|(origin, count)| (key(*origin), members(count))).collect()
    }

    #[test]
    fn a_minute_ago_is_what_it_was_and_nothing_before_the_first_look() {
        let mut past = Past::default();
        for second in 100..=200_u32 {
            past.note(u64::from(second) * 1_000, &moment(&[(1, second)]));
            let expected = if second >= 160 { second - 60 } else { 0 };
            let counts: Vec<_> = past.keys().iter().map(|(key, ago)| (*key, ago.count)).collect();
            assert_eq!(counts, [(key(1), expected)], "{second}");
        }
    }

    #[test]
    fn what_is_gone_for_a_minute_is_not_listed_and_comes_back_with_its_past() {
        let mut past = Past::default();
        past.note(100_000, &moment(&[(1, 8)]));
        past.note(101_000, &moment(&[]));
        assert_eq!(past.keys().len(), 1);
        past.note(161_000, &moment(&[]));
        assert_eq!((past.keys().len(), past.all_keys()), (0, vec![key(1)]));
        past.note(300_000, &moment(&[(1, 2)]));
        let track = past.track(&key(1)).unwrap();
        let seen = [100, 101, 299, 300].map(|second| track.at_second(second).count);
        assert_eq!(seen, [8, 0, 0, 2]);
        assert_eq!(past.lost(), 0);
    }

    #[test]
    fn past_its_room_those_that_went_first_are_forgotten_first_then_the_smallest() {
        let mut past = Past::with_room(60_000);
        let changing = |second: u32| -> Vec<(u32, u32)> {
            (1..=40).map(|origin| (origin, origin + second % 2)).collect()
        };
        // Two that are gone soon, one after the other.
        past.note(0, &moment(&[(100, 3), (101, 3)]));
        past.note(1_000, &moment(&[(101, 3)]));
        let (mut went_first, mut went_later) = (None, None);
        for second in 2..400 {
            past.note(u64::from(second) * 1_000, &moment(&changing(second)));
            assert!(past.bytes() <= 60_000, "{} bytes at {second} s", past.bytes());
            let forgotten = |origin| past.track(&key(origin)).is_none().then_some(second);
            went_first = went_first.or(forgotten(100));
            went_later = went_later.or(forgotten(101));
        }
        assert!(went_first.is_some() && went_first <= went_later, "{went_first:?} {went_later:?}");
        assert!(past.lost() > 2);
        let known_since = |origin| past.track(&key(origin)).unwrap().known_since();
        assert!(known_since(1) > known_since(40), "{:?}, {:?}", known_since(1), known_since(40));
        // Nobody's last minute is lost.
        let grew = past.keys().iter().all(|(_, minute_ago)| minute_ago.count > 0);
        assert!(grew, "{:?}", past.keys());
    }
}
