//! Healthy origins of every kind that is said to deceive detectors.

use std::cmp::Reverse;

use crate::lifetimes::whole;
use crate::lives::{Lives, Pace};
use crate::random::Random;

pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// What an origin's load is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Flat,
    /// Ten times as much at day as at night.
    Wave,
    /// A batch every minute that ends within it.
    Sawtooth,
    /// Ten times the load, or connections that last for hours, within half an hour.
    Ramp,
    /// Every few hours some hundred tasks at once that live for hours or for ever.
    Step,
    /// Lifetimes without a variance.
    Heavy,
    /// A fifth of the speed for ten minutes, every few hours.
    Slow,
    /// Nothing goes on for ten minutes, every few hours.
    Stall,
    /// A pool; now and then a worker is replaced.
    Daemons,
    /// All connections break, try again for minutes, and then live for hours.
    Storm,
    /// Requests, and one in ten a session of twenty minutes. On sockets, or on channels.
    Sessions,
    OwnSessions,
    /// Requests, and every hour fifty jobs of twenty minutes.
    Jobs,
}

/// Streams that look like a leak while they begin.
pub(crate) const LIMITS: [(Kind, &str); 3] = [
    (Kind::Sessions, "sessions on sockets"),
    (Kind::OwnSessions, "sessions on channels"),
    (Kind::Jobs, "hourly jobs"),
];

pub(crate) const KINDS: [(Kind, &str); 10] = [
    (Kind::Flat, "flat"),
    (Kind::Wave, "daily wave x10"),
    (Kind::Sawtooth, "sawtooth"),
    (Kind::Ramp, "deploy ramp"),
    (Kind::Step, "level step"),
    (Kind::Heavy, "heavy tail 1.5"),
    (Kind::Daemons, "idle daemons"),
    (Kind::Storm, "reconnect storm"),
    (Kind::Slow, "backend x5, 10 min"),
    (Kind::Stall, "backend stall, 10 min"),
];

/// A source of healthy tasks.
#[derive(Debug)]
pub(crate) struct Stream {
    kind: Kind,
    random: Random,
    /// Spawns a second, before noise and shape.
    rate: f64,
    pub(crate) lives: Lives,
    pub(crate) pace: Pace,
    /// Deploys, storms, or when the backend is slow.
    events: Vec<u64>,
    /// The logarithms of what load and latency are multiplied with just now.
    noise: (f64, f64),
    drifts_at: u64,
    /// Whether tasks wait for something of the service's own.
    pub(crate) own: bool,
    long_lived: bool,
    size: u32,
    next_batch: u64,
    /// Where in the day it begins.
    phase: f64,
}

impl Stream {
    /// A stream for so many milliseconds; what is not fixed by the kind is drawn.
    pub(crate) fn new(kind: Kind, mut random: Random, until: u64) -> Self {
        let random = &mut random;
        let lives = match kind {
            Kind::Heavy => Lives::Pareto { least: random.scale(5.0, 1_000.0) },
            Kind::Sawtooth => Lives::Even { most: random.scale(1_000.0, 50_000.0) },
            Kind::Daemons => Lives::Never,
            _ => Lives::usual(random),
        };
        let mut pace = Pace::with_hiccups(random, until);
        let mut events = Vec::new();
        let mut at = whole(random.between(0.2, 4.0) * HOUR as f64);
        while at < until {
            events.push(at);
            match kind {
                Kind::Slow => pace.slow_down(at, at + 10 * MINUTE, 0.2),
                Kind::Stall => pace.slow_down(at, at + 10 * MINUTE, 0.0),
                _ => {}
            }
            at += whole(random.between(3.0, 8.0) * HOUR as f64);
        }
        Self {
            kind,
            rate: random.scale(0.5, 40.0),
            lives,
            pace,
            events,
            noise: (0.0, 0.0),
            drifts_at: 0,
            own: match kind {
                Kind::Storm | Kind::Sessions => false,
                Kind::OwnSessions => true,
                _ => random.chance(0.75),
            },
            long_lived: random.chance(0.5),
            size: u32::try_from(whole(random.scale(20.0, 1_000.0))).unwrap_or(20),
            next_batch: 0,
            phase: random.share(),
            random: random.clone(),
        }
    }

