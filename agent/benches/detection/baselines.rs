//! What people use today, on the number of living tasks alone.

use std::collections::VecDeque;

use crate::streams::MINUTE;

/// What an alarm is raised by.
#[derive(Debug)]
pub(crate) enum Baseline {
    /// `count > 1000` for five minutes (awesome-prometheus-alerts).
    Level { above_since: Option<u64> },
    /// `deriv(count[5m]) > 10` for five minutes (the same).
    Slope { scrapes: VecDeque<f64>, above_since: Option<u64> },
    /// More than 1000, and twice as many as at the last alarm (Cockroach).
    Doubling { acknowledged: u64 },
    /// A quarter above the mean of the last ten samples, five seconds each, and more than ten
    /// (holmes); quiet for a minute then.
    Mean { samples: VecDeque<f64>, quiet_until: u64 },
    /// Mann and Kendall's test for a rise over the last hour, a sample a minute, alpha 0.01.
    Trend { samples: VecDeque<f64> },
}

pub(crate) const NAMES: [&str; 5] =
    ["count>1000", "deriv>10", "doubling", "mean+25%", "MannKendall"];

/// How often a baseline looks, and whether it says "alarm" now.
#[derive(Debug)]
pub(crate) struct Watch {
    baseline: Baseline,
    next: u64,
    pub(crate) is_alarming: bool,
}

/// One of each.
pub(crate) fn all() -> [Watch; 5] {
    [
        Baseline::Level { above_since: None },
        Baseline::Slope { scrapes: VecDeque::new(), above_since: None },
        Baseline::Doubling { acknowledged: 0 },
        Baseline::Mean { samples: VecDeque::new(), quiet_until: 0 },
        Baseline::Trend { samples: VecDeque::new() },
    ]
    .map(|baseline| Watch { baseline, next: 0, is_alarming: false })
}

impl Watch {
    /// Hears how many tasks live now.
    pub(crate) fn note(&mut self, now: u64, count: u64) {
        if now < self.next {
            return;
        }
        let (pause, alarm) = match &mut self.baseline {
            Baseline::Level { above_since } => (15_000, lasts(now, count > 1_000, above_since)),
            Baseline::Slope { scrapes, above_since } => {
                keep(scrapes, count, 21);
                let steep = scrapes.len() == 21 && slope(scrapes) / 15.0 > 10.0;
                (15_000, lasts(now, steep, above_since))
            }
            Baseline::Doubling { acknowledged } => {
                let alarm = count > 1_000 && count >= 2 * *acknowledged;
                if alarm {
                    *acknowledged = count;
                }
                (10_000, alarm)
            }
            Baseline::Mean { samples, quiet_until } => {
                let mean = samples.iter().sum::<f64>() / 10.0;
                let high = samples.len() == 10 && count > 10 && count as f64 > 1.25 * mean;
                keep(samples, count, 10);
                let alarm = high && now >= *quiet_until;
                if alarm {
                    *quiet_until = now + MINUTE;
                }
                (5_000, alarm)
            }
            Baseline::Trend { samples } => {
                keep(samples, count, 60);
                (MINUTE, samples.len() == 60 && mann_kendall(samples) > 2.326)
            }
        };
        self.next = now + pause;
        self.is_alarming = alarm;
    }
}

fn keep(samples: &mut VecDeque<f64>, count: u64, most: usize) {
    if samples.len() == most {
        samples.pop_front();
    }
    samples.push_back(count as f64);
}

/// Whether something has been so for five minutes.
fn lasts(now: u64, is_so: bool, since: &mut Option<u64>) -> bool {
    *since = if is_so { since.or(Some(now)) } else { None };
    since.is_some_and(|since| now - since >= 5 * MINUTE)
}

/// Least squares, per sample.
fn slope(samples: &VecDeque<f64>) -> f64 {
    let middle = (samples.len() as f64 - 1.0) / 2.0;
    let (mut above, mut below) = (0.0, 0.0);
    for (at, value) in samples.iter().enumerate() {
        let off = at as f64 - middle;
        above += off * value;
        below += off * off;
    }
    above / below
}

/// The statistic as a deviate, corrected for ties.
fn mann_kendall(samples: &VecDeque<f64>) -> f64 {
    let mut rises = 0.0;
    for (at, later) in samples.iter().enumerate() {
        for earlier in samples.iter().take(at) {
            rises += f64::from(u8::from(later > earlier)) - f64::from(u8::from(later < earlier));
        }
    }
    let mut sorted: Vec<f64> = samples.iter().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let same = sorted.chunk_by(|a, b| a.total_cmp(b).is_eq());
    let ties: f64 = same.map(|same| spread(same.len() as f64)).sum();
    let variance = (spread(samples.len() as f64) - ties) / 18.0;
    if variance <= 0.0 { 0.0 } else { (rises - 1.0) / variance.sqrt() }
}
