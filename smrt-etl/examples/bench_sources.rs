//! Measures how fast each format is read: the same 200,000 contacts in each, made in a temporary
//! folder, one pass through `next_batch`.
//!
//! Run with `cargo run --release -p smrt-etl --example bench_sources`. It measures reading only:
//! no row is mapped or written.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, RecordBatch as Batch, StringArray};
use arrow_ipc::writer::FileWriter;
use parquet::arrow::ArrowWriter;
use rust_xlsxwriter::Workbook;
use smrt_etl::record::RecordBatch;
use smrt_etl::source::{Input, Source, SourceOptions};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ROWS: u32 = 200_000;
const ODS: &str = "application/vnd.oasis.opendocument.spreadsheet";
const NAMES: [&str; 8] = [
    "id",
    "first name",
    "last name",
    "phone",
    "email",
    "company",
    "city",
    "score",
];

/// A contact as text; the first and the last value are numbers where a format has them.
fn contact(row: u32) -> [String; 8] {
    [
        row.to_string(),
        format!("Ann{}", row % 997),
        format!("Example{}", row % 9973),
        format!("+1202555{:04}", row % 10_000),
        format!("ann{row}@example.com"),
        format!("Example {} Inc.", row % 499),
        format!("Springfield {}", row % 89),
        (row % 101).to_string(),
    ]
}

fn write_csv(path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{}", NAMES.join(","))?;
    for row in 0..ROWS {
        writeln!(file, "{}", contact(row).join(","))?;
    }
    Ok(file.flush()?)
}

fn write_json(path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write!(file, "[")?;
    for row in 0..ROWS {
        let members: Vec<String> = NAMES
            .iter()
            .zip(contact(row))
            .map(|(name, value)| format!("\"{name}\":\"{value}\""))
            .collect();
        let comma = if row == 0 { "" } else { "," };
        write!(file, "{comma}\n{{{}}}", members.join(","))?;
    }
    writeln!(file, "\n]")?;
    Ok(file.flush()?)
}

fn write_xlsx(path: &Path) -> Result<()> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, NAMES)?;
    for row in 0..ROWS {
        let [id, texts @ .., score] = contact(row);
        sheet.write_number(row + 1, 0, id.parse::<f64>()?)?;
        sheet.write_row(row + 1, 1, texts)?;
        sheet.write_number(row + 1, 7, score.parse::<f64>()?)?;
    }
    Ok(workbook.save(path)?)
}

/// An OpenDocument spreadsheet, which is an archive with a text of XML.
fn write_ods(path: &Path) -> Result<()> {
    let mut archive = zip::ZipWriter::new(File::create(path)?);
    let options = zip::write::SimpleFileOptions::default();
    let stored = options.compression_method(zip::CompressionMethod::Stored);
    archive.start_file("mimetype", stored)?;
    write!(archive, "{ODS}")?;
    archive.start_file("META-INF/manifest.xml", options)?;
    write!(
        archive,
        r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"#
    )?;
    archive.start_file("content.xml", options)?;
    write!(
        archive,
        r#"<office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Contacts">"#
    )?;
    let header = std::iter::once(NAMES.map(str::to_owned));
    for row in header.chain((0..ROWS).map(contact)) {
        write!(archive, "<table:table-row>")?;
        for value in row {
            write!(
                archive,
                r#"<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>"#
            )?;
        }
        write!(archive, "</table:table-row>")?;
    }
    let end = "</table:table></office:spreadsheet></office:body></office:document-content>";
    write!(archive, "{end}")?;
    archive.finish()?;
    Ok(())
}

fn write_vcf(path: &Path) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for row in 0..ROWS {
        let [id, first, last, phone, email, company, city, _] = contact(row);
        write!(
            file,
            "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{id}\r\nFN:{first} {last}\r\nN:{last};{first};;;\r\n\
             TEL;TYPE=work:{phone}\r\nEMAIL:{email}\r\nORG:{company}\r\nADR:;;;{city};;;\r\n\
             END:VCARD\r\n"
        )?;
    }
    Ok(file.flush()?)
}

fn write_sqlite(path: &Path) -> Result<()> {
    let mut connection = rusqlite::Connection::open(path)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE contacts (id INTEGER PRIMARY KEY, \"first name\", \"last name\", phone, \
         email, company, city, score INTEGER)",
    )?;
    {
        let insert = "INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let mut insert = transaction.prepare(insert)?;
        for row in 0..ROWS {
            insert.execute(contact(row))?;
        }
    }
    Ok(transaction.commit()?)
}

fn columns() -> Result<Batch> {
    let rows: Vec<[String; 8]> = (0..ROWS).map(contact).collect();
    let columns = NAMES.iter().enumerate().map(|(position, name)| {
        let values = rows.iter().filter_map(|row| row.get(position));
        let column: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        (*name, column)
    });
    Ok(Batch::try_from_iter(columns)?)
}

fn write_parquet(path: &Path) -> Result<()> {
    let batch = columns()?;
    let mut writer = ArrowWriter::try_new(File::create(path)?, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn write_arrow(path: &Path) -> Result<()> {
    let batch = columns()?;
    let mut writer = FileWriter::try_new(File::create(path)?, &batch.schema())?;
    writer.write(&batch)?;
    Ok(writer.finish()?)
}

fn write_zip(path: &Path, csv: &Path) -> Result<()> {
    let mut archive = zip::ZipWriter::new(File::create(path)?);
    archive.start_file("contacts.csv", zip::write::SimpleFileOptions::default())?;
    std::io::copy(&mut File::open(csv)?, &mut archive)?;
    archive.finish()?;
    Ok(())
}

fn measure(path: PathBuf) -> Result<()> {
    let bytes = std::fs::metadata(&path)?.len();
    let started = Instant::now();
    let mut source = Source::open(Input::File(path), &SourceOptions::default())?;
    let mut batch = RecordBatch::default();
    let mut rows = 0;
    while source.next_batch(&mut batch)? {
        rows += batch.len();
    }
    let seconds = started.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "{:>9.0} rows/s  {seconds:>6.2} s  {:>6.1} MB  {}",
        rows as f64 / seconds,
        bytes as f64 / 1e6,
        source.layout(),
    )?;
    Ok(())
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    write_csv(&path("contacts.csv"))?;
    write_json(&path("contacts.json"))?;
    write_xlsx(&path("contacts.xlsx"))?;
    write_ods(&path("contacts.ods"))?;
    write_vcf(&path("contacts.vcf"))?;
    write_sqlite(&path("contacts.sqlite"))?;
    write_parquet(&path("contacts.parquet"))?;
    write_arrow(&path("contacts.arrow"))?;
    write_zip(&path("contacts.zip"), &path("contacts.csv"))?;
    for name in [
        "contacts.csv",
        "contacts.json",
        "contacts.xlsx",
        "contacts.ods",
        "contacts.vcf",
        "contacts.sqlite",
        "contacts.parquet",
        "contacts.arrow",
        "contacts.zip",
    ] {
        measure(path(name))?;
    }
    Ok(())
}
