//! Chosen fields of spans are labels of the task that is polled inside of the span.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::sync::OnceLock;

use taskscope::prelude::*;
use taskscope::tracing::SpanLabelLayer;
use taskscope::{current_labels, labels};
use tracing::{Instrument as _, info_span};
use tracing_subscriber::layer::SubscriberExt as _;

mod support;

use support::{count, pending_with_waker, until, with};

/// The layer, for the whole program.
fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let layer = SpanLabelLayer::new(["tenant", "step", "case", "number", "kind"]);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

fn now() -> String {
    current_labels().to_string()
}

#[tokio::test]
async fn fields_are_labels_inside_of_the_span_and_not_outside() {
    install();
    let task = async {
        taskscope::set_labels(labels! { "tenant" => "nobody", "own" => "1" });
        let span = info_span!("s", tenant = "acme", number = 7, kind = ?Some(1), id = 99);
        let inside = async {
            let before = now();
            tokio::task::yield_now().await;
            let child = taskscope::spawn(async { now() });
            (before, now(), child.await.unwrap())
        };
        let inside = inside.instrument(span.clone()).await;
        (inside, now(), span.in_scope(now), now())
    };
    let (inside, after, in_scope, at_last) = taskscope::spawn(task).await.unwrap();
    let labels = "kind=Some(1) number=7 own=1 tenant=acme".to_owned();
    assert_eq!(inside, (labels.clone(), labels.clone(), labels.clone()));
    let own = "own=1 tenant=nobody";
    assert_eq!((&*after, in_scope, &*at_last), (own, labels, own));
}

#[tokio::test]
async fn fields_recorded_later_count_and_those_of_spans_around_hold() {
    install();
    let task = async {
        let outer = info_span!("outer", tenant = tracing::field::Empty, step = "outer");
        async {
            let before = now();
            outer.record("tenant", "acme");
            let after = now();
            let inner = info_span!("inner", step = "inner");
            (before, after, async { now() }.instrument(inner).await, now())
        }
        .instrument(outer.clone())
        .await
    };
    let seen = taskscope::spawn(task).await.unwrap();
    let (before, after) = ("step=outer", "step=outer tenant=acme");
    let inner = "step=inner tenant=acme";
    assert_eq!((&*seen.0, &*seen.1, &*seen.2, &*seen.3), (before, after, inner, after));
}

#[tokio::test]
async fn labels_set_inside_stay_and_long_values_are_cut() {
    install();
    let task = async {
        let long = "x".repeat(100_000);
        let span = info_span!("s", tenant = long);
        let length = span.in_scope(|| taskscope::label("tenant").unwrap().len());
        span.in_scope(|| taskscope::set_labels(labels! { "own" => "1" }));
        (length, now())
    };
    let (length, after) = taskscope::spawn(task).await.unwrap();
    assert!(length <= 300, "{length}");
    assert_eq!(after, "own=1");
}

#[tokio::test]
async fn outside_of_tasks_and_in_any_order_nothing_breaks() {
    install();
    info_span!("s", tenant = "acme").in_scope(|| assert_eq!(now(), ""));
    let task = async {
        let (a, b) = (info_span!("a", tenant = "a"), info_span!("b", step = "b"));
        let (in_a, in_b) = (a.enter(), b.enter());
        drop(in_a);
        drop(in_b);
        now()
    };
    taskscope::spawn(task).await.unwrap();
    // Deeper than anybody looks.
    let deep = taskscope::spawn(async {
        let spans: Vec<_> = (0..1_000).map(|_| info_span!("s", tenant = "deep")).collect();
        let entered: Vec<_> = spans.iter().map(tracing::Span::enter).collect();
        let inside = now();
        drop(entered);
        (inside, now())
    });
    assert_eq!(deep.await.unwrap(), ("tenant=deep".to_owned(), String::new()));
}

#[tokio::test]
async fn a_parked_task_is_shown_with_the_labels_of_the_span_it_waits_in() {
    install();
    let waits = |step: &'static str| pending_with_waker().instrument(info_span!("s", step));
    let shown = |case: &'static str| {
        until(move |profile| {
            let groups = with(profile, "case", case);
            let [group] = groups[..] else { return None };
            group.tree.as_ref()?;
            Some(group.labels.to_string())
        })
    };
    let case = |case: &'static str| info_span!("case", case);
    let one = taskscope::spawn(
        async move {
            async {}.instrument(info_span!("over", step = "over")).await;
            waits("inner").await;
        }
        .instrument(case("one")),
    );
    assert_eq!(shown("one").await, "case=one step=inner");
    let done = taskscope::spawn(
        async {
            async { tokio::task::yield_now().await }
                .instrument(info_span!("over", step = "over"))
                .await;
            pending_with_waker().await;
        }
        .instrument(case("done")),
    );
    assert_eq!(shown("done").await, "case=done");
    let two = taskscope::spawn(
        async move {
            tokio::join!(waits("a"), waits("b"));
        }
        .instrument(case("two")),
    );
    assert_eq!(shown("two").await, "case=two", "of spans side by side neither counts");
    // Captures poll the task anew, and change nothing.
    until(|profile| (count(profile, "step", "inner") == 1).then_some(())).await;
    for task in [one, done, two] {
        task.abort();
    }
}

#[tokio::test]
async fn a_span_that_was_left_counts_no_more_though_it_lives_on() {
    install();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let work = async move {
        let span = info_span!("s", step = "past");
        gone.instrument(span.clone()).await.unwrap();
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        pending_with_waker().await;
        drop(span);
    };
    let task = taskscope::spawn(work.labeled(labels! { "case" => "left" }));
    let shown = |labels: &'static str| {
        until(move |profile| {
            let groups = with(profile, "case", "left");
            let [group] = groups[..] else { return None };
            (group.labels.to_string() == labels).then_some(())
        })
    };
    shown("case=left step=past").await;
    go.send(()).unwrap();
    shown("case=left").await;
    task.abort();
}
