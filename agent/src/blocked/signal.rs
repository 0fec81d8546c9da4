//! The signal that asks a thread for its stack, and its handler.
//!
//! What the handler relies on, and what it leaves alone:
//!
//! - It runs on the thread that is asked and reads that thread's own memory. It allocates
//!   nothing, takes no lock, reads no lazy thread-local and leaves `errno` as it was.
//! - The signal is a real-time one for which nobody has a handler and that the thread which
//!   starts the agent does not block (who waits for signals blocks them first).
//! - `SA_RESTART`: the kernel goes on with calls that it can go on with. `SA_ONSTACK`: a thread
//!   with a stack for signals is not made to use its own.
//! - A signal of this number that is not the agent's does what it would have done without: the
//!   process ends. If the service has put a handler in our place and calls ours from there,
//!   nothing happens.
//! - The handler is never taken away, not even with the last agent: a signal may be on its way,
//!   and without a handler it would end the process.

#![expect(unsafe_code, reason = "signals")]

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

use super::answer::{Answer, Asked, MAX_WORDS, Polled};
use crate::primitives::atomic::Ordering::Relaxed;
use crate::stack::{self, STACK_POINTER};
use crate::task::current::{self, PollFrame};
use crate::task::threads::Thread;

/// What threads answer to.
pub(super) static ANSWER: Answer = Answer::new();

/// Marks the agent's signals, beside the number of the question.
const MARK: usize = 0x7461_736b << 32;
/// Sent by a program, with a value; see `sigaction(2)`.
const SI_QUEUE: c_int = -1;
const WORD: usize = size_of::<usize>();

/// The kernel's `siginfo_t` of a signal that comes with a value, on 64-bit machines.
#[repr(C)]
struct Queued {
    number: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    process: libc::pid_t,
    user: libc::uid_t,
    value: usize,
    rest: [u64; 12],
}

const _: () = assert!(size_of::<Queued>() == size_of::<libc::siginfo_t>());

/// Why there is no signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoSignal {
    #[error("every real-time signal is in use")]
    NoneFree,
    #[error("the system refuses a handler")]
    Refused,
}

/// Installs the handler, once for the life of the process, and returns the signal's number.
pub(super) fn install() -> Result<c_int, NoSignal> {
    static INSTALLED: OnceLock<Result<c_int, NoSignal>> = OnceLock::new();
    *INSTALLED.get_or_init(|| {
        // From the end: services that use real-time signals begin at the beginning.
        let free = (libc::SIGRTMIN()..libc::SIGRTMAX()).rev().find(|signal| is_free(*signal));
        let signal = free.ok_or(NoSignal::NoneFree)?;
        let mut action = handled_by(libc::SIG_DFL);
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
        let mut before = handled_by(libc::SIG_DFL);
        // SAFETY: both are whole; the handler keeps what the module's head says.
        if unsafe { libc::sigaction(signal, &raw const action, &raw mut before) } != 0 {
            return Err(NoSignal::Refused);
        }
        if before.sa_sigaction != libc::SIG_DFL {
            // Somebody else was faster by a hair: the signal is theirs.
            // SAFETY: puts back what was there.
            unsafe { libc::sigaction(signal, &raw const before, ptr::null_mut()) };
            return Err(NoSignal::Refused);
        }
        Ok(signal)
    })
}

fn handled_by(handler: usize) -> libc::sigaction {
    // SAFETY: a `sigaction` of zeros is a valid one.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action
}

/// What happens on a signal now.
fn handler_of(signal: c_int) -> Option<usize> {
    let mut action = handled_by(libc::SIG_DFL);
    // SAFETY: only asks.
    let known = unsafe { libc::sigaction(signal, ptr::null(), &raw mut action) } == 0;
    known.then_some(action.sa_sigaction)
}

fn is_free(signal: c_int) -> bool {
    // SAFETY: only asks which signals this thread blocks.
    let blocked = unsafe {
        let mut mask = MaybeUninit::<libc::sigset_t>::zeroed().assume_init();
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &raw mut mask);
        libc::sigismember(&raw const mask, signal) != 0
    };
    !blocked && handler_of(signal) == Some(libc::SIG_DFL)
}

/// Whether the handler is still ours.
pub(super) fn is_ours(signal: c_int) -> bool {
    handler_of(signal) == Some(on_signal as *const () as usize)
}

/// Why a thread could not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unsent {
    /// An earlier handler is still at work.
    Busy,
    /// The system did not take the signal.
    Refused,
}