    /// Flat, at this rate and with these lifetimes.
    pub(crate) fn flat(random: Random, rate: f64, lives: Lives, until: u64) -> Self {
        Self { rate, lives, own: true, ..Self::new(Kind::Flat, random, until) }
    }

    /// From when until when the backend is slow.
    pub(crate) fn slow_times(&self) -> Vec<(u64, u64)> {
        let is_slow = matches!(self.kind, Kind::Slow | Kind::Stall);
        let times = self.events.iter().filter(|_| is_slow);
        times.map(|at| (*at, at + 10 * MINUTE)).collect()
    }

    /// Appends when tasks are spawned between two moments, and when they end.
    pub(crate) fn step(&mut self, from: u64, to: u64, tasks: &mut Vec<(u64, u64)>) {
        if to >= self.drifts_at {
            self.drift(5_000);
            self.drifts_at = to + 5_000;
        }
        match self.kind {
            Kind::Daemons => self.pool(from, to, tasks),
            Kind::Sawtooth => self.batch(from, to, tasks),
            Kind::Storm => self.connections(from, to, tasks),
            Kind::Step if self.long_lived => self.deploys(from, to, tasks),
            _ => {
                if self.kind == Kind::Jobs && from / HOUR != to / HOUR {
                    tasks.extend([(to, to + 20 * MINUTE); 50]);
                }
                let seconds = (to - from) as f64 / 1_000.0;
                let mean = self.rate * self.shape(from) * self.noise.0.exp() * seconds;
                let count = self.random.poisson(mean);
                for _ in 0..count {
                    let at = self.moment(from, to);
                    let life = self.life(at);
                    tasks.push((at, self.pace.done(at, life)));
                }
            }
        }
    }

    /// Load wavers by a quarter within minutes, latency by a seventh.
    fn drift(&mut self, ms: u64) {
        let mut walk = |value: f64, deviation: f64, minutes: f64| {
            let kept = (-(ms as f64) / (minutes * MINUTE as f64)).exp();
            value * kept + deviation * (1.0 - kept * kept).sqrt() * self.random.normal()
        };
        self.noise = (walk(self.noise.0, 0.25, 2.0), walk(self.noise.1, 0.15, 5.0));
    }

    fn moment(&mut self, from: u64, to: u64) -> u64 {
        whole(self.random.between(from as f64, to as f64))
    }

    /// How long a task would live that is spawned now.
    fn life(&mut self, at: u64) -> f64 {
        if self.kind == Kind::Ramp && self.long_lived {
            return self.hours(2.0, 8.0);
        }
        if matches!(self.kind, Kind::Sessions | Kind::OwnSessions) && self.random.chance(0.1) {
            return 20.0 * MINUTE as f64 * self.random.exponential();
        }
        // After the first deploy of this kind everything takes three times as long.
        let stepped =
            self.kind == Kind::Step && self.events.first().is_some_and(|first| *first < at);
        let factor = if stepped { 3.0 } else { 1.0 };
        factor * self.lives.sample(&mut self.random) * self.noise.1.exp()
    }

    /// An exponential lifetime; the mean lies between these hours, and is the stream's own.
    fn hours(&mut self, low: f64, high: f64) -> f64 {
        (low + (high - low) * self.phase) * HOUR as f64 * self.random.exponential()
    }

