//! The `smrt` program under measurement.
//!
//! What this module does not do: it calls no library of smrt; what is measured is what users run.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::child::{Measured, measure};

/// Builds the program, when cargo runs this benchmark, and says where it is.
pub(crate) fn program() -> Result<PathBuf, Box<dyn Error>> {
    if let Some(cargo) = std::env::var_os("CARGO") {
        let built = Command::new(cargo)
            .args(["build", "--release", "--quiet", "-p", "smrt-cli"])
            .status()?;
        if !built.success() {
            return Err("`smrt` cannot be built".into());
        }
    }
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent);
    let program = folder.ok_or("no folder of programs")?.join("smrt");
    match program.exists() {
        true => Ok(program),
        false => Err(format!(
            "there is no `{}`; build it with `cargo build --release -p smrt-cli`",
            program.display()
        )
        .into()),
    }
}

/// Writes the mapping of the generated file.
pub(crate) fn write_mapping(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join("mapping.toml");
    fs::write(&path, include_str!("mapping.toml"))?;
    Ok(path)
}

/// Imports a file into a fresh store.
pub(crate) fn import(
    program: &Path,
    file: &Path,
    mapping: &Path,
    store: &Path,
) -> Result<Measured, Box<dyn Error>> {
    remove_store(store)?;
    let mut command = Command::new(program);
    command
        .args(["import", "--quiet", "--region", "US", "--mapping"])
        .arg(mapping)
        .arg("--db")
        .arg(store)
        .arg(file);
    measure(&mut command)
}

/// Removes a store with its companions, if it is there.
pub(crate) fn remove_store(store: &Path) -> Result<(), Box<dyn Error>> {
    for companion in ["", "-wal", "-shm", "-import-lock"] {
        let mut path = store.as_os_str().to_owned();
        path.push(companion);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Times of a command from start to end, in rising order; none when it fails.
pub(crate) fn times(
    program: &Path,
    arguments: &[&str],
    store: &Path,
    runs: usize,
) -> Result<Vec<Duration>, Box<dyn Error>> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let mut command = Command::new(program);
        command.args(arguments).env("SMRT_DB", store);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let started = Instant::now();
        let output = command.output()?;
        times.push(started.elapsed());
        if !output.status.success() {
            return Ok(Vec::new());
        }
    }
    times.sort_unstable();
    Ok(times)
}
