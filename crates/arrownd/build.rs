//! AVX-512 is stable since Rust 1.89, one version after the oldest that this crate supports.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(arrownd_avx512)");
    if minor_version().is_some_and(|minor| minor >= 89) {
        println!("cargo::rustc-cfg=arrownd_avx512");
    }
}

/// The 89 of `rustc 1.89.0 (...)`.
fn minor_version() -> Option<u32> {
    let rustc = std::env::var_os("RUSTC")?;
    let version = Command::new(rustc).arg("--version").output().ok()?.stdout;
    String::from_utf8(version).ok()?.split('.').nth(1)?.parse().ok()
}
