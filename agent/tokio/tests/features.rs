//! The features are tokio's: a service's list of them needs no change.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// The features of a package with what each turns on.
fn features(metadata: &Value, package: &str) -> BTreeMap<String, Vec<String>> {
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|found| found["name"] == package).unwrap();
    serde_json::from_value(package["features"].clone()).unwrap()
}

#[test]
fn every_feature_of_tokio_is_passed_on_under_its_name() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let (tokios, mut ours) = (features(&metadata, "tokio"), features(&metadata, "taskscope-tokio"));
    assert_eq!(ours.remove("plain-sync"), Some(Vec::new()), "the one of our own");
    assert_eq!(tokios.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
    assert_eq!(tokios["full"], ours["full"], "what `full` turns on");
    for (name, turns_on) in &ours {
        let passed_on = turns_on.contains(&format!("real-tokio/{name}"));
        assert!(
            passed_on || ["default", "full"].contains(&name.as_str()),
            "{name} is not passed on"
        );
    }
}
