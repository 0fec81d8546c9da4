//! taskscope-viewer
