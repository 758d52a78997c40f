//! Times exports of contacts in every format, and reading the vCards back.
//!
//! Run:  cargo run --release -p smrt-etl --example bench_export -- [CONTACTS]
//!
//! The store is made in memory of invented contacts with one or two numbers each.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant as Clock};

use smrt_core::model::Instant;
use smrt_core::smrt::{Smrt, TenantSession};
use smrt_core::store::NewTenant;
use smrt_etl::export::{
    ExistingFile, ExportDestination, ExportFilter, ExportFormat, ExportOptions, ExportWatch,
    ExportWhat, VCardVersion, export,
};
use smrt_etl::import::{ImportOptions, Target, Watch, import};
use smrt_etl::mapping::Mapping;
use smrt_etl::record::RecordBatch;
use smrt_etl::source::{Input, Source, SourceOptions};

const CONTACTS: u64 = 200_000;

/// Noon of a Wednesday.
const AT: Instant = Instant::from_micros(1_795_024_800_000_000);

const MAPPING: &str = "version = 1\nsource = \"bench\"\n[columns]\n\"Key\" = \"source_key\"\n\
    \"First\" = \"first_name\"\n\"Last\" = \"last_name\"\n\"Email\" = \"email\"\n\
    \"Company\" = \"company_name\"\n\"Mobile\" = { phone = \"mobile\" }\n\
    \"Work\" = { phone = \"work\" }\n";

fn main() -> Result<(), Box<dyn Error>> {
    let contacts = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => CONTACTS,
    };
    let folder = tempfile::tempdir()?;
    let mut smrt = Smrt::in_memory()?;
    let acme = NewTenant {
        slug: "acme".parse()?,
        name: "Acme".into(),
    };
    smrt.add_tenant(&acme, &"operator".parse()?, AT)?;
    let mut session = smrt.tenant("acme")?.acting_as("bench".parse()?);
    fill(&mut session, contacts)?;

    let cards = folder.path().join("contacts.vcf");
    for (format, name) in [
        (ExportFormat::Csv, "contacts.csv"),
        (ExportFormat::JsonLines, "contacts.jsonl"),
        (ExportFormat::Parquet, "contacts.parquet"),
        (ExportFormat::VCard(VCardVersion::V4), "contacts.vcf"),
    ] {
        let options = ExportOptions {
            what: ExportWhat::Contacts,
            format,
            filter: ExportFilter::default(),
            slugs: HashMap::new(),
            destination: ExportDestination::File(folder.path().join(name)),
            existing: ExistingFile::Replace,
        };
        let mut watch = ExportWatch {
            progress: &mut |_| {},
            stop: &AtomicBool::new(false),
        };
        let begun = Clock::now();
        let exported = export(&mut session, options, AT, &mut watch)?.ok_or("stopped")?;
        let took = begun.elapsed();
        tell(&format!("export as {format}"), exported.rows, took);
        println!("  {} MB", exported.bytes / 1_000_000);
    }

    let begun = Clock::now();
    let mut source = Source::open(Input::File(cards.clone()), &SourceOptions::default())?;
    let (mut batch, mut rows) = (RecordBatch::default(), 0);
    while source.next_batch(&mut batch)? {
        rows += batch.len() as u64;
    }
    tell("cards read", rows, begun.elapsed());

    let begun = Clock::now();
    let source = Source::open(Input::File(cards), &SourceOptions::default())?;
    let mapping = Mapping::preset("vcard").ok_or("no preset")?;
    let rows = run(&mut session, source, &mapping)?;
    tell("cards imported again, all unchanged", rows, begun.elapsed());
    Ok(())
}

/// Imports invented contacts.
fn fill(session: &mut TenantSession<'_>, contacts: u64) -> Result<(), Box<dyn Error>> {
    let mut text = String::from("Key,First,Last,Email,Company,Mobile,Work\n");
    for n in 0..contacts {
        let (area, exchange, line) = (201 + n % 8, 201 + n / 8 % 700, n / 5_600 % 10_000);
        let _ = write!(
            text,
            "k{n},First{n},Last{},p{n}@example.com,Company {},",
            n % 997,
            n % 5_003
        );
        let _ = write!(text, "+1{area}{exchange}{line:04},");
        if n % 3 == 0 {
            let _ = write!(
                text,
                "+1{area}{exchange}{:04} x{}",
                (line + 5_000) % 10_000,
                n % 90 + 1
            );
        }
        text.push('\n');
    }
    let input = Input::Reader {
        name: "invented".to_owned(),
        reader: Box::new(std::io::Cursor::new(text.into_bytes())),
    };
    let source = Source::open(input, &SourceOptions::default())?;
    let rows = run(session, source, &Mapping::parse("bench", MAPPING)?)?;
    println!("{rows} contacts");
    Ok(())
}

fn run(
    session: &mut TenantSession<'_>,
    source: Source,
    mapping: &Mapping,
) -> Result<u64, Box<dyn Error>> {
    let mut watch = Watch {
        progress: &mut |_| {},
        stop: &AtomicBool::new(false),
        now: &|| AT,
    };
    let options = ImportOptions::default();
    let target = Target::Session(session);
    let report = import(target, source, mapping, &options, AT, &mut watch)?;
    Ok(report.counts.rows_checkpoint)
}

fn tell(what: &str, rows: u64, took: Duration) {
    let per_second = rows as f64 / took.as_secs_f64().max(0.000_001);
    println!(
        "{what}: {rows} in {:.2} s, {per_second:.0}/s",
        took.as_secs_f64()
    );
}
