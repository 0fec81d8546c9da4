//! The agent's port: what it serves, and what cannot hurt it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use taskscope::model::{
    Capture, Profile, State, TaskCheck, TaskCondition, TaskPage, TaskQuery, TextTest, TimeTest,
};
use taskscope::{Agent, StartError, labels, prelude::*};
use taskscope_proto::stream::Decoder;
use taskscope_proto::wire::taskscope_client::TaskscopeClient;
use taskscope_proto::{version, wire};
use tonic::transport::Channel;

fn agent() -> Agent {
    Agent::builder().name("under test").bind("127.0.0.1:0".parse().unwrap()).start().unwrap()
}

async fn client(address: SocketAddr) -> TaskscopeClient<Channel> {
    let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
    TaskscopeClient::new(endpoint.connect().await.unwrap())
}

/// `listed` is one of 25 tasks with the label `case=listed`, which wait for a `Notify`.
async fn only_tasks_that_meet_conditions(client: &mut TaskscopeClient<Channel>, listed: u64) {
    let text = |whole, text: &str| TextTest { whole, text: text.to_owned() };
    let label = |value| TaskCheck::Label("case".into(), text(true, value));
    let idle = |more| TaskCheck::Idle(TimeTest { more, than_ms: 3_600_000 });
    for (check, expected) in [
        (label("listed"), 25),
        (TaskCheck::AnyLabel(text(false, "LIST")), 25),
        (label("list"), 0),
        (TaskCheck::Await(text(false, "server.rs")), 25),
        (TaskCheck::Wait(text(true, "notify")), 25),
        (TaskCheck::State(text(true, "running")), 0),
        (idle(true), 0),
        (idle(false), 25),
    ] {
        let condition = TaskCondition { negated: false, check };
        let only = TaskCondition { negated: false, check: label("listed") };
        let query = TaskQuery {
            limit: 1,
            conditions: vec![only, condition.clone()],
            ..TaskQuery::default()
        };
        let reply = client.tasks(wire::TasksRequest::from(&query)).await.unwrap().into_inner();
        let page = TaskPage::try_from(reply).unwrap();
        assert!(page.heeded);
        assert_eq!(page.total, expected, "{condition:?}");
    }
    let query = TaskQuery { limit: 10, tasks: vec![u64::MAX, listed], ..TaskQuery::default() };
    let reply = client.tasks(wire::TasksRequest::from(&query)).await.unwrap().into_inner();
    let page = TaskPage::try_from(reply).unwrap();
    assert_eq!(page.tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [listed]);
}

async fn snapshot(client: &mut TaskscopeClient<Channel>, capture: Capture) -> Arc<Profile> {
    let request = wire::SnapshotRequest::from(capture);
    let mut updates = client.snapshot(request).await.unwrap().into_inner();
    let mut decoder = Decoder::new();
    let mut last = None;
    while let Some(update) = updates.message().await.unwrap() {
        last = decoder.apply(update).unwrap().or(last);
    }
    last.unwrap()
}

fn count(profile: &Profile, case: &str) -> u64 {
    let own = |group: &&Arc<taskscope::model::Group>| {
        group.labels.get("case").is_some_and(|label| **label == *case)
    };
    profile.groups.iter().filter(own).map(|group| group.count).sum()
}

