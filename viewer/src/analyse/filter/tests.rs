use proptest::prelude::*;
use taskscope_proto::model::{TaskCheck, TimeTest};

use super::*;
use crate::fixture;

#[test]
fn a_filter_keeps_the_groups_that_match_all_of_its_words() {
    let profile = fixture::profile(&[
        "8 parked stuck=8 was=2 class=suspect task=audit tenant=acme @ src/audit.rs:41 mpsc_send < src/main.rs:3",
        "3 parked task=fetch tenant=globex @ src/net/http.rs:7 io_read < src/main.rs:9",
        "1 running task=fetch < src/main.rs:9",
    ]);
    let check = |line: &str, expected: &[u32]| {
        assert_eq!(Filter::parse(line).matches(&profile), expected, "{line}");
    };
    check("", &[0, 1, 2]);
    check("FETCH", &[1, 2]);
    check("-fetch", &[0]);
    check("task:fetch state:parked", &[1]);
    check("tenant=acme", &[0]);
    check("-tenant:acme", &[1, 2]);
    check("http.rs:7", &[1]);
    check("wait:mpsc", &[0]);
    check("spawn:main.rs:9", &[1, 2]);
    check("await:running", &[2]);
    check("is:stuck", &[0]);
    check("is:growing", &[0]);
    check("verdict:suspect", &[0]);
    check("-verdict:normal", &[0]);
    check("is:purple", &[]);
    check("tenant:", &[0, 1, 2]);
    check("- nothing-like-this", &[]);
}

#[test]
fn sites_of_the_heap_are_kept_by_what_they_have() {
    let mut profile = fixture::profile(&["1 parked task=a < src/m.rs:7"]);
    profile.heap_sites = fixture::sites(&[
        "1 live=2048 left=5 task=leak of=1 @ src/m.rs:1 src/cache.rs:4 ~vec:7",
        "2 live=10 @ src/main.rs:1",
    ]);
    let check = |line: &str, expected: &[u64]| {
        let filter = Filter::parse(line);
        let sites = profile.heap_sites.iter();
        let found = sites.filter(|site| filter.matches_site(site, &profile));
        assert_eq!(found.map(|site| site.id.0).collect::<Vec<_>>(), expected, "{line}");
    };
    check("cache.rs", &[1]);
    check("-cache.rs", &[2]);
    check("task:leak", &[1]);
    check("spawn:m.rs:7", &[1]);
    check("is:outlived", &[1]);
    check("bytes<1K", &[2]);
    check("state:parked is:stuck", &[1, 2]);
    let filter = Filter::parse("cache.rs -vec task:leak");
    let points = |place: &str| filter.points_at(&fixture::frame(place, true));
    assert!(points("src/cache.rs:4") && !points("vec:7") && !points("leak:1"));
}

#[test]
fn groups_are_kept_by_what_they_hold() {
    let profile = fixture::profile(&[
        "8 parked live=2097152 livewas=1048576 error=65536 task=leak < src/m.rs:1",
        "0 finished live=1536 left=1536 task=warm < src/m.rs:2",
        "3 parked live=10 livewas=5 error=6 task=calm < src/m.rs:3",
    ]);
    let check = |line: &str, expected: &[u32]| {
        assert_eq!(Filter::parse(line).matches(&profile), expected, "{line}");
    };
    check("bytes>1M", &[0]);
    check("bytes>=2MiB", &[0]);
    check("bytes>2m", &[]);
    check("bytes<1.5K", &[2]);
    check("bytes<=1.5k", &[1, 2]);
    check("-bytes>1K", &[2]);
    check("outlived>1", &[1]);
    check("tasks>3 bytes>1", &[0]);
    check("is:outlived", &[1]);
    check("is:growing", &[0]);
    check("state:finished", &[1]);
    // Unfinished, and no comparison at all.
    check("bytes>", &[0, 1, 2]);
    check("bytes>1x", &[0, 1, 2]);
    check("box<dyn", &[]);
}

#[test]
fn parts_whole_texts_and_any_label() {
    let profile = fixture::profile(&[
        "8 parked task=audit tenant=acme @ src/audit.rs:41 mpsc_send < src/main.rs:3",
        "3 parked task=probe tenant=acmecorp @ src/net/http.rs:7 io_read < src/main.rs:9",
    ]);
    let check = |line: &str, expected: &[u32]| {
        assert_eq!(Filter::parse(line).matches(&profile), expected, "{line}");
    };
    check("tenant=acme", &[0]);
    check("tenant~ACME", &[0, 1]);
    check("-tenant=acme", &[1]);
    check("-label:probe", &[0]);
    check("label~corp", &[1]);
    check("state=park", &[]);
    check("state=Parked", &[0, 1]);
    check("await~mpsc", &[0]);
    check("await~http", &[1]);
}

#[test]
fn times_keep_groups_by_what_they_know_and_ask_the_agent_for_the_rest() {
    let profile = fixture::profile(&[
        "8 parked age=600 median=400 task=old @ src/a.rs:1 mutex < src/m.rs:1",
        "8 parked age=20 task=young @ src/a.rs:2 mutex < src/m.rs:1",
    ]);
    let check = |line: &str, expected: &[u32], asked: &[(bool, TaskCheck)]| {
        let filter = Filter::parse(line);
        assert_eq!(filter.matches(&profile), expected, "{line}");
        let conditions = filter.conditions().into_iter();
        let conditions: Vec<_> = conditions.map(|one| (one.negated, one.check)).collect();
        assert_eq!(conditions, asked, "{line}");
    };
    let test = |more, than_ms| TimeTest { more, than_ms };
    check("idle>5m", &[0], &[(false, TaskCheck::Idle(test(true, 300_000)))]);
    check("idle>=300", &[0], &[(false, TaskCheck::Idle(test(true, 299_999)))]);
    check("-idle>5m", &[1], &[(true, TaskCheck::Idle(test(true, 300_000)))]);
    check("idle<30s", &[1], &[(false, TaskCheck::Idle(test(false, 30_000)))]);
    check("age>1.5h", &[0, 1], &[(false, TaskCheck::Age(test(true, 5_400_000)))]);
    check("-age<=250ms", &[0, 1], &[(true, TaskCheck::Age(test(false, 251)))]);
    check("idle>", &[0, 1], &[]);
}

#[test]
fn words_that_can_find_nothing_say_what_is_possible() {
    let check = |line: &str, expected: Option<&str>| {
        assert_eq!(Filter::parse(line).problem(), expected, "{line}");
    };
    check("idle>5m state:park is:stuck tenant=x -label:probe verdict:sus", None);
    check("idle> bytes< state: -", None);
    let time = "idle>5x is left out: a time is a number with ms, s, m, h or d: 5m";
    check("fetch idle>5x", Some(time));
    check("-bytes>1q", Some("-bytes>1q is left out: a size is a number, with K, M, G or T: 10M"));
    let state = "state:asleep finds nothing: state is one of new, ready, running, parked, finished";
    check("state:asleep", Some(state));
    let is = "is:purple finds nothing: is is one of stuck, growing, outlived, detached, orphan";
    check("is:purple", Some(is));
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(line in "([-a-z:=~<>.0-9äß💥]{0,12} ?){0,6}|.{0,40}") {
        let profile = fixture::profile(&["1 parked task=a @ src/a.rs:1 mutex < src/m.rs:1"]);
        let filter = Filter::parse(&line);
        prop_assert!(filter.matches(&profile).len() <= 1);
        prop_assert!(filter.conditions().len() <= MAX_CONDITIONS);
    }
}
