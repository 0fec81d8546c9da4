//! The generated messages, and with the features `client` and `server` the generated gRPC sides.
//!
//! For the two ends of a connection only. Behind them, think in [`model`](crate::model):
//! [`convert`](crate::convert) and [`stream`](crate::stream) lead there and back.
//!
//! Generated from `proto/taskscope/v1/taskscope.proto`; the test `generated_is_fresh` keeps the
//! two together.
#![expect(missing_docs, clippy::pedantic, reason = "generated code")]
#![cfg_attr(
    any(feature = "client", feature = "server"),
    expect(
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        reason = "generated code"
    )
)]

include!("generated/taskscope.v1.rs");
