//! What the system says of a thread's signals.

/// Whether a thread would leave the signal lying: it blocks it, or has one waiting already.
/// `None` where the system does not say.
pub(super) fn is_deaf(thread: libc::pid_t, signal: libc::c_int) -> Option<bool> {
    let status = std::fs::read_to_string(format!("/proc/self/task/{thread}/status")).ok()?;
    is_deaf_by(&status, signal)
}

fn is_deaf_by(status: &str, signal: libc::c_int) -> Option<bool> {
    let bit = u32::try_from(signal).ok()?.checked_sub(1)?;
    let set = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let mask = u64::from_str_radix(line.trim(), 16).ok()?;
        Some(mask.checked_shr(bit)? & 1 == 1)
    };
    Some(set("SigPnd:")? || set("SigBlk:")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocked_or_waiting_signal_is_seen() {
        let status = |pending: &str, blocked: &str| {
            format!("Name:\tx\nSigPnd:\t{pending}\nShdPnd:\t0\nSigBlk:\t{blocked}\nSigIgn:\t0\n")
        };
        let (none, last) = ("0000000000000000", "8000000000000000");
        assert_eq!(is_deaf_by(&status(none, none), 64), Some(false));
        assert_eq!(is_deaf_by(&status(none, last), 64), Some(true));
        assert_eq!(is_deaf_by(&status(last, none), 64), Some(true));
        assert_eq!(is_deaf_by(&status(last, last), 63), Some(false));
        assert_eq!(is_deaf_by("Name:\tx\n", 63), None);
    }
}
