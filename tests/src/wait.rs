//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// No condition takes longer on a slow and busy machine.
const DEADLINE: Duration = Duration::from_secs(40);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// What `look` sees once it sees it.
///
/// # Panics
/// It does not in time; the message is what was missing last.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match look() {
            Ok(seen) => return seen,
            Err(missing) => {
                assert!(started.elapsed() < DEADLINE, "still waiting for {what}: {missing}");
            }
        }
        std::thread::sleep(PAUSE);
    }
}
