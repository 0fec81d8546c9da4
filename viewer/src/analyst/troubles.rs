//! What is the matter, with the rows where it is.

use super::table::Making;
use crate::analyse::{self, Trouble};
use crate::screen::FoundTrouble;

/// The worst groups with a verdict worse than normal, and at how many places more there are such.
pub(super) fn troubles(making: &Making<'_>) -> (Vec<FoundTrouble>, usize) {
    let with_row = |trouble: Trouble| {
        let row = making.row_of(trouble.worst);
        FoundTrouble { trouble, row }
    };
    let (worst, others) = analyse::troubles(making.profile);
    (worst.into_iter().map(with_row).collect(), others)
}
