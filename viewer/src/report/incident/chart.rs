//! What was before as a picture: tasks by state with the stuck among them, and memory.
//!
//! A picture is made of shares of its width and its height; whoever writes it down knows the size.

use taskscope_proto::model::{Class, Header, State};

use super::past::{PastPoint, thinned};
use crate::analyse::numbers::{age, bytes, count, counted};
use crate::report::ages;
use crate::store::LIVING;

/// Moments that a picture has room for.
const MOST_POINTS: usize = 240;
/// Lines of the table that stands for a picture.
const MOST_ROWS: usize = 12;
/// Times that are written below a picture.
const MOST_TIMES: u64 = 6;
/// Lines across a picture, and across a low one.
const MOST_LEVELS: u64 = 4;
const FEW_LEVELS: u64 = 2;
/// What a stretch is called, milliseconds, and from when on it is worth a picture beside the whole.
const TEN_MINUTES_MS: u64 = 600_000;
const LONG_MS: u64 = 900_000;

/// Steps between times, seconds.
const STEPS_SECS: [u64; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];

/// A stretch of time.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    /// What it is called.
    pub(super) name: String,
    pub(super) tasks: Picture,
    /// Where it is known at more than one moment.
    pub(super) memory: Option<Picture>,
    /// The same as a table: time, tasks, stuck, memory.
    pub(super) rows: Vec<[String; 4]>,
    /// Tasks and stuck of all moments, to be drawn small.
    pub(super) alive: Vec<u64>,
    pub(super) stuck: Vec<u64>,
}

/// Curves above a line of times.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) title: String,
    /// The same in words, for those who do not see it.
    pub(super) description: String,
    pub(super) curves: Vec<Curve>,
    /// From the left.
    pub(super) times: Vec<Tick>,
    /// From the bottom.
    pub(super) levels: Vec<Tick>,
    /// From the left: since when something has been the matter.
    pub(super) onsets: Vec<Onset>,
}

/// A curve, or the area between two.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) kind: CurveKind,
    /// From the left and from the bottom.
    pub(super) points: Vec<(f64, f64)>,
    /// The lower edge of an area.
    pub(super) below: Vec<(f64, f64)>,
}

/// What a curve is of, and so what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CurveKind {
    Tasks(State),
    Stuck,
    Memory,
}

/// A word at an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) share: f64,
    pub(super) text: String,
}

/// When something began to be the matter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Onset {
    pub(super) share: f64,
    pub(super) class: Class,
    pub(super) text: String,
}

/// All that is known as one picture, and if that is much, the last ten minutes as another.
pub(super) fn stretches(
    past: &[PastPoint],
    header: &Header,
    onsets: &[(u64, Class)],
) -> Vec<Stretch> {
    let (Some(first), Some(last)) = (past.first(), past.last()) else { return Vec::new() };
    let span_ms = last.at_ms.saturating_sub(first.at_ms);
    if span_ms < 1_000 {
        return Vec::new();
    }
    let whole = |name: String, points: &[PastPoint]| stretch(name, points, header, onsets);
    let mut found = Vec::new();
    let words = age(std::time::Duration::from_millis(span_ms));
    found.push(whole(format!("All that is known: {words}"), past));
    if span_ms > LONG_MS {
        let from = last.at_ms.saturating_sub(TEN_MINUTES_MS);
        let at = past.partition_point(|point| point.at_ms < from);
        let late = past.get(at..).unwrap_or_default();
        if late.len() > 2 {
            found.push(whole("The last ten minutes of it".to_owned(), late));
        }
    }
    found
}

/// Where a moment is in a stretch.
#[derive(Clone, Copy)]
struct Axis<'a> {
    header: &'a Header,
    first_ms: u64,
    last_ms: u64,
}