    fn shape(&self, at: u64) -> f64 {
        match self.kind {
            Kind::Wave => {
                let day = at as f64 / DAY as f64 + self.phase;
                // From 0.18 to 1.82.
                1.0 - 0.818 * (std::f64::consts::TAU * day).cos()
            }
            Kind::Ramp => {
                let begun = self.events.iter().rev().find(|begun| **begun <= at);
                let minutes = begun.map_or(0.0, |begun| (at - begun) as f64 / MINUTE as f64);
                let lasts = 10.0 + 20.0 * self.phase;
                if self.long_lived {
                    // Some hundred to thousand connections; then as many as go.
                    return if minutes > 0.0 && minutes < lasts { 0.1 } else { 0.002 };
                }
                // Up within half an hour, down after two.
                if minutes > 120.0 { 0.1 } else { 0.1 + 0.9 * (minutes / lasts).min(1.0) }
            }
            _ => 1.0,
        }
    }

    fn pool(&mut self, from: u64, to: u64, tasks: &mut Vec<(u64, u64)>) {
        let workers = if from < 2_000 { self.size } else { 0 };
        tasks.extend((0..workers).map(|_| (to, self.replaced(to))));
        // One for each that ended: it was drawn with the one that it replaces.
        while self.events.last().is_some_and(|at| *at < to) {
            self.events.pop();
            tasks.push((to, self.replaced(to)));
        }
    }

    /// When a worker gives up; most never do.
    fn replaced(&mut self, now: u64) -> u64 {
        if !self.random.chance(0.02) {
            return u64::MAX;
        }
        let at = now + whole(6.0 * HOUR as f64 * self.random.exponential());
        self.events.push(at);
        self.events.sort_by_key(|at| Reverse(*at));
        at
    }

    fn batch(&mut self, from: u64, to: u64, tasks: &mut Vec<(u64, u64)>) {
        if to < self.next_batch {
            return;
        }
        self.next_batch = from + MINUTE;
        for _ in 0..self.size {
            let life = self.lives.sample(&mut self.random);
            tasks.push((to, self.pace.done(to, life)));
        }
    }

    /// Every deploy starts tasks; those of every other stream end at the next one.
    fn deploys(&mut self, from: u64, to: u64, tasks: &mut Vec<(u64, u64)>) {
        let is_due = from < 2_000 || self.events.iter().any(|at| (from..to).contains(at));
        if !is_due {
            return;
        }
        let next = self.events.iter().find(|at| **at >= to).copied();
        for _ in 0..self.size {
            let ends = if self.phase < 0.5 { next.unwrap_or(u64::MAX) } else { u64::MAX };
            let ends = ends.saturating_add(whole(self.random.between(0.0, 5_000.0)));
            tasks.push((to, ends.min(to.saturating_add(whole(self.hours(4.0, 60.0))))));
        }
    }

    fn connections(&mut self, from: u64, to: u64, tasks: &mut Vec<(u64, u64)>) {
        let seconds = (to - from) as f64 / 1_000.0;
        let begun = self.events.iter().rev().find(|begun| **begun <= from).copied().unwrap_or(0);
        let next = self.events.iter().find(|at| **at > to).copied().unwrap_or(u64::MAX);
        let size = f64::from(self.size);
        let outage = whole(MINUTE as f64 * (1.0 + 4.0 * self.phase));
        let since = from.saturating_sub(begun);
        if begun > 0 && since < outage {
            // Each tries again every few seconds, and is refused.
            for _ in 0..self.random.poisson(size * seconds / 5.0) {
                let at = self.moment(from, to);
                tasks.push((at, at + whole(20.0 * self.random.exponential())));
            }
            return;
        }
        // Back within a minute, then as many as go.
        let back = since < outage + MINUTE;
        let mean_hours = 1.0 + 5.0 * self.phase;
        let rate = if back { size / 60.0 } else { size / (mean_hours * 3_600.0) };
        for _ in 0..self.random.poisson(rate * seconds) {
            let at = self.moment(from, to);
            let broken = next.saturating_add(whole(self.random.between(0.0, 10_000.0)));
            tasks.push((at, broken.min(at + whole(self.hours(1.0, 6.0)))));
        }
    }
}
