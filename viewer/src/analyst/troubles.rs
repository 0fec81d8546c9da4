//! What is the matter, with the rows where it is.

use super::table::Making;
use crate::analyse::{self, Trouble};
use crate::screen::FoundTrouble;

/// The worst groups with a verdict worse than normal.
pub(super) fn troubles(making: &Making<'_>) -> Vec<FoundTrouble> {
    let with_row = |trouble: Trouble| {
        let row = making.row_of(trouble.worst);
        FoundTrouble { trouble, row }
    };
    analyse::troubles(making.profile).into_iter().map(with_row).collect()
}
