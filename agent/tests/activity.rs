//! What the agent says of how tasks spend their time, and who wakes them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::{Duration, Instant};

use taskscope::labels;
use taskscope::model::{Activity, Group, Profile, Task, TaskQuery};
use taskscope::prelude::*;
use tokio::sync::mpsc;

/// The living group of the tasks with this label.
fn group(profile: &Profile, case: &str) -> Option<Arc<Group>> {
    let of_case = |group: &&Arc<Group>| group.labels.get("case").is_some_and(|v| **v == *case);
    profile.groups.iter().filter(of_case).find(|group| group.count > 0).cloned()
}

fn task(case: &str) -> Task {
    let page = taskscope::tasks(&TaskQuery { limit: 1_000, ..TaskQuery::default() });
    let of_case = |task: &Task| task.labels.get("case").is_some_and(|v| **v == *case);
    page.tasks.into_iter().find(of_case).unwrap()
}

fn case(name: &'static str) -> taskscope::model::Labels {
    labels! { "case" => name }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_says_who_woke_its_tasks_last() {
    let (to, mut from) = mpsc::channel::<u32>(1);
    let receiver = async move { while from.recv().await.is_some() {} };
    taskscope::spawn(receiver.labeled(case("receiver")));
    let sent = Arc::new(AtomicBool::new(false));
    let all_sent = Arc::clone(&sent);
    let sender = async move {
        for n in 0..5 {
            to.send(n).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        all_sent.store(true, Relaxed);
        pending::<()>().await;
        drop(to);
    };
    taskscope::spawn(sender.labeled(case("sender")));
    let woken = support::until(move |profile| {
        let receiver = group(profile, "receiver")?;
        // What is sent before it waits wakes nobody.
        let is_woken = sent.load(Relaxed) && receiver.activity.wakes > 0;
        is_woken.then(|| (receiver, profile.clone()))
    });
    let (receiver, profile) = woken.await;
    let [waker] = receiver.wakers[..] else { panic!("{:?}", receiver.wakers) };
    assert_eq!(waker.tasks, 1);
    let sender = group(&profile, "sender").unwrap();
    assert_eq!(waker.origin, Some(sender.origin));
    assert_eq!(task("receiver").woken_by, Some(sender.origin));
    // The sender was woken last by the timer, which is no task.
    assert_eq!(task("sender").woken_by, None);
}

#[tokio::test]
async fn a_task_that_wakes_itself_is_told_from_one_that_others_wake() {
    let mut left = 7;
    let busy = poll_fn(move |cx| {
        if left > 0 {
            left -= 1;
            cx.waker().wake_by_ref();
        }
        Poll::<()>::Pending
    });
    taskscope::task::Builder::new().labels(case("busy")).spawn(busy);
    let Activity { polls, wakes, self_wakes, .. } =
        once("busy", |activity| activity.polls >= 8).await;
    assert_eq!((polls, wakes, self_wakes), (8, 7, 7));
}

/// A task that holds its worker for 60 ms in one of its polls.
async fn blocking_poll(name: &'static str) -> Activity {
    let blocks = async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        std::thread::sleep(Duration::from_millis(60));
        pending::<()>().await;
    };
    taskscope::task::Builder::new().labels(case(name)).spawn(blocks);
    once(name, |activity| activity.longest_poll_us > 0 && activity.polls == 2).await
}

/// What the task of this case has been doing, once that satisfies `is_done`.
async fn once(case: &str, is_done: impl Fn(&Activity) -> bool) -> Activity {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        tokio::task::yield_now().await;
        let activity = task(case).activity;
        if is_done(&activity) {
            return activity;
        }
        assert!(Instant::now() < deadline, "not seen in time; the last: {activity:?}");
    }
}

#[tokio::test]
async fn a_long_poll_is_measured_with_and_without_an_agent() {
    let us = blocking_poll("alone").await;
    assert!(us.longest_poll_us >= 60_000 && us.running_us >= us.longest_poll_us, "{us:?}");
    let agent = taskscope::Agent::builder().bind("127.0.0.1:0".parse().unwrap()).start().unwrap();
    let us = blocking_poll("watched").await;
    // To a tick of 10 ms, and never too long.
    assert!(us.longest_poll_us >= 45_000 && us.running_us >= us.longest_poll_us, "{us:?}");
    drop(agent);
}

#[tokio::test]
async fn the_wait_for_a_busy_worker_is_time_spent_ready() {
    let agent = taskscope::Agent::builder().bind("127.0.0.1:0".parse().unwrap()).start().unwrap();
    let (to, mut from) = mpsc::channel::<()>(1);
    let waits = async move {
        from.recv().await.unwrap();
        pending::<()>().await;
    };
    taskscope::task::Builder::new().labels(case("waits")).spawn(waits);
    tokio::task::yield_now().await;
    to.send(()).await.unwrap();
    // The only worker of this runtime.
    std::thread::sleep(Duration::from_millis(80));
    tokio::task::yield_now().await;
    let us = task("waits").activity;
    assert!(us.longest_ready_us >= 60_000 && us.ready_us >= us.longest_ready_us, "{us:?}");
    drop(agent);
}

#[tokio::test]
async fn a_new_task_that_no_worker_takes_up_spends_its_time_ready() {
    taskscope::task::Builder::new().labels(case("new")).spawn(pending::<()>());
    // The only worker of this runtime.
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(task("new").activity, Activity::default());
    tokio::task::yield_now().await;
    let us = task("new").activity;
    assert!(us.ready_us >= 60_000 && us.wakes == 0 && us.polls == 1, "{us:?}");
}

#[tokio::test]
async fn a_task_whose_parent_has_ended_is_an_orphan() {
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let parent = async move {
        taskscope::task::Builder::new().labels(case("child")).spawn(pending::<()>());
        ended.await.unwrap();
    };
    let parent = taskscope::spawn(parent);
    let orphan = || support::until(|profile| Some(group(profile, "child")?.orphan));
    while task_count("child") == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!orphan().await && !task("child").orphan);
    end.send(()).unwrap();
    parent.await.unwrap();
    assert!(orphan().await && task("child").orphan);
}

fn task_count(case: &str) -> usize {
    let page = taskscope::tasks(&TaskQuery { limit: 1_000, ..TaskQuery::default() });
    page.tasks.iter().filter(|task| task.labels.get("case").is_some_and(|v| **v == *case)).count()
}