/// Asks a listed thread, whose list is locked, for its stack.
pub(super) fn ask(signal: c_int, thread: &Thread, stack: (usize, usize)) -> Result<(), Unsent> {
    let asked = Asked { here: thread.here(), stack };
    let number = ANSWER.ask(asked).ok_or(Unsent::Busy)?;
    let ids = thread.os;
    // SAFETY: only asks.
    let user = unsafe { libc::getuid() };
    let value = MARK | number as usize;
    let (process, padding, rest) = (ids.process, 0, [0; 12]);
    let info =
        Queued { number: signal, errno: 0, code: SI_QUEUE, padding, process, user, value, rest };
    // SAFETY: the thread is listed and the list is locked, so it has not ended. `info` is whole.
    let sent = unsafe {
        libc::syscall(libc::SYS_rt_tgsigqueueinfo, ids.process, ids.thread, signal, &raw const info)
    };
    if sent == 0 {
        return Ok(());
    }
    ANSWER.take_back();
    Err(Unsent::Refused)
}

extern "C" fn on_signal(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the system's place for this thread's errno.
    let errno = unsafe { *libc::__errno_location() };
    // SAFETY: the kernel hands over a whole `siginfo_t`, or a program that calls handlers its
    // own; of signals without a value the field is some other number.
    let number = unsafe { info.cast::<Queued>().as_ref() }.and_then(number_of);
    match number {
        // SAFETY: what the kernel handed over, in the very call.
        Some(number) => unsafe { answer(number, context.cast()) },
        None => pass_on(signal),
    }
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// The number of the question, if the signal is the agent's.
fn number_of(info: &Queued) -> Option<u32> {
    const NUMBERS: usize = u32::MAX as usize;
    // SAFETY: only asks.
    let own = info.code == SI_QUEUE && info.process == unsafe { libc::getpid() };
    (own && info.value & !NUMBERS == MARK).then(|| u32::try_from(info.value & NUMBERS).ok())?
}

/// Writes down where this thread is.
///
/// # Safety
/// For the handler only, with what the kernel gave it.
unsafe fn answer(number: u32, context: *const libc::ucontext_t) {
    let Some(asked) = ANSWER.begin(number) else { return };
    // SAFETY: only the thread that is asked gets this number, and its `Here` is its own memory.
    let innermost = unsafe { (*asked.here).own() };
    let top = ANSWER.write_tasks(tasks(innermost));
    for register in 0..stack::REGISTERS {
        // SAFETY: the caller's promise.
        ANSWER.write_register(register, unsafe { stack::interrupted(context, register) });
    }
    // SAFETY: the caller's promise.
    let pointer = unsafe { stack::interrupted(context, STACK_POINTER) } & !(WORD - 1);
    let (start, end) = asked.stack;
    // On a stack that is not the thread's (a coroutine's) nothing is read.
    let top = top.filter(|top| start <= pointer && pointer < *top && *top < end);
    let (from, to) = match top {
        Some(top) => (pointer.saturating_sub(stack::RED_ZONE).max(start), top),
        None => (pointer, pointer),
    };
    let places = (from..to).step_by(WORD).take(MAX_WORDS);
    // SAFETY: between the stack pointer and the frame of a poll under way all is mapped, and in
    // use by nobody but this thread. So is the red zone below, as far as the stack goes. Read as
    // bytes of any kind.
    let words = places.map(|at| unsafe { ptr::read_volatile(at as *const usize) });
    ANSWER.write_stack(from, words);
    ANSWER.finish(number);
}

/// The tasks whose polls are under way, innermost first.
fn tasks(innermost: Option<&PollFrame>) -> impl Iterator<Item = Polled> {
    let mut next = innermost;
    std::iter::from_fn(move || {
        let frame = next?;
        let task = current::outermost_of(frame);
        next = task.outer();
        Some(Polled {
            task: task.record().birth.id,
            polls: task.record().polls(),
            labels: frame.record().labels.load(Relaxed),
            top: ptr::from_ref(task) as usize,
        })
    })
}

/// Does what would have happened to a signal that is not the agent's.
fn pass_on(signal: c_int) {
    if !is_ours(signal) {
        // The service has a handler now, and that one has called this.
        return;
    }
    let default = handled_by(libc::SIG_DFL);
    // SAFETY: makes the system do what it does without a handler. The signal is blocked while
    // its handler runs, so it comes when this one has returned.
    unsafe {
        libc::sigaction(signal, &raw const default, ptr::null_mut());
        libc::raise(signal);
    }
}
