//! Tasks that outlive what tasks of their origin live for: late, or never to end?
//!
//! Once a pass [`Survivors::note`] is given the counts of an origin and says what is thought of
//! it. From its counts of ended tasks it learns how long a task lives ([`learned`]), and so from
//! which age on one is overdue: the limit. It remembers how many were spawned when ([`cohorts`])
//! and asks whether more of them live past the limit than chance allows, and whether those ever
//! end ([`evidence`]).
//!
//! | the overdue are | and | so the origin is |
//! |---|---|---|
//! | no more than expected | | normal |
//! | too many | end, at an older age | slow |
//! | too many | wait for the outside, for less than twelve minutes, or came all at once | slow |
//! | too many | do not end | suspect |
//! | were too many | half of those have ended after all | slow, and normal soon |
//!
//! A class gets worse only if two looks in a row agree, and `Slow` lasts until nothing has spoken
//! for it for a while. A suspicion is not dropped because other tasks go on to be spawned and
//! finish: those that were suspected have to end.
//!
//! **Cost.** An origin whose tasks end in time costs two sums over the ages a look, some tens of
//! nanoseconds, and takes 130 bytes. About 500 more are allocated when it first has tasks past
//! half of the least limit, and ended ones to compare them with.

pub(crate) mod cohorts;
mod evidence;
mod learned;

#[cfg(test)]
mod tests;

use super::finding::{Class, Evidence, Finding, Look};
use super::floor::Floor;
use super::lifetimes::{BUCKETS, PER_OCTAVE, bucket, bucket_from, lower_ms, whole};
use super::parameters::Parameters;
use cohorts::{Cohorts, Cut, since, ticks, wrapped};
use evidence::{CUTS, Case, Late, Scan};
use learned::{Known, Learned};

/// Moments that are remembered of every origin.
const FEW: usize = 4;

/// What is known of one origin.
#[derive(Debug, Default)]
pub(crate) struct Survivors {
    recent: Cohorts<FEW>,
    deep: Option<Box<Deep>>,
    floor: Floor,
}

/// What is known of an origin that has, or had, tasks that are not young.
#[derive(Debug)]
struct Deep {
    cohorts: Cohorts<CUTS>,
    learned: Learned,
    /// From this bucket of age on a task is overdue.
    limit: usize,
    limit_at: u32,
    /// Where the limit was raised to because the suspected ended after all, and when.
    raised: Option<(usize, u32)>,
    state: State,
}

/// The class, and what it rests on.
#[derive(Debug)]
struct State {
    class: Class,
    class_since_ms: u64,
    /// How many looks in a row found something worse than the class.
    agreed: u8,
    /// When something last spoke for the class.
    spoken_at: u32,
    /// When the first of those judged were spawned, and how many had been until then.
    since_ms: u64,
    spawned_before: u32,
    /// The bucket where the window began that spoke loudest, what it expected, how loudly.
    from: usize,
    expected: f64,
    score: f64,
    /// Of those suspected: how many there were, and when that was counted.
    accused: u64,
    accused_at_ms: u64,
    /// Tasks that had ended at such an age, lately, and when that was counted.
    ended_before: u32,
    counted_at: u32,
}

impl Survivors {
    /// Nothing is known yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The age beyond which a task of this origin is overdue, in milliseconds. `None` while there
    /// is nothing to compare with, or no task that is not young.
    pub(crate) fn limit_ms(&self) -> Option<u64> {
        self.deep.as_ref().map(|deep| lower_ms(deep.judged_from()))
    }

    /// Looks at the counts of a pass, and says what is thought of the origin.
    pub(crate) fn note(&mut self, look: &Look<'_>, parameters: &Parameters) -> Finding {
        let half = bucket(parameters.least_limit_ms / 2);
        let now = Cut { at: ticks(look.now_ms), spawned: wrapped(look.spawned), late: 0 };
        let has_old = look.ages.at_or_above(half) > 0;
        if self.deep.is_none() {
            let spacing = ticks(parameters.least_limit_ms / 6).max(1);
            if self.recent.is_due(now.at, spacing) {
                self.recent.push(now);
            }
            if has_old && look.finished.total() >= parameters.least_finished {
                self.deep = Some(Box::new(Deep::new(&self.recent, look, parameters)));
            }
        }
        let by_survivors = self.deep.as_mut().map(|deep| deep.note(look, now, has_old, parameters));
        if let Some(finding) = by_survivors
            && finding.class != Class::Normal
        {
            return finding;
        }
        let normal = by_survivors.unwrap_or_else(|| normal(look, parameters));
        if !has_old {
            return normal;
        }
        match self.floor.note(look, look.finished.total(), parameters) {
            None => normal,
            Some(found) => {
                let age_ms = look.now_ms.saturating_sub(found.since_ms);
                let older = look.ages.at_or_above(bucket(age_ms) + 1);
                let survived = u64::from(look.ages.total().saturating_sub(older));
                Finding {
                    class: Class::Suspect,
                    kind: Evidence::Floor,
                    class_since_ms: found.at_ms,
                    since_ms: found.since_ms,
                    overdue: u64::from(look.ages.at_or_above(bucket_from(normal.limit_ms))),
                    spawned: survived,
                    survived,
                    ..normal
                }
            }
        }
    }
}

