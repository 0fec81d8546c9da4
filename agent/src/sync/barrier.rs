//! A barrier whose waits are known.

use std::fmt;

use super::BarrierWaitResult;
use crate::task::waits::{Event, Kind, Resource, Watched};

/// [`tokio::sync::Barrier`] of which it is known which tasks wait.
///
/// # Cost
/// That of tokio's.
///
/// ```
/// use taskscope::sync::Barrier;
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let barrier = Barrier::new(2);
/// let (a, b) = tokio::join!(barrier.wait(), barrier.wait());
/// assert!(a.is_leader() != b.is_leader());
/// # });
/// ```
pub struct Barrier {
    resource: Resource,
    inner: tokio::sync::Barrier,
}

impl Barrier {
    /// A barrier for `n` tasks.
    #[track_caller]
    pub fn new(n: usize) -> Self {
        Self { resource: Resource::new(), inner: tokio::sync::Barrier::new(n) }
    }

    /// Waits until `n` tasks wait. Not cancel safe.
    pub async fn wait(&self) -> BarrierWaitResult {
        Watched::new(Event(Kind::Barrier, &self.resource), self.inner.wait()).await.0
    }
}

/// As tokio's.
impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
