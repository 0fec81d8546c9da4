//! What every future can do.

use std::future::Future;
use std::panic::Location;

use crate::labels::{self, Labels};
use crate::task::Tracked;
use crate::task::record::Kind;

/// What every future gets from `use taskscope::prelude::*`.
pub trait FutureExt: Future + Sized {
    /// Puts a record around the future, for any spawner and any executor.
    ///
    /// Given to an executor it is a task as one from [`spawn`](crate::spawn) is. Awaited by a tracked task it
    /// is a part of that task, with an await tree of its own: wrap the children of a
    /// `FuturesUnordered` in it, and their awaits are seen too.
    ///
    /// ```
    /// use taskscope::prelude::*;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// tokio::spawn(async { /* … */ }.tracked()).await.unwrap();
    /// # });
    /// ```
    #[track_caller]
    fn tracked(self) -> Tracked<Self> {
        Tracked::new(self, Location::caller(), Kind::Undecided, 0)
    }

    /// These labels while the future runs, over those around it: Go's `pprof.Do`.
    ///
    /// Tasks that the future spawns inherit them.
    ///
    /// ```
    /// use taskscope::prelude::*;
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// async { assert_eq!(taskscope::label("step").as_deref(), Some("parse")) }
    ///     .labeled(taskscope::labels! { "step" => "parse" })
    ///     .await;
    /// # });
    /// ```
    #[track_caller]
    fn labeled(self, labels: Labels) -> Tracked<Self> {
        let scope = labels::table::intern(labels);
        Tracked::new(self, Location::caller(), Kind::Undecided, scope)
    }
}

impl<F: Future> FutureExt for F {}
