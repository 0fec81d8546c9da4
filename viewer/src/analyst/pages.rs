//! When to ask the agent for a page of tasks, and which answer belongs to which question.

use std::time::Duration;

use taskscope_proto::limits::MAX_GROUPS_PER_QUERY;
use taskscope_proto::model::{Profile, TaskQuery};

use crate::analyse::Selection;
use crate::clock::Moment;
use crate::connect::PageRequest;
use crate::screen::{Detail, PAGE};
use crate::store::Answer;

/// How long a page is good for.
const FRESH: Duration = Duration::from_secs(2);
/// How long to wait for an answer before asking again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The requests of one connection.
#[derive(Debug, Default)]
pub(super) struct Pages {
    ticket: u64,
    asked: Option<Asked>,
}

#[derive(Debug)]
struct Asked {
    selection: Selection,
    /// The first ticket for this selection: answers to earlier ones are about something else.
    first_ticket: u64,
    at: Moment,
    answered: bool,
}

impl Pages {
    /// Another target: nothing was asked.
    pub(super) fn forget(&mut self) {
        self.asked = None;
    }

    /// Hands the latest answer to the detail, if it is about the same selection.
    pub(super) fn answer(&mut self, answer: Option<&Answer>, detail: &mut Detail) {
        let (Some(asked), Some(answer)) = (&mut self.asked, answer) else { return };
        asked.answered |= answer.ticket == self.ticket;
        if asked.selection != detail.selection || answer.ticket < asked.first_ticket {
            return;
        }
        match &answer.page {
            Ok(page) => detail.page = Some(page.clone()),
            Err(failure) => detail.page_failure = Some(failure.clone()),
        }
    }

    /// The request to send now, if one is due.
    pub(super) fn due(
        &mut self,
        selection: &Selection,
        members: &[u32],
        profile: &Profile,
        now: Moment,
    ) -> Option<PageRequest> {
        let mut first_ticket = self.ticket + 1;
        if let Some(asked) = self.asked.as_ref().filter(|asked| asked.selection == *selection) {
            let wait = if asked.answered { FRESH } else { PATIENCE };
            if now.saturating_sub(asked.at) < wait {
                return None;
            }
            first_ticket = asked.first_ticket;
        }
        let living = members.iter().filter_map(|&at| profile.groups.get(at as usize));
        let living = living.filter(|group| group.count > 0).map(|group| group.id);
        let groups: Vec<_> = living.take(MAX_GROUPS_PER_QUERY).collect();
        // No groups would mean all tasks.
        if groups.is_empty() {
            return None;
        }
        self.ticket += 1;
        self.asked =
            Some(Asked { selection: selection.clone(), first_ticket, at: now, answered: false });
        let query = TaskQuery {
            groups,
            order: selection.order,
            offset: selection.offset,
            limit: u32::try_from(PAGE).unwrap_or(u32::MAX),
        };
        Some(PageRequest { ticket: self.ticket, query })
    }
}
