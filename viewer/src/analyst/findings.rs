//! What is the matter, with the rows to look at.

use super::table::Making;
use crate::analyse;
use crate::screen::{Findings, Found};

/// The worst groups with a verdict worse than normal, and who makes the heap grow.
pub(super) fn findings(making: &Making<'_>) -> Findings {
    let (worst, more) = analyse::troubles(making.profile);
    let troubles = worst.into_iter().map(|what| Found { row: making.row_of(what.worst), what });
    let growth = analyse::growth(making.profile);
    Findings {
        troubles: troubles.collect(),
        more,
        growth: growth.map(|what| Found { row: making.row_of(what.most), what }),
    }
}
