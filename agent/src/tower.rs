//! Labels on requests, for whatever is a tower service: axum, tonic, a client.
//!
//! With the feature `tower`.
//!
//! ```
//! use taskscope::tower::{LabelLayer, method, route};
//!
//! async fn show() -> String {
//!     taskscope::current_labels().to_string()
//! }
//!
//! let app: axum::Router = axum::Router::new()
//!     .route("/orders/{id}", axum::routing::get(show))
//!     .layer(LabelLayer::new(route))
//!     .layer(LabelLayer::new(method));
//! ```
//!
//! Label what has few values. A path with an id in it has as many as there are ids; the route that
//! it matched has one.

use std::panic::Location;
use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use crate::labels::{Labels, table};
use crate::task::Tracked;
use crate::task::record::Kind;

/// Puts labels on the futures of a service's responses, as
/// [`labeled`](crate::FutureExt::labeled) does: by a function of the request.
///
/// # Cost
/// What the function costs, a table look-up for each label, and a record for each request.
///
/// ```
/// use taskscope::tower::LabelLayer;
///
/// // Any function of any kind of request.
/// let layer = LabelLayer::new(|size: &usize| {
///     taskscope::labels! { "size" => if *size > 1_000 { "large" } else { "small" } }
/// });
/// # drop(layer);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LabelLayer<F> {
    labels: F,
    made_at: &'static Location<'static>,
}

impl<F> LabelLayer<F> {
    /// A layer that labels each request with what the function says of it.
    #[track_caller]
    pub fn new(labels: F) -> Self {
        Self { labels, made_at: Location::caller() }
    }
}

impl<S, F: Clone> Layer<S> for LabelLayer<F> {
    type Service = LabelService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        LabelService { inner, labels: self.labels.clone(), made_at: self.made_at }
    }
}

/// The service that a [`LabelLayer`] makes.
#[derive(Clone, Copy, Debug)]
pub struct LabelService<S, F> {
    inner: S,
    labels: F,
    made_at: &'static Location<'static>,
}

impl<S, F, R> Service<R> for LabelService<S, F>
where
    S: Service<R>,
    F: Fn(&R) -> Labels,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Tracked<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let scope = table::intern((self.labels)(&request));
        Tracked::new(self.inner.call(request), self.made_at, Kind::Undecided, scope)
    }
}

/// The label `method`: `GET`; `other` for methods that HTTP does not define, which the other side
/// can make up.
pub fn method<B>(request: &Request<B>) -> Labels {
    let name = match request.method().as_str() {
        known @ ("GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "OPTIONS" | "CONNECT" | "PATCH"
        | "TRACE") => known,
        _ => "other",
    };
    crate::labels! { "method" => name }
}

/// The label `route`: the pattern that axum matched, `/orders/{id}`; none if axum matched none.
pub fn route<B>(request: &Request<B>) -> Labels {
    match request.extensions().get::<axum::extract::MatchedPath>() {
        Some(route) => crate::labels! { "route" => route.as_str() },
        None => Labels::default(),
    }
}

/// The label `path`: `/orders/7`. For services with few paths: past 1,000 of them all further ones
/// are `…`.
pub fn path<B>(request: &Request<B>) -> Labels {
    crate::labels! { "path" => request.uri().path() }
}
