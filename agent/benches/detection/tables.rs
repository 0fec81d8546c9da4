//! What is run, and what is printed of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::Builder;
use std::time::Instant;

use crate::Options;
use crate::baselines::NAMES;
use crate::finding::Look;
use crate::lifetimes::{Lifetimes, whole};
use crate::lives::Lives;
use crate::parameters::Parameters;
use crate::random::Random;
use crate::streams::{DAY, HOUR, KINDS, Kind, LIMITS, MINUTE, Stream};
use crate::survivors::Survivors;
use crate::watch::{self, Found, Hunt, Leak, Silence, Watched};

/// Runs numbered jobs on some threads; the results come in the order of their numbers.
fn in_parallel<T: Send>(threads: usize, jobs: u64, job: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicU64::new(0);
    let (sender, receiver) = sync_channel(64);
    std::thread::scope(|scope| {
        for at in 0..threads {
            let (sender, next, job) = (sender.clone(), &next, &job);
            let run = move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= jobs || sender.send((number, job(number))).is_err() {
                        break;
                    }
                }
            };
            drop(Builder::new().name(format!("run-{at}")).spawn_scoped(scope, run));
        }
        drop(sender);
        let mut results: Vec<(u64, T)> = receiver.iter().collect();
        results.sort_by_key(|result| result.0);
        results.into_iter().map(|result| result.1).collect()
    })
}

/// False alarms per group-day of every healthy stream.
pub(crate) fn healthy(options: &Options) {
    println!("\nfalse alarms per group-day (suspicions withdrawn within a minute apart)");
    silences(options, options.days, 1, &KINDS);
    println!("\nthe same, where nothing in the counts tells a leak from health for a while");
    silences(options, options.days.div_ceil(10), 101, &LIMITS);
}

fn silences(options: &Options, days: u64, first: u64, kinds: &[(Kind, &str)]) {
    println!(
        "{:<24}{:>7}{:>10}{:>10}{:>9}{:>10} |{}",
        "stream",
        "days",
        "ours",
        "withdrawn",
        "slow",
        "minutes",
        header(12)
    );
    let parameters = Parameters::default();
    let mut whole_set = Silence::default();
    for (number, (kind, name)) in (first..).zip(kinds.iter().copied()) {
        if !name.contains(&options.only) {
            continue;
        }
        // A new origin every day or three: every run has its own beginning.
        let length = if kind == Kind::Wave { 3 } else { 1 };
        let runs = days.div_ceil(length);
        let results = in_parallel(options.threads, runs, |run| {
            let random =
                |part: u64| Random::new(options.seed, number * 1_000_000 + 10 * run + part);
            let until = length * DAY;
            let stream = Stream::new(kind, random(0), until);
            let text = if options.verbose { format!("{stream:?}") } else { String::new() };
            watch::listen(stream, random(1), until, &parameters, |finding| {
                if options.verbose {
                    println!(
                        "  {name} run {run}: {finding:?} {}",
                        text.get(..700).unwrap_or(&text)
                    );
                }
            })
        });
        let mut sum = Silence::default();
        for result in &results {
            sum.add(result);
        }
        print_silence(name, &sum);
        whole_set.add(&sum);
    }
    print_silence("all", &whole_set);
}

fn header(width: usize) -> String {
    NAMES.map(|name| format!("{name:>width$}")).concat()
}

fn print_silence(name: &str, sum: &Silence) {
    let per_day = |count: u64| count as f64 / sum.days.max(1e-9);
    let baselines = sum.baselines.map(|count| format!("{:>12.4}", per_day(count))).concat();
    println!(
        "{name:<24}{:>7.0}{:>10.4}{:>10.4}{:>9.3}{:>10.2} |{baselines}",
        sum.days,
        per_day(sum.suspicions - sum.withdrawn),
        per_day(sum.withdrawn),
        per_day(sum.slow),
        per_day(sum.suspected_ms / MINUTE),
    );
}

/// A way to leak.
struct Case {
    name: &'static str,
    /// Spawns a second; drawn if `None`. 0: nothing healthy at all.
    rate: Option<f64>,
    share: f64,
    every: Option<u64>,
    /// From the first task on.
    at_once: bool,
    others: usize,
    /// Whether backends of the others stall now and then.
    stalls: bool,
    hours: u64,
}

const CASES: [Case; 10] = {
    let base = Case {
        name: "",
        rate: None,
        share: 0.0,
        every: None,
        at_once: false,
        others: 18,
        stalls: false,
        hours: 3,
    };
    [
        Case { name: "100 %", share: 1.0, ..base },
        Case { name: "10 %", share: 0.1, ..base },
        Case { name: "1 %", share: 0.01, ..base },
        Case { name: "1 % at 10/s", share: 0.01, rate: Some(10.0), ..base },
        Case { name: "1 % at 10/s, at once", share: 0.01, rate: Some(10.0), at_once: true, ..base },
        Case { name: "0.1 %", share: 0.001, hours: 24, ..base },
        Case { name: "1 in 10 min, siblings", every: Some(10 * MINUTE), hours: 12, ..base },
        Case {
            name: "1 in 10 min, alone",
            rate: Some(0.0),
            every: Some(10 * MINUTE),
            hours: 24,
            ..base
        },
        Case { name: "5 %, one of 200", share: 0.05, others: 199, ..base },
        Case { name: "the same, others stall", share: 0.05, others: 199, stalls: true, ..base },
    ]
};

