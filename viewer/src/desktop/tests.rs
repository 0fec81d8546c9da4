use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::*;
use crate::alert::{Alert, At, Change, Severity, Subject, Turn};

/// Writes down what is shown; fails where it is told to.
#[derive(Default)]
struct Paper {
    lines: Vec<String>,
    tries: usize,
    broken: bool,
}

impl Board for Paper {
    fn show(&mut self, words: &Words, replaces: Option<u32>) -> Result<u32, String> {
        self.tries += 1;
        if self.broken {
            return Err("no such bus".into());
        }
        let place = replaces.map(|id| format!(" in place of {id}")).unwrap_or_default();
        self.lines.push(format!("{} | {}{place}", words.summary, words.body));
        Ok(u32::try_from(self.tries).unwrap())
    }

    fn name(&self) -> &'static str {
        "paper"
    }
}

fn change(turn: Turn, rule: &str) -> Change {
    let at = |second| At { moment: Duration::from_secs(second), unix_ms: 0 };
    let alert = Alert {
        rule: rule.into(),
        severity: Severity::Critical,
        process: "shop".into(),
        target: "a:1".into(),
        subject: Subject::Service,
        text: "all wait at <src/a.rs:1> & more".into(),
        since: at(1),
        fired: Some(at(2)),
        resolved: (turn == Turn::Resolved).then(|| at(42)),
    };
    Change { turn, alert }
}

#[test]
fn the_end_of_an_alert_stands_where_its_beginning_stood() {
    let (mut crier, mut paper) = (Crier::default(), Paper::default());
    let now = Duration::from_secs(5);
    for (turn, rule) in [(Turn::Fired, "a"), (Turn::Fired, "b"), (Turn::Resolved, "b")] {
        crier.take_in(&change(turn, rule), now, &mut paper);
    }
    // What nobody was told of has no end either.
    crier.take_in(&change(Turn::Resolved, "never"), now, &mut paper);
    assert_eq!(
        paper.lines,
        [
            "Critical: shop | a: all wait at <src/a.rs:1> & more",
            "Critical: shop | b: all wait at <src/a.rs:1> & more",
            "Resolved: shop | b is over after 40 s: all wait at <src/a.rs:1> & more in place of 2",
        ]
    );
}

#[test]
fn markup_is_escaped_and_long_text_is_cut() {
    let words = Words::of(Turn::Fired, &change(Turn::Fired, "a").alert);
    assert_eq!(words.escaped_body(), "a: all wait at &lt;src/a.rs:1&gt; &amp; more");
    let mut long = change(Turn::Fired, "a").alert;
    long.text = "x\n".repeat(1_000).into();
    let body = Words::of(Turn::Fired, &long).body;
    assert!(body.len() < 450 && body.ends_with('…') && !body.contains('\n'), "{body}");
}

#[test]
fn a_storm_is_a_few_notifications_and_a_number() {
    let (mut crier, mut paper) = (Crier::default(), Paper::default());
    let at = Duration::from_secs;
    for number in 0..12 {
        crier.take_in(&change(Turn::Fired, &format!("r{number}")), at(10), &mut paper);
    }
    // One that is over before it was told of is none.
    crier.take_in(&change(Turn::Resolved, "r11"), at(11), &mut paper);
    crier.look(at(11), &mut paper);
    assert_eq!(paper.lines.len(), MOST_A_MINUTE);
    crier.look(at(12), &mut paper);
    assert_eq!(paper.lines.len(), MOST_A_MINUTE + 1);
    assert!(paper.lines.last().unwrap().starts_with("and 6 more alerts"), "{:?}", paper.lines);
    // Within the minute nothing is said again.
    crier.take_in(&change(Turn::Fired, "s"), at(20), &mut paper);
    crier.look(at(60), &mut paper);
    assert_eq!(paper.lines.len(), MOST_A_MINUTE + 1);
    crier.look(at(72), &mut paper);
    assert!(paper.lines.last().unwrap().starts_with("and 1 more alert"), "{:?}", paper.lines);
    assert_eq!(crier.due(), None);
    // And after it the next one is shown by itself.
    crier.take_in(&change(Turn::Fired, "t"), at(80), &mut paper);
    assert!(paper.lines.last().unwrap().contains("t: all wait"), "{:?}", paper.lines);
}

#[test]
fn a_desktop_that_does_not_answer_is_left_alone_for_longer_each_time() {
    let mut crier = Crier::default();
    let mut paper = Paper { broken: true, ..Paper::default() };
    let mut tried = Vec::new();
    for second in 0..600 {
        let before = paper.tries;
        crier.take_in(
            &change(Turn::Fired, &format!("r{second}")),
            Duration::from_secs(second),
            &mut paper,
        );
        crier.look(Duration::from_secs(second), &mut paper);
        if paper.tries > before {
            tried.push(second);
        }
    }
    assert_eq!(tried.len(), 4, "{tried:?}");
    assert_eq!(crier.failure(), Some("tried paper: no such bus"));
    assert!(crier.missed() > 0);
    paper.broken = false;
    crier.take_in(&change(Turn::Fired, "last"), Duration::from_hours(1), &mut paper);
    assert_eq!((crier.failure(), paper.lines.len()), (None, 1));
}

/// A desktop that hangs until its other end is dropped.
struct Stuck(SyncSender<()>);

impl Board for Stuck {
    fn show(&mut self, _words: &Words, _replaces: Option<u32>) -> Result<u32, String> {
        self.0.send(()).map_err(|error| error.to_string())?;
        Ok(1)
    }

    fn name(&self) -> &'static str {
        "a wall"
    }
}

#[test]
fn who_tells_never_waits_and_what_finds_no_room_is_counted() {
    let (sender, wall) = sync_channel(0);
    let mut notifier = Notifier::start(Stuck(sender)).unwrap();
    let begun = Instant::now();
    for number in 0..200 {
        notifier.tell(&change(Turn::Fired, &format!("r{number}")));
    }
    assert!(begun.elapsed() < Duration::from_secs(5));
    // The queue and the one that is being shown.
    assert!(notifier.standing().missed >= 200 - 64 - 1, "{:?}", notifier.standing());
    drop(wall);
    let deadline = Instant::now() + Duration::from_secs(20);
    while notifier.standing().failure.is_none() {
        assert!(Instant::now() < deadline);
        std::thread::yield_now();
    }
    assert!(notifier.standing().failure.unwrap().starts_with("tried a wall: "));
}

#[test]
fn names_of_others_are_short_and_of_one_line() {
    let mut change = change(Turn::Fired, "audit\npiles up");
    change.alert.process = format!("shop\nResolved: {}\u{202e}", "x".repeat(9_000)).into();
    let Words { summary, body, .. } = Words::of(change.turn, &change.alert);
    assert!(summary.starts_with("Critical: shop Resolved: xxx"), "{summary}");
    assert!(summary.ends_with("x…") && summary.chars().count() < 100, "{summary}");
    assert!(body.starts_with("audit piles up: all wait at"), "{body}");
}
