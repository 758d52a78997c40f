//! Times pages of a tenant's list of humans beside the same rows read by plain SQL without a filter.
//!
//! Run:  cargo run --release -p smrt-core --features testing --example bench_list -- [HUMANS] [PAGES]

#![expect(clippy::print_stdout, reason = "a program for the terminal")]
#![expect(clippy::disallowed_methods, reason = "a stopwatch needs a clock")]
#![expect(clippy::unwrap_used, reason = "a program that may stop")]

use std::hint::black_box;
use std::path::Path;
use std::time::Instant as Clock;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Params, Row};
use smrt_core::model::{Actor, Id, Instant};
use smrt_core::smrt::{PageRequest, Smrt};
use smrt_core::store::{Access, NewTenant};

const HUMANS: usize = 1_000_000;
const PAGES: usize = 60;
const PAGE: u32 = 1_000;
const AT: Instant = Instant::from_micros(1_795_249_800_000_000);
/// The page cache that smrt gives a connection.
const CACHE_KIB: i64 = -16 * 1024;

const COLUMNS: &str = "id, created_by_tenant_id, first_name, last_name, email, company_name, \
     job_title, employee_id, contractor_id, metadata, created_at, updated_at";

/// Who reads: one tenant for each kind of list, so that no grant is in another's way.
const READERS: [&str; 3] = ["shared", "both", "sparse"];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .map_or(default, |text| text.parse().unwrap())
    };
    let (humans, pages) = (number(HUMANS), number(PAGES));
    for order in [Order::OfIds, Order::OfImport] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.db");
        let sparse = fill(&path, humans, order);
        println!("\n{humans} humans, {}", order.told());
        measure(&path, &sparse, pages);
    }
}

/// How rows lie in the file.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// A page's rows are neighbours.
    OfIds,
    /// Ids are digests of keys, as an import makes them, so a page's rows are all over the file.
    OfImport,
}

impl Order {
    const fn told(self) -> &'static str {
        match self {
            Self::OfIds => "rows in the order of their ids:",
            Self::OfImport => "rows in the order of an import, ids spread at random:",
        }
    }
}

/// A generator of numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % bound
    }
}

/// Half of the humans are of `both`, half of `beta`, which has the consent of every other of its
/// humans. Returns the ids of 1,000 of beta's humans that are granted one by one.
fn fill(path: &Path, humans: usize, order: Order) -> Vec<Id> {
    let mut smrt = Smrt::create_at(path, AT).unwrap();
    let slugs = READERS.into_iter().chain(["beta"]);
    for slug in slugs {
        let tenant = NewTenant {
            slug: slug.parse().unwrap(),
            name: slug.to_owned(),
        };
        smrt.add_tenant(&tenant, &Actor::unknown(), AT).unwrap();
    }
    drop(smrt);
    let mut db = Connection::open(path).unwrap();
    // References cannot be proved while the indexes are dropped.
    db.pragma_update(None, "foreign_keys", false).unwrap();
    let tx = db.transaction().unwrap();
    let indexes = drop_indexes(&tx);
    let owners = [Id::of_tenant("both"), Id::of_tenant("beta")];
    let mut rows: Vec<(Id, usize)> = (0..humans)
        .map(|number| (Id::derived("human", &[&number.to_be_bytes()]), number % 4))
        .collect();
    if order == Order::OfIds {
        rows.sort_unstable();
    }
    let mut human = tx
        .prepare(
            "INSERT INTO humans (id, created_by_tenant_id, first_name, last_name, email, \
             company_name, job_title, created_at, updated_at, metadata) \
             VALUES (?1, ?2, 'Given', ?3, ?4, 'Example Works', 'Clerk', ?5, ?5, '{}')",
        )
        .unwrap();
    let mut consent = tx
        .prepare(
            "INSERT INTO consent_records (id, human_id, tenant_id, consent_type, consent_status, \
             consent_source, consent_date, metadata) \
             VALUES (?1, ?2, ?3, 'data_sharing', 'granted', 'form', ?4, '{}')",
        )
        .unwrap();
    let mut granted = Vec::new();
    let step = (humans / 1_000 / 2).max(1);
    for (position, (id, kind)) in rows.iter().enumerate() {
        let owner = owners.get(kind % 2).unwrap();
        let (family, email) = (
            format!("Family{position}"),
            format!("{position}@example.com"),
        );
        human
            .execute((bytes(id), bytes(owner), family, email, 1))
            .unwrap();
        if *kind == 3 {
            let event = Id::derived("consent", &[id.as_bytes()]);
            consent
                .execute((bytes(&event), bytes(id), bytes(owner), 1))
                .unwrap();
        }
        if *kind % 2 == 1 && (position / 2) % step == 0 && granted.len() < 1_000 {
            granted.push(*id);
        }
    }
    drop((human, consent));
    tx.execute_batch(&indexes).unwrap();
    grant(&tx, "shared", None);
    grant(&tx, "both", None);
    for id in &granted {
        grant(&tx, "sparse", Some(id));
    }
    tx.commit().unwrap();
    granted
}

/// Drops the indexes of the large tables and returns the text that makes them again.
fn drop_indexes(db: &Connection) -> String {
    let mut statement = db
        .prepare(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' \
             AND tbl_name IN ('humans', 'consent_records')",
        )
        .unwrap();
    let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let indexes: Vec<(String, String)> = statement
        .query_map([], read)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (name, _) in &indexes {
        db.execute_batch(&format!("DROP INDEX {name}")).unwrap();
    }
    indexes.iter().map(|(_, sql)| format!("{sql};")).collect()
}

