//! Why an agent cannot be talked to: what was tried, what came of it, what to do.

use std::error::Error;
use std::io;
use std::time::Duration;

use taskscope_proto::convert::ConvertError;
use taskscope_proto::stream::DecodeError;
use taskscope_proto::version::VersionError;
use thiserror::Error;
use tonic::{Code, Status};

use super::target::{Target, TargetError};

/// Why an agent cannot be talked to. [`advice`](Self::advice) says what to do about it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address is not one.
    #[error(transparent)]
    Address(#[from] TargetError),
    /// The machine answers, but no program listens on that port.
    #[error("nothing listens on {target}")]
    NothingListens {
        /// The address that was tried.
        target: Target,
    },
    /// The machine cannot be reached, or its name is not known.
    #[error("cannot reach {target}: {cause}")]
    Unreachable {
        /// The address that was tried.
        target: Target,
        /// What the system says.
        cause: String,
    },
    /// No connection came about in time.
    #[error("{target} did not accept a connection within {} s", after.as_secs_f32())]
    ConnectTimeout {
        /// The address that was tried.
        target: Target,
        /// How long it was waited for.
        after: Duration,
    },
    /// It accepts connections and says nothing.
    #[error("{target} accepts connections, but did not answer within {} s", after.as_secs_f32())]
    Silent {
        /// The address that was tried.
        target: Target,
        /// How long it was waited for.
        after: Duration,
    },
    /// Some other program listens there.
    #[error("what listens on {target} is no Taskscope agent: {cause}")]
    NotAnAgent {
        /// The address that was tried.
        target: Target,
        /// How it gave itself away.
        cause: String,
    },
    /// The agent is too old or too new.
    #[error("{target}: {source}")]
    Version {
        /// The address that was tried.
        target: Target,
        /// Which of the two sides is behind.
        source: VersionError,
    },
    /// The connection was good once and is gone.
    #[error("lost the connection to {target}: {cause}")]
    Lost {
        /// The agent's address.
        target: Target,
        /// How that showed.
        cause: String,
    },
    /// The agent answered with an error.
    #[error("the agent on {target} refused: {message}")]
    Refused {
        /// The agent's address.
        target: Target,
        /// What the agent says.
        message: String,
    },
    /// The agent sent something that breaks the protocol.
    #[error("the agent on {target} sent what it must not: {cause}")]
    Broken {
        /// The agent's address.
        target: Target,
        /// What was wrong about it.
        cause: String,
    },
}

impl ConnectError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Address(_) => "write HOST:PORT, or only the port for this machine",
            Self::NothingListens { .. } => {
                "start the service, and look for the address that its agent logs at start"
            }
            Self::Unreachable { .. } => "check the host's name and your network",
            Self::ConnectTimeout { .. } => {
                "check the address and firewalls; an agent listens on loopback unless told \
                 otherwise, so forward the port (ssh -L, kubectl port-forward)"
            }
            Self::Silent { .. } => "check that the port is the agent's and not the service's own",
            Self::NotAnAgent { .. } => {
                "look for the address that the agent logs at start; the default port is 6670, and \
                 a console-subscriber's is 6669"
            }
            Self::Version { .. } => "agent and viewer must have a protocol in common",
            Self::Lost { .. } => "see whether the service still runs, then connect again",
            Self::Refused { .. } => "try again, or ask for less",
            Self::Broken { .. } => "this is a bug in the agent or the viewer: please report it",
        }
    }

    /// Whether trying again cannot help, because the address or a program must change first.
    pub fn is_hopeless(&self) -> bool {
        matches!(self, Self::Address(_) | Self::Version { .. })
    }

    pub(super) fn broken_state(target: &Target, error: &DecodeError) -> Self {
        Self::Broken { target: target.clone(), cause: error.to_string() }
    }

    pub(super) fn broken_message(target: &Target, error: &ConvertError) -> Self {
        Self::Broken { target: target.clone(), cause: error.to_string() }
    }
}

/// Why no connection came about.
pub(super) fn while_connecting(target: &Target, error: &(dyn Error + 'static)) -> ConnectError {
    let target = target.clone();
    let io = chain(error).find_map(|error| error.downcast_ref::<io::Error>());
    if io.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        return ConnectError::NothingListens { target };
    }
    ConnectError::Unreachable { target, cause: root(error) }
}

/// Why the first call failed: whatever it is, nothing there has behaved like an agent yet.
pub(super) fn while_greeting(target: &Target, status: &Status) -> ConnectError {
    let target = target.clone();
    let cause = match (status.source(), status.code()) {
        (Some(error), _) => format!("it does not speak gRPC ({})", root(error)),
        (None, Code::Unknown | Code::Internal) => {
            format!("it does not speak gRPC ({})", shown(status))
        }
        (None, _) => return ConnectError::Refused { target, message: shown(status) },
    };
    ConnectError::NotAnAgent { target, cause }
}

/// Why what is no agent is no console-subscriber either.
pub(super) fn while_greeting_console(target: &Target, status: &Status) -> ConnectError {
    let target = target.clone();
    let cause = match (status.source(), status.code()) {
        (None, Code::Unimplemented) => {
            "it speaks gRPC, but knows neither taskscope.v1 nor what tokio-console asks for \
             (rs.tokio.console.instrument)"
                .to_owned()
        }
        (source, _) => {
            let words = source.map_or_else(|| shown(status), root);
            format!(
                "it does not know taskscope.v1, and to what tokio-console asks for it says: {words}"
            )
        }
    };
    ConnectError::NotAnAgent { target, cause }
}

/// Why a later call or a stream failed.
pub(super) fn while_talking(target: &Target, status: &Status) -> ConnectError {
    let target = target.clone();
    match (status.source(), status.code()) {
        (Some(error), _) => ConnectError::Lost { target, cause: root(error) },
        (None, Code::Unavailable | Code::Unknown) => {
            ConnectError::Lost { target, cause: shown(status) }
        }
        (None, Code::OutOfRange | Code::Internal | Code::DataLoss) => {
            ConnectError::Broken { target, cause: shown(status) }
        }
        (None, _) => ConnectError::Refused { target, message: shown(status) },
    }
}

/// The words of the other side, short and without anything that a terminal would obey.
fn shown(status: &Status) -> String {
    let words: String = status.message().chars().filter(|c| !c.is_control()).take(300).collect();
    if words.is_empty() { status.code().description().to_owned() } else { words }
}

fn root(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}