impl Axis<'_> {
    fn share(self, at_ms: u64) -> f64 {
        let span = self.last_ms.saturating_sub(self.first_ms).max(1);
        at_ms.saturating_sub(self.first_ms) as f64 / span as f64
    }

    /// The wall clock at a moment of the agent's.
    fn unix_ms(self, at_ms: u64) -> u64 {
        ages::unix_ms(self.header, at_ms)
    }

    /// Times on the wall clock, at round ones.
    fn times(self) -> Vec<Tick> {
        let (first, last) = (self.unix_ms(self.first_ms), self.unix_ms(self.last_ms));
        let span_secs = last.saturating_sub(first) / 1_000;
        let fits = |step: &&u64| span_secs / **step < MOST_TIMES;
        let step = STEPS_SECS.iter().find(fits).copied().unwrap_or(86_400) * 1_000;
        // Whoever writes a file may write any time into it.
        let begin = first.div_ceil(step).saturating_mul(step);
        let ticks = (0..=MOST_TIMES).map_while(|at| begin.checked_add(at * step));
        let ticks = ticks.take_while(|unix| (first..=last).contains(unix));
        let format = match step {
            0..60_000 => "%H:%M:%S",
            86_400_000.. => "%b %d",
            _ => "%H:%M",
        };
        let tick = |unix_ms: u64| {
            let share = (unix_ms - first) as f64 / (last - first).max(1) as f64;
            Some(Tick { share, text: ages::moment(unix_ms)?.strftime(format).to_string() })
        };
        ticks.filter_map(tick).collect()
    }

    fn clock(self, at_ms: u64) -> String {
        let moment = ages::moment(self.unix_ms(at_ms));
        moment.map(|moment| moment.strftime("%H:%M:%S").to_string()).unwrap_or_default()
    }
}

fn stretch(
    name: String,
    points: &[PastPoint],
    header: &Header,
    onsets: &[(u64, Class)],
) -> Stretch {
    let thin = thinned(points, MOST_POINTS);
    let (first, last) = (thin.first().copied(), thin.last().copied());
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    let axis = Axis { header, first_ms: first.at_ms, last_ms: last.at_ms };
    let rows = thinned(points, MOST_ROWS).into_iter().map(|point| {
        let memory = point.memory.map_or_else(|| "not known".to_owned(), bytes);
        [axis.clock(point.at_ms), count(point.alive()), count(point.stuck), memory]
    });
    Stretch {
        name,
        tasks: tasks(&thin, axis, onsets),
        memory: memory(&thin, axis, onsets),
        rows: rows.collect(),
        alive: thin.iter().map(PastPoint::alive).collect(),
        stuck: thin.iter().map(|point| point.stuck).collect(),
    }
}

fn tasks(points: &[PastPoint], axis: Axis<'_>, onsets: &[(u64, Class)]) -> Picture {
    let highest = points.iter().map(|point| point.alive().max(point.stuck)).max().unwrap_or(0);
    let levels = levels(highest, MOST_LEVELS, 10, count);
    let top = levels.1;
    let mut below: Vec<(f64, f64)> =
        points.iter().map(|point| (axis.share(point.at_ms), 0.0)).collect();
    let mut sums = vec![0_u64; points.len()];
    let mut curves = Vec::new();
    for (at, state) in LIVING.into_iter().enumerate() {
        for (sum, point) in sums.iter_mut().zip(points) {
            *sum = sum.saturating_add(point.states.get(at).copied().unwrap_or_default());
        }
        let edge = below.iter().zip(&sums).map(|((x, _), sum)| (*x, *sum as f64 / top));
        let edge: Vec<(f64, f64)> = edge.collect();
        let below = std::mem::replace(&mut below, edge.clone());
        // A state that nothing was in has no area.
        if edge != below {
            let kind = CurveKind::Tasks(state);
            curves.push(Curve { name: state.name(), kind, points: edge, below });
        }
    }
    let stuck = points.iter().map(|p| (axis.share(p.at_ms), p.stuck as f64 / top));
    let name = "stuck";
    let (points_of, below) = (stuck.collect(), Vec::new());
    curves.push(Curve { name, kind: CurveKind::Stuck, points: points_of, below });
    let description = described(points, axis, "tasks alive", PastPoint::alive, count)
        + " "
        + &described(points, axis, "of them stuck", |point| point.stuck, count);
    picture("Tasks by state".to_owned(), description, curves, axis, levels.0, onsets)
}

