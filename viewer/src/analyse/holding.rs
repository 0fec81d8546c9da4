//! Bytes of the heap that tasks hold: whether they are worth a row, and whether they grow.

use taskscope_proto::model::{Group, Heap, Held};

/// Whether there is anything of a group: tasks, or bytes that outlived them.
pub fn is_there(group: &Group) -> bool {
    group.count > 0 || group.held.live_bytes > 0
}

/// The difference between two numbers of bytes.
pub(super) fn difference(now: u64, then: u64) -> i64 {
    let difference = i128::from(now) - i128::from(then);
    i64::try_from(difference).unwrap_or(if difference < 0 { i64::MIN } else { i64::MAX })
}

/// Whether what is held has grown by more than its error: by less, nobody knows.
pub fn has_grown(growth: i64, held: &Held) -> bool {
    u64::try_from(growth).is_ok_and(|growth| growth > held.error_bytes)
}

/// What has come in the last minute, in hundredths of the whole heap; 0 within the error.
pub(super) fn percent_grown(growth: i64, held: &Held, heap: Option<&Heap>) -> u64 {
    let whole = heap.map_or(0, |heap| heap.held.live_bytes);
    match u64::try_from(growth) {
        Ok(growth) if whole > 0 && has_grown(growth.cast_signed(), held) => {
            growth.saturating_mul(100) / whole
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_counts_by_its_part_of_the_heap_and_only_past_its_error() {
        let held = Held { live_bytes: 300, error_bytes: 20, ..Held::default() };
        let whole = Held { live_bytes: 1_000, ..held };
        let heap = Heap { held: whole, ..Heap::default() };
        for (growth, expected) in [(100, 10), (21, 2), (20, 0), (0, 0), (-100, 0)] {
            assert_eq!(percent_grown(growth, &held, Some(&heap)), expected, "{growth}");
        }
        assert_eq!(percent_grown(100, &held, None), 0);
        assert_eq!(percent_grown(100, &held, Some(&Heap::default())), 0);
        assert_eq!(difference(3, u64::MAX), i64::MIN);
    }
}
