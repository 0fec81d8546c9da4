//! How much memory the process takes up, and how much it may, in words.

use taskscope_proto::model::Header;

use super::numbers::bytes;

/// Above this share of its limit a control group is about to lose a process.
const NEARLY_FULL: f64 = 0.9;

/// What is known of the memory; `None` if nothing is.
pub fn memory_line(header: &Header) -> Option<String> {
    let mut words = Vec::new();
    if let Some(rss) = header.rss_bytes {
        words.push(format!("{} resident", bytes(rss)));
    }
    match (header.memory_current_bytes, header.memory_limit_bytes) {
        (Some(current), Some(limit)) => {
            let percent = share(header).unwrap_or_default() * 100.0;
            let (current, limit) = (bytes(current), bytes(limit));
            words.push(format!("{current} of {limit} used by the control group ({percent:.0} %)"));
        }
        (None, Some(limit)) => words.push(format!("limited to {}", bytes(limit))),
        (_, None) => {}
    }
    if let Some(agent) = header.agent_bytes {
        words.push(format!("{} by the agent", bytes(agent)));
    }
    (!words.is_empty()).then(|| words.join("; "))
}

/// Whether the control group is near its limit.
pub fn nearly_full(header: &Header) -> bool {
    share(header).is_some_and(|share| share >= NEARLY_FULL)
}

fn share(header: &Header) -> Option<f64> {
    let limit = header.memory_limit_bytes?.max(1);
    Some(header.memory_current_bytes? as f64 / limit as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_said() {
        let mut header = Header::default();
        assert_eq!(memory_line(&header), None);
        header.rss_bytes = Some(45 << 20);
        header.memory_current_bytes = Some(60 << 20);
        assert_eq!(memory_line(&header).as_deref(), Some("45 MiB resident"));
        header.memory_limit_bytes = Some(64 << 20);
        header.agent_bytes = Some(2_048);
        let all = "45 MiB resident; 60 MiB of 64 MiB used by the control group (94 %); \
                   2.0 KiB by the agent";
        assert_eq!(memory_line(&header).as_deref(), Some(all));
        assert!(nearly_full(&header));
        header.memory_limit_bytes = Some(640 << 20);
        assert!(!nearly_full(&header));
    }
}
