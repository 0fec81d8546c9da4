//! What the agent remembers of groups while nobody watches, asked over its port.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::alloc::System;
use std::future::pending;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use taskscope::alloc::TaskAlloc;
use taskscope::labels;
use taskscope::model::{
    Capture, GroupId, HistoryPage, HistoryQuery, Point, Profile, Resolution, Series, State, Subject,
};
use taskscope::task::Builder;
use taskscope_proto::stream::Decoder;
use taskscope_proto::wire;
use taskscope_proto::wire::taskscope_client::TaskscopeClient;
use tonic::transport::Channel;

#[global_allocator]
static ALLOCATOR: TaskAlloc<System> = TaskAlloc::new(System);

/// What each task holds, in one block: so large that it is sampled for sure.
const HELD: u64 = 8 << 20;

type Client = TaskscopeClient<Channel>;

async fn snapshot(client: &mut Client) -> Arc<Profile> {
    let request = wire::SnapshotRequest::from(Capture::Cached);
    let mut updates = client.snapshot(request).await.unwrap().into_inner();
    let mut decoder = Decoder::new();
    let mut last = None;
    while let Some(update) = updates.message().await.unwrap() {
        last = decoder.apply(update).unwrap().or(last);
    }
    last.unwrap()
}

async fn history(client: &mut Client, query: &HistoryQuery) -> HistoryPage {
    let reply = client.history(wire::HistoryRequest::from(query)).await.unwrap().into_inner();
    HistoryPage::try_from(reply).unwrap()
}

fn spawn(count: usize) {
    for _ in 0..count {
        Builder::new().labels(labels! { "case" => "piles up" }).spawn(async {
            let held = black_box(vec![1_u8; usize::try_from(HELD).unwrap()]);
            pending::<()>().await;
            drop(held);
        });
    }
}

fn counts(series: &Series) -> Vec<u64> {
    series.points().map(|point| point.count).collect()
}

/// Which of `levels` were the most so far at some second, in that order. A second that falls into
/// the start of a task, or into its capture, shows one fewer parked: no level is reached by that.
fn reached(seconds: &[u64], levels: &[u64]) -> Vec<u64> {
    let rising = seconds.iter().scan(0, |most, &now| {
        *most = now.max(*most);
        Some(*most)
    });
    let mut reached: Vec<u64> = rising.filter(|most| levels.contains(most)).collect();
    reached.dedup();
    reached
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_connects_late_sees_how_it_began() {
    let builder = taskscope::Agent::builder().bind("127.0.0.1:0".parse().unwrap());
    let agent = builder.stuck_after(Duration::from_secs(1)).start().unwrap();
    // One look a second, and nobody connected: each number lasts for several of them.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    spawn(3);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    spawn(4);
    tokio::time::sleep(Duration::from_millis(2_500)).await;

    let endpoint = Channel::from_shared(format!("http://{}", agent.address())).unwrap();
    let mut client = TaskscopeClient::new(endpoint.connect().await.unwrap());
    let deadline = Instant::now() + Duration::from_secs(20);
    let (profile, group) = loop {
        let profile = snapshot(&mut client).await;
        let of_case = |group: &&Arc<taskscope::model::Group>| group.labels.get("case").is_some();
        let whole = profile.groups.iter().filter(of_case).find(|group| group.count == 7).cloned();
        if let Some(group) = whole {
            break (profile, group);
        }
        assert!(Instant::now() < deadline, "{profile:#?}");
    };

    // All tasks, by state: a group is one from its first capture on, a state was always one.
    let by_state = history(&mut client, &HistoryQuery::default()).await;
    assert_eq!((by_state.step_ms, by_state.series.len()), (1_000, 5));
    let parked = by_state.series.iter().find(|s| s.subject == Subject::State(State::Parked));
    let parked = parked.unwrap();
    let levels = [0, 3, 7];
    let count = counts(parked);
    assert_eq!(reached(&count, &levels), levels, "{count:?}");
    assert!(count.iter().all(|&count| count <= 7), "{count:?}");
    let held: Vec<u64> = parked.points().map(|point| point.live_bytes / HELD).collect();
    assert_eq!(reached(&held, &levels), levels, "{held:?}");
    let stuck: Vec<u64> = parked.points().map(|point| point.stuck).collect();
    assert_eq!(reached(&stuck, &[3]), [3], "{stuck:?}");
    let last_ms = parked.from_ms + u64::from(parked.steps - 1) * by_state.step_ms;
    assert!(last_ms.abs_diff(profile.header.now_ms) < 10_000, "{last_ms}");

    // The process took up what its tasks hold, and something before.
    let process = by_state.series.last().unwrap();
    assert_eq!((process.subject, process.from_ms), (Subject::Process, parked.from_ms));
    assert_eq!(process.steps, parked.steps);
    let resident: Vec<u64> = process.points().map(|point| point.live_bytes).collect();
    let (first, last) = (resident[0], *resident.last().unwrap());
    assert!(first > 1 << 20 && last >= first + 7 * HELD - HELD / 2, "{resident:?}");
    assert!(process.points().all(|point| (point.count, point.stuck) == (0, 0)));

    // The group, and one that there never was.
    let groups = vec![group.id, GroupId(u64::MAX)];
    let query = HistoryQuery { groups, ..HistoryQuery::default() };
    let page = history(&mut client, &query).await;
    let [series, nothing] = &*page.series else { panic!("{page:?}") };
    assert_eq!(series.subject, Subject::Group(group.id));
    assert_eq!(counts(series).last(), Some(&7), "{series:?}");
    assert_eq!((nothing.steps, nothing.runs.len()), (0, 0));

    // By the minute, and a part of it only.
    let minutes = HistoryQuery { resolution: Resolution::Minute, ..query.clone() };
    let page = history(&mut client, &minutes).await;
    assert_eq!(page.step_ms, 60_000);
    let points: Vec<Point> = page.series.first().unwrap().points().collect();
    assert_eq!(points.last().map(|point| point.count), Some(7));
    let all = HistoryQuery { groups: Vec::new(), ..minutes };
    let all = history(&mut client, &all).await;
    let process = all.series.last().unwrap();
    assert_eq!(process.subject, Subject::Process);
    assert!(process.points().last().unwrap().live_bytes >= first + 7 * HELD - HELD / 2);
    let part = HistoryQuery { from_ms: last_ms - 1_000, to_ms: last_ms, ..query };
    let page = history(&mut client, &part).await;
    let series = page.series.first().unwrap();
    assert_eq!((series.from_ms, series.steps), (last_ms - 1_000, 2));
}
