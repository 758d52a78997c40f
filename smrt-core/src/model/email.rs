//! E-mail addresses.

use std::fmt;

/// An e-mail address: one `@`, a non-empty local part, a dotted or bare host, no white space.
///
/// The domain is lower-cased; the local part is kept as written.
///
/// ```
/// use smrt_core::model::{Email, EmailError};
///
/// let email = Email::parse("Ada Lovewell <ada.lovewell@Example.COM>")?;
/// assert_eq!(email.reveal(), "ada.lovewell@example.com");
/// // What is not asked for by name does not show.
/// assert_eq!(format!("{email:?}"), "Email(****)");
/// assert_eq!(Email::parse("ada.lovewell"), Err(EmailError::At));
/// # Ok::<(), EmailError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(
    // INVARIANT: passed `Email::parse`.
    String,
);

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmailError {
    /// There is no `@`, or more than one.
    #[error("an e-mail address has exactly one `@`")]
    At,
    /// The part before the `@` is empty or holds white space or a control character.
    #[error("the part before the `@` is not usable")]
    LocalPart,
    /// The part after the `@` is no host name.
    #[error("the part after the `@` is not a host name")]
    Domain,
    /// It is longer than 254 bytes.
    #[error("an e-mail address has at most 254 bytes")]
    Length,
}

/// The longest address that fits an SMTP path (RFC 5321, 4.5.3.1.3).
const EMAIL_BYTES_MAX: usize = 254;

impl Email {
    /// Reads an address, with or without `mailto:` or the `Name <address>` form round it.
    ///
    /// # Errors
    ///
    /// [`EmailError`] names the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let address = bare(text);
        if address.len() > EMAIL_BYTES_MAX {
            return Err(EmailError::Length);
        }
        let (local, domain) = address.rsplit_once('@').ok_or(EmailError::At)?;
        if local.contains('@') {
            return Err(EmailError::At);
        }
        let unusable = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"')
        };
        if local.is_empty() || local.contains(unusable) {
            return Err(EmailError::LocalPart);
        }
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        if !domain.contains('.') || !domain.split('.').all(label_ok) {
            return Err(EmailError::Domain);
        }
        if domain.bytes().any(|b| b.is_ascii_uppercase()) || !domain.is_ascii() {
            return Ok(Self(format!("{local}@{}", domain.to_lowercase())));
        }
        Ok(Self(address.to_owned()))
    }

    /// The address. Named so that uses of personal data can be found.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Strips `mailto:`, a query, and the display name of `Name <address>`.
fn bare(text: &str) -> &str {
    let mut text = text.trim();
    if let (Some(open), Some(close)) = (text.rfind('<'), text.rfind('>'))
        && open < close
    {
        text = text.get(open + 1..close).unwrap_or(text).trim();
    }
    if let Some(head) = text.get(..7)
        && head.eq_ignore_ascii_case("mailto:")
    {
        text = text.get(7..).unwrap_or_default();
        text = text.split('?').next().unwrap_or_default().trim();
    }
    text
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_exports_hold() {
        let check = |text: &str, want: &str| assert_eq!(Email::parse(text).unwrap().reveal(), want);
        check("ada@example.com", "ada@example.com");
        check("  Ada.L@Example.COM ", "Ada.L@example.com");
        check("Ada Lovelace <ada@example.com>", "ada@example.com");
        check("mailto:ada@example.com?subject=hi", "ada@example.com");
        check("<MAILTO:ada@example.com>", "ada@example.com");
        check("o'hara+x@sub.example.org", "o'hara+x@sub.example.org");
        check("jürgen@müller.example", "jürgen@müller.example");
    }

    #[test]
    fn refuses_by_name() {
        let check = |text: &str, want: EmailError| assert_eq!(Email::parse(text), Err(want));
        check("ada", EmailError::At);
        check("a@b@example.com", EmailError::At);
        check("@example.com", EmailError::LocalPart);
        check("a b@example.com", EmailError::LocalPart);
        check("ada@localhost", EmailError::Domain);
        check("ada@-x.com", EmailError::Domain);
        check("ada@example..com", EmailError::Domain);
        check(
            &format!("{}@example.com", "a".repeat(250)),
            EmailError::Length,
        );
    }

    #[test]
    fn debug_is_redacted() {
        assert_eq!(
            format!("{:?}", Email::parse("ada@example.com")),
            "Ok(Email(****))"
        );
    }
}
