//! Tasks that hyper starts show, with the place of the executor and its labels.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use taskscope::hyper::TaskscopeExecutor;
use taskscope::labels;
use taskscope::model::WaitKind;

mod support;

use support::{count, pending_with_waker, until, with};

type Body = Empty<Bytes>;

/// Requests over HTTP/2 that never get their answer; hyper's executor is `executor`.
macro_rules! serve_with {
    ($executor:expr) => {{
        let (client, server) = tokio::io::duplex(4_096);
        let answer = service_fn(|_| async {
            pending_with_waker().await;
            Ok::<_, std::convert::Infallible>(Response::new(Body::new()))
        });
        let server = hyper::server::conn::http2::Builder::new($executor)
            .serve_connection(TokioIo::new(server), answer);
        tokio::spawn(server);
        let client = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
            .handshake::<_, Body>(TokioIo::new(client));
        let (mut client, connection) = client.await.unwrap();
        tokio::spawn(connection);
        for _ in 0..3 {
            let request = Request::get("http://here/").body(Body::new()).unwrap();
            tokio::spawn(client.send_request(request));
        }
    }};
}

#[tokio::test]
async fn streams_of_a_connection_are_tasks_of_the_executor() {
    let line = line!() + 1;
    let executor = TaskscopeExecutor::new().labeled(labels! { "case" => "streams" });
    serve_with!(executor);
    let seen = until(move |profile| {
        let groups = with(profile, "case", "streams");
        let [group] = groups[..] else { return None };
        let tree = group.tree.as_ref()?;
        let place = profile.origins.iter().find(|origin| origin.id == group.origin)?;
        (group.count == 3).then_some(())?;
        Some((tree.wait_kinds.clone(), tree.await_point.is_some(), place.spawned_at.line))
    });
    assert_eq!(seen.await, (vec![WaitKind::Oneshot], true, line));
}

#[tokio::test]
async fn any_executor_can_be_wrapped() {
    let executor = TaskscopeExecutor::wrapping(TokioExecutor::new());
    serve_with!(executor.labeled(labels! { "case" => "wrapped" }));
    until(|profile| (count(profile, "case", "wrapped") == 3).then_some(())).await;
}
