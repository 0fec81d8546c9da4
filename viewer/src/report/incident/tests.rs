use std::sync::Arc;
use std::time::{Duration, Instant};

use taskscope_proto::model::{
    Activity, Blocker, Capture, Coverage, Group, GroupId, Holder, Label, Labels, Process, Profile,
    Relation, State, Task, TaskKind, WaitKind,
};

mod sound;

use sound::{has_tag, outside_of_blocks, sound};

use super::*;
use crate::fixture::{NOW_MS, place, profile};
use crate::report::fixture;

/// Two groups in a cycle, a pile, something slow, something that grows and something calm.
fn sick() -> Profile {
    let mut profile = profile(&[
        "24 parked class=proven about=24 points=90 stuck=24 age=95 median=90 task=order \
         tenant=acme @ src/order.rs:41 mutex < src/main.rs:12",
        "1 parked class=proven about=1 points=80 stuck=1 age=96 median=96 task=stock \
         @ src/stock.rs:20 mutex < src/main.rs:15",
        "205 parked class=suspect about=164 points=200 stuck=164 was=2 age=62 median=30 \
         bytes=839680 live=9437184 error=524288 livewas=1048576 task=audit \
         @ src/audit.rs:43 mpsc_send < src/audit.rs:30",
        "7 parked class=slow about=3 points=9 stuck=3 was=7 age=31 median=2 task=report \
         @ src/report.rs:9 semaphore < src/main.rs:20",
        "12 parked was=8 age=9 median=1 task=worker @ src/worker.rs:5 notify < src/main.rs:25",
        "3 running was=3 age=0 median=0 task=pump < src/main.rs:30",
    ]);
    let blocker = |kind, made_at: &str, tasks, relation, task, group| Blocker {
        kind,
        made_at: Some(place(made_at)),
        tasks,
        relation,
        since_ms: NOW_MS - 95_000,
        holder: Some(Holder { task, group: Some(GroupId(group)), ended: false }),
        holders: 1,
    };
    let holds = Relation::Holds;
    change(&mut profile, 0, |group| {
        group.blockers = vec![blocker(WaitKind::Mutex, "src/stock.rs:4", 24, holds, 31, 2)];
        group.chain = vec![GroupId(2), GroupId(1)];
        group.waiting_for_it = 1;
        group.verdict.reason =
            "24 tasks wait for the mutex of task=stock, which waits for them".into();
        group.verdict.since_ms = NOW_MS - 90_000;
    });
    change(&mut profile, 1, |group| {
        group.blockers = vec![blocker(WaitKind::Mutex, "src/order.rs:7", 1, holds, 17, 1)];
        group.chain = vec![GroupId(1), GroupId(2)];
        group.waiting_for_it = 24;
        group.verdict.since_ms = NOW_MS - 90_000;
    });
    change(&mut profile, 2, |group| {
        let receives = Relation::Received;
        group.blockers = vec![blocker(WaitKind::MpscSend, "src/audit.rs:12", 205, receives, 3, 5)];
        group.chain = vec![GroupId(5)];
        group.verdict.since_ms = NOW_MS - 40_000;
    });
    change(&mut profile, 3, |group| group.verdict.since_ms = NOW_MS - 20_000);
    let header = &mut profile.header;
    header.now_unix_ms = 1_767_323_045_000 + NOW_MS;
    header.coverage = Coverage { tracked: 252, alive: Some(260) };
    header.rss_bytes = Some(96 << 20);
    header.memory_limit_bytes = Some(512 << 20);
    header.memory_current_bytes = Some(100 << 20);
    header.totals.spawned = 900;
    header.totals.finished = 648;
    header.lost.captures = 2;
    profile
}

fn change(profile: &mut Profile, at: usize, how: impl FnOnce(&mut Group)) {
    how(Arc::make_mut(&mut profile.groups[at]));
}

/// Two minutes, a second each, in which a pile grows.
fn past() -> Vec<PastPoint> {
    let point = |ago: u64| PastPoint {
        at_ms: NOW_MS - ago * 1_000,
        states: [249 - ago * 2, 0, ago % 3, 3],
        stuck: 192_u64.saturating_sub(ago * 3),
        memory: Some((96 << 20) - (ago << 18)),
    };
    (0..=120).rev().map(point).collect()
}

fn trends() -> Trends {
    let counts = |to: u64| (0..=40).map(|at| to * at / 40).collect();
    let of = [(GroupId(1), vec![24; 41]), (GroupId(3), counts(205))];
    Trends { span_secs: 120, of: of.into_iter().collect() }
}