/// Delay and rank for every leak.
pub(crate) fn leaks(options: &Options) {
    println!("\nleaks: found, and after how many leaked tasks / seconds (median, p95, max)");
    println!("counted from when the first is twice as old as 99.9 % of its siblings become");
    println!(
        "{:<24}{:>6}{:>9}{:>22}{:>11}{:>26}{:>8}{:>8} | median (missed: inf), share found:{}",
        "leak",
        "runs",
        "found",
        "leaked tasks",
        "within 20",
        "seconds",
        "first",
        "early",
        header(17)
    );
    let parameters = Parameters::default();
    let mut all = Vec::new();
    for (number, case) in (1..).zip(&CASES) {
        if !case.name.contains(&options.only) {
            continue;
        }
        let runs = if case.others > 100 { options.runs.div_ceil(4) } else { options.runs };
        let results = in_parallel(options.threads, runs, |run| {
            one_leak(case, options, number * 1_000_000 + 1_000 * run, &parameters)
        });
        print_hunts(case.name, &results);
        all.extend(results);
    }
    print_hunts("all", &all);
}

fn one_leak(case: &Case, options: &Options, number: u64, parameters: &Parameters) -> Hunt {
    let random = |part: u64| Random::new(options.seed ^ 0x5EED, number + part);
    let mut draw = random(0);
    let lives = Lives::usual(&mut draw);
    let rate = case.rate.unwrap_or_else(|| draw.scale(1.0, 50.0));
    let usual_ms = if rate > 0.0 { lives.usual_ms(&mut draw) } else { 0 };
    let history = if case.at_once { 0.0 } else { draw.scale(10.0, 180.0) * MINUTE as f64 };
    let from = whole(history).max(1);
    let until = from + case.hours * HOUR;
    let stream = Stream::flat(random(1), rate, lives, until);
    let mut leaking = Watched::new(stream, random(2));
    let (share, every) = (case.share, case.every);
    leaking.leak = Some(Leak { from, share, every, leaked: Vec::new() });
    let others = (0..case.others).map(|at| {
        let part = 10 + 2 * at as u64;
        let kinds = KINDS.len() - usize::from(!case.stalls);
        let (kind, _) = KINDS.get(at % kinds).copied().unwrap_or(KINDS[0]);
        Watched::new(Stream::new(kind, random(part), until), random(part + 1))
    });
    let others = others.collect();
    let text = if options.verbose { format!("{:?}", leaking.stream.lives) } else { String::new() };
    let hunt = watch::hunt(leaking, others, usual_ms, until, random(3), parameters);
    if options.verbose {
        println!("  run {number}: from {from}, usual {usual_ms} ms, {text}: {:?}", hunt.ours);
    }
    hunt
}

fn print_hunts(name: &str, hunts: &[Hunt]) {
    let found: Vec<Found> = hunts.iter().filter_map(|hunt| hunt.ours).collect();
    let leaked = spread(found.iter().map(|found| found.leaked).collect());
    let soon = found.iter().filter(|found| found.leaked <= 20.0).count();
    let seconds = spread(found.iter().map(|found| found.seconds).collect());
    let ranks: Vec<usize> = hunts.iter().flat_map(|hunt| hunt.ranks.clone()).collect();
    let first = ranks.iter().filter(|rank| **rank == 1).count();
    let early = hunts.iter().filter(|hunt| hunt.early).count();
    let share = |count: usize, of: usize| 100.0 * count as f64 / of.max(1) as f64;
    let baselines = [0, 1, 2, 3, 4].map(|at| {
        let by = hunts.iter().filter_map(|hunt| *hunt.baselines.get(at)?);
        let mut leaked: Vec<f64> = by.map(|found| found.leaked).collect();
        let found = share(leaked.len(), hunts.len());
        leaked.resize(hunts.len(), f64::INFINITY);
        let text = format!("{:.0}, {found:.0} %", spread(leaked)[0]);
        format!("{text:>17}")
    });
    println!(
        "{name:<24}{:>6}{:>7.1} %{:>22}{:>9.1} %{:>26}{:>6.1} %{early:>8} |{:>35}{}",
        hunts.len(),
        share(found.len(), hunts.len()),
        leaked.map(|n| format!("{n:.0}")).join(" "),
        share(soon, hunts.len()),
        seconds.map(|n| format!("{n:.0}")).join(" "),
        share(first, ranks.len()),
        "",
        baselines.concat(),
    );
}

/// Median, 95 % and the most.
fn spread(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.5, 0.95, 1.0].map(|share| {
        let at = whole(share * values.len().saturating_sub(1) as f64);
        usize::try_from(at).ok().and_then(|at| values.get(at)).copied().unwrap_or(f64::NAN)
    })
}

/// What a pass over ten thousand origins costs.
pub(crate) fn cost() {
    let parameters = Parameters::default();
    let mut finished = Lifetimes::default();
    (0..10_000).for_each(|at| finished.add(10 + at % 500));
    println!("\na look at one origin, of 10,000 ({} bytes each)", size_of::<Survivors>());
    for (name, old, step) in [("nobody is old", 0, 0), ("40 are overdue, and a leak", 40, 60_000)] {
        let mut ages = Lifetimes::default();
        (0..100).for_each(|at| ages.add(at * 20));
        (0..old).for_each(|at| ages.add(40_000 + at * step));
        let mut origins: Vec<Survivors> = (0..10_000).map(|_| Survivors::new()).collect();
        let mut best = f64::INFINITY;
        for pass in 0..20 {
            let look = Look {
                now_ms: 1_000_000 + pass * 1_000,
                spawned: 10_100 + old,
                finished: &finished,
                ages: &ages,
                stuck_own: old,
            };
            let begun = Instant::now();
            for origin in &mut origins {
                std::hint::black_box(origin.note(&look, &parameters));
            }
            best = best.min(begun.elapsed().as_secs_f64() * 1e9 / origins.len() as f64);
        }
        println!("{name:<40}{best:>8.0} ns");
    }
}
