//! Many tasks that come, wait, are aborted and panic: nothing that was known of them is left.

use rustc_hash::FxHashSet;

use super::*;

/// All that tasks share.
struct Shared {
    mutex: Arc<Mutex<u64>>,
    lock: Arc<RwLock<u64>>,
    semaphore: Arc<Semaphore>,
    cell: OnceCell<u64>,
    notify: Notify,
    sender: mpsc::Sender<u64>,
    receiver: Mutex<mpsc::Receiver<u64>>,
    level: watch::Sender<u64>,
}

fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// One thing that a task does; some never end by themselves.
async fn step(shared: &Shared, number: u64) {
    match number % 14 {
        0 => *shared.mutex.lock().await += 1,
        1 => {
            let _guard = shared.mutex.clone().lock_owned().await;
            yield_now().await;
        }
        2 => drop(shared.lock.read().await),
        3 => {
            let guard = shared.lock.write().await;
            yield_now().await;
            let _reads = guard.downgrade();
            yield_now().await;
        }
        4 => {
            let _both = (shared.lock.clone().read_owned().await, shared.mutex.try_lock());
            yield_now().await;
        }
        5 => {
            let mut permits = shared.semaphore.acquire_many(2).await.unwrap();
            let split = permits.split(1);
            yield_now().await;
            drop(split);
        }
        6 => {
            let permit = shared.semaphore.clone().acquire_owned().await.unwrap();
            permit.forget();
            shared.semaphore.add_permits(1);
        }
        7 => drop(
            shared
                .cell
                .get_or_try_init(|| async {
                    yield_now().await;
                    Err::<u64, ()>(())
                })
                .await,
        ),
        8 => {
            let notified = shared.notify.notified();
            if number.is_multiple_of(3) {
                shared.notify.notify_waiters();
            }
            notified.await;
        }
        9 => shared.notify.notify_one(),
        10 => shared.sender.send(number).await.unwrap(),
        11 => drop(shared.receiver.lock().await.try_recv()),
        12 => {
            let _guard = shared.mutex.lock().await;
            panic!("on purpose");
        }
        _ => {
            shared.level.send_replace(number);
            let mut watched = shared.level.subscribe();
            watched.changed().await.unwrap();
        }
    }
}

#[test]
fn after_a_storm_nobody_holds_and_nobody_waits() {
    std::panic::set_hook(Box::new(|_| {}));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (sender, receiver) = mpsc::channel(2);
        let shared = Arc::new(Shared {
            mutex: Arc::default(),
            lock: Arc::default(),
            semaphore: Arc::new(Semaphore::new(3)),
            cell: OnceCell::new(),
            notify: Notify::new(),
            sender,
            receiver: Mutex::new(receiver),
            level: watch::channel(0).0,
        });
        let mut seed = 0x9E37_79B9_7F4A_7C15;
        let (mut tasks, mut ids) = (Vec::new(), FxHashSet::default());
        for round in 0..40 {
            for _ in 0..50 {
                let shared = shared.clone();
                let number = next(&mut seed);
                let (tell, told) = oneshot::channel();
                tasks.push(crate::spawn(async move {
                    tell.send(Seat::task()).unwrap();
                    let mut number = number;
                    for _ in 0..20 {
                        // Not always to its end.
                        let step = step(&shared, next(&mut number));
                        if number.is_multiple_of(5) {
                            drop(tokio::time::timeout(Duration::from_micros(200), step).await);
                        } else {
                            step.await;
                        }
                    }
                }));
                ids.extend(told.await);
            }
            if round % 8 == 0 {
                let looks = || crate::snapshot(crate::SnapshotOptions::default());
                drop(tokio::task::spawn_blocking(looks).await);
            }
            while tasks.len() > 60 {
                let at = usize::try_from(next(&mut seed)).unwrap() % tasks.len();
                tasks.swap_remove(at).abort();
            }
        }
        for task in tasks {
            task.abort();
            drop(task.await);
        }
        assert!(ids.len() > 1_000, "{}", ids.len());
        let semaphore = shared.semaphore.clone();
        // Aborted tasks whose handles were dropped end when a worker takes them up.
        until({
            let shared = shared.clone();
            move || (Arc::strong_count(&shared) == 2).then_some(())
        })
        .await;
        waits::for_each(|wait| {
            assert!(!ids.contains(&wait.task.to_bits().1), "{wait:?}");
        });
        assert_eq!(shared.mutex.facts().holders, []);
        assert_eq!(shared.lock.facts().holders, []);
        let last = semaphore.facts();
        assert_eq!((last.holders.len(), last.more), (0, 0));
        assert!(last.forgotten > 0);
        assert_eq!(semaphore.available_permits(), 3);
        assert_eq!(shared.cell.facts().holders, []);
    });
}

#[tokio::test]
async fn a_guard_that_is_forgotten_goes_with_its_lock() {
    let mutex = Mutex::new(1);
    std::mem::forget(mutex.lock().await);
    assert_eq!(mutex.facts().holders.len(), 1);
    let waits = Box::pin(async {
        let id = Seat::task();
        let mutex = Arc::new(Mutex::new(1));
        std::mem::forget(mutex.clone().try_lock_owned().unwrap());
        let mut forgotten = Box::pin(mutex.clone().lock_owned());
        assert!(futures_util::poll!(&mut forgotten).is_pending());
        std::mem::forget(forgotten);
        (id, waits::of_task(id).len())
    });
    let (id, known) = crate::spawn(waits).await.unwrap();
    // It stands in the queue for ever, and so it does here; its task has ended.
    assert_eq!((known, waits::of_task(id).len()), (1, 1));
    assert!(!waits::of_task(id)[0].task.is_alive());
    let before = mutex.facts();
    drop(mutex);
    assert_eq!(before.holders.len(), 1);
}
