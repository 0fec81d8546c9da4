//! The contract between a Taskscope agent and its viewers.
//!
//! [`model`] holds the plain values that both sides think in. Everything else turns them into
//! messages and back:
//!
//! | module | what it does |
//! |---|---|
//! | [`wire`] | the generated messages, client and server; they stop at the edge of the program |
//! | [`version`] | do the two sides understand each other? |
//! | [`stream`] | a [`Profile`](model::Profile) as a stream of small updates, and back |
//! | [`convert`] | everything that is one message: hello, queries, pages of tasks |
//! | [`mod@file`] | profiles in a file, which opens whatever became of who wrote it |
//! | [`limits`] | how big anything may become |
//!
//! Nothing that comes from the other side can make this crate panic or allocate beyond
//! [`limits`]; what it does not accept, it refuses with an error that names the limit.
//!
//! # Example
//!
//! ```
//! use taskscope_proto::model::Profile;
//! use taskscope_proto::stream::{Decoder, Encoder};
//!
//! let profile = Profile::default();
//! let mut agent = Encoder::new();
//! let mut viewer = Decoder::new();
//! let mut seen = None;
//! for update in agent.full(&profile) {
//!     seen = viewer.apply(update)?;
//! }
//! assert_eq!(seen.as_deref(), Some(&profile));
//! # Ok::<(), taskscope_proto::stream::DecodeError>(())
//! ```

pub mod convert;
mod dictionary;
pub mod file;
pub mod limits;
pub mod model;
pub mod stream;
pub mod version;
pub mod wire;
