//! What the analyst tells the net thread on one line. The latest order counts; none of them queue up.

use std::sync::Arc;

use taskscope_proto::model::{HistoryQuery, TaskQuery};
use tokio::sync::watch;

/// Which target to follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Follow {
    pub(super) session: u64,
    pub(super) target: Option<Arc<str>>,
    /// Counts up when a pause is to be cut short.
    pub(super) hurry: u64,
}

/// A request for a page of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Comes back with the answer.
    pub ticket: u64,
    /// Which tasks.
    pub query: TaskQuery,
}

/// A request for what groups looked like before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRequest {
    /// Comes back with the answer.
    pub ticket: u64,
    /// Of which groups, and when.
    pub query: HistoryQuery,
}

/// What the net thread has to answer, once each.
pub(super) struct Requests {
    pub(super) page: watch::Receiver<Option<PageRequest>>,
    pub(super) history: watch::Receiver<Option<HistoryRequest>>,
}

/// The analyst's end of a line. Dropping it ends the line.
#[derive(Debug)]
pub struct Orders {
    follow: watch::Sender<Follow>,
    page: watch::Sender<Option<PageRequest>>,
    history: watch::Sender<Option<HistoryRequest>>,
}

/// The net thread's end of it.
pub(super) struct Inbox {
    pub(super) follow: watch::Receiver<Follow>,
    pub(super) requests: Requests,
}

pub(super) fn orders() -> (Orders, Inbox) {
    let (follow, follow_inbox) = watch::channel(Follow::default());
    let (page, page_inbox) = watch::channel(None);
    let (history, history_inbox) = watch::channel(None);
    let requests = Requests { page: page_inbox, history: history_inbox };
    (Orders { follow, page, history }, Inbox { follow: follow_inbox, requests })
}

impl Orders {
    /// Follow this target (or none); `session` comes back with every event of it.
    pub fn follow(&self, session: u64, target: Option<Arc<str>>) {
        self.page.send_replace(None);
        self.history.send_replace(None);
        self.follow.send_replace(Follow { session, target, hurry: 0 });
    }

    /// Cut a pause before the next attempt short.
    pub fn hurry(&self) {
        self.follow.send_modify(|follow| follow.hurry += 1);
    }

    /// Ask for a page of tasks; a request that was not answered yet is dropped.
    pub fn tasks(&self, request: PageRequest) {
        self.page.send_replace(Some(request));
    }

    /// Ask for no page of tasks: one that is being waited for is let go.
    pub fn no_tasks(&self) {
        self.page.send_replace(None);
    }

    /// Ask for the past; a request that was not answered yet is dropped.
    pub fn history(&self, request: HistoryRequest) {
        self.history.send_replace(Some(request));
    }
}
