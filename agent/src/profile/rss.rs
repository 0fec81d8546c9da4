//! Resident memory of this process.

/// Bytes; `None` where the system does not say.
#[cfg(target_os = "linux")]
pub(super) fn rss_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = statm.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// Bytes; `None` where the system does not say.
#[cfg(not(target_os = "linux"))]
pub(super) fn rss_bytes() -> Option<u64> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn this_process_takes_up_some_memory() {
        assert!(super::rss_bytes().unwrap() > 100_000);
    }
}
