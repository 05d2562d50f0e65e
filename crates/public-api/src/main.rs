//! Writes `crates/arrownd/public-api.txt`, or compares it (`--check`): a line for every item that is public.
//! The comparison begins with the documentation: who lacks an example, or a cost, is named.
//!
//! The listing is of the crate with all features. Traits that every type has by itself (`Send`, blanket
//! implementations) aren't in it; of what is derived there is the `impl` line.

mod documentation;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use public_api::{Builder, PublicApi};
use rustdoc_types::{Crate, FORMAT_VERSION};
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Set where Cargo calls this program as its `rustdoc`.
const AS_RUSTDOC: &str = "ARROWND_AS_RUSTDOC";
const LISTING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../arrownd/public-api.txt");

fn main() -> Result<ExitCode> {
    if env::var_os(AS_RUSTDOC).is_some() {
        return rustdoc();
    }
    let json = json()?;
    let text = fs::read(&json)?;
    let found = serde_json::from_slice::<Value>(&text)?["format_version"].as_u64();
    if found != Some(FORMAT_VERSION.into()) {
        let found = found.map_or("none".to_owned(), |found| found.to_string());
        eprintln!(
            "public-api.txt: SKIPPED, rustdoc's JSON is of version {found} and {FORMAT_VERSION} is read here"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let made = listing(&json)?;
    if !env::args().any(|word| word == "--check") {
        fs::write(LISTING, made)?;
        return Ok(ExitCode::SUCCESS);
    }
    let lacking = documentation::lacking(&serde_json::from_slice::<Crate>(&text)?);
    if !lacking.is_empty() {
        for line in &lacking {
            eprintln!("{line}");
        }
        eprintln!("{} public items lack an example that runs, or a cost in italics", lacking.len());
        return Ok(ExitCode::FAILURE);
    }
    let kept = fs::read_to_string(LISTING)?;
    if kept == made {
        return Ok(ExitCode::SUCCESS);
    }
    let (was, is): (BTreeSet<_>, BTreeSet<_>) = (kept.lines().collect(), made.lines().collect());
    was.difference(&is).for_each(|line| eprintln!("-{line}"));
    is.difference(&was).for_each(|line| eprintln!("+{line}"));
    eprintln!("crates/arrownd/public-api.txt isn't what is public: run `make docs`");
    Ok(ExitCode::FAILURE)
}

/// rustdoc, with its unstable output. Only rustdoc: build scripts that see the variable would run again,
/// and with them every crate above them.
fn rustdoc() -> Result<ExitCode> {
    let rustdoc = env::var_os(AS_RUSTDOC).unwrap_or_default();
    let done = Command::new(rustdoc).args(env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").status()?;
    Ok(if done.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Makes the JSON, in the target directory that is used already.
fn json() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let rustdoc = env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    let done = Command::new(&cargo)
        .args(["rustdoc", "--quiet", "--package=arrownd", "--all-features", "--lib", "--"])
        .args(["-Z", "unstable-options", "--output-format=json", "--cap-lints=allow"])
        .env("RUSTDOC", env::current_exe()?)
        .env(AS_RUSTDOC, rustdoc)
        .env_remove("RUSTDOCFLAGS")
        .status()?;
    if !done.success() {
        return Err("rustdoc failed".into());
    }
    let about = Command::new(&cargo).args(["metadata", "--format-version=1", "--no-deps"]).output()?.stdout;
    let about: Value = serde_json::from_slice(&about)?;
    let target = about["target_directory"].as_str().ok_or("no target directory")?;
    Ok(Path::new(target).join("doc/arrownd.json"))
}

fn listing(json: &Path) -> Result<String> {
    let all = Builder::from_rustdoc_json(json).omit_blanket_impls(true).omit_auto_trait_impls(true);
    let (all, written) = (all.clone().build()?, all.omit_auto_derived_impls(true).build()?);
    let lines = |api: &PublicApi| api.items().map(ToString::to_string).collect::<Vec<_>>();
    let written: BTreeSet<String> = lines(&written).into_iter().collect();
    let shown = lines(&all).into_iter().filter(|line| {
        written.contains(line) || line.starts_with("impl") && !line.contains("StructuralPartialEq")
    });
    Ok(shown.fold(String::new(), |text, line| text + &line + "\n"))
}
