//! A state of elsewhere: of a file, of another service, that this one is compared with.

use std::sync::Arc;

use taskscope_proto::model::{Process, Profile};

use super::{Restart, Store, before};

/// Such a state, and what it is called.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Where it comes from and when it was, in a few words.
    pub words: Arc<str>,
    /// Whose state it is.
    pub process: Arc<Process>,
    /// The state.
    pub profile: Arc<Profile>,
}

impl Store {
    /// Compares with this state from here on, whatever run of the service answers, until something
    /// else is marked. Its numbers mean nothing here, as those of a run before.
    pub fn compare_with(&mut self, reference: Reference) {
        let profile = &reference.profile;
        self.marked = Some(match &self.profile {
            Some(now) => before::to_compare(profile, now),
            None => Arc::clone(profile),
        });
        self.end_of_before = Some(Arc::clone(profile));
        self.reference = Some(reference);
    }

    /// The state of elsewhere that this is compared with, if it is one.
    pub fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// Another run: what is known of the present one is put aside, but for a state of elsewhere.
    pub(super) fn begin_anew(&mut self, restart: Restart) {
        let kept = self.reference.take();
        self.put_aside(restart);
        if let Some(reference) = kept {
            self.compare_with(reference);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use taskscope_proto::model::Process;

    use super::*;
    use crate::connect::{Event, Happening};
    use crate::fixture;

    #[test]
    fn a_state_of_elsewhere_stays_through_runs_until_something_else_is_marked() {
        let mut store = Store::default();
        store.follow(1, Some("a:1".into()), Duration::ZERO);
        let tell = |store: &mut Store, happening| {
            store.apply(Event { session: 1, happening }, Duration::ZERO);
        };
        let process =
            |run_id| Happening::Connected(Arc::new(Process { run_id, ..Process::default() }));
        let state = |line: &str| Arc::new(fixture::profile(&[line]));
        let profile = state("3 parked task=a < src/m.rs:1");
        let process_of = Arc::new(Process::default());
        let reference = Reference { words: "x@start".into(), process: process_of, profile };
        store.compare_with(reference.clone());
        let marked = |store: &Store| store.marked().map(|then| then.groups[0].count);
        for run in [7, 8, 9] {
            tell(&mut store, process(run));
            assert_eq!((marked(&store), store.run()), (Some(3), u32::try_from(run - 6).unwrap()));
            tell(&mut store, Happening::Profile(state("5 parked task=a < src/m.rs:1")));
            assert_eq!(store.reference(), Some(&reference));
            assert!(store.is_marked_before(), "its clock is another");
        }
        store.mark(None);
        assert_eq!((marked(&store), store.reference()), (Some(5), None));
        tell(&mut store, process(10));
        assert_eq!(store.reference(), None);
        store.compare_with(reference);
        store.forget_mark();
        assert_eq!((marked(&store), store.reference()), (None, None));
    }
}