fn memory(points: &[PastPoint], axis: Axis<'_>, onsets: &[(u64, Class)]) -> Option<Picture> {
    let known: Vec<PastPoint> = points.iter().filter(|p| p.memory.is_some()).copied().collect();
    if known.len() < 2 {
        return None;
    }
    let of = |point: &PastPoint| point.memory.unwrap_or_default();
    let (ticks, top) = levels(known.iter().map(of).max().unwrap_or(0), FEW_LEVELS, 1_024, bytes);
    let edge = known.iter().map(|point| (axis.share(point.at_ms), of(point) as f64 / top));
    let edge: Vec<(f64, f64)> = edge.collect();
    let below = edge.iter().map(|(x, _)| (*x, 0.0)).collect();
    let curves =
        vec![Curve { name: "resident memory", kind: CurveKind::Memory, points: edge, below }];
    let description = described(&known, axis, "resident", of, bytes);
    let title = "Resident memory of the process".to_owned();
    Some(picture(title, description, curves, axis, ticks, onsets))
}

fn picture(
    title: String,
    description: String,
    curves: Vec<Curve>,
    axis: Axis<'_>,
    levels: Vec<Tick>,
    onsets: &[(u64, Class)],
) -> Picture {
    let inside = onsets.iter().filter(|(at_ms, _)| (axis.first_ms..=axis.last_ms).contains(at_ms));
    let onsets = inside.map(|(at_ms, class)| Onset {
        share: axis.share(*at_ms),
        class: *class,
        text: format!("{} since {}", class.name(), axis.clock(*at_ms)),
    });
    let mut onsets: Vec<Onset> = onsets.collect();
    onsets.sort_by(|a, b| a.share.total_cmp(&b.share));
    Picture { title, description, curves, times: axis.times(), levels, onsets }
}

/// `From 10 tasks alive at 12:00:00 to 224 at 12:10:00; at most 230, at 12:09:00.`
fn described(
    points: &[PastPoint],
    axis: Axis<'_>,
    what: &str,
    of: impl Fn(&PastPoint) -> u64,
    number: fn(u64) -> String,
) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let most = points.iter().max_by_key(|point| of(point)).unwrap_or(last);
    format!(
        "From {} {what} at {} to {} at {}; at most {}, at {}.",
        number(of(first)),
        axis.clock(first.at_ms),
        number(of(last)),
        axis.clock(last.at_ms),
        number(of(most)),
        axis.clock(most.at_ms),
    )
}

/// At most so many round numbers up to the highest, in shares of the top, and the top. `base`: of thousands.
fn levels(highest: u64, most: u64, base: u64, number: fn(u64) -> String) -> (Vec<Tick>, f64) {
    // A little air above.
    let top = (highest as f64 * 1.05).max(1.0);
    let mut unit = 1_u64;
    let step = loop {
        let tens: &[u64] =
            if base == 10 { &[1, 2, 5] } else { &[1, 2, 5, 10, 20, 50, 100, 200, 500] };
        let found = tens.iter().map(|ten| ten.saturating_mul(unit));
        if let Some(step) = found.into_iter().find(|step| highest / (*step).max(1) <= most) {
            break step.max(1);
        }
        unit = unit.saturating_mul(base);
    };
    let ticks = (1..=most).map(|at| at.saturating_mul(step)).filter(|at| *at <= highest);
    let ticks = ticks.map(|at| Tick { share: at as f64 / top, text: number(at) });
    (ticks.collect(), top)
}

