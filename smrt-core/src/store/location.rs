//! Where a store is: a file of SQLite or DuckDB, or a Postgres database.
//!
//! What this module does not do: it opens nothing but the first bytes of a file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::error::{StoreError, StoreErrorKind};
use super::file::{self, Beginning};

/// Bytes by which a file is told to be of SQLite or of DuckDB.
const HEADER_BYTES: usize = 16;

/// What begins every SQLite file.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";

/// What stands in every DuckDB file after eight bytes of checksum.
const DUCKDB_MAGIC: &[u8] = b"DUCK";
const DUCKDB_MAGIC_OFFSET: usize = 8;

/// The endings that make a new file one of DuckDB.
const DUCKDB_EXTENSIONS: [&str; 2] = ["duckdb", "ddb"];

/// Where a store is.
///
/// A path names a file, whose engine is told by what stands there, or for a new one by its ending:
/// `.duckdb` and `.ddb` are DuckDB's, any other SQLite's. `sqlite:` or `duckdb:` before the path
/// says it outright. `postgres://user@host:port/database?schema=smrt` names a schema on a server.
/// What is shown of it holds no password.
///
/// ```
/// use smrt_core::store::StoreLocation;
///
/// let location: StoreLocation = "postgres://ann:secret@db.example.com/contacts".parse()?;
/// assert_eq!(location.to_string(), "postgres://ann@db.example.com/contacts");
/// assert_eq!("contacts.duckdb".parse::<StoreLocation>()?.engine_name()?, "duckdb");
/// assert!("mysql://db.example.com/contacts".parse::<StoreLocation>().is_err());
/// # Ok::<(), smrt_core::store::StoreError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct StoreLocation(Place);

/// What a location names.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A file of the engine found there, or of the one that its ending names.
    File(PathBuf),
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A file of DuckDB.
    DuckDb(PathBuf),
    /// A Postgres database.
    Postgres(String),
}

impl StoreLocation {
    /// The file, where the store is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::File(path) | Place::Sqlite(path) | Place::DuckDb(path) => Some(path),
            Place::Postgres(_) => None,
        }
    }

    /// The name of the engine: `sqlite`, `duckdb` or `postgres`.
    ///
    /// # Errors
    ///
    /// Kind `ReadOnly` when a file is there and cannot be read, `Foreign` when it is a folder.
    pub fn engine_name(&self) -> Result<&'static str, StoreError> {
        Ok(match self.resolve()? {
            Place::File(_) | Place::Sqlite(_) => "sqlite",
            Place::DuckDb(_) => "duckdb",
            Place::Postgres(_) => "postgres",
        })
    }

    /// The place with its engine known.
    pub(super) fn resolve(&self) -> Result<Place, StoreError> {
        let Place::File(path) = &self.0 else {
            return Ok(self.0.clone());
        };
        let by_name = || {
            let extension = path.extension().and_then(|extension| extension.to_str());
            extension.is_some_and(|extension| DUCKDB_EXTENSIONS.contains(&extension))
        };
        let is_duckdb = match file::begin(path, HEADER_BYTES)? {
            Beginning::Header { bytes, .. } if is_duckdb(&bytes) => true,
            Beginning::Header { bytes, .. } if bytes.starts_with(SQLITE_MAGIC) => false,
            Beginning::Header { .. } | Beginning::Missing => by_name(),
        };
        Ok(match is_duckdb {
            true => Place::DuckDb(path.clone()),
            false => Place::Sqlite(path.clone()),
        })
    }

    /// The location as a command line or a setting names it, with the password if it has one.
    #[must_use]
    pub fn to_secret_string(&self) -> String {
        match &self.0 {
            Place::Postgres(url) => url.clone(),
            Place::File(_) | Place::Sqlite(_) | Place::DuckDb(_) => self.to_string(),
        }
    }
}

/// Whether a file that begins like this is one of DuckDB.
pub(super) fn is_duckdb(header: &[u8]) -> bool {
    header
        .get(DUCKDB_MAGIC_OFFSET..)
        .is_some_and(|rest| rest.starts_with(DUCKDB_MAGIC))
}

