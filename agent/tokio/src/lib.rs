//! [tokio](real_tokio) with every task tracked by [`taskscope`].
//!
//! One line of a service's Cargo.toml:
//!
//! ```toml
//! [dependencies]
//! tokio = { package = "taskscope-tokio", version = "0.1", features = ["full"] }
//! ```
//!
//! and every task that the service itself starts shows up with its spawn location, its labels, its
//! state, and the line that it waits on. No other line changes:
//!
//! ```
//! # extern crate taskscope_tokio as tokio;
//! #[tokio::main]
//! async fn main() {
//!     let task = tokio::spawn(async { 6 * 7 });
//!     assert_eq!(task.await.unwrap(), 42);
//!
//!     let report = tokio::taskscope::snapshot(Default::default());
//!     assert_eq!(report.profile.header.totals.finished, 1);
//!     // Still alive: the root future of `main`, which is a task too.
//!     assert_eq!(report.profile.header.coverage.tracked, 1);
//! }
//! ```
//!
//! To look from outside, start an agent: `tokio::taskscope::Agent::builder().start()`. Without one
//! everything is tracked all the same, and nothing listens.
//!
//! # What is tracked
//!
//! - [`spawn`], [`task::spawn_blocking`], [`task::spawn_local`], [`task::JoinSet`],
//!   [`task::LocalSet`], [`task::Builder`];
//! - `spawn`, `spawn_blocking` and `spawn_local` of [`runtime::Runtime`], [`runtime::Handle`] and
//!   [`runtime::LocalRuntime`], and the root future of their `block_on`;
//! - with those `#[tokio::main]` and `#[tokio::test]`, which build a [`runtime::Runtime`] of this
//!   crate.
//!
//! # What is not
//!
//! - What other crates start: they have tokio itself as their dependency. Wrap their futures in
//!   `.tracked()`, see [`taskscope::prelude`].
//! - What tokio starts inside: the closures of `tokio::fs`, of `lookup_host`, of standard input.
//!
//! # What differs from tokio
//!
//! Everything else is tokio's own, under tokio's paths and with tokio's features: the same types,
//! so that they fit those of other crates. The types that start tasks are ours. They behave as
//! tokio's do, and where another crate asks for tokio's, or gives one:
//!
//! | ours | gives tokio's by | made from tokio's by |
//! |---|---|---|
//! | [`runtime::Handle`], [`runtime::Runtime`], [`runtime::LocalRuntime`] | `&` (they dereference to it), `.into()` | `.into()` |
//! | [`task::LocalSet`] | `&` (it dereferences to it), `.into()` | `.into()` |
//! | [`task::JoinHandle`] | `.as_ref()`, `.into()` | `.into()` |
//! | [`task::JoinSet`] | `.into()` | `.into()` |
//! | [`runtime::Builder`] | `&mut` (it dereferences to it) | `.into()` |
//! | the channels of [`sync`] | `.into()` | `.into()` |
//!
//! - A function of another crate that takes a tokio `JoinHandle` or `Handle` by value needs an
//!   `.into()`, and so does a field of type `tokio::task::JoinHandle` that is filled with one that
//!   another crate returned.
//! - [`sync`] is [`taskscope::sync`], which knows who holds what and who waits for what: a function
//!   of another crate that takes one of tokio's channels needs an `.into()`, as in
//!   `ReceiverStream::new(receiver.into())`. One that takes a lock of tokio's by reference cannot
//!   have ours: the feature `plain-sync` puts tokio's own `sync` back, and with it goes what is known
//!   of holders.
//! - A future is larger by the size of a pointer or two; tokio's limit past which it boxes futures
//!   is reached that much earlier.
//! - [`task::Builder`] is there without `--cfg tokio_unstable`. Of what is behind that flag,
//!   `JoinSet::build_task` is missing, and methods of `runtime::Builder` return tokio's builder.
//! - The features `rt`, `rt-multi-thread`, `net`, `time`, `sync` and `macros` are always on, since
//!   the agent needs them.

#[doc(inline)]
pub use real_tokio::*;
#[doc(inline)]
pub use taskscope;
#[doc(inline)]
pub use taskscope::spawn;
#[cfg(not(feature = "plain-sync"))]
#[doc(inline)]
pub use taskscope::sync;

pub mod runtime;
pub mod task;
