//! Requests carry the labels that the layer says, and the tasks that serve them show with those.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use taskscope::labels;
use taskscope::model::WaitKind;
use taskscope::tower::{LabelLayer, method, path, route};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

mod support;

use support::{count, pending_with_waker, until, with};

/// The labels under which the inner service runs.
async fn labels_of(
    layer: LabelLayer<fn(&Request<Body>) -> taskscope::labels::Labels>,
    request: http::request::Builder,
) -> String {
    let inner = service_fn(|_: Request<Body>| async {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(taskscope::current_labels().to_string())
    });
    let mut service = layer.layer(inner);
    let request = request.body(Body::empty()).unwrap();
    let response = service.ready().await.map(|ready| ready.call(request));
    taskscope::spawn(response.unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn methods_and_paths_become_labels() {
    let check = |layer, method: &'static str, expected: &'static str| async move {
        let request = Request::builder().method(method).uri("/orders/7?urgent");
        assert_eq!(labels_of(layer, request).await, expected);
    };
    check(LabelLayer::new(method), "GET", "method=GET").await;
    check(LabelLayer::new(method), "MADE-UP-BY-THE-OTHER-SIDE", "method=other").await;
    check(LabelLayer::new(path), "GET", "path=/orders/7").await;
    check(LabelLayer::new(route), "GET", "").await;
}

#[tokio::test]
async fn a_request_of_axum_is_labeled_by_its_route_while_it_waits() {
    let app = Router::new()
        .route("/orders/{id}", get(pending_with_waker))
        .layer(LabelLayer::new(route))
        .layer(LabelLayer::new(method))
        .layer(LabelLayer::new(|request: &Request<Body>| {
            let tenant = request.headers().get("tenant").and_then(|tenant| tenant.to_str().ok());
            labels! { "tenant" => tenant.unwrap_or("nobody").to_owned() }
        }));
    for id in 0..3 {
        let request = Request::get(format!("/orders/{id}")).header("tenant", "acme");
        let request = request.body(Body::empty()).unwrap();
        drop(taskscope::spawn(app.clone().oneshot(request)));
    }
    let seen = until(|profile| {
        let groups = with(profile, "route", "/orders/{id}");
        let [group] = groups[..] else { return None };
        let kinds = group.tree.as_ref()?.wait_kinds.clone();
        (count(profile, "tenant", "acme") == 3).then(|| (group.labels.to_string(), kinds))
    });
    let labels = "method=GET route=/orders/{id} tenant=acme".to_owned();
    assert_eq!(seen.await, (labels, vec![WaitKind::Oneshot]));
}
