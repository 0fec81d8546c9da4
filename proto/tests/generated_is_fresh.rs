//! The committed code is what the schema generates.
//!
//! After a change of the schema: `UPDATE_GENERATED=1 cargo test -p taskscope-proto`.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;
use std::{env, fs};

#[test]
fn generated_code_matches_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = root.join("src/generated/taskscope.v1.rs");
    let fresh = generate(root);
    if env::var_os("UPDATE_GENERATED").is_some_and(|value| value == "1") {
        fs::write(&committed, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&committed).unwrap_or_default();
    assert!(
        committed == fresh,
        "src/generated/taskscope.v1.rs is stale: UPDATE_GENERATED=1 cargo test -p taskscope-proto"
    );
}

/// Compiles the schema in pure Rust: no `protoc` is needed on any machine.
fn generate(root: &Path) -> String {
    let schemas = root.join("proto");
    let descriptors = protox::compile(["taskscope/v1/taskscope.proto"], [schemas]).unwrap();
    let out = tempfile::tempdir().unwrap();
    tonic_prost_build::configure()
        .build_transport(false)
        .client_mod_attribute(".", "#[cfg(feature = \"client\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
        .out_dir(out.path())
        .compile_fds(descriptors)
        .unwrap();
    fs::read_to_string(out.path().join("taskscope.v1.rs")).unwrap()
}