/// A picture's words about what is drawn: `205 tasks` of a trend.
pub(super) fn trend_words(counts: &[u64], span_secs: u64) -> Option<String> {
    let (first, last) = (counts.first()?, counts.last()?);
    let most = counts.iter().max()?;
    let span = age(std::time::Duration::from_secs(span_secs));
    if counts.iter().all(|count| count == first) {
        return Some(format!("{} all along, for {span}", counted(*first, "task")));
    }
    let (first, most, last) = (count(*first), count(*most), counted(*last, "task"));
    Some(format!("from {first} to {last} in {span}, at most {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_767_355_200_000;

    fn point(secs: u64, parked: u64, stuck: u64) -> PastPoint {
        let memory = Some(parked << 20);
        PastPoint { at_ms: secs * 1_000, states: [parked, 0, 0, 0], stuck, memory }
    }

    fn header(now_secs: u64) -> Header {
        let now_ms = now_secs * 1_000;
        Header { now_ms, now_unix_ms: NOON + now_ms, ..Header::default() }
    }

    #[test]
    fn times_are_round_ones_of_the_wall_clock() {
        let check = |first: u64, last: u64, expected: &[&str]| {
            let header = header(last);
            let axis = Axis { header: &header, first_ms: first * 1_000, last_ms: last * 1_000 };
            let times = axis.times();
            let texts: Vec<&str> = times.iter().map(|tick| &*tick.text).collect();
            assert_eq!(texts, expected);
            assert!(times.iter().all(|tick| (0.0..=1.0).contains(&tick.share)), "{times:?}");
        };
        check(1, 5, &["12:00:01", "12:00:02", "12:00:03", "12:00:04", "12:00:05"]);
        check(3, 103, &["12:00:30", "12:01:00", "12:01:30"]);
        check(0, 600, &["12:00", "12:02", "12:04", "12:06", "12:08", "12:10"]);
        check(1, 86_400, &["18:00", "00:00", "06:00", "12:00"]);
        check(0, 300_000, &["Jan 03", "Jan 04", "Jan 05"]);
        let header = Header { now_ms: 9_000, now_unix_ms: u64::MAX, ..Header::default() };
        let axis = Axis { header: &header, first_ms: 0, last_ms: 9_000 };
        assert_eq!(axis.times(), [], "beyond any calendar");
    }

    #[test]
    fn levels_are_round_and_few() {
        let check = |highest: u64, base: u64, expected: &[&str]| {
            let most = if base == 10 { 4 } else { 2 };
            let number = if base == 10 { count } else { bytes };
            let (ticks, top) = levels(highest, most, base, number);
            let texts: Vec<&str> = ticks.iter().map(|tick| &*tick.text).collect();
            assert_eq!(texts, expected, "{highest}");
            assert!(top >= highest as f64, "{highest}");
        };
        assert!(levels(u64::MAX, 4, 10, count).0.len() <= 4);
        check(0, 10, &[]);
        check(1, 10, &["1"]);
        check(4, 10, &["1", "2", "3", "4"]);
        check(224, 10, &["50", "100", "150", "200"]);
        check(90_000, 10, &["20\u{a0}000", "40\u{a0}000", "60\u{a0}000", "80\u{a0}000"]);
        check(48 << 20, 1_024, &["20 MiB", "40 MiB"]);
        check(2_500 << 20, 1_024, &["1.0 GiB", "2.0 GiB"]);
    }

    #[test]
    fn what_is_long_is_shown_as_a_whole_and_from_near() {
        let check = |past: &[PastPoint], expected: &[&str]| {
            let header = header(past.last().map_or(0, |point| point.at_ms / 1_000));
            let found = stretches(past, &header, &[]);
            let names: Vec<&str> = found.iter().map(|stretch| &*stretch.name).collect();
            assert_eq!(names, expected);
        };
        check(&[], &[]);
        check(&[point(5, 3, 0)], &[]);
        check(&[point(5, 3, 0), point(7, 4, 0)], &["All that is known: 2 s"]);
        let hour: Vec<PastPoint> = (0..3_600).map(|at| point(at, at, 0)).collect();
        check(&hour, &["All that is known: 59 m 59 s", "The last ten minutes of it"]);
    }

    #[test]
    fn the_picture_in_words_and_its_onsets() {
        let past = [point(0, 10, 0), point(60, 230, 9), point(120, 224, 205)];
        let found =
            stretches(&past, &header(120), &[(30_000, Class::Suspect), (900_000, Class::Slow)]);
        let picture = &found[0].tasks;
        assert_eq!(
            picture.description,
            "From 10 tasks alive at 12:00:00 to 224 at 12:02:00; at most 230, at 12:01:00. From 0 of \
             them stuck at 12:00:00 to 205 at 12:02:00; at most 205, at 12:02:00."
        );
        let expected =
            Onset { share: 0.25, class: Class::Suspect, text: "suspect since 12:00:30".into() };
        assert_eq!(picture.onsets, [expected]);
        let names: Vec<&str> = picture.curves.iter().map(|curve| curve.name).collect();
        assert_eq!(names, ["parked", "stuck"], "nothing was ever in another state");
        assert!(found[0].memory.is_some());
        assert_eq!(found[0].rows[1], ["12:01:00", "230", "9", "230 MiB"]);
    }
}
