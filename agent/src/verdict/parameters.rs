//! Every number of the verdicts that somebody chose, with its meaning and its source.

/// What the rules of [`survivors`] and [`floor`] go by. One value serves all origins.
///
/// [`survivors`]: super::survivors
/// [`floor`]: super::floor
#[derive(Clone, Debug)]
pub(crate) struct Parameters {
    /// No task is overdue before this age. Three times the agent's `stuck_after`: 30 s by default.
    /// A retry, a garbage collection elsewhere or a failover takes seconds; nobody wants to hear
    /// of it.
    pub(crate) least_limit_ms: u64,
    /// A task is overdue at this many times the quantile `usual_share` of the lifetimes learned.
    /// The benchmark's promise begins to count at twice that quantile.
    pub(crate) limit_factor: f64,
    /// Which quantile of the learned lifetimes counts as "how long tasks live".
    pub(crate) usual_share: f64,
    /// The quantile is read where at least this many lifetimes lie beyond, and from there carried
    /// on along a tail of index `tail_index`: the longest of 200 lifetimes is not their 99.9 %.
    pub(crate) tail_rank: f64,
    /// Healthy lifetimes are taken to fall off at least as a Pareto tail of this index does:
    /// of those that reach an age half are gone at twice the age. Files, sessions and requests
    /// are measured at 1.05 to 2 (Crovella and Bestavros 1997; Harchol-Balter 1997); exponential
    /// and log-normal lifetimes fall faster.
    pub(crate) tail_index: f64,
    /// The learned survival is never taken to be below this at the limit: a process that did ten
    /// million requests has not shown that one in ten million cannot be late.
    pub(crate) least_survival: f64,
    /// So many tasks have to have finished before anything is said about survivors.
    pub(crate) least_finished: u32,
    /// So few survivors are never a pile.
    pub(crate) least_survivors: u64,
    /// Evidence to alarm at, as the logarithm of a likelihood ratio. ln(3e6): were every look an
    /// independent trial under exact knowledge of the healthy lifetimes, at most one in three
    /// million would reach it (Ville's inequality, as for Lorden's bound of CUSUM: ARL >= e^h).
    pub(crate) threshold: f64,
    /// "They do not finish" needs that a tail of `tail_index` would have let this many more
    /// survivors finish than did: e^-5, less than one in a hundred, if none did.
    pub(crate) silence: f64,
    /// Looks in a row that have to agree before a class gets worse.
    pub(crate) confirmations: u8,
    /// Tasks that wait for something outside of the service (sockets, timers) are suspected at
    /// this many times `least_limit_ms` only: 12 minutes, to sit a backend's ten out.
    pub(crate) outside_patience: u64,
    /// `Slow` ends when nothing spoke for it for so long.
    pub(crate) calm_ms: u64,
    /// Survivors that finished after they were suspected raise the limit past their age for so
    /// long: a backend that stalls once stalls again.
    pub(crate) raised_ms: u64,
    /// How often what was learned loses half its weight, if enough was learned. A stall is
    /// forgotten, a nightly batch is not.
    pub(crate) fade_ms: u64,
    /// Below this many lifetimes nothing is forgotten.
    pub(crate) fade_from: u32,
    /// How long an origin without a finished task has to grow steadily until it is suspected:
    /// an hour, past any deploy ...
    pub(crate) floor_patience_ms: u64,
    /// ... if so many tasks were spawned in that time; with fewer, four times as long.
    pub(crate) floor_many: u64,
    /// So few are never suspected by growth alone.
    pub(crate) floor_few: u64,
}

impl Parameters {
    /// Parameters for an agent that calls a task stuck after so many milliseconds.
    pub(crate) fn new(stuck_after_ms: u64) -> Self {
        let least_limit_ms = (3 * stuck_after_ms).max(1);
        Self {
            least_limit_ms,
            limit_factor: 2.0,
            usual_share: 0.999,
            tail_rank: 3.0,
            tail_index: 1.0,
            least_survival: 1e-4,
            least_finished: 8,
            least_survivors: 7,
            threshold: 15.0,
            silence: 4.5,
            confirmations: 2,
            outside_patience: 24,
            calm_ms: least_limit_ms,
            raised_ms: 24 * 3_600_000,
            fade_ms: 6 * 3_600_000,
            fade_from: 40_000,
            floor_patience_ms: 120 * least_limit_ms,
            floor_many: 64,
            floor_few: 24,
        }
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self::new(10_000)
    }
}
