//! The signal that blocked threads are asked by leaves the service's own signals, handlers and
//! system calls alone.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![expect(unsafe_code, reason = "stands for a service that handles signals itself")]

mod support;

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::Command;
use std::ptr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, mpsc};
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::blocked::{SOON, agent, labeled, profile, runs_at, spawn, thread, wait_for, workers};
use taskscope::Agent;
use taskscope::model::State;
use taskscope::prelude::*;

const HERE: &str = file!();

/// The signals that this process has handlers for.
fn handled() -> Vec<c_int> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    let mask = u64::from_str_radix(mask.trim(), 16).unwrap();
    (1..=64).filter(|signal| mask >> (signal - 1) & 1 == 1).collect()
}

/// Starts an agent; tells its signal too.
fn agent_and_signal() -> (Agent, c_int) {
    let before = handled();
    let agent = agent(SOON);
    let new: Vec<c_int> = handled().into_iter().filter(|s| !before.contains(s)).collect();
    let [signal] = new[..] else { panic!("{new:?}") };
    (agent, signal)
}

static SEEN: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_signal: c_int) {
    SEEN.fetch_add(1, Relaxed);
}

/// Installs a handler; returns the one before.
fn handle(signal: c_int, handler: extern "C" fn(c_int)) -> libc::sigaction {
    // SAFETY: zeros are a valid action, and the handlers of this file only count.
    unsafe {
        let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
        let mut before = action;
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(signal, &raw const action, &raw mut before), 0);
        before
    }
}

/// Sleeps in one call of the system's; whether it was interrupted.
fn is_interrupted_in(duration: Duration) -> bool {
    let millis = duration.as_millis().try_into().unwrap();
    // SAFETY: waits for nothing.
    let result = unsafe { libc::poll(ptr::null_mut(), 0, millis) };
    result == -1 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR)
}

/// Stays in one poll until it is told otherwise, and notes each time that it is interrupted.
fn blocks_until(stop: &Arc<AtomicBool>) -> impl Future<Output = Vec<Duration>> + use<> {
    let stop = Arc::clone(stop);
    async move {
        let (start, mut interrupted) = (Instant::now(), Vec::new());
        while !stop.load(Relaxed) {
            if is_interrupted_in(Duration::from_millis(50)) {
                interrupted.push(start.elapsed());
            }
        }
        interrupted
    }
}

#[test]
fn a_thread_is_interrupted_once_an_episode_and_then_ever_more_rarely() {
    let (_agent, _signal) = agent_and_signal();
    let runtime = workers(1);
    let stop = Arc::new(AtomicBool::new(false));
    let task = spawn(&runtime, "once", blocks_until(&stop));
    // From 50 ms on; when that has lasted twice as long and a second more; and again, which is
    // after 3.2 s, unless the machine is slow, and then it is later.
    sleep(Duration::from_millis(2_200));
    stop.store(true, Relaxed);
    let times = runtime.block_on(task).unwrap();
    assert!(matches!(times.len(), 1 | 2), "{times:?}");
    assert!(times[0] + Duration::from_millis(20) >= SOON, "{times:?}");
    for pair in times.windows(2) {
        assert!(pair[1] >= pair[0] + Duration::from_secs(1), "{times:?}");
    }
}

#[test]
fn switched_off_no_signal_is_handled_or_sent() {
    let before = handled();
    let agent = Agent::builder().bind("127.0.0.1:0".parse().unwrap()).signals(false);
    let _agent = agent.blocked_after(SOON).start().unwrap();
    assert_eq!(handled(), before, "there is no handler, so a signal would end the process");
    let runtime = workers(1);
    let stop = Arc::new(AtomicBool::new(false));
    let task = spawn(&runtime, "off", blocks_until(&stop));
    wait_for(|| {
        let profile = profile();
        let running: Vec<_> =
            profile.groups.iter().filter(|group| group.state == State::Running).collect();
        let [group] = running[..] else { return Err(format!("{running:#?}")) };
        assert!(group.tree.is_none());
        let since = profile.header.now_ms - group.oldest_since_ms;
        if since > 500 { Ok(()) } else { Err(format!("{since}")) }
    });
    stop.store(true, Relaxed);
    assert_eq!(runtime.block_on(task).unwrap(), []);
    assert_eq!(profile().header.lost.stacks, 0);
}

