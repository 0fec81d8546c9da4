//! The threads that poll tracked futures, as others see them.
//!
//! A thread writes down which poll it is in, and since when, in two words of its own memory
//! ([`Here`]): the same store that [`current`](super::current) needs anyway, and one more for the
//! outermost poll. Others find the words through a list that threads enter at their first poll
//! under an agent and leave when they end.
//!
//! Rules:
//!
//! 1. Only its own thread writes a `Here`. `since` is written before `innermost`, so who sees a
//!    poll sees a time that is not before it.
//! 2. The list's lock keeps a thread in it from ending: whoever holds the lock may read a listed
//!    `Here`, and may signal the thread.
//! 3. What `innermost` points to is on the thread's stack. Only code that runs on that very
//!    thread may follow it; a signal handler does. So nothing may be reordered around the stores
//!    to `innermost`, not even by the compiler.

#![cfg_attr(
    not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        not(miri)
    )),
    expect(dead_code, reason = "elsewhere nobody looks")
)]
#![expect(unsafe_code, reason = "threads show one another pieces of their own memory")]

use std::ptr;

use super::current::PollFrame;
use crate::primitives::Mutex;
use crate::primitives::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::primitives::atomic::{AtomicPtr, AtomicU64, compiler_fence};

/// What a thread is in the middle of. See the [module](self).
#[derive(Debug)]
pub(crate) struct Here {
    innermost: AtomicPtr<PollFrame>,
    /// When the outermost poll began: ticks, of which the lowest bit says that it is a poll and
    /// not a closure.
    since: AtomicU64,
}

/// All times of the [`clock`](crate::clock) have it.
const IS_POLL: u64 = 1;

thread_local! {
    static HERE: Here =
        const { Here { innermost: AtomicPtr::new(ptr::null_mut()), since: AtomicU64::new(0) } };
}

/// The innermost poll of this thread; null if there is none.
#[inline]
pub(super) fn innermost() -> *const PollFrame {
    HERE.with(|here| here.innermost.load(Relaxed))
}

/// Tells this thread from all others that live; not 0.
#[inline]
pub(super) fn this() -> usize {
    HERE.with(|here| ptr::from_ref(here).addr())
}

/// Makes `frame`, which is inside of `outer`, the innermost poll.
#[inline]
pub(super) fn enter(frame: *const PollFrame, outer: *const PollFrame, at: u64) {
    HERE.with(|here| {
        if outer.is_null() {
            here.since.store(at, Relaxed);
        }
        here.innermost.store(frame.cast_mut(), Release);
    });
}

/// Makes the poll around the innermost one the innermost.
#[inline]
pub(super) fn leave(outer: *const PollFrame) {
    HERE.with(|here| here.innermost.store(outer.cast_mut(), Relaxed));
    compiler_fence(SeqCst);
}

/// The time to [`enter`] with for a closure that began then.
pub(crate) fn of_closure(at: u64) -> u64 {
    at & !IS_POLL
}

/// What a thread has been doing for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy {
    /// When the outermost poll began; no two polls of a thread that take longer than a tick of
    /// the coarse time share it.
    pub(crate) since: u64,
    /// It is not a poll, but a closure on a blocking thread.
    pub(crate) closure: bool,
}

impl Here {
    /// The poll that the thread is in. For everybody.
    pub(crate) fn busy(&self) -> Option<Busy> {
        if self.innermost.load(Acquire).is_null() {
            return None;
        }
        let since = self.since.load(Relaxed);
        Some(Busy { since, closure: since & IS_POLL == 0 })
    }

    /// The innermost poll.
    ///
    /// # Safety
    /// Only for the thread itself; the reference must not outlive the call that interrupts it.
    pub(crate) unsafe fn own(&self) -> Option<&PollFrame> {
        // SAFETY: set while the frame lives, by rule 3.
        unsafe { self.innermost.load(Acquire).cast_const().as_ref() }
    }
}