/// What the port answers to these bytes, until it closes the connection.
fn answer_to(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // A port that hangs up while we still write has answered too.
    drop(stream.write_all(bytes));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_gets_the_process_then_groups_then_tasks() {
    let agent = agent();
    let mut client = client(agent.address()).await;
    let hello = client.hello(version::hello("test")).await.unwrap().into_inner();
    assert_eq!(version::check(&hello), Ok(version::PROTOCOL));
    let process = taskscope::model::Process::try_from(hello).unwrap();
    assert_eq!(process, agent.process());
    assert_eq!((&*process.name, process.pid), ("under test", std::process::id()));

    let tasks: Vec<_> = (0..25)
        .map(|_| {
            let waits = async { tokio::sync::Notify::new().notified().await };
            taskscope::spawn(waits.labeled(labels! { "case" => "listed" }))
        })
        .collect();
    let deadline = Instant::now() + Duration::from_secs(20);
    let group = loop {
        let profile = snapshot(&mut client, Capture::Cached).await;
        let whole = profile.groups.iter().find(|g| g.count == 25 && g.tree.is_some());
        if let Some(group) = whole {
            break Arc::clone(group);
        }
        assert!(Instant::now() < deadline, "{profile:#?}");
    };
    let query = TaskQuery { groups: vec![group.id], offset: 20, limit: 10, ..TaskQuery::default() };
    let reply = client.tasks(wire::TasksRequest::from(&query)).await.unwrap().into_inner();
    let page = TaskPage::try_from(reply).unwrap();
    assert_eq!((page.total, page.tasks.len()), (25, 5));
    let task = page.tasks.first().unwrap();
    assert_eq!((task.state, &task.labels), (State::Parked, &labels! { "case" => "listed" }));
    assert_eq!(task.tree, group.tree);
    only_tasks_that_meet_conditions(&mut client, task.id).await;
    let header = snapshot(&mut client, Capture::Cached).await.header.clone();
    // 25 records, and the tables; next to nothing of what the whole process takes up.
    let agent_bytes = header.agent_bytes.unwrap();
    assert!(agent_bytes > 25 * 200, "{agent_bytes}");
    assert!(header.rss_bytes.is_none_or(|rss| agent_bytes < rss), "{header:?}");
    tasks.iter().for_each(taskscope::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watched_stream_begins_whole_and_goes_on_with_changes() {
    let agent = agent();
    let mut client = client(agent.address()).await;
    let request = wire::WatchRequest { interval_ms: 0 };
    let mut updates = client.watch(request).await.unwrap().into_inner();
    let mut decoder = Decoder::new();
    let mut states = 0;
    let mut task = None;
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        assert!(Instant::now() < deadline, "the task did not come");
        let update = updates.message().await.unwrap().unwrap();
        assert_eq!(update.full, states == 0 && update.begin, "full state at the begin only");
        let Some(profile) = decoder.apply(update).unwrap() else { continue };
        states += 1;
        match task {
            None => {
                let waits = std::future::pending::<()>();
                task = Some(taskscope::spawn(waits.labeled(labels! { "case" => "watched" })));
            }
            Some(_) if count(&profile, "watched") == 1 => break,
            Some(_) => {}
        }
    }
    task.unwrap().abort();
}

#[test]
fn a_busy_port_is_an_error_that_says_what_to_do_and_the_service_goes_on() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = Agent::builder().bind(address).start().unwrap_err();
    assert!(matches!(error, StartError::Bind { .. }));
    let text = error.to_string();
    for part in [address.to_string().as_str(), "another process", "TASKSCOPE_BIND"] {
        assert!(text.contains(part), "{text:?} does not say {part:?}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(async { taskscope::spawn(async { 7 }).await.unwrap() }), 7);
}

#[test]
fn a_dropped_agent_gives_its_port_back() {
    let first = agent();
    let address = first.address();
    drop(first);
    let second = Agent::builder().bind(address).start().unwrap();
    assert_eq!(second.address(), address);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_clients_and_garbage_are_told_and_hurt_nobody() {
    let agent = agent();
    let address = agent.address();
    let answers = tokio::task::spawn_blocking(move || {
        let get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let post =
            "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let noise: Vec<u8> =
            (0..100_000_u32).map(|i| (i.wrapping_mul(i) >> 3).to_le_bytes()[0]).collect();
        let broken_http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff";
        [
            answer_to(address, get.as_bytes()),
            answer_to(address, post.as_bytes()),
            answer_to(address, &noise),
            answer_to(address, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n"),
            answer_to(address, broken_http2),
        ]
    })
    .await
    .unwrap();
    assert!(answers[0].starts_with("HTTP/1.1 200") && answers[0].contains("taskscope view"));
    assert!(answers[1].starts_with("HTTP/1.1 404"), "{}", answers[1]);
    assert!(answers[2].is_empty() || answers[2].starts_with("HTTP/1.1 400"), "{}", answers[2]);
    assert!(answers[3].is_empty() || answers[3].starts_with("HTTP/1.1 400"), "{}", answers[3]);
    // A call of another gRPC service gets gRPC's own answer.
    let mut client = client(address).await;
    assert!(client.hello(version::hello("test")).await.is_ok());
}

#[test]
fn the_agent_answers_while_every_worker_is_blocked() {
    let agent = agent();
    let service = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let gate = Arc::new((std::sync::Mutex::new(false), std::sync::Condvar::new()));
    let blocked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    for _ in 0..2 {
        let (gate, blocked) = (gate.clone(), blocked.clone());
        let block = async move {
            blocked.fetch_add(1, std::sync::atomic::Ordering::AcqRel);
            let (open, changed) = &*gate;
            let mut open = open.lock().unwrap();
            while !*open {
                open = changed.wait(open).unwrap();
            }
        };
        service.spawn(block.labeled(labels! { "case" => "blocks" }));
    }
    while blocked.load(std::sync::atomic::Ordering::Acquire) < 2 {
        std::thread::yield_now();
    }
    for _ in 0..10 {
        service.spawn(async {}.labeled(labels! { "case" => "waits for a worker" }));
    }
    let viewer = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    let seen = viewer.block_on(async {
        let mut client = client(agent.address()).await;
        loop {
            let profile = snapshot(&mut client, Capture::Cached).await;
            let running = profile.groups.iter().any(|group| {
                group.state == State::Running
                    && group.count == 2
                    && group.labels == labels! { "case" => "blocks" }
            });
            if running && count(&profile, "waits for a worker") == 10 {
                break Ok(());
            }
            if Instant::now() > deadline {
                break Err(profile);
            }
        }
    });
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    service.shutdown_timeout(Duration::from_secs(10));
    seen.unwrap();
}
