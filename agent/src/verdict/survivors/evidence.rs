//! The evidence in the living that are overdue.
//!
//! **How many are too many.** Take the tasks spawned between two ages, `young` and `old`. Of the
//! `n` in each bucket of age the learned lifetimes let at most `n S(age)` live, so of all together
//! at most `m`; `r` live. If `r > m` the logarithm of the likelihood ratio between "a mean of r"
//! and "a mean of m" is `r ln(r/m) - (r - m)` (Poisson; Kulldorff 1997 scans with the same
//! statistic). All windows that begin at the limit, or at 4, 16, 64 ... times it, and end at any
//! age are tried, and the largest value counts: a generalised likelihood ratio over the unknown
//! beginning of the leak. Load does not enter: `n` is what was spawned. Nothing has to be taken
//! back when a survivor finishes after all: it is not among `r` any more. And since a leaked
//! task stays, `r` is all the evidence there ever was: this is a CUSUM with refunds, without a sum.
//!
//! **Do they end?** Late is not stuck. From half the limit on, a tail of index `i` loses tasks at
//! the rate `i/a` at age `a`: a task that has come from age `b` to age `a` was expected to end
//! `i ln(a/b)` times. Summed over those that live in the window, and compared with how many in
//! fact ended late meanwhile, this tells a leak (nobody ends, the sum grows) from a slow backend
//! (they go on to end, only later), also where so little was learned that the first test is
//! wrong. Whoever ended counts against a leak for as long as the window reaches back.

use super::super::finding::Look;
use super::super::lifetimes::{BUCKETS, PER_OCTAVE, bucket_from, lower_ms, upper_ms};
use super::super::parameters::Parameters;
use super::cohorts::{Cohorts, Cut, Since, ticks};
use super::learned::Known;

/// Moments that are remembered of an origin with survivors.
pub(crate) const CUTS: usize = 24;

/// From where each scan begins to the next: four times the age.
const STEP: usize = 2 * PER_OCTAVE;

/// What the late do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Late {
    /// They do not end.
    Stuck,
    /// They end at least as fast as a heavy tail would.
    Ending,
    /// That cannot be told yet.
    Unclear,
}

/// A window in which more live than should.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) late: Late,
    /// The evidence that they are too many.
    pub(crate) score: f64,
    /// The bucket of age where the window begins.
    pub(crate) from: usize,
    /// The age where it ends, in milliseconds.
    pub(crate) oldest_ms: u64,
    /// Living in the window.
    pub(crate) survived: u64,
    /// How many would be expected to.
    pub(crate) expected: f64,
}

/// What is known of an age.
#[derive(Clone, Copy, Debug, Default)]
struct Edge {
    /// What happened since tasks were spawned that are so old now.
    since: Since,
    /// The share of them that may live.
    survival: f64,
}

/// What is looked at, and by which rules.
pub(crate) struct Scan<'a> {
    pub(crate) look: &'a Look<'a>,
    pub(crate) known: &'a Known,
    pub(crate) cohorts: &'a Cohorts<CUTS>,
    pub(crate) now: &'a Cut,
    /// The bucket from which on a task is overdue.
    pub(crate) limit: usize,
    pub(crate) parameters: &'a Parameters,
}

