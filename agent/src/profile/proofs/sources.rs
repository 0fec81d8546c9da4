//! What evidence is made of, and how far it is trusted.

use super::{Map, Source, Stood, Waits};
use crate::task::ticket::Ticket;
use crate::task::waits::{self, Polls, ResourceId, Seen, State, Targets, Wait};
use crate::verdict::proof::{self, Evidence, For, Hold, Holds};

/// How far to trust what was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// What cannot be otherwise: for proofs.
    WhatIsSure,
    /// Guards, permits and receivers are still with the tasks that used them last, unless it is seen
    /// that they are not.
    WhatIsLikely,
}

/// What evidence is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sources<'a> {
    pub(super) waits: &'a Waits,
    pub(super) stood: &'a Map<u64, Stood>,
    pub(super) distrusted: &'a [Source],
}

impl Sources<'_> {
    pub(super) fn assemble(self, trust: Trust) -> Evidence {
        let mut evidence = Evidence::default();
        for wait in &self.waits.all {
            let (_, task) = wait.task.to_bits();
            let Wait { direct, inline, began, registered: queued, .. } = *wait;
            let what = self.what(wait, trust);
            evidence.waits.push(proof::Wait { task, what, direct, inline, began, queued });
            let lock = wait.about.resource.map(number);
            if let (Some(lock), Some(state)) = (lock, self.waits.state(wait)) {
                let holds = || self.holds(wait.about.kind, state, trust);
                evidence.holds.entry(lock).or_insert_with(holds);
            }
        }
        evidence
    }

    fn what(self, wait: &Wait, trust: Trust) -> For {
        let lock = wait.about.resource.map(number);
        let trusted = self.waits.state(wait).filter(|_| trust == Trust::WhatIsLikely);
        let has_misled = || wait.about.made_at.is_some_and(|at| self.distrusted.contains(&at));
        if trust == Trust::WhatIsSure && lock.is_some() && has_misled() {
            return For::Anything;
        }
        match (wait.about.kind, lock, trusted) {
            (waits::Kind::Mutex | waits::Kind::OnceCell, Some(lock), _) => For::Lock(lock),
            (waits::Kind::RwLockRead, Some(lock), _) => For::Read(lock),
            (waits::Kind::RwLockWrite, Some(lock), _) => For::Write(lock),
            (waits::Kind::JoinHandle | waits::Kind::JoinSet, ..) => For::Tasks(targets(wait)),
            // Of several holders any may give permits back.
            (waits::Kind::Semaphore, Some(lock), Some(state)) if is_alone(state) => For::Lock(lock),
            (waits::Kind::MpscSend, _, Some(state)) => match state.ends {
                [_, 0] => For::Anything,
                [_, receiver] => For::Tasks(Some(vec![receiver])),
            },
            _ => For::Anything,
        }
    }

    /// Whether trust makes a difference to what is thought of the wait.
    pub(super) fn is_trusted_only(self, wait: &Wait) -> bool {
        self.waits.state(wait).is_some_and(|state| match wait.about.kind {
            waits::Kind::MpscSend => state.ends.get(1).is_some_and(|receiver| *receiver != 0),
            waits::Kind::Semaphore => is_alone(state),
            _ => state.holders.iter().any(|holder| holder.id != 0 && !self.is_sure(holder)),
        })
    }

    /// Whether what holds cannot be elsewhere than with the task that took it: it was seen in the
    /// task's memory, with what it borrows from, in the rest that the task still has.
    fn is_sure(self, holder: &waits::Holder) -> bool {
        holder.borrowed && self.seen(holder).is_some_and(|seen| seen.with_owner)
    }

    /// Whether what holds has left the task that took it, or may have: it was made in the task's
    /// memory and is not there, or it is not sure to be there and somebody else seems to have it.
    fn may_be_elsewhere(self, state: &State, holder: &waits::Holder) -> bool {
        let stood = self.stood.get(&holder.id);
        let looked_through = stood.is_some_and(|stood| stood.looked_through);
        match self.seen(holder) {
            None if holder.borrowed && looked_through => true,
            Some(seen) if holder.borrowed && seen.with_owner => false,
            _ => state.strangers.iter().any(|id| *id != 0),
        }
    }

    /// What was seen of what holds in the rest that its task still has.
    fn seen(self, holder: &waits::Holder) -> Option<Seen> {
        let polls = Polls::of(self.stood.get(&holder.id)?.polls);
        holder.seen.filter(|seen| seen.polls == polls)
    }

    fn holds(self, kind: waits::Kind, state: &State, trust: Trust) -> Holds {
        let shared = matches!(kind, waits::Kind::RwLockRead | waits::Kind::RwLockWrite);
        let hold = |holder: &waits::Holder| Hold {
            task: holder.id,
            exclusive: !shared || holder.permits == waits::WRITER,
            sure: holder.id != 0
                && match trust {
                    Trust::WhatIsSure => self.is_sure(holder),
                    Trust::WhatIsLikely => !self.may_be_elsewhere(state, holder),
                },
        };
        Holds {
            known: state.holders.iter().map(hold).collect(),
            and_others: state.more > 0 || state.forgotten > 0,
        }
    }
}

fn is_alone(state: &State) -> bool {
    state.holders.len() == 1 && state.more == 0 && state.forgotten == 0
}

fn targets(wait: &Wait) -> Option<Vec<u64>> {
    let id = |ticket: &Ticket| ticket.to_bits().1;
    match &wait.about.targets {
        Targets::One(target) => Some(vec![id(target)]),
        Targets::Any(targets) => Some(targets.iter().map(id).collect()),
        Targets::None | Targets::Unknown => None,
    }
}

/// A resource as one number.
pub(super) fn number(resource: ResourceId) -> u64 {
    u64::from(resource.index) << 32 | u64::from(resource.generation)
}
