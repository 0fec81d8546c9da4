//! Origins none of whose tasks ever end, and which grow all the same.
//!
//! Without ended siblings nothing is known of how long a task should live: a pool, a daemon, a
//! connection for a week and a leak from the first task on all look alike at first. What is left
//! is how they came. A pool and a daemon come at once, connections after a deploy within minutes,
//! and then it is over: their ages lie together. A leak goes on: the ages of its tasks fill all
//! the time from its beginning until now. So the last hour (or any longer time) is cut into eight
//! parts of about equal length, along the grid of ages, and each must have had its share of the
//! spawns, to a quarter. A trend test on the count alone (Mann-Kendall) takes each of those ramps
//! for a leak, and is said to be unreliable for just that reason (Machida et al. 2013).
//!
//! Connections that live for days and become more all day long are told from a leak only when the
//! first of them end. Therefore the patience, and twice of it for what waits for the outside.

use super::finding::Look;
use super::lifetimes::{bucket_from, lower_ms, upper_ms};
use super::parameters::Parameters;
use super::survivors::cohorts::{since, ticks};

/// Living tasks of which so many per finished one still count as "none ever ends".
const NONE_ENDS: u32 = 200;

/// A time of steady growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    /// How long it lasts already, in milliseconds.
    pub(crate) lasts_ms: u64,
    /// How many came in that time, and live.
    pub(crate) count: u64,
}

/// What one origin's growth was like so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Floor {
    /// When to look again, in ticks; none before the first look.
    next: Option<u32>,
    agreed: u8,
    /// Since when it is suspected, and what for; in ticks.
    suspected: Option<Suspected>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Suspected {
    /// When it was suspected, in milliseconds.
    pub(crate) at_ms: u64,
    /// When the growth began, in milliseconds.
    pub(crate) since_ms: u64,
    count: u64,
    finished: u32,
}

impl Floor {
    /// Looks at the ages, if it is time to. `Some` while the origin is suspected.
    pub(crate) fn note(
        &mut self,
        look: &Look<'_>,
        finished: u32,
        parameters: &Parameters,
    ) -> Option<Suspected> {
        let now = ticks(look.now_ms);
        let pause = ticks(parameters.least_limit_ms).max(1);
        let is_due = self.next.is_none_or(|next| since(now, next) > 0 || now == next);
        if !is_due {
            return self.suspected;
        }
        self.next = Some(now.wrapping_add(pause));
        match self.suspected {
            Some(known) => {
                if over(look, &known, finished) {
                    self.suspected = None;
                }
            }
            None => match growth(look, finished, parameters) {
                Some(growth) => {
                    self.agreed = self.agreed.saturating_add(1);
                    if self.agreed >= parameters.confirmations {
                        self.agreed = 0;
                        let since_ms = look.now_ms.saturating_sub(growth.lasts_ms);
                        let (at_ms, count) = (look.now_ms, growth.count);
                        self.suspected = Some(Suspected { at_ms, since_ms, count, finished });
                    }
                }
                None => self.agreed = 0,
            },
        }
        self.suspected
    }
}

/// Whether the suspicion is over: a twentieth of the tasks have ended, or none has come for half
/// of the time since it began.
fn over(look: &Look<'_>, known: &Suspected, finished: u32) -> bool {
    let ended = u64::from(since(finished, known.finished));
    let half_ms = look.now_ms.saturating_sub(known.since_ms) / 2;
    let all = look.ages.total();
    let came = all.saturating_sub(look.ages.at_or_above(bucket_from(half_ms)));
    20 * ended > known.count || came == 0
}

