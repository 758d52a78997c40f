//! Times the import of one export into each engine beside its floor, copies between the engines, and
//! several importers at once into one Postgres.
//!
//! Run:  cargo run --release -p smrt-etl --example bench_engines -- [ROWS [POSTGRES_URL [copies]]]
//!
//! The floor writes the very same finished rows through the engine's fastest way in, into the same
//! tables with the same indexes, which refuse a key that is taken: DuckDB's Appender, `COPY` in
//! binary. It reads, cleans, plans and checks nothing else. Reading the rows is outside its time.
//! The database of the URL is filled, in schemas whose names begin with `bench`; they must be free.
//! With `copies` only these are timed, of one store that is imported into SQLite.

#![expect(clippy::print_stdout, reason = "a program for the terminal")]

#[path = "../bench_import/child.rs"]
#[expect(
    dead_code,
    reason = "it is another benchmark's, which needs more of it"
)]
mod child;
#[path = "../bench_import/data.rs"]
mod data;
#[path = "../bench_import/person.rs"]
mod person;
#[path = "../bench_import/smrt.rs"]
#[expect(
    dead_code,
    reason = "it is another benchmark's, which needs more of it"
)]
mod smrt;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant as Clock};

use smrt_core::model::Instant;
use smrt_core::smrt::Smrt;
use smrt_core::store::contract::{DuckDbPlace, Place, PostgresPlace, SqlitePlace};
use smrt_core::store::schema::TABLES;
use smrt_core::store::{Access, Engine, OnConflict, PostgresAddress, RowBlock};

use crate::child::{Measured, measure};

const ROWS: u64 = 1_000_000;
const SEED: u64 = 7;

/// Rows of a table that the floor writes at once.
const BLOCK_ROWS: usize = 65_536;

/// How many importers go on at once.
const SHARDS: [usize; 3] = [1, 4, 16];

const AT: Instant = Instant::from_micros(1_795_024_800_000_000);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows = match arguments.next() {
        Some(text) => text.parse()?,
        None => ROWS,
    };
    let server = arguments.next();
    let only_copies = arguments
        .next()
        .is_some_and(|argument| argument == "copies");
    let folder = tempfile::tempdir()?;
    let bench = Bench {
        program: smrt::program()?,
        mapping: smrt::write_mapping(folder.path())?,
        folder: folder.path().to_owned(),
        rows,
    };
    let file = bench.folder.join("export.csv");
    data::write(&file, rows, SEED)?;
    println!("{rows} rows");

    let duckdb = bench.path("a.duckdb");
    bench.tell(
        "import into SQLite",
        bench.import(&file, &bench.path("a.db"))?,
    );
    if only_copies {
        return bench.only_copies(&duckdb, server.as_deref());
    }
    let finished = read(&SqlitePlace::new(bench.path("a.db")))?;
    let import = bench.tell("import into DuckDB", bench.import(&file, &duckdb)?);
    let floor = floor(&DuckDbPlace::new(bench.path("floor.duckdb")), &finished)?;
    tell_floor("DuckDB's Appender", floor, import);
    if let Some(server) = &server {
        let url = format!("{server}?schema=bench");
        let import = bench.tell("import into Postgres", bench.import(&file, &url)?);
        let place = format!("{server}?schema=bench_floor");
        let place = PostgresPlace::new(PostgresAddress::parse(&place)?);
        tell_floor(
            "COPY into Postgres",
            self::floor(&place, &finished)?,
            import,
        );
    }
    drop(finished);

    let mut stores = vec![bench.path("a.db"), duckdb];
    if let Some(server) = &server {
        stores.push(format!("{server}?schema=bench"));
    }
    bench.copies(&stores, server.as_deref())?;
    if let Some(server) = &server {
        for shards in SHARDS {
            bench.shards(&file, server, shards)?;
        }
    }
    Ok(())
}

/// What the measurements have in common.
struct Bench {
    program: PathBuf,
    mapping: PathBuf,
    folder: PathBuf,
    rows: u64,
}

