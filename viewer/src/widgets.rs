//! Small things to draw with. They know colours and pixels, but not what a task is.

mod meters;
mod share;
mod sparkline;
mod text;

pub use meters::meters;
pub use share::share_bar;
pub use sparkline::sparkline;
pub use text::{Side, cell_text, elide_start, keep_end, pill};
