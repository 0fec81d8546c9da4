//! taskscope