#[test]
fn a_read_goes_on_as_if_nothing_had_been() {
    let (_agent, _signal) = agent_and_signal();
    let runtime = workers(1);
    let (reader, writer) = std::io::pipe().unwrap();
    let line = line!() + 4;
    let blocks = async move {
        let mut byte = 0_u8;
        // SAFETY: one byte of room. std would try again after EINTR; this does not.
        let read = unsafe { libc::read(reader.as_raw_fd(), (&raw mut byte).cast(), 1) };
        (read, byte)
    };
    let task = spawn(&runtime, "read", blocks);
    runs_at("read", HERE, line);
    std::io::Write::write_all(&mut &writer, b"x").unwrap();
    assert_eq!(runtime.block_on(task).unwrap(), (1, b'x'));
}

#[test]
fn a_service_with_handlers_of_its_own_gets_its_signals_and_no_other() {
    let own = [libc::SIGRTMIN() + 3, libc::SIGRTMAX() - 1, libc::SIGUSR1];
    for signal in own {
        handle(signal, count);
    }
    let (_agent, signal) = agent_and_signal();
    assert!(!own.contains(&signal), "{signal} was taken");
    let runtime = workers(2);
    let by_tokio = Arc::new(AtomicUsize::new(0));
    let theirs = Arc::clone(&by_tokio);
    runtime.block_on(async move {
        let kind = tokio::signal::unix::SignalKind::user_defined2();
        let mut signals = tokio::signal::unix::signal(kind).unwrap();
        taskscope::spawn(async move {
            while signals.recv().await.is_some() {
                theirs.fetch_add(1, Relaxed);
            }
        });
    });
    let (tell, told) = mpsc::sync_channel(1);
    let line = line!() + 2;
    let blocks = async move {
        told.recv().unwrap();
    };
    let task = spawn(&runtime, "busy", blocks);
    for round in 1..=20 {
        for signal in own {
            // SAFETY: the handler only counts.
            assert_eq!(unsafe { libc::raise(signal) }, 0);
        }
        // SAFETY: tokio has a handler for it.
        assert_eq!(unsafe { libc::raise(libc::SIGUSR2) }, 0);
        wait_for(|| if by_tokio.load(Relaxed) == round { Ok(()) } else { Err("tokio's".into()) });
    }
    runs_at("busy", HERE, line);
    assert_eq!(SEEN.load(Relaxed), 20 * own.len());
    tell.send(()).unwrap();
    runtime.block_on(task).unwrap();
}

#[test]
fn a_handler_that_the_service_installs_later_is_left_alone_and_may_call_ours() {
    static BEFORE: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn count_and_pass_on(signal: c_int) {
        SEEN.fetch_add(1, Relaxed);
        // SAFETY: the handler before this one, called as libraries that chain handlers do.
        let before: extern "C" fn(c_int, *mut libc::siginfo_t, *mut libc::c_void) =
            unsafe { std::mem::transmute(BEFORE.load(Relaxed)) };
        before(signal, ptr::null_mut(), ptr::null_mut());
    }
    let (_agent, signal) = agent_and_signal();
    BEFORE.store(handle(signal, count_and_pass_on).sa_sigaction, Relaxed);
    let runtime = workers(1);
    let stop = Arc::new(AtomicBool::new(false));
    let task = spawn(&runtime, "theirs", blocks_until(&stop));
    wait_for(|| missed(1));
    sleep(Duration::from_millis(200));
    stop.store(true, Relaxed);
    let interrupted = runtime.block_on(task).unwrap();
    assert_eq!(interrupted, [], "the signal is not the agent's any more");
    assert_eq!(profile().header.lost.stacks, 1, "once an episode");
    assert_eq!(SEEN.load(Relaxed), 0);
    // SAFETY: the handler counts, and ours does nothing.
    assert_eq!(unsafe { libc::raise(signal) }, 0);
    assert_eq!(SEEN.load(Relaxed), 1);
}