/// A thread in the list.
#[derive(Debug)]
pub(crate) struct Thread {
    /// Never used again.
    pub(crate) number: u64,
    here: *const Here,
    #[cfg(target_os = "linux")]
    pub(crate) os: os::Ids,
}

// SAFETY: `here` is read under the list's lock only, by rule 2.
unsafe impl Send for Thread {}

impl Thread {
    /// The thread's own words. Whoever has a reference to a `Thread` holds the list's lock.
    pub(crate) fn here(&self) -> &Here {
        // SAFETY: rule 2.
        unsafe { &*self.here }
    }
}

#[derive(Debug)]
struct List {
    threads: Vec<Thread>,
    last: u64,
}

static THREADS: Mutex<List> = Mutex::new(List { threads: Vec::new(), last: 0 });

/// Takes the thread out of the list when it ends.
struct Listed(u64);

impl Drop for Listed {
    fn drop(&mut self) {
        THREADS.lock().threads.retain(|thread| thread.number != self.0);
    }
}

thread_local! {
    static LISTED: Listed = Listed(list_this());
}

fn list_this() -> u64 {
    let mut list = THREADS.lock();
    list.last += 1;
    let number = list.last;
    // Others read `Here` until `Listed` is dropped, and a thread's memory outlives that.
    let here = HERE.with(ptr::from_ref);
    list.threads.push(Thread {
        number,
        here,
        #[cfg(target_os = "linux")]
        os: os::Ids::of_this_thread(),
    });
    number
}

/// Enters this thread into the list. A thread that is about to end stays out.
#[cold]
pub(crate) fn register() {
    let _ending = LISTED.try_with(|_| ());
}

/// Shows the listed threads until `visit` finds what it looks for. Runs under the list's lock,
/// which a thread that begins or ends may wait for.
pub(crate) fn find<R>(mut visit: impl FnMut(&Thread) -> Option<R>) -> Option<R> {
    THREADS.lock().threads.iter().find_map(&mut visit)
}

#[cfg(target_os = "linux")]
mod os {
    /// What the system calls a thread.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Ids {
        /// A child made by `fork` has the list, but not the threads.
        pub(crate) process: libc::pid_t,
        pub(crate) thread: libc::pid_t,
        pub(crate) handle: libc::pthread_t,
    }

    impl Ids {
        pub(super) fn of_this_thread() -> Self {
            // SAFETY: these only ask, and cannot fail. The thread's number fits its type.
            #[expect(clippy::cast_possible_truncation, reason = "the system's type for it")]
            unsafe {
                Self {
                    process: libc::getpid(),
                    thread: libc::syscall(libc::SYS_gettid) as libc::pid_t,
                    handle: libc::pthread_self(),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spawn(work: impl FnOnce() -> u64 + Send + 'static) -> std::thread::JoinHandle<u64> {
        std::thread::Builder::new().name("test".into()).spawn(work).unwrap()
    }

    fn is_listed(number: u64) -> bool {
        find(|thread| (thread.number == number).then_some(())).is_some()
    }

    #[test]
    fn a_thread_is_listed_once_and_until_it_ends() {
        let number = spawn(|| {
            register();
            let number = LISTED.with(|listed| listed.0);
            register();
            assert_eq!(LISTED.with(|listed| listed.0), number);
            assert!(is_listed(number));
            number
        });
        assert!(!is_listed(number.join().unwrap()));
    }

    /// What a runtime in a thread-local variable does when it is dropped with the thread.
    #[test]
    fn a_thread_that_ends_can_still_ask_to_be_listed() {
        struct Late;
        impl Drop for Late {
            fn drop(&mut self) {
                register();
            }
        }
        thread_local!(static LATE: Late = const { Late });
        let thread = spawn(|| {
            LATE.with(|_| ());
            register();
            LISTED.with(|listed| listed.0)
        });
        assert!(!is_listed(thread.join().unwrap()));
    }
}
