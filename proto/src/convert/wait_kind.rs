//! Wait kinds. The path of one that has no name is a string of the dictionary.

use std::sync::Arc;

use crate::model::WaitKind;
use crate::wire::wait_kind::Kind;

/// Names on both sides.
const NAMED: [(WaitKind, Kind); WaitKind::NAMED.len()] = [
    (WaitKind::MpscRecv, Kind::MpscRecv),
    (WaitKind::MpscSend, Kind::MpscSend),
    (WaitKind::Oneshot, Kind::Oneshot),
    (WaitKind::Mutex, Kind::Mutex),
    (WaitKind::RwlockRead, Kind::RwlockRead),
    (WaitKind::RwlockWrite, Kind::RwlockWrite),
    (WaitKind::Semaphore, Kind::Semaphore),
    (WaitKind::Notify, Kind::Notify),
    (WaitKind::Watch, Kind::Watch),
    (WaitKind::Broadcast, Kind::Broadcast),
    (WaitKind::Barrier, Kind::Barrier),
    (WaitKind::OnceCell, Kind::OnceCell),
    (WaitKind::Sleep, Kind::Sleep),
    (WaitKind::Interval, Kind::Interval),
    (WaitKind::IoRead, Kind::IoRead),
    (WaitKind::IoWrite, Kind::IoWrite),
    (WaitKind::Accept, Kind::Accept),
    (WaitKind::Connect, Kind::Connect),
    (WaitKind::JoinHandle, Kind::JoinHandle),
    (WaitKind::JoinSet, Kind::JoinSet),
    (WaitKind::Cancelled, Kind::Cancelled),
    (WaitKind::SpawnBlocking, Kind::SpawnBlocking),
    (WaitKind::FuturesUnordered, Kind::FuturesUnordered),
    (WaitKind::Nothing, Kind::Nothing),
];

/// The name on the wire, and the path that goes with it.
pub(crate) fn wait_kind_name(kind: &WaitKind) -> (Kind, Option<&Arc<str>>) {
    if let WaitKind::Other(path) = kind {
        return (Kind::Other, Some(path));
    }
    (NAMED.iter().find(|(ours, _)| ours == kind).map_or(Kind::Unknown, |(_, name)| *name), None)
}

/// A kind that this side has no name for is some other wait, with its path if there is one.
pub(crate) fn wait_kind_from_wire(name: i32, path: Arc<str>) -> WaitKind {
    let known = Kind::try_from(name).ok();
    NAMED
        .iter()
        .find(|(_, theirs)| Some(*theirs) == known)
        .map_or(WaitKind::Other(path), |(ours, _)| ours.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_kind_has_a_name_on_the_wire() {
        for (kind, _) in WaitKind::NAMED {
            let (name, path) = wait_kind_name(&kind);
            assert!(name != Kind::Unknown && path.is_none(), "{kind}");
            assert_eq!(wait_kind_from_wire(name.into(), "".into()), kind);
        }
    }

    #[test]
    fn kinds_of_a_newer_agent_are_other_kinds() {
        assert_eq!(wait_kind_from_wire(999, "".into()), WaitKind::Other("".into()));
        assert_eq!(wait_kind_from_wire(0, "a::B".into()).to_string(), "other(a::B)");
    }
}
