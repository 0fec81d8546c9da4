//! Whether a series rises: robust, by ranks and medians, so that no single sample decides.
//!
//! The test is that of Mann (1945) and Kendall (*Rank Correlation Methods*, 1975): over all pairs of
//! samples, how many more rise than fall, beside the variance that the sum has without a trend, ties
//! taken into account. The slope is that of Theil (1950) and Sen (*Estimates of the Regression
//! Coefficient Based on Kendall's Tau*, JASA 63, 1968): the median of the slopes of all pairs.
//!
//! Counts of tasks are not independent from one sample to the next, which makes any such test too
//! easily sure. So more than being sure is asked of a rise: that most pairs agree, in both
//! halves too, and that it comes to a good part of what there was.

/// A sample: seconds, and how much.
pub(super) type Sample = (f64, f64);

/// One-sided, one in a thousand by chance.
const SURE: f64 = 3.09;
/// Of all pairs, the share that rises less the share that falls.
const AGREED: f64 = 0.7;
/// The same in each half.
const AGREED_HALF: f64 = 0.4;
/// Of all pairs, as long as a rise goes on. One that ends is over when about five sixths of the samples
/// are from after its end.
const GOES_ON: f64 = 0.3;
/// How much of what there was a rise has to add. The steepest quarter of an hour of a daily wave
/// that swings by nine tenths adds a seventh.
const PART: f64 = 0.25;
/// How much it has to add at least.
const LEAST: f64 = 10.0;

/// What became of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Trend {
    /// It rises, by so much a minute.
    Rises(f64),
    /// Not clearly, but what rose before goes on.
    GoesOn,
    /// It does not.
    Flat,
}

/// Kendall's sum over all pairs, as a share of the pairs (tau-a) and in standard deviations.
pub(super) fn mann_kendall(values: &[f64]) -> (f64, f64) {
    let mut sum = 0.0;
    for (at, early) in values.iter().enumerate() {
        for late in values.iter().skip(at + 1) {
            sum += f64::from(u8::from(late > early)) - f64::from(u8::from(late < early));
        }
    }
    let n = values.len() as f64;
    let pairs = n * (n - 1.0) / 2.0;
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let variance = (spread(n) - ties(values).into_iter().map(spread).sum::<f64>()) / 18.0;
    if pairs <= 0.0 || variance <= 0.0 {
        return (0.0, 0.0);
    }
    let towards_zero = if sum == 0.0 { 0.0 } else { sum - sum.signum() };
    (sum / pairs, towards_zero / variance.sqrt())
}

/// How many samples share a value, for each value.
fn ties(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(|same| same.len() as f64).collect()
}

/// The median of the slopes of all pairs, a second.
pub(super) fn theil_sen(samples: &[Sample]) -> f64 {
    let pairs = samples.iter().enumerate().flat_map(|(at, early)| {
        let later = samples.iter().skip(at + 1).filter(|late| late.0 > early.0);
        later.map(|late| (late.1 - early.1) / (late.0 - early.0))
    });
    median(pairs.collect())
}

/// The middle one; of two in the middle, the later.
fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return 0.0;
    }
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Judges a series. `high`: the most there was before it.
pub(super) fn trend(samples: &[Sample], high: f64) -> Trend {
    let values: Vec<f64> = samples.iter().map(|sample| sample.1).collect();
    let (first, second) = values.split_at(values.len() / 2);
    let (tau, sure) = mann_kendall(&values);
    let (early, late) = (mann_kendall(first).0, mann_kendall(second).0);
    if tau < GOES_ON {
        return Trend::Flat;
    }
    let clear = sure >= SURE && tau >= AGREED && early >= AGREED_HALF && late >= AGREED_HALF;
    // The least of the last samples, and not the last: one spike breaks no record.
    let now = second.iter().rev().take(3).copied().fold(f64::INFINITY, f64::min);
    if !clear || now <= high {
        return Trend::GoesOn;
    }
    let slope = theil_sen(samples);
    let span = match (samples.first(), samples.last()) {
        (Some(first), Some(last)) => last.0 - first.0,
        _ => 0.0,
    };
    let at_first = median(samples.iter().map(|(at, value)| value - slope * at).collect())
        + slope * samples.first().map_or(0.0, |first| first.0);
    let added = slope * span;
    if added >= LEAST.max(PART * at_first) { Trend::Rises(slope * 60.0) } else { Trend::GoesOn }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_over_pairs_is_that_of_the_books() {
        // Gilbert, Statistical Methods for Environmental Pollution Monitoring, 1987, chapter 16.
        for (values, sum, variance) in [
            (&[10.0, 15.0, 14.0, 20.0][..], 4.0, 8.666_667),
            (&[1.0, 2.0, 3.0, 4.0, 5.0], 10.0, 16.666_667),
            (&[5.0, 4.0, 3.0, 2.0, 1.0], -10.0, 16.666_667),
            (&[1.0, 1.0, 2.0, 2.0, 3.0], 8.0, 14.666_667),
        ] {
            let pairs = (values.len() * (values.len() - 1)) as f64 / 2.0;
            let (tau, sure) = mann_kendall(values);
            assert!((tau * pairs - sum).abs() < 1e-9, "{values:?}");
            let expected = (sum - sum.signum()) / f64::sqrt(variance);
            assert!((sure - expected).abs() < 1e-6, "{values:?}: {sure} {expected}");
        }
        assert_eq!(mann_kendall(&[7.0; 5]), (0.0, 0.0));
        assert_eq!(mann_kendall(&[]), (0.0, 0.0));
    }

    #[test]
    fn no_single_sample_decides_the_slope() {
        let mut samples: Vec<Sample> =
            (0..21).map(|i| (f64::from(i), 5.0 + 2.0 * f64::from(i))).collect();
        assert!((theil_sen(&samples) - 2.0).abs() < 1e-9);
        samples[7].1 = 1e6;
        samples[20].1 = -1e6;
        assert!((theil_sen(&samples) - 2.0).abs() < 1e-9);
        assert!(theil_sen(&[]).abs() < 1e-9);
    }
}
