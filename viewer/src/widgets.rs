//! Small things to draw with. They know colours and pixels, but not what a task is.

mod flame;
mod keyboard;
mod lines;
mod meters;
mod parts;
mod share;
mod sparkline;
mod stack;
mod text;

pub use flame::{CellLook, Cells, flame};
pub use keyboard::{called, steering};
pub use lines::{Lines, lines};
pub use meters::meters;
pub use parts::parts_bar;
pub use share::share_bar;
pub use sparkline::sparkline;
pub use stack::{Layer, curve, stack};
pub use text::{Side, cell_text, elide_start, keep_end, pill};