/// Two tasks of the pile, one with a parent that lives and one with one that has ended.
fn singles() -> Singles {
    let task = |id: u64, name: &str, parent, orphan| Task {
        id,
        labels: Labels::new([Label { key: "task".into(), value: name.into() }]),
        spawned_at: place("src/audit.rs:30"),
        kind: TaskKind::Async,
        state: State::Parked,
        since_ms: NOW_MS - 62_000,
        spawned_ms: NOW_MS - 63_000,
        polls: 1,
        tree: None,
        parent,
        future_bytes: 4_096,
        activity: Activity::default(),
        living_wakers: None,
        woken_by: None,
        detached: true,
        orphan,
        proven: false,
        blockers: Vec::new(),
        waiting_for_it: 0,
    };
    let two = vec![task(71, "audit", Some(9), false), task(72, "audit", Some(8), true)];
    Singles {
        longest: std::iter::once((GroupId(3), two)).collect(),
        parents: std::iter::once((9, task(9, "request", None, false))).collect(),
    }
}

fn recording() -> IncidentSource {
    IncidentSource::File {
        target: "checkout.taskscope".into(),
        states: 121,
        runs: 2,
        written_for: None,
    }
}

/// What is handed to `look` is a report of these.
fn with<T>(
    profile: &Profile,
    past: &[PastPoint],
    source: &IncidentSource,
    look: impl FnOnce(Incident<'_>) -> T,
) -> T {
    let remarks = ["at byte 4096 12 bytes cannot be read".to_owned()];
    look(Incident {
        process: &fixture::process(),
        profile,
        past,
        trends: &trends(),
        singles: &singles(),
        source,
        remarks: &remarks,
        extent: Extent { suspects: 10, all_frames: false },
    })
}

#[test]
fn the_page_as_markdown() {
    let text = with(&sick(), &past(), &recording(), |incident| incident.markdown());
    insta::assert_snapshot!(text);
}

#[test]
fn the_page_as_html() {
    let html = with(&sick(), &past(), &recording(), |incident| incident.html());
    sound(&html);
    // The style is looked at where it is written.
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    insta::assert_snapshot!(format!("{head}{rest}"));
}

#[test]
fn what_differs_in_labels_alone_is_one_suspect() {
    let mut profile = sick();
    for (id, tenant) in (10..).zip(["acme", "globex", "initech"]) {
        let mut group = Group::clone(&profile.groups[2]);
        (group.id, group.count, group.stuck) = (GroupId(id), 5, 5);
        let label = |key: &str, value: &str| Label { key: key.into(), value: value.into() };
        group.labels = Labels::new([label("task", "audit"), label("tenant", tenant)]);
        profile.groups.push(Arc::new(group));
    }
    let mut trends = trends();
    trends.of.extend((10..13).map(|id| (GroupId(id), vec![5; 41])));
    let of = suspected(&profile, 3).concat();
    assert_eq!(of.len(), 2 + 4, "{of:?}");
    let text = with(&profile, &past(), &recording(), |incident| {
        Incident { trends: &trends, ..incident }.markdown()
    });
    for expected in [
        "### 3. 220 tasks parked, 179 stuck",
        "656 tasks of 4 label sets, for 40 s. Of the largest: suspect of group 3",
        "from 15 to 220 tasks",
        "- labels: `task=audit`\n- 205 tasks: `no others`\n- 5 tasks: `tenant=acme`",
        "(820 tasks): received last by task 3",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn both_say_the_same() {
    let (html, markdown) = with(&sick(), &past(), &recording(), |incident| {
        (sound(&incident.html()), incident.markdown())
    });
    for words in [
        "checkout",
        "the recording checkout.taskscope: 121 states of 2 runs",
        "24 tasks parked, 24 stuck",
        "from 0 to 205 tasks in 2 m 00 s, at most 205",
        "held by task=order tenant=acme: a cycle",
        "mpsc_send made at src/audit.rs:12:1 (205 tasks): received last by task 3 (task=worker)",
        "proven since 03:19:15",
        "task 71 (task=audit), parked for 1 m 02 s after 1 poll, spawned 1 m 03 s ago by task 9 \
         (task=request)",
        "task 72 (task=audit), parked for 1 m 02 s after 1 poll, spawned 1 m 03 s ago by task 8, which \
         has ended",
        "src/order.rs:41:1  fn at src/order.rs:41 → mutex",
        "1 task of task=stock, waiting at src/stock.rs:20:1 for mutex",
        "2 captures lost",
        "at byte 4096 12 bytes cannot be read",
        "taskscope view checkout.taskscope",
    ] {
        assert!(html.contains(words), "{words:?} is not in\n{html}");
        assert!(markdown.contains(words), "{words:?} is not in\n{markdown}");
    }
}

#[test]
fn an_agent_that_remembers_no_memory_is_said_to_know_none() {
    let live = IncidentSource::Live { target: "a:1".into(), capture: Capture::Cached, took_ms: 1 };
    let note = "this agent remembers tasks and no memory";
    let says = |past: &[PastPoint]| with(&sick(), past, &live, |i| i.markdown().contains(note));
    let (mut only_now, mut never) = (past(), past());
    assert!(!says(&past()));
    let now = only_now.len() - 1;
    for point in &mut only_now[..now] {
        point.memory = None;
    }
    assert!(says(&only_now));
    for point in &mut never {
        point.memory = None;
    }
    assert!(!says(&never), "there is nothing to miss");
}

#[test]
fn where_nothing_is_the_matter_and_nothing_is_known_that_is_said() {
    let calm = profile(&["3 parked was=3 age=9 median=9 task=a @ src/a.rs:1 notify < src/m.rs:1"]);
    let live = IncidentSource::Live {
        target: "127.0.0.1:6670".into(),
        capture: Capture::Fresh,
        took_ms: 12,
    };
    let evidence = IncidentSource::File {
        target: "a b.taskscope".into(),
        states: 1,
        runs: 1,
        written_for: Some("SIGQUIT".into()),
    };
    for (source, expected) in [
        (&live, "No past is known: who answered remembers none"),
        (&live, "captured anew; the answer took 12 ms"),
        (&live, "Nothing is stuck for ever or piling up, as far as can be told."),
        (&live, "No group is stuck, grows or is waited for."),
        (&evidence, "which the agent wrote because of: SIGQUIT"),
        (&evidence, "evidence is the state of one moment"),
        (&evidence, "taskscope view 'a b.taskscope'"),
    ] {
        let (html, text) = with(&calm, &[], source, |i| (sound(&i.html()), i.markdown()));
        assert!(html.contains(expected), "{expected:?} is not in\n{html}");
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn nothing_that_a_service_says_is_more_than_text() {
    let evil = [
        "<script>alert(1)</script>",
        "</style></pre></code>\"><img src=x onerror=alert(1)>",
        "'; DROP TABLE tasks; --",
        "a | b ` c ``` d",
        "&lt;b&gt; & \u{0}\u{1b}[2J\u{7f}",
        "\u{202e}gnp.exe\u{2069}",
        "one\n# two\n```\n<h1>three</h1>",
        "]]> <!-- -->",
    ];
    for word in evil {
        let mut profile = sick();
        let labels = [("task", word), (word, "value")];
        let labels = labels.map(|(key, value)| Label { key: key.into(), value: value.into() });
        change(&mut profile, 0, |group| {
            group.labels = Labels::new(labels);
            group.verdict.reason = word.into();
            let tree = Arc::make_mut(group.tree.as_mut().unwrap());
            let frame = Arc::make_mut(&mut tree.nodes[1].frame);
            frame.function = word.into();
            tree.await_point = Some(Arc::clone(&tree.nodes[1].frame));
        });
        let origin = Arc::make_mut(&mut profile.origins[0]);
        origin.last_panic = Some(word.into());
        origin.panicked = 1;
        let process = Process { name: word.into(), executable: word.into(), ..fixture::process() };
        let incident = Incident {
            process: &process,
            profile: &profile,
            past: &past(),
            trends: &Trends::default(),
            singles: &Singles::default(),
            source: &IncidentSource::Live {
                target: word.into(),
                capture: Capture::Cached,
                took_ms: 1,
            },
            remarks: &[word.to_owned()],
            extent: Extent { suspects: 10, all_frames: true },
        };
        let text = sound(&incident.html());
        let shown = shown::shown(word);
        assert!(text.matches(&*shown).count() >= 8, "{word:?} became\n{text}");

        let markdown = incident.markdown();
        let titles = markdown.lines().filter(|line| line.starts_with("# "));
        assert_eq!(outside_of_blocks(titles).len(), 1, "{word:?} became\n{markdown}");
        let prose = outside_of_blocks(markdown.lines()).join("\n");
        assert!(!has_tag(&prose), "{word:?} became\n{markdown}");
        assert!(!markdown.contains(['\u{1b}', '\u{202e}', '\u{0}']), "{markdown}");
    }
}

#[test]
fn ten_thousand_groups_make_a_page_that_can_be_attached() {
    let mut profile = sick();
    let template = profile.groups.clone();
    let long = "long".repeat(2_000);
    for at in 0..10_000_u64 {
        let mut group = Group::clone(&template[usize::try_from(at % 6).unwrap()]);
        group.id = GroupId(10 + at);
        let label = Label { key: "tenant".into(), value: format!("{at}{long}").into() };
        group.labels = Labels::new([label]);
        // Every second one waits at a line of its own.
        if at % 2 == 0
            && let Some(tree) = &mut group.tree
        {
            let tree = Arc::make_mut(tree);
            let frame = Arc::make_mut(tree.await_point.as_mut().unwrap());
            frame.location = Some(place(&format!("{long}:{at}")));
        }
        profile.groups.push(Arc::new(group));
    }
    let started = Instant::now();
    let (html, text) = with(&profile, &past(), &recording(), |i| (i.html(), i.markdown()));
    // Both together, without optimization, on a busy machine.
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert!(html.len() < 1 << 20, "{} bytes", html.len());
    assert!(text.len() < 1 << 20, "{} bytes", text.len());
    let words = sound(&html);
    for expected in [" more label sets", " in all are left out here.", "longlong… ("] {
        assert!(words.contains(expected) && text.contains(expected), "{expected:?} in\n{text}");
    }
}
