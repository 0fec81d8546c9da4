//! What the agent says of the runtimes that tasks run on, and when it says that one stands still.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod support;

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use taskscope::model::{Capture, Profile, Runtime, RuntimeFlavor, Stall};
use taskscope_proto::stream::Decoder;
use taskscope_proto::wire;
use taskscope_proto::wire::taskscope_client::TaskscopeClient;
use tokio::sync::Notify;

fn agent() -> taskscope::Agent {
    taskscope::Agent::builder().bind("127.0.0.1:0".parse().unwrap()).start().unwrap()
}

/// What an agent answers, asked over its port.
async fn ask(address: SocketAddr) -> Arc<Profile> {
    let endpoint = tonic::transport::Channel::from_shared(format!("http://{address}")).unwrap();
    let mut client = TaskscopeClient::new(endpoint.connect().await.unwrap());
    let request = wire::SnapshotRequest::from(Capture::Cached);
    let mut updates = client.snapshot(request).await.unwrap().into_inner();
    let mut decoder = Decoder::new();
    let mut last = None;
    while let Some(update) = updates.message().await.unwrap() {
        last = decoder.apply(update).unwrap().or(last);
    }
    last.unwrap()
}

/// Asks until `check` is content, with the runtime of two workers that this process has.
fn until(agent: &taskscope::Agent, check: impl Fn(&Runtime) -> bool) -> (Arc<Profile>, Runtime) {
    let viewer = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    viewer.block_on(async {
        loop {
            let profile = ask(agent.address()).await;
            let runtimes = profile.header.runtimes.iter();
            let found = runtimes.filter(|runtime| runtime.worker_count == 2).find(|r| check(r));
            if let Some(found) = found {
                break (Arc::clone(&profile), found.clone());
            }
            assert!(Instant::now() < deadline, "not seen in time: {:?}", profile.header);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
}

fn two_workers() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

#[test]
fn while_every_worker_is_blocked_the_agent_says_so_and_counts_who_waits() {
    let agent = agent();
    let service = two_workers();
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let go = Arc::new(Notify::new());
    let waiting = |go: Arc<Notify>| async move {
        loop {
            go.notified().await;
        }
    };
    for _ in 0..10 {
        taskscope::spawn_on(waiting(go.clone()), service.handle());
    }
    // All of them are parked, and none is ready however long it lasts: an idle runtime.
    let (_, idle) = until(&agent, |runtime| runtime.workers.iter().all(|w| w.parked == Some(true)));
    std::thread::sleep(Duration::from_millis(1_500));
    let (profile, idle_later) = until(&agent, |_| true);
    assert_eq!(profile.header.totals.parked, 10);
    assert_eq!((idle.stall, idle_later.stall), (None, None));
    assert_eq!((idle.flavor, idle.alive_tasks), (RuntimeFlavor::MultiThread, 10));
    // What stable tokio does not tell is not guessed.
    let told = [
        idle.blocking_threads,
        idle.idle_blocking_threads,
        idle.blocking_queue_depth,
        idle.workers[0].local_queue_depth,
        idle.workers[0].steals,
    ];
    assert_eq!(told.map(|number| number.is_some()), [cfg!(tokio_unstable); 5]);

    for _ in 0..2 {
        let gate = gate.clone();
        let block = async move {
            let (open, changed) = &*gate;
            let closed = open.lock().unwrap();
            drop(changed.wait_while(closed, |open| !*open).unwrap());
        };
        taskscope::spawn_on(block, service.handle());
    }
    let running = |profile: &Profile| profile.header.totals.running == 2;
    let deadline = Instant::now() + Duration::from_secs(20);
    while !running(&until(&agent, |_| true).0) {
        assert!(Instant::now() < deadline);
    }
    go.notify_waiters();
    // Never polled: it waits for a worker just as those that were woken.
    taskscope::spawn_on(async {}, service.handle());
    let (profile, stalled) = until(&agent, |runtime| runtime.stall.is_some());
    let Stall { since_ms, ready_tasks } = stalled.stall.unwrap();
    assert_eq!(ready_tasks, 11);
    assert!(since_ms + 1_000 <= profile.header.now_ms, "{stalled:?}");
    let (_, busy) = until(&agent, |runtime| runtime.busy_permille() > Some(900));
    assert!(busy.workers.iter().all(|worker| worker.parked == Some(false)), "{busy:?}");

    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    let (_, recovered) = until(&agent, |runtime| runtime.stall.is_none());
    assert!(recovered.parks() > stalled.parks(), "{recovered:?}");
    service.shutdown_timeout(Duration::from_secs(10));
}
