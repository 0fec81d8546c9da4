//! What tokio's own tests, which run against the facade, do not look at.

use super::*;

#[test]
fn tokios_types_are_reached_and_come_back() {
    let (sender, receiver) = mpsc::channel::<u8>(2);
    let sender: tokio::sync::mpsc::Sender<u8> = sender.into();
    let receiver: tokio::sync::mpsc::Receiver<u8> = receiver.into();
    sender.try_send(1).unwrap();
    let (sender, mut receiver) = (mpsc::Sender::from(sender), mpsc::Receiver::from(receiver));
    sender.try_send(2).unwrap();
    assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok(1), Ok(2)));
    let mutex: tokio::sync::Mutex<u8> = Mutex::new(3).into();
    assert_eq!(mutex.into_inner(), 3);
    let lock: tokio::sync::RwLock<u8> = RwLock::new(4).into();
    assert_eq!(lock.into_inner(), 4);
    let (answer, asked) = oneshot::channel();
    answer.send(5).unwrap();
    let mut asked: tokio::sync::oneshot::Receiver<u8> = asked.into();
    assert_eq!(asked.try_recv(), Ok(5));
}

#[test]
fn locks_show_what_tokios_show() {
    fn same(ours: &dyn std::fmt::Debug, tokios: &dyn std::fmt::Debug) {
        assert_eq!(format!("{ours:?}"), format!("{tokios:?}"));
    }
    let (ours, tokios) = (Mutex::new(1), tokio::sync::Mutex::new(1));
    same(&ours, &tokios);
    let (held, too) = (ours.try_lock().unwrap(), tokios.try_lock().unwrap());
    same(&ours, &tokios);
    same(&held, &too);
    let (ours, tokios) = (RwLock::new(1), tokio::sync::RwLock::new(1));
    let (_held, _too) = (ours.try_write().unwrap(), tokios.try_write().unwrap());
    same(&ours, &tokios);
    same(&OnceCell::new_with(Some(1)), &tokio::sync::OnceCell::new_with(Some(1)));
    same(&Semaphore::new(3), &tokio::sync::Semaphore::new(3));
}

#[test]
fn a_part_that_panics_leaves_the_lock_free_and_nobody_its_holder() {
    let mutex = Mutex::new(1);
    let guard = mutex.try_lock().unwrap();
    let map = || MutexGuard::map(guard, |_: &mut i32| -> &mut i32 { panic!("on purpose") });
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(map())));
    assert!(result.is_err());
    assert_eq!(mutex.facts().holders, []);
    drop(mutex.try_lock().unwrap());
}

#[test]
fn locks_of_unsized_values_and_in_statics_work() {
    static LOCK: RwLock<[u8; 2]> = RwLock::const_new([1, 2]);
    let mutex: Arc<Mutex<[u8]>> = Arc::new(Mutex::new([1, 2, 3]));
    let guard = mutex.clone().try_lock_owned().unwrap();
    let last = OwnedMutexGuard::map(guard, |all| all.last_mut().unwrap());
    assert_eq!(*last, 3);
    drop(last);
    LOCK.try_write().unwrap()[0] = 7;
    assert_eq!(*LOCK.try_read().unwrap(), [7, 2]);
}

#[test]
fn code_that_is_not_async_holds_too() {
    let mutex = Arc::new(Mutex::new(1));
    let guard = mutex.blocking_lock();
    let [holder] = mutex.facts().holders[..] else { panic!("one holder") };
    assert!(holder.id == 0 && !holder.borrowed);
    drop(guard);
    assert_eq!(mutex.facts().holders, []);
}