impl Scan<'_> {
    /// The window that speaks loudest for a leak; if none does, the one in which most are late.
    pub(crate) fn worst(&self) -> Option<Case> {
        let least = self.parameters.least_survivors;
        let overdue = u64::from(self.look.ages.at_or_above(self.limit));
        if overdue < least {
            return None;
        }
        let highest = self.look.ages.highest()?;
        let edges = self.edges(highest);
        let own = 2 * self.look.stuck_own >= overdue;
        let patient = self.parameters.outside_patience * self.parameters.least_limit_ms;
        let patient = bucket_from(patient).max(self.limit);
        let mut worst: Option<Case> = None;
        let from_limit = (self.limit..=highest).step_by(STEP);
        for from in from_limit.chain((!own).then_some(patient)) {
            if u64::from(self.look.ages.at_or_above(from)) < least {
                continue;
            }
            self.windows(from, highest, &edges, |mut case| {
                let is_sure = own || (from >= patient && self.is_piling_up(&case));
                if case.late == Late::Stuck && !is_sure {
                    case.late = Late::Unclear;
                }
                let rank = |case: &Case| (case.late == Late::Stuck, case.score);
                if worst.is_none_or(|worst| rank(&worst) < rank(&case)) {
                    worst = Some(case);
                }
            });
        }
        worst
    }

    /// All edges of the grid from the limit to past the oldest.
    fn edges(&self, highest: usize) -> [Edge; BUCKETS + 1] {
        let mut edges = [Edge::default(); BUCKETS + 1];
        for (at, edge) in edges.iter_mut().enumerate().take(highest + 2).skip(self.limit) {
            let age = if at < BUCKETS { lower_ms(at) } else { upper_ms(BUCKETS - 1) };
            edge.since = self.cohorts.since(ticks(age), self.now);
            edge.survival = self.known.survival(at, self.limit, self.parameters);
        }
        edges
    }

    /// All windows that begin at one age and hold too many.
    fn windows(
        &self,
        from: usize,
        highest: usize,
        edges: &[Edge; BUCKETS + 1],
        mut found: impl FnMut(Case),
    ) {
        let ages = self.look.ages;
        let base = from.saturating_sub(PER_OCTAVE);
        // Of those that are not overdue yet, but on their way.
        let mut exposure: f64 = (base..from).map(|at| exposure(ages.count(at), at - base)).sum();
        let ended = self.known.beyond(base);
        let Some(&Edge { since: begin, survival: at_limit }) = edges.get(from) else { return };
        let (mut survived, mut likely) = (0_u64, 0.0);
        for at in from..=highest {
            let (Some(edge), Some(next)) = (edges.get(at), edges.get(at + 1)) else { break };
            let (young, old) = (edge.since, next.since);
            let count = ages.count(at);
            survived += u64::from(count);
            exposure += self::exposure(count, at - base);
            likely += (old.likely - young.likely).max(0.0) * edge.survival;
            if count == 0 || survived < self.parameters.least_survivors {
                continue;
            }
            // When within a gap tasks were spawned is not known: all of both ends' gaps count.
            let ends = (begin.likely - begin.least) + (old.most - old.likely);
            let expected = (likely + ends * at_limit).max(1e-9);
            let lived = survived as f64;
            if lived <= expected {
                continue;
            }
            let score = lived * (lived / expected).ln() - (lived - expected);
            if score >= self.parameters.threshold {
                let late = self.late(exposure, old.late.min(ended));
                let oldest_ms = upper_ms(at);
                found(Case { late, score, from, oldest_ms, survived, expected });
            }
        }
    }

    /// Whether `ended` are too few for so much exposure: below the mean by more than chance makes
    /// of it (two and a half standard deviations of a Poisson count, e^-5 at zero).
    fn late(&self, exposure: f64, ended: f64) -> Late {
        let due = self.parameters.tail_index * exposure;
        let silence = self.parameters.silence;
        if due >= ended + silence * (1.0 + ended / silence).sqrt() {
            Late::Stuck
        } else if due < ended {
            Late::Ending
        } else {
            Late::Unclear
        }
    }

    /// Whether survivors came all the time, and not in a cluster or two: in each quarter of the
    /// window's time at least a quarter of its share. Connections that all reconnect at the same
    /// time and then live for long look like a leak but for this.
    fn is_piling_up(&self, case: &Case) -> bool {
        let begin = lower_ms(case.from);
        let quarter = (case.oldest_ms - begin).div_ceil(4).max(1);
        let mut counts = [0_u64; 4];
        for at in case.from..bucket_from(case.oldest_ms) {
            let middle = lower_ms(at).midpoint(upper_ms(at)) - begin;
            let at_quarter = usize::try_from(middle / quarter).unwrap_or(3);
            if let Some(count) = counts.get_mut(at_quarter) {
                *count += u64::from(self.look.ages.count(at));
            }
        }
        counts.into_iter().all(|count| count > 0 && 16 * count >= case.survived)
    }
}

/// How often tasks in a bucket this far above the base were expected to end, at index 1: the
/// logarithm of how much older they are than its edge.
fn exposure(count: u32, above: usize) -> f64 {
    let octaves = (above as f64 + 0.5) / PER_OCTAVE as f64;
    f64::from(count) * octaves * std::f64::consts::LN_2
}
