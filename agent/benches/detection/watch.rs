//! A stream, a service and everybody who watches it.

use crate::baselines::{self, Watch};
use crate::finding::{Class, Finding, Look};
use crate::parameters::Parameters;
use crate::random::Random;
use crate::service::Service;
use crate::streams::{DAY, MINUTE, Stream};
use crate::survivors::Survivors;

/// Alarms closer together are one.
const SAME: u64 = 10 * MINUTE;

/// An origin under watch.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) stream: Stream,
    pub(crate) service: Service,
    survivors: Survivors,
    pub(crate) finding: Option<Finding>,
    tasks: Vec<(u64, u64)>,
    /// When and how long tasks leak, and how many did.
    pub(crate) leak: Option<Leak>,
    random: Random,
    next_look: u64,
}

/// Tasks that never end.
#[derive(Clone, Debug)]
pub(crate) struct Leak {
    pub(crate) from: u64,
    /// Of the healthy tasks so many never end.
    pub(crate) share: f64,
    /// Besides, one comes every so many milliseconds.
    pub(crate) every: Option<u64>,
    /// When each leaked.
    pub(crate) leaked: Vec<u64>,
}

impl Watched {
    pub(crate) fn new(stream: Stream, random: Random) -> Self {
        Self {
            stream,
            service: Service::new(0),
            survivors: Survivors::new(),
            finding: None,
            tasks: Vec::new(),
            leak: None,
            random,
            next_look: 0,
        }
    }

    /// How long the next step takes.
    pub(crate) fn pause(random: &mut Random) -> u64 {
        crate::lifetimes::whole(random.between(900.0, 1_100.0))
    }

    /// Goes on to this moment, and looks if it is time to. Under load the agent looks more rarely.
    pub(crate) fn step(&mut self, to: u64, parameters: &Parameters) {
        let from = self.service.now_ms;
        self.tasks.clear();
        self.stream.step(from, to, &mut self.tasks);
        if let Some(leak) = &mut self.leak {
            leak.happen(from, to, &mut self.tasks, &mut self.random);
        }
        self.service.step(to, &self.tasks);
        if to < self.next_look {
            return;
        }
        let late = if self.random.chance(0.02) { self.random.between(1e3, 9e3) } else { 0.0 };
        self.next_look = to + crate::lifetimes::whole(late);
        let stuck_own = if self.stream.own { self.service.older_than(10_000) } else { 0 };
        let look = Look {
            now_ms: to,
            spawned: self.service.spawned,
            finished: &self.service.finished,
            ages: &self.service.ages,
            stuck_own,
        };
        self.finding = Some(self.survivors.note(&look, parameters));
    }

    pub(crate) fn class(&self) -> Class {
        self.finding.map_or(Class::Normal, |finding| finding.class)
    }

    /// Living tasks that have leaked.
    pub(crate) fn leaked(&self) -> u64 {
        self.leak.as_ref().map_or(0, |leak| leak.leaked.len() as u64)
    }
}

impl Leak {
    fn happen(&mut self, from: u64, to: u64, tasks: &mut Vec<(u64, u64)>, random: &mut Random) {
        if to <= self.from {
            return;
        }
        for (spawned, ends) in tasks.iter_mut().filter(|task| task.0 >= self.from) {
            if random.chance(self.share) {
                *ends = u64::MAX;
                self.leaked.push(*spawned);
            }
        }
        if let Some(every) = self.every
            && from / every != to / every
        {
            tasks.push((to, u64::MAX));
            self.leaked.push(to);
        }
    }
}

/// How often each detector raised its voice over a healthy stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Silence {
    pub(crate) days: f64,
    /// Suspicions; of them, those that were withdrawn within a minute of the end of a slow time.
    pub(crate) suspicions: u64,
    pub(crate) withdrawn: u64,
    pub(crate) slow: u64,
    /// How long the origin was suspected, in milliseconds.
    pub(crate) suspected_ms: u64,
    pub(crate) baselines: [u64; 5],
}

impl Silence {
    pub(crate) fn add(&mut self, other: &Self) {
        self.days += other.days;
        self.suspicions += other.suspicions;
        self.withdrawn += other.withdrawn;
        self.slow += other.slow;
        self.suspected_ms += other.suspected_ms;
        for (sum, count) in self.baselines.iter_mut().zip(other.baselines) {
            *sum += count;
        }
    }
}