/// The longest time of steady growth without ends, if it is long enough to say so.
pub(crate) fn growth(look: &Look<'_>, finished: u32, parameters: &Parameters) -> Option<Growth> {
    let ages = look.ages;
    let all = ages.total();
    if u64::from(all) < parameters.floor_few || finished > all / NONE_ENDS {
        return None;
    }
    let own = 2 * look.stuck_own >= u64::from(all);
    let patience = parameters.floor_patience_ms * if own { 1 } else { 2 };
    let shortest = bucket_from(patience).max(12);
    let highest = ages.highest()?;
    (shortest.saturating_sub(1)..=highest).rev().find_map(|top| {
        let lasts_ms = upper_ms(top);
        let count = u64::from(all.saturating_sub(ages.at_or_above(top + 1)));
        let few = count < parameters.floor_many;
        if count < parameters.floor_few || lasts_ms < patience * if few { 4 } else { 1 } {
            return None;
        }
        is_steady(look, top, count).then_some(Growth { lasts_ms, count })
    })
}

/// Whether each eighth of the time up to the upper edge of a bucket had a quarter of its share.
fn is_steady(look: &Look<'_>, top: usize, count: u64) -> bool {
    let whole = upper_ms(top) as f64;
    let mut younger = count;
    // Buckets from the oldest on: 16, 13, 11, 9 %, then 15, 11 and 13 + 12 % of the time.
    [1, 1, 1, 1, 2, 2, 4]
        .into_iter()
        .scan(top + 1, |end, width| {
            let begin = end.saturating_sub(width);
            let came: u64 = (begin..*end).map(|at| u64::from(look.ages.count(at))).sum();
            let time = (upper_ms(*end - 1) - lower_ms(begin)) as f64;
            *end = begin;
            younger = younger.saturating_sub(came);
            Some(enough(came, count, time / whole))
        })
        .all(|is_enough| is_enough)
        && enough(younger, count, 0.125)
}

fn enough(came: u64, count: u64, share: f64) -> bool {
    came >= 1 && came as f64 >= 0.25 * share * count as f64
}

#[cfg(test)]
mod tests {
    use super::super::finding::Class::{Normal, Suspect};
    use super::super::finding::Evidence;
    use super::super::fixture::{NEVER, World};

    fn every_tenth(world: &mut World) {
        if (world.now_ms / 1_000).is_multiple_of(10) {
            world.spawn(NEVER);
        }
    }

    #[test]
    fn a_leak_without_siblings_is_found_after_an_hour() {
        let mut world = World::new();
        let finding = world.run(5_400, every_tenth);
        assert_eq!(world.classes(), [Suspect]);
        assert_eq!(finding.kind, Evidence::Floor);
        assert!(finding.survived > 360 && finding.survived <= 540, "{finding:?}");
    }

    #[test]
    fn one_in_ten_minutes_without_siblings_is_found_within_a_day() {
        let mut world = World::new();
        (0..10).for_each(|_| world.spawn(NEVER));
        for _ in 0..8_640 {
            world.wait(10_000);
            if world.now_ms % 600_000 < 10_000 {
                world.spawn(NEVER);
            }
            world.look();
        }
        assert_eq!(world.classes(), [Suspect]);
    }

    #[test]
    fn pools_ramps_and_steps_are_normal() {
        let mut world = World::new();
        (0..100).for_each(|_| world.spawn(NEVER));
        world.run(3_600, |_| ());
        // A ramp of twenty minutes, then a step.
        world.run(1_200, every_tenth);
        world.run(7_200, |_| ());
        (0..100).for_each(|_| world.spawn(NEVER));
        world.run(7_200, |_| ());
        assert_eq!(world.classes(), []);
    }

    #[test]
    fn growth_that_levels_off_is_withdrawn() {
        let mut world = World::new();
        world.run(5_400, every_tenth);
        world.run(8_000, |_| ());
        assert_eq!(world.classes(), [Suspect, Normal]);
    }

    #[test]
    fn tasks_that_end_after_all_withdraw_it() {
        let mut world = World::new();
        world.run(5_400, every_tenth);
        world.living.iter_mut().take(100).for_each(|task| task.1 = task.0 + 5_500_000);
        world.run(300, every_tenth);
        assert_eq!(world.classes(), [Suspect, Normal]);
    }
}
