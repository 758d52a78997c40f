//! The address of a store on a PostgreSQL server:
//! `postgres://USER@HOST:PORT/DATABASE?sslmode=…&sslrootcert=…&schema=…`.
//!
//! What is not said here is taken from nowhere: neither the environment nor a home folder is read.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use postgres::Config;
use postgres::config::{Host, SslMode};

use crate::store::error::{StoreError, StoreErrorKind};

/// The schema that holds the tables unless the address names another one.
const SCHEMA: &str = "smrt";

/// The longest name that the server keeps whole.
const NAME_BYTES_MAX: usize = 63;

/// How long a connection may take to be made, and to be found dead, unless the address says so.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a store on a PostgreSQL server is, and how to get there.
///
/// ```
/// use smrt_core::store::PostgresAddress;
///
/// let text = "postgres://ada:secret@db.example.com/contacts?sslmode=verify-full&sslrootcert=ca.pem";
/// let address = PostgresAddress::parse(text)?;
/// assert_eq!(
///     address.to_string(),
///     "postgres://ada@db.example.com:5432/contacts?schema=smrt"
/// );
/// assert!(PostgresAddress::parse("postgres://db.example.com/contacts").is_err());
/// # Ok::<(), smrt_core::store::StoreError>(())
/// ```
#[derive(Clone)]
pub struct PostgresAddress {
    config: Config,
    schema: String,
    trust: Trust,
}

/// How far the server must prove who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// No TLS, or TLS with whoever answers.
    Anyone,
    /// Its certificate was issued by one of those in the file.
    Issuer(PathBuf),
    /// The same, and the certificate names the host of the address.
    IssuerAndHost(PathBuf),
}

impl PostgresAddress {
    /// Reads an address. The scheme is `postgres` or `postgresql`; user, host and database must be
    /// named. `sslmode` means what it means to PostgreSQL's own programs: `disable`, `prefer` (as
    /// when it is absent), `require`, `verify-ca`, `verify-full`; the last two need `sslrootcert`,
    /// a file of certificates in PEM. `schema` names the schema of the tables.
    ///
    /// # Errors
    ///
    /// Kind `Invalid`. What the address says is not repeated, for it may hold a password.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let (place, options) = text.split_once('?').unwrap_or((text, ""));
        if !Self::is_address(place) {
            return Err(invalid("an address begins with `postgres://`"));
        }
        let mut kept = Vec::new();
        let (mut schema, mut mode, mut certificates) = (SCHEMA.to_owned(), None, None);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match name {
                "schema" => schema = decoded(value)?,
                "sslmode" => mode = Some(decoded(value)?),
                "sslrootcert" => certificates = Some(PathBuf::from(decoded(value)?)),
                _ => kept.push(option),
            }
        }
        let mut config = Config::from_str(&format!("{place}?{}", kept.join("&")))
            .map_err(|error| invalid(reason(&error)))?;
        let (mode, trust) = security(mode.as_deref(), certificates)?;
        // Between two programs of one machine there is no wire to listen at.
        let is_local = !config
            .get_hosts()
            .iter()
            .any(|host| matches!(host, Host::Tcp(_)));
        config.ssl_mode(if is_local { SslMode::Disable } else { mode });
        complete(&mut config)?;
        check_schema(&schema)?;
        Ok(Self {
            config,
            schema,
            trust,
        })
    }

    /// Whether a text is meant as such an address.
    #[must_use]
    pub fn is_address(text: &str) -> bool {
        text.starts_with("postgres://") || text.starts_with("postgresql://")
    }

    /// The same address with a password that it does not name itself.
    ///
    /// ```
    /// # use smrt_core::store::PostgresAddress;
    /// let address = PostgresAddress::parse("postgres://ada@localhost/contacts")?;
    /// let address = address.with_password("secret");
    /// assert!(!format!("{address:?}").contains("secret"));
    /// # Ok::<(), smrt_core::store::StoreError>(())
    /// ```
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// Whether the address names a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// The schema of the tables.
    #[must_use]
    pub fn schema(&self) -> &str {
        &self.schema
    }

    pub(super) const fn config(&self) -> &Config {
        &self.config
    }

    pub(super) const fn trust(&self) -> &Trust {
        &self.trust
    }

    fn host(&self) -> (String, u16) {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => String::new(),
        };
        (
            host,
            self.config.get_ports().first().copied().unwrap_or(5432),
        )
    }
}

/// Without the password.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = self.host();
        write!(
            f,
            "postgres://{}@{host}:{port}/{}?schema={}",
            self.config.get_user().unwrap_or_default(),
            self.config.get_dbname().unwrap_or_default(),
            self.schema
        )
    }
}

/// Without the password.
impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresAddress({self})")
    }
}

/// The client's words name an option and never its value.
fn reason(error: &postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    match cause {
        Some(cause) => format!("the address cannot be read: {cause}"),
        None => "the address cannot be read".to_owned(),
    }
}

