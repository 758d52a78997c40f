//! Times scrubbing a list against a registry of national size, and beside it what a user would do:
//! the list joined in SQLite with an indexed table of the registry.
//!
//! Run:  cargo run --release -p smrt-etl --example bench_scrub -- [ROWS] [NUMBERS] [ROUNDS] [STORE]
//!
//! The registry and the table are made once for a number of `NUMBERS` and kept in the folder for
//! temporary files, about 7 GB for the 258 million of the default. With `STORE`, a location, the
//! registry is in a store of any engine, and the join is left out.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

mod data;
mod peer;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant as Clock};

use smrt_core::model::{Channel, Instant, Purpose};
use smrt_core::rules::contact::{Contact, Question};
use smrt_core::rules::rule::{Profile, RuleSet};
use smrt_core::smrt::Smrt;
use smrt_core::store::{Access, StoreLocation};
use smrt_etl::scrub::{
    ColumnNames, Destination, ExistingFiles, ListColumns, ScrubOptions, ScrubWatch, Scrubbed, scrub,
};
use smrt_etl::source::{ContentDigest, Input, Source, SourceOptions};

const ROWS: u64 = 1_000_000;
const NUMBERS: u64 = 258_000_000;
const ROUNDS: u64 = 3;

/// Noon in the middle of the continent on a Wednesday: every zone has its own answer.
const AT: Instant = Instant::from_micros(1_795_024_800_000_000);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (rows, numbers, rounds) = (number(ROWS)?, number(NUMBERS)?, number(ROUNDS)?);
    let folder = std::env::temp_dir().join(format!("smrt-bench-scrub-{numbers}"));
    fs::create_dir_all(&folder)?;

    let own = arguments.next();
    let store: StoreLocation = match &own {
        Some(store) => store.parse()?,
        None => folder.join("smrt.db").into(),
    };
    if !Smrt::exists_at(store.clone())? {
        let (registry, consents) = timed(|| data::make_store(&store, numbers, rows))?.0;
        println!("store with {registry} listed numbers and {consents} consent records made");
    }
    let list = folder.join(format!("list-{rows}.csv"));
    if !list.exists() {
        data::write_list(&list, numbers, rows)?;
    }

    for purpose in [Purpose::Marketing, Purpose::Informational] {
        for _ in 0..rounds {
            let (scrubbed, took) = timed(|| scrub_list(&store, &list, &folder, purpose))?;
            tell_scrub(&scrubbed, purpose, rows, took);
        }
    }
    println!("peak memory {} MiB", peak_mib().unwrap_or(0));
    match own {
        Some(_) => Ok(()),
        None => peer::compare(&folder, &list, numbers, rounds),
    }
}

fn scrub_list(
    store: &StoreLocation,
    list: &Path,
    folder: &Path,
    purpose: Purpose,
) -> Result<Scrubbed, Box<dyn Error>> {
    let mut smrt = Smrt::open_at(store.clone(), Access::Write, AT)?;
    let mut session = smrt.tenant("acme")?.acting_as("campaigns".parse()?);
    let options = SourceOptions {
        content_digest: ContentDigest::Sha256,
        ..SourceOptions::default()
    };
    let source = Source::open(Input::File(list.to_owned()), &options)?;
    let names = ColumnNames {
        phones: vec!["Phone".to_owned()],
        state: Some("State".to_owned()),
        ..ColumnNames::default()
    };
    let options = ScrubOptions {
        question: Question {
            rules: RuleSet::builtin(),
            profile: Profile::Strict,
            at: AT,
            known_at: session.recorded_until(AT)?,
        },
        contact: Contact::new(Channel::Call, purpose),
        columns: ListColumns::bind(&names, &source)?,
        region: Some("US".parse()?),
        input_name: "list.csv".to_owned(),
        destination: Destination::Split(folder.join("scrubbed")),
        existing: ExistingFiles::Replace,
    };
    let mut watch = ScrubWatch {
        progress: &mut |_| {},
        stop: &AtomicBool::new(false),
    };
    let scrubbed = scrub(&mut session, source, options, AT, &mut watch)?;
    Ok(scrubbed.ok_or("nobody stops it")?)
}

fn tell_scrub(scrubbed: &Scrubbed, purpose: Purpose, rows: u64, took: Duration) {
    let outcomes = scrubbed.record.outcomes;
    println!(
        "smrt scrub, {purpose}: {:.2} s, {:.0} rows/s; callable {}, later {}, blocked {}, unusable {}",
        took.as_secs_f64(),
        rows as f64 / took.as_secs_f64(),
        outcomes.callable,
        outcomes.later,
        outcomes.blocked,
        outcomes.unusable
    );
}

/// What `work` returns, and how long it took.
pub(crate) fn timed<T>(
    work: impl FnOnce() -> Result<T, Box<dyn Error>>,
) -> Result<(T, Duration), Box<dyn Error>> {
    let started = Clock::now();
    let value = work()?;
    Ok((value, started.elapsed()))
}

/// The most memory this process held, in MiB; unknown where `/proc` is missing.
fn peak_mib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}
