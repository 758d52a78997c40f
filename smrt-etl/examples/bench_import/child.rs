//! A child process and what it cost: wall time, processor time, peak memory.
//!
//! What this module does not do: it measures nothing shorter than a few hundredths of a second
//! well; see [`crate::smrt::times`] for short commands.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often the child is looked at.
const POLL: Duration = Duration::from_millis(2);

/// The unit of processor time in `/proc/PID/stat`, the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Of all its threads, in user and in system mode; 0 where `/proc` is missing.
    pub(crate) cpu_seconds: f64,
    /// The most memory it held, in KiB; 0 where `/proc` is missing.
    pub(crate) peak_kib: u64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.2} s, {:.2} s of processor time, {} MiB",
            self.wall.as_secs_f64(),
            self.cpu_seconds,
            self.peak_kib / 1024
        )
    }
}

/// Processor time that this process has spent so far, in seconds; 0 where `/proc` is missing.
pub(crate) fn own_cpu_seconds() -> f64 {
    cpu("/proc/self").unwrap_or(0.0)
}

/// Runs a program to its end. An exit code above 1 is an error: 1 says that rows were rejected.
pub(crate) fn measure(command: &mut Command) -> Result<Measured, Box<dyn Error>> {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let proc = format!("/proc/{}", child.id());
    let (mut peak_kib, mut cpu_seconds) = (0, 0.0);
    let status = loop {
        peak_kib = peak(&proc).unwrap_or(peak_kib);
        cpu_seconds = cpu(&proc).unwrap_or(cpu_seconds);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(POLL);
    };
    let wall = started.elapsed();
    let mut said = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut said)?;
    }
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(format!("{command:?} ended with {status}: {said}").into());
    }
    Ok(Measured {
        wall,
        cpu_seconds,
        peak_kib,
    })
}

/// The high-water mark of resident memory, in KiB.
fn peak(proc: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("{proc}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// User and system time in seconds.
fn cpu(proc: &str) -> Option<f64> {
    let stat = fs::read_to_string(format!("{proc}/stat")).ok()?;
    // The second field is the program's name in parentheses and may hold spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}