fn grant(db: &Connection, to: &str, record: Option<&Id>) {
    let (owner, to) = (Id::of_tenant("beta"), Id::of_tenant(to));
    let of = record.unwrap_or(&owner);
    let id = Id::derived("grant", &[to.as_bytes(), of.as_bytes()]);
    db.execute(
        "INSERT INTO data_access_permissions (id, tenant_id, entity_type, entity_id, access_level, \
         granted_by_tenant_id, created_at) VALUES (?1, ?2, 'human', ?3, 'read', ?4, 1)",
        (bytes(&id), bytes(&to), record.map(bytes), bytes(&owner)),
    )
    .unwrap();
}

fn bytes(id: &Id) -> &[u8] {
    id.as_bytes()
}

fn measure(path: &Path, sparse: &[Id], pages: usize) {
    let plain = Connection::open(path).unwrap();
    plain.pragma_update(None, "cache_size", CACHE_KIB).unwrap();
    // Without it SQLite plans a prepared statement anew for each page.
    plain
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .unwrap();
    let mut smrt = Smrt::open_at(path, Access::Write, AT).unwrap();
    let beta = Id::of_tenant("beta");
    let of_owner = format!(
        "SELECT {COLUMNS} FROM humans WHERE created_by_tenant_id = ?1 AND id > ?2 \
         ORDER BY id LIMIT {PAGE}"
    );
    let of_all = format!("SELECT {COLUMNS} FROM humans WHERE id > ?1 ORDER BY id LIMIT {PAGE}");
    let marks: Vec<String> = (1..=sparse.len()).map(|n| format!("?{n}")).collect();
    let of_ids = format!(
        "SELECT {COLUMNS} FROM humans WHERE id IN ({}) ORDER BY id",
        marks.join(", ")
    );
    let ids = rusqlite::params_from_iter(sparse.iter().map(bytes));

    println!("list                 smrt, median (best)    no filter, median (best)   ratio");
    let owner = |owner: Id| {
        let of_owner = &of_owner;
        let plain = &plain;
        move |after: Id| read(plain, of_owner, (bytes(&owner), bytes(&after)))
    };
    let all = |after: Id| read(&plain, &of_all, (bytes(&after),));
    let single = |_: Id| read(&plain, &of_ids, ids.clone());
    compare(&mut smrt, "beta", "own", pages, owner(beta));
    compare(&mut smrt, "shared", "shared by type", pages, owner(beta));
    compare(&mut smrt, "both", "own and shared", pages, all);
    compare(&mut smrt, "sparse", "1,000 records", pages, single);
    drop(smrt);

    let mut smrt = Smrt::open_at(path, Access::Write, AT).unwrap();
    let mut times = Vec::new();
    for _ in 0..pages {
        let clock = Clock::now();
        smrt.append_made_up_entries("both", 2, AT).unwrap();
        times.push(clock.elapsed().as_secs_f64() * 1e3);
    }
    let (median, best) = median_and_best(times);
    println!("two audit entries in a transaction: {median:.2} ms ({best:.2})");
}

/// Times pages behind random cursors, smrt and plain SQL in turn.
fn compare(
    smrt: &mut Smrt,
    tenant: &str,
    list: &str,
    pages: usize,
    plain: impl Fn(Id) -> Vec<Plain>,
) {
    let mut session = smrt.tenant(tenant).unwrap().acting_as(Actor::unknown());
    let mut random = Random(11);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut cursors = vec![Id::from_bytes([0; 16]); pages];
    if tenant != "sparse" {
        // Never so late that a page is not full.
        cursors.fill_with(|| Id::from_bytes([u8::try_from(random.below(200)).unwrap(); 16]));
    }
    // Entries in the trail empty the other connection's page cache, so they do not take turns page
    // by page, and what is measured is the second time for both.
    for _ in 0..2 {
        ours.clear();
        theirs.clear();
        for after in &cursors {
            let request = PageRequest::first(PAGE).behind(after.to_string().parse().unwrap());
            let clock = Clock::now();
            let page = session.list_humans(&request, AT).unwrap();
            ours.push(clock.elapsed().as_secs_f64() * 1e3);
            assert_eq!(page.items.len(), PAGE as usize);
        }
        for after in &cursors {
            let clock = Clock::now();
            let rows = plain(*after);
            theirs.push(clock.elapsed().as_secs_f64() * 1e3);
            assert_eq!(rows.len(), PAGE as usize);
        }
    }
    let (ours, theirs) = (median_and_best(ours), median_and_best(theirs));
    println!(
        "{list:<20} {:>6.2} ms ({:.2})      {:>6.2} ms ({:.2})            {:.2} ({:.2})",
        ours.0,
        ours.1,
        theirs.0,
        theirs.1,
        ours.0 / theirs.0,
        ours.1 / theirs.1
    );
}

fn median_and_best(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_unstable_by(f64::total_cmp);
    (
        *times.get(times.len() / 2).unwrap(),
        *times.first().unwrap(),
    )
}

/// What plain SQL returns, in values of its own.
struct Plain {
    _ids: [[u8; 16]; 2],
    _texts: [Option<String>; 8],
    _instants: [i64; 2],
}

fn read(db: &Connection, sql: &str, parameters: impl Params) -> Vec<Plain> {
    let mut statement = db.prepare_cached(sql).unwrap();
    let rows = statement.query_map(parameters, |row| {
        let text = |column| row.get::<_, Option<String>>(column);
        Ok(Plain {
            _ids: [row.get(0)?, row.get(1)?],
            _texts: [
                text(2)?,
                text(3)?,
                text(4)?,
                text(5)?,
                text(6)?,
                text(7)?,
                text(8)?,
                text(9)?,
            ],
            _instants: [row.get(10)?, row.get(11)?],
        })
    });
    let rows: Vec<Plain> = rows.unwrap().map(Result::unwrap).collect();
    black_box(rows)
}
