//! Whether anything is thought of some tasks that was not before, without making a profile of it.

use taskscope_proto::model::Class;

use super::judge::Judge;
use super::past::RawGroups;
use super::proofs::Map;
use crate::verdict::finding;

/// The worst that is thought of the tasks of each line of `spawn`, where that is anything.
#[derive(Debug, Default)]
pub(super) struct Classes {
    /// By number of the origin.
    worst: Map<u32, Class>,
    have_changed: bool,
}

impl Classes {
    /// Takes in what a pass found. Costs some nanoseconds a kind of tasks.
    pub(super) fn note(&mut self, judge: &Judge, raw: &RawGroups) {
        let mut worst: Map<u32, Class> = Map::default();
        for (key, members) in raw {
            let charges = &members.charges;
            let finding = judge.finding(key.origin).filter(|_| charges.overdue > 0);
            let class = match finding.map(|finding| finding.class) {
                _ if charges.proven > 0 => Class::Proven,
                Some(finding::Class::Suspect) => Class::Suspect,
                _ if charges.caught > 0 => Class::Suspect,
                Some(finding::Class::Slow) => Class::Slow,
                Some(finding::Class::Normal) | None => continue,
            };
            let known = worst.entry(key.origin).or_insert(class);
            *known = class.max(*known);
        }
        self.have_changed |= worst != self.worst;
        self.worst = worst;
    }

    /// Whether it was different in any pass since the last call.
    pub(super) fn have_changed(&mut self) -> bool {
        std::mem::take(&mut self.have_changed)
    }
}
