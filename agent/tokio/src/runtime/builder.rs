//! The builder of runtimes.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use real_tokio::runtime::{self as real, LocalOptions};

use super::{LocalRuntime, Runtime};

/// [`tokio::runtime::Builder`](real::Builder) of runtimes that track what they start.
///
/// It dereferences to tokio's; what is only there (methods behind `--cfg tokio_unstable`) is
/// called on a line of its own, since it returns tokio's builder.
///
/// ```
/// # extern crate taskscope_tokio as tokio;
/// # fn main() -> std::io::Result<()> {
/// let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
/// runtime.block_on(async { tokio::task::yield_now().await });
/// # Ok(())
/// # }
/// ```
pub struct Builder(real::Builder);

/// Methods that set something and return the builder.
macro_rules! settings {
    ($($(#[$attribute:meta])* $name:ident($($argument:ident: $type:ty),*);)*) => {
        impl Builder {
            $(
                #[doc = concat!("As [`real::Builder::", stringify!($name), "`].")]
                $(#[$attribute])*
                #[track_caller]
                pub fn $name(&mut self $(, $argument: $type)*) -> &mut Self {
                    self.0.$name($($argument),*);
                    self
                }
            )*
        }
    };
}

settings! {
    enable_all();
    enable_io();
    enable_time();
    event_interval(polls: u32);
    global_queue_interval(polls: u32);
    max_blocking_threads(threads: usize);
    max_io_events_per_busy_tick(events: usize);
    max_io_events_per_tick(events: usize);
    name(name: impl Into<String>);
    on_thread_park(callback: impl Fn() + Send + Sync + 'static);
    on_thread_start(callback: impl Fn() + Send + Sync + 'static);
    on_thread_stop(callback: impl Fn() + Send + Sync + 'static);
    on_thread_unpark(callback: impl Fn() + Send + Sync + 'static);
    /// With the feature `test-util` only.
    #[cfg(feature = "test-util")]
    start_paused(paused: bool);
    thread_keep_alive(duration: Duration);
    thread_name(name: impl Into<String>);
    thread_name_fn(name: impl Fn() -> String + Send + Sync + 'static);
    thread_stack_size(bytes: usize);
    worker_threads(threads: usize);
}

impl Builder {
    /// Of a runtime that runs on the thread that calls `block_on`.
    pub fn new_current_thread() -> Self {
        Self(real::Builder::new_current_thread())
    }

    /// Of a runtime with worker threads.
    pub fn new_multi_thread() -> Self {
        Self(real::Builder::new_multi_thread())
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// As tokio's: the system has no more threads or files to give.
    #[track_caller]
    pub fn build(&mut self) -> io::Result<Runtime> {
        self.0.build().map(Runtime::from)
    }

    /// Makes a runtime whose tasks stay on this thread.
    ///
    /// # Errors
    /// As tokio's: the system has no more threads or files to give.
    ///
    /// # Panics
    /// After [`new_multi_thread`](Self::new_multi_thread).
    #[track_caller]
    pub fn build_local(&mut self, options: LocalOptions) -> io::Result<LocalRuntime> {
        self.0.build_local(options).map(LocalRuntime::from)
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Deref for Builder {
    type Target = real::Builder;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Builder {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl From<real::Builder> for Builder {
    fn from(builder: real::Builder) -> Self {
        Self(builder)
    }
}

impl From<Builder> for real::Builder {
    fn from(builder: Builder) -> Self {
        builder.0
    }
}