/// Runs a healthy stream to its end.
pub(crate) fn listen(
    stream: Stream,
    mut random: Random,
    until: u64,
    parameters: &Parameters,
    mut told: impl FnMut(&Finding),
) -> Silence {
    let slow = stream.slow_times();
    let mut watched = Watched::new(stream, random.clone());
    let mut alarms = baselines::all();
    let mut heard: [Option<u64>; 5] = [None; 5];
    let mut silence = Silence { days: until as f64 / DAY as f64, ..Silence::default() };
    let (mut class, mut suspected_at) = (Class::Normal, 0);
    while watched.service.now_ms < until {
        let now = watched.service.now_ms + Watched::pause(&mut random);
        watched.step(now, parameters);
        let is = watched.class();
        silence.suspected_ms += if is == Class::Suspect { 1_000 } else { 0 };
        if is == Class::Suspect && class != Class::Suspect {
            silence.suspicions += 1;
            suspected_at = now;
            if let Some(finding) = &watched.finding {
                told(finding);
            }
        }
        if class == Class::Suspect && is != Class::Suspect {
            // Raised while the backend was slow, and over within a minute of its recovery.
            let due =
                slow.iter().find(|slow| slow.0 <= suspected_at && suspected_at <= slow.1 + MINUTE);
            if due.is_some_and(|slow| now <= slow.1 + MINUTE) {
                silence.withdrawn += 1;
            }
        }
        silence.slow += u64::from(is == Class::Slow && class == Class::Normal);
        class = is;
        let each = alarms.iter_mut().zip(&mut heard).zip(&mut silence.baselines);
        for ((watch, heard), count) in each {
            watch.note(now, watched.service.living);
            if watch.is_alarming {
                *count += u64::from(heard.is_none_or(|before| now - before > SAME));
                *heard = Some(now);
            }
        }
    }
    silence
}

/// How a leak was found by one detector: after how many seconds and leaked tasks, counted from
/// when the first of them was twice as old as its siblings become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) seconds: f64,
    pub(crate) leaked: f64,
}

/// One leaking run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hunt {
    pub(crate) ours: Option<Found>,
    pub(crate) baselines: [Option<Found>; 5],
    /// Suspected before anything had leaked.
    pub(crate) early: bool,
    /// The place of the leaking origin among all, when it was found and a while later.
    pub(crate) ranks: Vec<usize>,
}

/// One baseline on a leaking stream, and its twin that does not see what leaked.
struct Twins {
    with: Watch,
    without: Watch,
    /// When the twin last raised its voice.
    chance: Option<u64>,
    /// An alarm, until the twin has kept silent for a while after it.
    maybe: Option<(u64, Found)>,
    sure: Option<Found>,
}

impl Twins {
    fn note(&mut self, now: u64, counts: (u64, u64), found: impl FnOnce() -> Option<Found>) {
        self.with.note(now, counts.0);
        self.without.note(now, counts.1);
        if self.without.is_alarming {
            self.chance = Some(now);
            self.maybe = None;
        }
        let is_chance = self.chance.is_some_and(|before| now - before < SAME);
        match self.maybe {
            Some((at, found)) if now - at >= SAME => self.sure = self.sure.or(Some(found)),
            None if self.with.is_alarming && !is_chance => {
                self.maybe = found().map(|found| (now, found));
            }
            _ => {}
        }
    }
}

/// Runs a leaking origin beside healthy ones.
pub(crate) fn hunt(
    mut leaking: Watched,
    mut others: Vec<Watched>,
    usual_ms: u64,
    until: u64,
    mut random: Random,
    parameters: &Parameters,
) -> Hunt {
    let pairs = baselines::all().into_iter().zip(baselines::all());
    let mut twins: Vec<Twins> = pairs
        .map(|(with, without)| Twins { with, without, chance: None, maybe: None, sure: None })
        .collect();
    let mut hunt = Hunt::default();
    let mut rank_again: Option<u64> = None;
    while leaking.service.now_ms < until {
        let now = leaking.service.now_ms + Watched::pause(&mut random);
        leaking.step(now, parameters);
        for other in &mut others {
            other.step(now, parameters);
        }
        if leaking.class() == Class::Suspect && hunt.ours.is_none() {
            if leaking.leaked() == 0 {
                hunt.early = true;
            } else {
                hunt.ours = Some(found(&leaking, now, usual_ms));
                hunt.ranks.push(rank(&leaking, &others));
                rank_again = Some(now + 10 * MINUTE);
            }
        }
        if rank_again.is_some_and(|at| at <= now) && !others.is_empty() {
            hunt.ranks.push(rank(&leaking, &others));
            others.clear();
        }
        let counts = (leaking.service.living, leaking.service.living - leaking.leaked());
        for twins in twins.iter_mut().filter(|twins| twins.sure.is_none()) {
            twins.note(now, counts, || {
                (leaking.leaked() > 0).then(|| found(&leaking, now, usual_ms))
            });
        }
        if others.is_empty()
            && hunt.ours.is_some()
            && twins.iter().all(|twins| twins.sure.is_some())
        {
            break;
        }
    }
    for (found, twins) in hunt.baselines.iter_mut().zip(&twins) {
        *found = twins.sure;
    }
    hunt
}

fn found(leaking: &Watched, now: u64, usual_ms: u64) -> Found {
    let leaked = leaking.leak.as_ref().map_or(&[][..], |leak| &leak.leaked);
    let counted_from = leaked.first().map_or(now, |first| first + 2 * usual_ms);
    let since = leaked.iter().filter(|at| **at > counted_from).count();
    Found { seconds: (now as f64 - counted_from as f64) / 1_000.0, leaked: since as f64 }
}

/// By class, then by how many are overdue.
fn rank(leaking: &Watched, others: &[Watched]) -> usize {
    let key = |watched: &Watched| {
        watched.finding.map_or((Class::Normal, 0), |finding| (finding.class, finding.overdue))
    };
    1 + others.iter().filter(|other| key(other) > key(leaking)).count()
}
