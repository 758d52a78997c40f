//! A session on a server: how it is opened, what is asked of the server, what is set.

use std::thread::sleep;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};

use super::address::PostgresAddress;
use super::dialect::FOLDING;
use super::error::{is_passing, is_starting, translate, translate_connect};
use super::tls;
use crate::store::engine::Access;
use crate::store::error::{StoreError, StoreErrorKind};

/// PostgreSQL 14, as the server counts.
const SERVER_VERSION_MIN: i32 = 140_000;

/// How long a statement waits for what another transaction holds.
const LOCK_TIMEOUT: &str = "10s";

/// The pauses between attempts at a server that is starting: about half a minute in all.
const PAUSES_MILLIS: [u64; 24] = [
    20, 50, 100, 200, 300, 500, 750, 1_000, 1_500, 1_500, 1_500, 1_500, 1_500, 1_500, 1_500, 1_500,
    1_500, 1_500, 1_500, 1_500, 1_500, 1_500, 1_500, 1_500,
];

/// Whether this connection takes the place of one that was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// It is the first one: a server that is not there is told at once.
    First,
    /// The server was there a moment ago: one that is not there is waited for.
    Again,
}

/// What stands in the schema of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    /// There is no such schema.
    Missing,
    /// It holds nothing.
    Empty,
    /// It holds a store of smrt.
    Store,
    /// It holds something else.
    Foreign,
}

/// Opens a session, checks the server and sets what the store relies on.
pub(super) fn open(
    address: &PostgresAddress,
    access: Access,
    attempt: Attempt,
) -> Result<Client, StoreError> {
    let mut client = connect(address, attempt)?;
    check_server(&mut client)?;
    configure(&mut client, address.schema(), access)?;
    Ok(client)
}

fn connect(address: &PostgresAddress, attempt: Attempt) -> Result<Client, StoreError> {
    let mut pauses = PAUSES_MILLIS.iter();
    loop {
        let error = match connect_once(address)? {
            Ok(client) => return Ok(client),
            Err(error) => error,
        };
        let is_worth_waiting = match attempt {
            Attempt::First => is_starting(&error),
            Attempt::Again => is_passing(&error),
        };
        match pauses.next() {
            Some(millis) if is_worth_waiting => sleep(Duration::from_millis(*millis)),
            _ => return Err(translate_connect(error)),
        }
    }
}

fn connect_once(address: &PostgresAddress) -> Result<Result<Client, postgres::Error>, StoreError> {
    let config: &Config = address.config();
    Ok(match config.get_ssl_mode() {
        SslMode::Disable => config.connect(NoTls),
        _ => config.connect(tls::connector(address.trust())?),
    })
}

/// Refuses a server that would answer differently.
fn check_server(client: &mut Client) -> Result<(), StoreError> {
    let facts = client
        .query_one(
            "SELECT current_setting('server_version_num')::int4, current_setting('server_version'), \
                    current_setting('server_encoding'), \
                    EXISTS (SELECT 1 FROM pg_collation WHERE collname = $1)",
            &[&FOLDING],
        )
        .map_err(|error| translate(error, "connect"))?;
    let fact = |column| facts.try_get::<_, &str>(column).unwrap_or_default();
    let refuse = |detail: String| Err(StoreError::new(StoreErrorKind::Invalid, "connect", detail));
    if facts.try_get::<_, i32>(0).unwrap_or(0) < SERVER_VERSION_MIN {
        return refuse(format!(
            "the server is PostgreSQL {}; a store needs version 14 or newer",
            fact(1)
        ));
    }
    if fact(2) != "UTF8" {
        return refuse(format!(
            "the database has the encoding {}; a store needs one with UTF8",
            fact(2)
        ));
    }
    if !facts.try_get::<_, bool>(3).unwrap_or(false) {
        return refuse(
            "the server was built without ICU; a store needs it to find text whatever its case"
                .to_owned(),
        );
    }
    Ok(())
}

fn configure(client: &mut Client, schema: &str, access: Access) -> Result<(), StoreError> {
    let read_only = match access.is_read() {
        true => "on",
        false => "off",
    };
    // Compiling a plan takes longer than the short statements that a store is asked most. A table
    // is read from its beginning, whoever reads it too: an interrupted copy relies on the order.
    let settings = format!(
        "SET search_path TO {schema}; SET default_transaction_read_only = {read_only}; \
         SET default_transaction_isolation = 'read committed'; SET TimeZone = 'UTC'; \
         SET standard_conforming_strings = on; SET client_min_messages = warning; \
         SET lock_timeout = '{LOCK_TIMEOUT}'; SET jit = off; \
         SET synchronize_seqscans = off",
        schema = quoted(schema),
    );
    client
        .batch_execute(&settings)
        .map_err(|error| translate(error, "connect"))
}

/// A name as part of a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Looks at what stands in the schema.
pub(super) fn identify(client: &mut Client, schema: &str) -> Result<Schema, StoreError> {
    let row = client
        .query_opt(
            "SELECT has_schema_privilege(n.oid, 'USAGE'), \
                    EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid \
                            AND c.relname = 'schema_migrations' AND c.relkind IN ('r', 'p')), \
                    EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid) \
             FROM pg_namespace n WHERE n.nspname = $1",
            &[&schema],
        )
        .map_err(|error| translate(error, "open"))?;
    let Some(row) = row else {
        return Ok(Schema::Missing);
    };
    let fact = |column| row.try_get::<_, bool>(column).unwrap_or(false);
    match (fact(0), fact(1), fact(2)) {
        (false, _, _) => Err(StoreError::new(
            StoreErrorKind::ReadOnly,
            "open",
            format!("the user has no right to use the schema `{schema}`"),
        )),
        (true, true, _) => Ok(Schema::Store),
        (true, false, true) => Ok(Schema::Foreign),
        (true, false, false) => Ok(Schema::Empty),
    }
}
