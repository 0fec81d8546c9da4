//! Time at the price of reading the cycle counter, or of a load.
//!
//! [`now`] returns ticks of the processor's invariant time-stamp counter, or nanoseconds where
//! there is none. What a tick is worth is worked out when somebody asks, from the ticks and the
//! time that have passed since the first use: nothing is calibrated and nobody waits.
//!
//! Reading the counter is what a poll would pay most for. So while an agent runs, one of its
//! threads writes the time down every [`TICK`], and [`coarse`] reads that: it is late by a tick
//! at most. Durations shorter than that are measured with the counter, on a sample.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
struct Anchor {
    ticks: u64,
    instant: Instant,
}

static ANCHOR: OnceLock<Anchor> = OnceLock::new();

/// How often the coarse time is written down.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Low bits of a time that are free for flags: coarse times differ above them.
pub(crate) const FREE_BITS: u64 = 0b111;

/// The time of the last tick; 0 while nobody writes it down.
static COARSE: AtomicU64 = AtomicU64::new(0);
/// [`TICK`] in ticks of the counter.
static TICK_LENGTH: AtomicU64 = AtomicU64::new(0);

/// The time of the last tick; `None` while nobody writes it down. Never 0.
#[inline]
pub(crate) fn coarse() -> Option<u64> {
    match COARSE.load(Ordering::Relaxed) {
        0 => None,
        ticks => Some(ticks),
    }
}

/// [`TICK`] on the cycle counter; 0 if nobody has ever written the time down.
pub(crate) fn tick_length() -> u64 {
    TICK_LENGTH.load(Ordering::Relaxed)
}

/// Writes the time down.
pub(crate) fn tick() {
    let reading = read();
    TICK_LENGTH.store(reading.ticks_in(TICK), Ordering::Relaxed);
    COARSE.store(reading.ticks & !FREE_BITS | 1, Ordering::Relaxed);
}

/// From here on nobody writes the time down.
pub(crate) fn stop_ticking() {
    COARSE.store(0, Ordering::Relaxed);
}

/// Ticks now; never 0.
#[inline]
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[expect(unsafe_code, reason = "the cycle counter is an intrinsic")]
pub(crate) fn now() -> u64 {
    // SAFETY: every x86_64 processor has the instruction, and no kernel we know of forbids it to
    // programs. Where the counter is not invariant the times drift, nothing worse.
    unsafe { core::arch::x86_64::_rdtsc() | 1 }
}

/// Ticks now; never 0.
#[inline]
#[cfg(all(target_arch = "aarch64", not(miri)))]
#[expect(unsafe_code, reason = "the cycle counter is an instruction")]
pub(crate) fn now() -> u64 {
    let ticks: u64;
    // SAFETY: reads a register that every aarch64 system lets programs read.
    unsafe { core::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks | 1
}

/// Nanoseconds since the first use; never 0.
#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(crate) fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let nanos = START.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX) | 1
}

/// Sets the clock's zero if it is not set yet.
pub(crate) fn start() {
    ANCHOR.get_or_init(|| Anchor { ticks: now(), instant: Instant::now() });
}

/// What the clock shows, with what it takes to turn ticks into time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    ticks: u64,
    anchor: u64,
    nanos_per_tick: f64,
}

/// Reads both clocks.
pub(crate) fn read() -> Reading {
    let anchor = *ANCHOR.get_or_init(|| Anchor { ticks: now(), instant: Instant::now() });
    let (ticks, elapsed) = (now(), anchor.instant.elapsed());
    let passed = ticks.saturating_sub(anchor.ticks).max(1);
    let nanos_per_tick = (elapsed.as_nanos().max(1) as f64) / passed as f64;
    Reading { ticks, anchor: anchor.ticks, nanos_per_tick }
}

impl Reading {
    /// Milliseconds from the clock's zero to `ticks`; 0 for a time before it.
    pub(crate) fn millis(&self, ticks: u64) -> u64 {
        let span = self.span(ticks.saturating_sub(self.anchor));
        u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
    }

    /// Milliseconds from the clock's zero to this reading.
    pub(crate) fn now_millis(&self) -> u64 {
        self.millis(self.ticks)
    }

    /// Milliseconds from `ticks` to this reading; 0 for a time after it.
    pub(crate) fn age_millis(&self, ticks: u64) -> u64 {
        let span = self.span(self.ticks.saturating_sub(ticks));
        u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
    }

    /// The ticks that make up a duration.
    pub(crate) fn ticks_in(&self, duration: Duration) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "float to int saturates, and both are positive"
        )]
        let ticks = (duration.as_nanos() as f64 / self.nanos_per_tick) as u64;
        ticks
    }

    /// A duration in microseconds.
    pub(crate) fn micros(&self, ticks: u64) -> u64 {
        u64::try_from(self.span(ticks).as_micros()).unwrap_or(u64::MAX)
    }

    /// The reading's own ticks.
    pub(crate) fn ticks(&self) -> u64 {
        self.ticks
    }

    fn span(&self, ticks: u64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "float to int saturates, and both are positive"
        )]
        let nanos = (ticks as f64 * self.nanos_per_tick) as u64;
        Duration::from_nanos(nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_milliseconds_take_about_that_long() {
        start();
        let before = now();
        std::thread::sleep(Duration::from_millis(100));
        let reading = read();
        let passed = reading.span(reading.ticks() - before);
        assert!(passed >= Duration::from_millis(95), "{passed:?}");
        assert!(passed < Duration::from_secs(30), "{passed:?}");
    }

    #[test]
    fn ticks_and_time_are_inverse() {
        start();
        std::thread::sleep(Duration::from_millis(5));
        let reading = read();
        let span = reading.span(reading.ticks_in(Duration::from_secs(7)));
        assert!(span.abs_diff(Duration::from_secs(7)) < Duration::from_micros(1), "{span:?}");
    }
}
