//! Processor time, quantiles, resident memory.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What this thread has taken of the processor so far.
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (secs, nanos) = (time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs());
    Duration::from_secs(secs) + Duration::from_nanos(nanos)
}

/// What it has taken since then.
pub(crate) fn taken_since(started: Duration) -> Duration {
    processor_time().saturating_sub(started)
}

/// What is resident of this process.
pub(crate) fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1_024
}

/// Many measurements of one thing.
#[derive(Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Measures this once more.
    pub(crate) fn add<T>(&mut self, what: impl FnOnce() -> T) -> T {
        let started = processor_time();
        let result = what();
        self.push(taken_since(started));
        result
    }

    fn quantile(&self, permille: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((sorted.len() * permille / 1_000).min(last)).copied().unwrap_or_default()
    }

    /// `p50 1.20 ms, p99 1.60 ms, max 2.00 ms`.
    pub(crate) fn words(&self) -> String {
        let ms = |permille| self.quantile(permille).as_secs_f64() * 1_000.0;
        format!("p50 {:6.2} ms, p99 {:6.2} ms, max {:6.2} ms", ms(500), ms(990), ms(1_000))
    }
}
