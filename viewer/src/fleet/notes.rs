//! What the numbers of all services as one leave out.

use crate::analyse::numbers::counted;
use crate::analyse::{Note, losses};

use super::Fleet;

impl Fleet {
    /// What each of them leaves out, with its name before it.
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        // What several leave out alike is said once.
        let mut own: Vec<(Vec<&str>, Note)> = Vec::new();
        let names = self.names();
        let told = |with: bool| {
            let services = self.services.iter().zip(&names);
            let has = move |service: &super::Service| {
                let profile = service.store.profile();
                profile.is_some_and(|profile| profile.header.heap.is_some() == with)
            };
            let having = services.filter(move |(service, _)| has(service));
            having.map(|(_, name)| &**name).collect::<Vec<_>>()
        };
        notes.extend(self.without_room());
        let (with, without) = (told(true), told(false));
        if !with.is_empty() && !without.is_empty() {
            notes.push(Note {
                text: format!("heap: only of {}", with.join(", ")),
                meaning: format!("{} does not tell of its heap.", without.join(", ")),
                serious: true,
            });
        }
        for (at, (service, name)) in self.services.iter().zip(&names).enumerate() {
            if self.is_twin(at) {
                notes.push(Note {
                    text: format!("{name}: counted once"),
                    meaning: "It is the process of an earlier tab at another address.".into(),
                    serious: false,
                });
                continue;
            }
            let Some(profile) = service.store.profile() else {
                notes.push(Note {
                    text: format!("{name}: nothing known"),
                    meaning: "No state of it has come in: it is not among the numbers.".into(),
                    serious: true,
                });
                continue;
            };
            if !service.is_live() {
                notes.push(Note {
                    text: format!("{name}: disconnected"),
                    meaning: "Its numbers are the last that came in, and stand still.".into(),
                    serious: true,
                });
            }
            let process = service.store.process().map(|process| &**process);
            for note in losses(process, &profile.header) {
                match own.iter_mut().find(|(_, known)| *known == note) {
                    Some((of, _)) => of.push(&**name),
                    None => own.push((vec![&**name], note)),
                }
            }
        }
        let own = own
            .into_iter()
            .map(|(of, note)| Note { text: format!("{}: {}", of.join(", "), note.text), ..note });
        notes.extend(own);
        notes.sort_by_key(|note| !note.serious);
        notes
    }

    /// What is in a service's own tab and had no room among all.
    fn without_room(&self) -> Option<Note> {
        let merged = self.all.as_ref()?.store().profile()?.header.lost.groups;
        let told = self.services.iter().enumerate().filter(|(at, _)| !self.is_twin(*at));
        let told = told.filter_map(|(_, service)| service.store.profile());
        let by_agents = told.fold(0_u64, |sum, it| sum.saturating_add(it.header.lost.groups));
        let groups = merged.checked_sub(by_agents).filter(|groups| *groups > 0)?;
        Some(Note {
            text: format!("{} left out", counted(groups, "group")),
            meaning:
                "A service has numbered more groups than the viewer keeps apart among all: they \
                      are in its own tab."
                    .into(),
            serious: true,
        })
    }
}
