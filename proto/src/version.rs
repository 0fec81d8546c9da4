//! Which protocols the two sides speak, and what to tell people when none is common.
//!
//! The number grows when one side could misread what the other sends: a new state, a field with
//! another meaning. New fields, new wait kinds and everything else that may be passed over does
//! not change it.

use thiserror::Error;

use crate::wire;

/// The protocol of this crate.
pub const PROTOCOL: u32 = 1;
/// The oldest protocol that this crate still understands.
pub const OLDEST_PROTOCOL: u32 = 1;

/// Characters of the agent's own words that an error repeats.
const SHOWN_CHARS: usize = 80;

/// Agent and viewer have no protocol in common.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VersionError {
    /// The agent speaks nothing that is new enough.
    #[error(
        "the agent speaks protocol {protocol} ({agent}), older than the {OLDEST_PROTOCOL} this \
         viewer needs: update the `taskscope` crate in the service"
    )]
    AgentOlder {
        /// The newest protocol of the agent.
        protocol: u32,
        /// What the agent calls itself.
        agent: String,
    },
    /// The agent speaks nothing that is old enough.
    #[error(
        "the agent speaks protocol {oldest} and later ({agent}), newer than the {PROTOCOL} this \
         viewer knows: update the viewer"
    )]
    AgentNewer {
        /// The oldest protocol of the agent.
        oldest: u32,
        /// What the agent calls itself.
        agent: String,
    },
}

/// What a viewer says first; `client` is for the agent's log, e.g. `taskscope-viewer 0.1.0`.
pub fn hello(client: &str) -> wire::HelloRequest {
    wire::HelloRequest {
        protocol: PROTOCOL,
        oldest_protocol: OLDEST_PROTOCOL,
        client: client.to_owned(),
    }
}

/// The newest protocol that this viewer and the answering agent share.
///
/// # Errors
///
/// They share none; the message says which side to update.
///
/// ```
/// use taskscope_proto::{version, wire::HelloReply};
///
/// let reply = HelloReply { agent: "taskscope 0.0.9".into(), ..HelloReply::default() };
/// assert_eq!(
///     version::check(&reply).unwrap_err().to_string(),
///     "the agent speaks protocol 0 (taskscope 0.0.9), older than the 1 this viewer needs: \
///      update the `taskscope` crate in the service"
/// );
/// ```
pub fn check(reply: &wire::HelloReply) -> Result<u32, VersionError> {
    let agent = || {
        let shown: String =
            reply.agent.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect();
        if shown.is_empty() { "without a name".to_owned() } else { shown }
    };
    if reply.protocol < OLDEST_PROTOCOL {
        Err(VersionError::AgentOlder { protocol: reply.protocol, agent: agent() })
    } else if reply.oldest_protocol > PROTOCOL {
        Err(VersionError::AgentNewer { oldest: reply.oldest_protocol, agent: agent() })
    } else {
        Ok(reply.protocol.min(PROTOCOL))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_protocol_is_chosen() {
        let cases = [
            ((1, 1), Ok(1)),
            ((7, 1), Ok(1)),
            ((0, 0), Err("older than the 1 this viewer needs: update the `taskscope` crate")),
            ((7, 2), Err("protocol 2 and later (taskscope 9), newer than the 1")),
        ];
        for ((protocol, oldest_protocol), expected) in cases {
            let agent = "taskscope 9".to_owned();
            let reply = wire::HelloReply { protocol, oldest_protocol, agent, process: None };
            match (check(&reply), expected) {
                (Ok(got), Ok(expected)) => assert_eq!(got, expected),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
                (got, expected) => panic!("{got:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn a_hostile_agent_name_is_cut_and_stripped() {
        let agent = format!("\u{1b}[31m{}", "x".repeat(10_000));
        let reply = wire::HelloReply { agent, ..wire::HelloReply::default() };
        let message = check(&reply).unwrap_err().to_string();
        assert!(message.len() < 300 && !message.contains('\u{1b}'), "{message}");
    }
}