/// Requires what would otherwise come from the environment, and sets what the address leaves open.
fn complete(config: &mut Config) -> Result<(), StoreError> {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(invalid("the address names no host"));
    }
    if config.get_user().is_none() {
        return Err(invalid("the address names no user"));
    }
    if config.get_dbname().is_none() {
        return Err(invalid("the address names no database"));
    }
    if config.get_application_name().is_none() {
        config.application_name("smrt");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(3 * PATIENCE);
    }
    config.keepalives_idle(3 * PATIENCE);
    Ok(())
}

/// The client knows three modes; the other two are `require` with more asked of the certificate.
fn security(
    mode: Option<&str>,
    certificates: Option<PathBuf>,
) -> Result<(SslMode, Trust), StoreError> {
    let trusted = |trust: fn(PathBuf) -> Trust| {
        certificates.clone().map(trust).ok_or_else(|| {
            invalid("an address with `sslmode=verify-ca` or `verify-full` names a file of certificates with `sslrootcert`")
        })
    };
    Ok(match mode {
        Some("disable") => (SslMode::Disable, Trust::Anyone),
        None | Some("prefer") => (SslMode::Prefer, Trust::Anyone),
        // So do PostgreSQL's own programs when they have a file of certificates.
        Some("require") => match certificates {
            Some(file) => (SslMode::Require, Trust::Issuer(file)),
            None => (SslMode::Require, Trust::Anyone),
        },
        Some("verify-ca") => (SslMode::Require, trusted(Trust::Issuer)?),
        Some("verify-full") => (SslMode::Require, trusted(Trust::IssuerAndHost)?),
        Some(_) => {
            return Err(invalid(
                "`sslmode` is one of `disable`, `prefer`, `require`, `verify-ca` and `verify-full`",
            ));
        }
    })
}

fn check_schema(schema: &str) -> Result<(), StoreError> {
    let fits = (1..=NAME_BYTES_MAX).contains(&schema.len()) && !schema.contains('\0');
    match fits && !schema.starts_with("pg_") && schema != "information_schema" {
        true => Ok(()),
        false => Err(invalid(
            "a schema's name has 1 to 63 bytes and does not begin with `pg_`",
        )),
    }
}

fn decoded(value: &str) -> Result<String, StoreError> {
    percent_decode_str(value)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| invalid("an option of the address is not UTF-8"))
}

fn invalid(detail: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "address", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        PostgresAddress::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn options_that_only_smrt_knows_are_taken_out() {
        let address = PostgresAddress::parse(
            "postgresql://ada@h:7/d?connect_timeout=3&schema=acme%20two&sslmode=verify-full&sslrootcert=/a%26b.pem",
        )
        .unwrap();
        assert_eq!(address.schema(), "acme two");
        assert_eq!(address.trust(), &Trust::IssuerAndHost("/a&b.pem".into()));
        assert_eq!(address.config().get_ssl_mode(), SslMode::Require);
        assert_eq!(
            address.config().get_connect_timeout(),
            Some(&Duration::from_secs(3))
        );
        assert_eq!(address.config().get_application_name(), Some("smrt"));
        assert_eq!(address.config().get_ports(), [7]);
    }

    #[test]
    fn modes_mean_what_they_mean_elsewhere() {
        let of = |options: &str| {
            let address = PostgresAddress::parse(&format!("postgres://ada@h/d{options}")).unwrap();
            (address.config().get_ssl_mode(), address.trust().clone())
        };
        let file = PathBuf::from("ca.pem");
        assert_eq!(of(""), (SslMode::Prefer, Trust::Anyone));
        assert_eq!(of("?sslmode=prefer"), (SslMode::Prefer, Trust::Anyone));
        assert_eq!(of("?sslmode=disable"), (SslMode::Disable, Trust::Anyone));
        assert_eq!(of("?sslmode=require"), (SslMode::Require, Trust::Anyone));
        assert_eq!(
            of("?sslmode=require&sslrootcert=ca.pem"),
            (SslMode::Require, Trust::Issuer(file.clone()))
        );
        assert_eq!(
            of("?sslmode=verify-ca&sslrootcert=ca.pem"),
            (SslMode::Require, Trust::Issuer(file))
        );
    }

    #[test]
    fn what_is_missing_or_unknown_is_named_and_passwords_are_not() {
        assert_eq!(
            refused("mysql://ada@h/d"),
            "an address begins with `postgres://`"
        );
        assert_eq!(refused("postgres:///d"), "the address names no host");
        assert_eq!(refused("postgres://h/d"), "the address names no user");
        assert_eq!(refused("postgres://ada@h"), "the address names no database");
        assert!(refused("postgres://ada@h/d?sslmode=verify-full").contains("`sslrootcert`"));
        assert!(refused("postgres://ada@h/d?sslmode=maybe").starts_with("`sslmode` is one of"));
        assert!(refused("postgres://ada@h/d?colour=red").contains("`colour`"));
        assert!(refused("postgres://ada@h/d?schema=pg_catalog").contains("schema"));
        let text = "postgres://ada:pass-word@h:port/d";
        assert!(!refused(text).contains("pass-word"));
        let address = PostgresAddress::parse("postgres://ada:pass-word@h/d").unwrap();
        assert!(address.has_password());
        assert!(!format!("{address:?}{address}").contains("pass-word"));
    }
}