impl Bench {
    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn command_of_import(&self, file: &Path, store: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["import", "--quiet", "--region", "US", "--mapping"])
            .arg(&self.mapping)
            .args(["--db", store, "--rejects"])
            .arg(file.with_extension("rejects"))
            .arg(file);
        command
    }

    fn import(&self, file: &Path, store: &str) -> Result<Measured, Box<dyn Error>> {
        measure(&mut self.command_of_import(file, store))
    }

    /// Says what something cost, and returns its time.
    fn tell(&self, what: &str, measured: Measured) -> Duration {
        let rate = self.rows as f64 / measured.wall.as_secs_f64();
        println!("{what:<28} {measured}; {rate:.0} rows a second");
        measured.wall
    }

    /// Copies a store of SQLite to the other engines, and each of them to a new one of each.
    fn only_copies(&self, duckdb: &str, server: Option<&str>) -> Result<(), Box<dyn Error>> {
        let origin = self.path("a.db");
        let mut stores = vec![origin.clone(), duckdb.to_owned()];
        stores.extend(server.map(|server| format!("{server}?schema=bench")));
        for store in stores.iter().skip(1) {
            measure(&mut self.command_of_copy(&origin, store))?;
        }
        self.copies(&stores, server)
    }

    fn command_of_copy(&self, from: &str, to: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["db", "copy", from, to, "--quiet"]);
        command
    }

    /// Copies each store to a new one of each engine.
    fn copies(&self, stores: &[String], server: Option<&str>) -> Result<(), Box<dyn Error>> {
        for (number, from) in stores.iter().enumerate() {
            let mut targets = vec![
                self.path(&format!("copy-{number}.db")),
                self.path(&format!("copy-{number}.duckdb")),
            ];
            targets.extend(server.map(|server| format!("{server}?schema=bench_copy_{number}")));
            for to in targets {
                let what = format!("copy {} to {}", engine_of(from), engine_of(&to));
                self.tell(&what, measure(&mut self.command_of_copy(from, &to))?);
            }
        }
        Ok(())
    }

    /// Splits the file into as many files and imports them all at once into one schema.
    fn shards(&self, file: &Path, server: &str, shards: usize) -> Result<(), Box<dyn Error>> {
        let store = format!("{server}?schema=bench_shards_{shards}");
        let files = self.split(file, shards)?;
        let tenant = ["tenant", "add", "default", "--db", &store, "--quiet"];
        measure(Command::new(&self.program).args(tenant))?;
        let began = Clock::now();
        let imports: Vec<_> = files
            .iter()
            .map(|file| {
                let mut command = self.command_of_import(file, &store);
                command.stdout(std::process::Stdio::null());
                command.spawn()
            })
            .collect();
        for import in imports {
            let ended = import?.wait()?;
            if !matches!(ended.code(), Some(0 | 1)) {
                return Err(format!("an importer ended with {ended}").into());
            }
        }
        let took = began.elapsed().as_secs_f64();
        let rate = self.rows as f64 / took;
        println!("{shards:>2} importers at once         {took:.2} s; {rate:.0} rows a second");
        Ok(())
    }

    /// The rows of a file by the key of their human, so that no human is in two files.
    fn split(&self, file: &Path, shards: usize) -> Result<Vec<PathBuf>, Box<dyn Error>> {
        let text = fs::read_to_string(file)?;
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default();
        let mut parts = vec![format!("{header}\n"); shards];
        for line in lines {
            let key = line.split(',').next().unwrap_or_default();
            let sum: usize = key.bytes().map(usize::from).sum();
            if let Some(part) = parts.get_mut(sum % shards) {
                writeln!(part, "{line}")?;
            }
        }
        let mut files = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let path = self.folder.join(format!("shard-{shards}-{number}.csv"));
            fs::write(&path, part)?;
            files.push(path);
        }
        Ok(files)
    }
}

fn engine_of(store: &str) -> &'static str {
    match store {
        _ if store.contains("://") => "Postgres",
        _ if store.ends_with(".duckdb") => "DuckDB",
        _ => "SQLite",
    }
}

fn tell_floor(what: &str, floor: Duration, import: Duration) {
    let ratio = import.as_secs_f64() / floor.as_secs_f64();
    let floor = floor.as_secs_f64();
    println!("floor: {what:<21} {floor:.2} s; the import takes {ratio:.2} times that");
}

/// All rows of a store, in the order of the tables.
fn read(place: &dyn Place) -> Result<Vec<RowBlock>, Box<dyn Error>> {
    let mut engine = place.connect(Access::Read)?;
    let mut blocks = Vec::new();
    for table in TABLES {
        if table.name == "schema_migrations" {
            continue;
        }
        let sql = format!("SELECT {} FROM {}", table.column_list(), table.name);
        let mut block = RowBlock::new(table);
        engine.query(&sql, &[], &mut |row| {
            for column in 0..table.columns.len() {
                block.push(row.value(column)?);
            }
            if block.len() == BLOCK_ROWS {
                blocks.push(std::mem::replace(&mut block, RowBlock::new(table)));
            }
            Ok(())
        })?;
        blocks.push(block);
    }
    Ok(blocks)
}

/// Fills a fresh store with finished rows.
fn floor(place: &dyn Place, blocks: &[RowBlock]) -> Result<Duration, Box<dyn Error>> {
    drop(Smrt::on_engine(place.create()?, 0, AT)?);
    let mut engine: Box<dyn Engine> = place.connect(Access::Write)?;
    let began = Clock::now();
    for block in blocks {
        engine.begin(Access::Write)?;
        engine.bulk_write(block, OnConflict::Fail)?;
        engine.commit()?;
    }
    drop(engine);
    Ok(began.elapsed())
}