/// What is said of an origin of which there is nothing to say.
fn normal(look: &Look<'_>, parameters: &Parameters) -> Finding {
    Finding {
        class: Class::Normal,
        kind: Evidence::Survivors,
        class_since_ms: look.now_ms,
        since_ms: look.now_ms,
        limit_ms: parameters.least_limit_ms,
        overdue: 0,
        spawned: 0,
        survived: 0,
        expected: 0.0,
        finished_share: parameters.usual_share,
        within_ms: 0,
        score: 0.0,
    }
}

impl Deep {
    fn new(recent: &Cohorts<FEW>, look: &Look<'_>, parameters: &Parameters) -> Self {
        let now = ticks(look.now_ms);
        let mut cohorts = Cohorts::default();
        // So far nobody ended late, or nobody knows when: as if it had been before.
        let late = look.finished.at_or_above(bucket_from(parameters.least_limit_ms));
        recent.cuts().iter().for_each(|cut| cohorts.push(Cut { late, ..*cut }));
        Self {
            cohorts,
            learned: Learned::new(now),
            limit: bucket_from(parameters.least_limit_ms),
            limit_at: now,
            raised: None,
            state: State::new(look.now_ms),
        }
    }

    /// The age from which on the finding counts.
    fn judged_from(&self) -> usize {
        if self.state.class == Class::Normal { self.limit } else { self.state.from.max(self.limit) }
    }

    fn note(
        &mut self,
        look: &Look<'_>,
        now: Cut,
        has_old: bool,
        parameters: &Parameters,
    ) -> Finding {
        let spacing = ticks(parameters.least_limit_ms / 8).max(1);
        let is_due = self.cohorts.is_due(now.at, spacing);
        let is_quiet = self.state.class == Class::Normal && !has_old;
        if is_quiet && !is_due {
            return self.finding(look, &now, parameters);
        }
        let fade = ticks(parameters.fade_ms);
        let known = self.learned.known(look.finished, now.at, fade, parameters);
        self.set_limit(look, &known, now.at, parameters);
        let now = Cut { late: self.late(look), ..now };
        if is_due {
            self.cohorts.push(now);
        }
        let case = Scan {
            look,
            known: &known,
            cohorts: &self.cohorts,
            now: &now,
            limit: self.limit,
            parameters,
        }
        .worst();
        self.judge(case, look, &now, parameters);
        self.finding(look, &now, parameters)
    }

    /// How many have ended late so far: from half the limit on.
    fn late(&self, look: &Look<'_>) -> u32 {
        look.finished.at_or_above(self.limit.saturating_sub(PER_OCTAVE))
    }

    /// Follows what is learned: up at once, down once in a while.
    fn set_limit(&mut self, look: &Look<'_>, known: &Known, now: u32, parameters: &Parameters) {
        let least = parameters.least_limit_ms;
        let usual_ms = parameters.limit_factor * known.usual_ms(parameters);
        // The nearest edge of the grid, but not below the least.
        let mut limit = bucket(whole(1.09 * usual_ms)).max(bucket_from(least));
        if let Some((raised, at)) = self.raised {
            if since(now, at) < ticks(parameters.raised_ms) {
                limit = limit.max(raised);
            } else {
                self.raised = None;
            }
        }
        let may_fall = since(now, self.limit_at) >= ticks(2 * least);
        if limit > self.limit || (limit < self.limit && may_fall) {
            let before = self.late(look);
            let share = |limit: usize| known.beyond(limit.saturating_sub(PER_OCTAVE));
            let ratio = share(limit) / share(self.limit).max(1.0);
            self.limit = limit;
            self.limit_at = now;
            self.cohorts.recount_late(before, self.late(look), ratio);
        }
    }

