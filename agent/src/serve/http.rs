//! What the port answers to those who do not speak our gRPC.

use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// gRPC calls we do not have get gRPC's answer; browsers and `curl` a sentence.
pub(super) async fn explain(uri: Uri, headers: HeaderMap) -> Response {
    let content = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content.is_some_and(|content| content.starts_with("application/grpc")) {
        let service = "this is a Taskscope agent; it has the service taskscope.v1.Taskscope";
        return tonic::Status::unimplemented(service).into_http::<axum::body::Body>();
    }
    let status = if uri.path() == "/" { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let text = "This is the Taskscope agent of a service. Look at its tasks with\n\n    \
                taskscope view HOST:PORT\n    taskscope dump HOST:PORT\n";
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