/// In a process of its own, which ends by it.
#[test]
fn a_signal_of_that_number_that_is_not_the_agents_does_what_it_always_did() {
    const CHILD: &str = "THIS_IS_THE_CHILD";
    let name = "a_signal_of_that_number_that_is_not_the_agents_does_what_it_always_did";
    if std::env::var_os(CHILD).is_some() {
        let (_agent, signal) = agent_and_signal();
        println!("signal {signal}.");
        // SAFETY: ends the process.
        unsafe { libc::raise(signal) };
        unreachable!("the default is to end");
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").arg0("signals");
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let signal = output.status.signal().unwrap_or_else(|| panic!("{output:?}"));
    assert!(said.contains(&format!("signal {signal}.")), "{signal}: {said}");
}

/// Blocks, or unblocks, a signal in this thread.
fn mask(how: c_int, signal: c_int) {
    // SAFETY: changes this thread's mask and nothing else.
    unsafe {
        let mut set: libc::sigset_t = MaybeUninit::zeroed().assume_init();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, signal);
        assert_eq!(libc::pthread_sigmask(how, &raw const set, ptr::null_mut()), 0);
    }
}

/// Whether so many stacks are counted as lost.
fn missed(count: u64) -> Result<(), String> {
    let missed = profile().header.lost.stacks;
    if missed == count { Ok(()) } else { Err(format!("{missed} missed")) }
}

#[test]
fn a_thread_that_blocks_the_signal_is_sent_none_and_the_loss_is_counted() {
    let (_agent, signal) = agent_and_signal();
    let runtime = workers(1);
    let (tell, told) = mpsc::sync_channel(1);
    let blocks = async move {
        mask(libc::SIG_BLOCK, signal);
        told.recv().unwrap();
        // SAFETY: only asks.
        let pending = unsafe {
            let mut set: libc::sigset_t = MaybeUninit::zeroed().assume_init();
            libc::sigpending(&raw mut set);
            libc::sigismember(&raw const set, signal)
        };
        mask(libc::SIG_UNBLOCK, signal);
        pending
    };
    let task = spawn(&runtime, "deaf", blocks);
    wait_for(|| missed(1));
    tell.send(()).unwrap();
    assert_eq!(runtime.block_on(task).unwrap(), 0, "nothing is waiting");
    // Not for ever: the next poll is another one.
    it_works("hears", &runtime);
}

/// Threads come and go while the agent asks them: some answer, some are gone, none is harmed.
#[test]
fn a_storm_of_threads_that_block_briefly_and_end_is_survived() {
    let agent = agent(Duration::from_millis(1));
    let stop = Arc::new(AtomicBool::new(false));
    let storms: Vec<_> = (0..4)
        .map(|storm| {
            let stop = Arc::clone(&stop);
            thread("storm", move || {
                let mut ended = 0_u64;
                while !stop.load(Relaxed) {
                    let brief = thread("brief", move || {
                        let task = async { sleep(Duration::from_millis(2 + 3 * storm)) };
                        let task = task.labeled(labeled("storm"));
                        futures_util::future::FutureExt::now_or_never(task).unwrap();
                    });
                    brief.join().unwrap();
                    ended += 1;
                }
                ended
            })
        })
        .collect();
    let deadline = Instant::now() + Duration::from_secs(4);
    while Instant::now() < deadline {
        let _profile = profile();
        sleep(Duration::from_millis(10));
    }
    stop.store(true, Relaxed);
    let ended: u64 = storms.into_iter().map(|storm| storm.join().unwrap()).sum();
    assert!(ended > 50, "{ended}");
    it_works("after", &workers(1));
    drop(agent);
}

/// The line of a task that blocks is found.
#[track_caller]
fn it_works(label: &'static str, runtime: &tokio::runtime::Runtime) {
    let (tell, told) = mpsc::sync_channel(1);
    let line = line!() + 1;
    let task = spawn(runtime, label, async move { told.recv().unwrap() });
    runs_at(label, HERE, line);
    tell.send(()).unwrap();
    runtime.block_on(task).unwrap();
}