impl FromStr for StoreLocation {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        Ok(Self(match text.split_once(':') {
            Some(("sqlite", path)) => Place::Sqlite(PathBuf::from(path)),
            Some(("duckdb", path)) => Place::DuckDb(PathBuf::from(path)),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                Place::Postgres(text.to_owned())
            }
            // One letter before the colon is a drive.
            Some((scheme, rest)) if scheme.len() > 1 && rest.starts_with("//") => {
                return Err(StoreError::new(
                    StoreErrorKind::Invalid,
                    "open",
                    format!(
                        "there is no engine `{scheme}`; a store is a path, or a URL that begins \
                         with `postgres://`"
                    ),
                ));
            }
            _ => Place::File(PathBuf::from(text)),
        }))
    }
}

impl From<PathBuf> for StoreLocation {
    fn from(path: PathBuf) -> Self {
        Self(Place::File(path))
    }
}

impl From<&Path> for StoreLocation {
    fn from(path: &Path) -> Self {
        path.to_owned().into()
    }
}

impl From<&PathBuf> for StoreLocation {
    fn from(path: &PathBuf) -> Self {
        path.clone().into()
    }
}

impl From<&StoreLocation> for StoreLocation {
    fn from(location: &StoreLocation) -> Self {
        location.clone()
    }
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(path) | Place::Sqlite(path) | Place::DuckDb(path) => {
                write!(f, "{}", path.display())
            }
            Place::Postgres(url) => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreLocation({self})")
    }
}

/// A URL without the password, wherever it stands.
fn without_secrets(url: &str) -> String {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (url, None),
    };
    let (scheme, rest) = base.split_once("//").unwrap_or(("", base));
    // An unescaped `@` in a password would make the last one the border.
    let shown = match rest.rsplit_once('@') {
        Some((login, place)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}//{user}@{place}")
        }
        None => format!("{scheme}//{rest}"),
    };
    let is_shown = |pair: &&str| !pair.starts_with("password=");
    let settings: Vec<&str> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(is_shown)
        .collect();
    match settings.is_empty() {
        true => shown,
        false => format!("{shown}?{}", settings.join("&")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> StoreLocation {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_that_is_shown_holds_the_password() {
        for (url, shown) in [
            ("postgres://ann:pw@h/d", "postgres://ann@h/d"),
            (
                "postgresql://ann:p@w:x@h:5433/d",
                "postgresql://ann@h:5433/d",
            ),
            (
                "postgres://h/d?password=pw&schema=a",
                "postgres://h/d?schema=a",
            ),
            ("postgres://h/d?password=pw", "postgres://h/d"),
            ("postgres:///d?host=/run/pg", "postgres:///d?host=/run/pg"),
        ] {
            let location = parse(url);
            assert_eq!(location.to_string(), shown);
            assert_eq!(format!("{location:?}"), format!("StoreLocation({shown})"));
            assert_eq!(location.to_secret_string(), url);
        }
    }

    #[test]
    fn the_engine_is_told_by_the_content_before_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let engine = |name: &str| {
            let path = folder.path().join(name);
            StoreLocation::from(&path).engine_name().unwrap()
        };
        assert_eq!(engine("new.db"), "sqlite");
        assert_eq!(engine("new.duckdb"), "duckdb");
        assert_eq!(engine("new.ddb"), "duckdb");
        std::fs::write(folder.path().join("named.duckdb"), SQLITE_MAGIC).unwrap();
        assert_eq!(engine("named.duckdb"), "sqlite");
        std::fs::write(
            folder.path().join("named.db"),
            b"\0\0\0\0\0\0\0\0DUCK\0\0\0\0",
        )
        .unwrap();
        assert_eq!(engine("named.db"), "duckdb");
        assert_eq!(parse("duckdb:x.db").engine_name().unwrap(), "duckdb");
        assert_eq!(parse("sqlite:x.duckdb").engine_name().unwrap(), "sqlite");
    }

    #[test]
    fn an_engine_that_is_none_is_refused_and_a_drive_is_a_path() {
        assert!("mysql://h/d".parse::<StoreLocation>().is_err());
        assert!(parse("C:/contacts.db").path().is_some());
        assert!(parse("postgres://h/d").path().is_none());
    }
}
