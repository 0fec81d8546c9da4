//! taskscope-tests