    /// The rules of the table above.
    fn judge(&mut self, case: Option<Case>, look: &Look<'_>, now: &Cut, parameters: &Parameters) {
        let found = match case {
            None => Class::Normal,
            Some(Case { late: Late::Stuck, .. }) => Class::Suspect,
            Some(_) => Class::Slow,
        };
        if let Some(case) = case.filter(|_| found >= self.state.class) {
            self.state.spoken_at = now.at;
            self.state.agreed =
                self.state.agreed.saturating_add(u8::from(found > self.state.class));
            if found == self.state.class {
                self.state.agreed = 0;
                self.state.hear(&case, look);
            } else if self.state.agreed >= parameters.confirmations {
                let begun = ticks(case.oldest_ms);
                let spawned = self.cohorts.since(begun, now).likely;
                self.state.spawned_before = now.spawned.wrapping_sub(wrapped(whole(spawned)));
                self.state.since_ms = look.now_ms.saturating_sub(case.oldest_ms);
                self.state.enter(found, look.now_ms);
                self.state.hear(&case, look);
            }
            return;
        }
        self.state.agreed = 0;
        match self.state.class {
            Class::Normal => {}
            Class::Slow => {
                let calm = since(now.at, self.state.spoken_at);
                if found == Class::Normal && calm >= ticks(parameters.calm_ms) {
                    self.state.enter(Class::Normal, look.now_ms);
                }
            }
            Class::Suspect => {
                let are_ending = case.is_some_and(|case| case.late == Late::Ending);
                let are_ending = are_ending || self.state.many_end(look, now.at, parameters);
                if are_ending || 2 * self.state.left(look) < self.state.accused {
                    let oldest_ms = look.now_ms.saturating_sub(self.state.since_ms);
                    let raised = (bucket(oldest_ms) + PER_OCTAVE / 2).min(BUCKETS - 1);
                    self.raised = Some((raised, now.at));
                    self.state.spoken_at = now.at;
                    self.state.enter(Class::Slow, look.now_ms);
                }
            }
        }
    }

    fn finding(&self, look: &Look<'_>, now: &Cut, parameters: &Parameters) -> Finding {
        let limit = self.judged_from();
        let limit_ms = lower_ms(limit);
        let base = Finding { limit_ms, ..normal(look, parameters) };
        let overdue = look.ages.at_or_above(limit);
        if self.state.class == Class::Normal {
            return Finding { overdue: u64::from(overdue), ..base };
        }
        let state = &self.state;
        let oldest = bucket(look.now_ms.saturating_sub(state.since_ms));
        let survived = overdue.saturating_sub(look.ages.at_or_above(oldest + 1));
        let young = self.cohorts.since(ticks(limit_ms), now).likely;
        let spawned = f64::from(since(now.spawned, state.spawned_before)) - young;
        Finding {
            class: state.class,
            class_since_ms: state.class_since_ms,
            since_ms: state.since_ms,
            overdue: u64::from(overdue),
            spawned: whole(spawned).max(u64::from(survived)),
            survived: u64::from(survived),
            expected: state.expected,
            within_ms: look.finished.quantile_ms(parameters.usual_share).unwrap_or(0),
            score: state.score,
            ..base
        }
    }
}

impl State {
    fn new(now_ms: u64) -> Self {
        Self {
            class: Class::Normal,
            class_since_ms: now_ms,
            agreed: 0,
            spoken_at: ticks(now_ms),
            since_ms: now_ms,
            spawned_before: 0,
            from: 0,
            expected: 0.0,
            score: 0.0,
            accused: 0,
            accused_at_ms: now_ms,
            ended_before: 0,
            counted_at: ticks(now_ms),
        }
    }

    fn enter(&mut self, class: Class, now_ms: u64) {
        self.class = class;
        self.class_since_ms = now_ms;
        self.agreed = 0;
    }

    /// Takes the numbers of a case that speaks for the class.
    fn hear(&mut self, case: &Case, look: &Look<'_>) {
        self.from = case.from;
        self.expected = case.expected;
        self.score = case.score;
        self.accused = u64::from(look.ages.at_or_above(case.from));
        self.accused_at_ms = look.now_ms;
        self.count_ended(look);
    }

    fn count_ended(&mut self, look: &Look<'_>) {
        self.ended_before = self.ended(look);
        self.counted_at = ticks(look.now_ms);
    }

    /// How many have ended so far that were at least half as old as the suspected.
    fn ended(&self, look: &Look<'_>) -> u32 {
        look.finished.at_or_above(self.from.saturating_sub(PER_OCTAVE))
    }

    /// Whether within a few times the calm as many have ended so late as are suspected: a stall
    /// is over, though those that were suspected may have work left to do.
    fn many_end(&mut self, look: &Look<'_>, now: u32, parameters: &Parameters) -> bool {
        if u64::from(since(self.ended(look), self.ended_before)) >= self.accused {
            return true;
        }
        if since(now, self.counted_at) >= ticks(4 * parameters.calm_ms) {
            self.count_ended(look);
        }
        false
    }

    /// How many of those last counted as suspected still live.
    fn left(&self, look: &Look<'_>) -> u64 {
        let older_by = look.now_ms.saturating_sub(self.accused_at_ms);
        u64::from(look.ages.at_or_above(bucket(lower_ms(self.from) + older_by)))
    }
}
