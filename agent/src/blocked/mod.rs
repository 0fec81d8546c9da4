//! Where threads are that are blocked inside of a poll, or in a closure on a blocking thread.
//!
//! A task that is running has no waker to clone and cannot be asked. So a thread of the agent
//! looks at all threads that poll ([`threads`](crate::task::threads)), and when one has been in
//! the same poll for too long, interrupts it by a signal. The handler copies the thread's
//! registers and the stack of the poll; the rest is done from the copy. On Linux; elsewhere
//! nothing is looked at and running tasks have no stack.
//!
//! | file | is |
//! |---|---|
//! | `watcher` | the thread that looks |
//! | `episodes` | when to take which stack |
//! | `signal` | the signal and its handler |
//! | `answer` | what the handler writes to |
//! | `status` | whether a thread would take a signal |
//! | `stacks` | what was found, for the profile |

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod answer;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod episodes;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod signal;
mod stacks;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod status;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod watcher;
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(miri)
)))]
#[path = "no_watcher.rs"]
mod watcher;

pub(crate) use stacks::{Seen, seen, stack};
pub(crate) use watcher::{Watcher, missed};
