//! What the manifests, the pages and the crate's documentation say of versions and dependencies is one thing.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// The packages below this crate, by name; `words` are `cargo tree`'s.
fn packages(words: &[&str]) -> BTreeSet<String> {
    let made = Command::new(env!("CARGO"))
        .args(["tree", "--package=arrownd", "--edges=normal", "--prefix=none", "--format={p}"])
        .args(words)
        .current_dir(CRATE)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = String::from_utf8(made.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty());
    names.filter(|name| *name != "arrownd").map(str::to_owned).collect()
}

/// One section of the crate's page.
fn section(heading: &str) -> String {
    let page = fs::read_to_string(format!("{CRATE}/src/lib.rs")).unwrap();
    let lines = page.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim_start);
    let after = lines.skip_while(|line| *line != format!("# {heading}")).skip(1);
    after.take_while(|line| !line.starts_with("# ")).collect::<Vec<_>>().join("\n")
}

fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn python_is_no_dependency() {
    for words in [&[][..], &["--all-features"][..]] {
        let all = packages(words);
        assert!(all.contains("arrow-array") && all.contains("ndarray"), "{all:?}");
        for optional in ["rayon", "simdutf8"] {
            assert_eq!(all.contains(optional), words.len() == 1, "{optional}");
        }
        let python: Vec<_> = all
            .iter()
            .filter(|name| name.starts_with("pyo3") || name.contains("python") || **name == "numpy")
            .collect();
        assert!(python.is_empty(), "{python:?}");
    }
}

#[test]
fn the_page_names_the_dependencies() {
    assert_eq!(quoted(&section("Dependencies")), packages(&["--depth=1", "--target=all"]));
}

#[test]
fn the_page_names_the_features() {
    let manifest = fs::read_to_string(format!("{CRATE}/Cargo.toml")).unwrap();
    let features = manifest.split("[features]").nth(1).and_then(|rest| rest.split("\n[").next()).unwrap();
    let features: BTreeSet<_> =
        features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.to_owned()).collect();
    assert!(features.contains("rayon"));
    let named = quoted(&section("Features"));
    assert!(features.is_subset(&named), "{features:?} {named:?}");
}

#[test]
fn the_oldest_rust_is_said_alike() {
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    assert!(section("Minimum supported Rust version").contains(oldest));
    for page in ["README.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(format!("{CRATE}/../../{page}")).unwrap();
        assert!(text.contains(&format!("Rust ({oldest} or later)")), "{page}");
    }
}
