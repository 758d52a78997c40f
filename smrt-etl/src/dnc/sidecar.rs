//! What is said of a list in a TOML file beside it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// What is said of a list. What the command line says goes before it.
///
/// Beside `national.txt.gz` it is in `national.txt.gz.toml`, `national.txt.toml` or
/// `national.toml`, the first of them that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// What kind of registry: `national`, `state`, `internal`, `litigator`.
    pub kind: Option<String>,
    /// Whose it is, such as `US` or `US-TX`.
    pub jurisdiction: Option<String>,
    /// What the registry is called.
    pub registry: Option<String>,
    /// Of which date the list is.
    pub version_date: Option<String>,
    /// When it was obtained.
    pub obtained: Option<String>,
    /// What it covers: `all`, `seen`, or codes with commas.
    pub area_codes: Option<String>,
    /// Under which subscription it was obtained.
    pub subscription: Option<String>,
    /// The date of the version that a change list begins with.
    pub base: Option<String>,
    /// The fewest rows it must have.
    pub expect_rows: Option<u64>,
    /// Where numbers without a country code are from.
    pub region: Option<String>,
}

/// The file beside a list cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct SidecarError {
    /// The file.
    pub path: String,
    /// What is wrong, and in which line.
    pub reason: String,
}

impl Sidecar {
    /// Reads the file beside a list; nothing said when there is none.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read, or has a key that is not known.
    pub fn beside(list: &Path) -> Result<Self, SidecarError> {
        let Some(path) = candidates(list).into_iter().find(|path| path.is_file()) else {
            return Ok(Self::default());
        };
        let failed = |reason: String| SidecarError {
            path: path.display().to_string(),
            reason,
        };
        let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        toml::from_str(&text).map_err(|error| failed(reason(&error, &text)))
    }
}

fn candidates(list: &Path) -> Vec<PathBuf> {
    let mut whole = list.as_os_str().to_owned();
    whole.push(".toml");
    let mut candidates = vec![PathBuf::from(whole)];
    let mut path = list.to_owned();
    while path.extension().is_some() {
        candidates.push(path.with_extension("toml"));
        path.set_extension("");
    }
    candidates
}

/// The line and the message, without the text around it.
fn reason(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_under_the_names_it_may_have() {
        let names: Vec<String> = candidates(Path::new("a/list.txt.gz"))
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        assert_eq!(
            names,
            ["a/list.txt.gz.toml", "a/list.txt.toml", "a/list.toml"]
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let text = "kind = \"national\"\ncolour = 1\n";
        let error = toml::from_str::<Sidecar>(text).unwrap_err();
        let reason = reason(&error, text);
        assert!(
            reason.starts_with("line 2: unknown field `colour`"),
            "{reason}"
        );
    }
}
