//! Small things to draw with. They know colours and pixels, but not what a task is.

mod numbers;
mod share;
mod sparkline;
mod text;

pub use numbers::{age, bytes, count, counted, signed};
pub use share::share_bar;
pub use sparkline::sparkline;
pub use text::{Side, cell_text, elide_start, keep_end, pill};
