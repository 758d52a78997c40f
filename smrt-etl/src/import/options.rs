//! How an import is to be done. Kept with the run as JSON, so that a resumed run goes on alike.

use std::fmt;
use std::str::FromStr;

use serde_json::{Value as Json, json};
use smrt_core::model::Instant;
use smrt_core::phone::Region;
use smrt_core::store::{Run, RunCounts};

use super::error::ImportError;
use crate::plan::ConflictPolicy;

/// The options of a run.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The file's name without its folder, for reports.
    pub file_name: String,
    /// What happens to humans that were in the store before.
    pub on_conflict: ConflictPolicy,
    /// Where numbers without a country code are from, unless the row tells.
    pub default_region: Option<Region>,
    /// When the file was exported; by default the start of the run.
    pub exported_at: Option<Instant>,
    /// How many rejected rows are too many.
    pub max_rejects: Option<MaxRejects>,
}

/// How many rejected rows are too many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxRejects {
    /// More than so many rows.
    Rows(u64),
    /// More than this share of all rows, in percent.
    Percent(f64),
}

/// The text is not a bound on rejected rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a number of rows such as `100`, or a share such as `2%`")]
pub struct ParseMaxRejectsError;

impl MaxRejects {
    /// Whether the rows settled so far decide it already, whatever follows.
    #[must_use]
    pub fn is_passed_early(self, counts: &RunCounts) -> bool {
        match self {
            Self::Rows(_) => self.is_passed(counts),
            Self::Percent(_) => false,
        }
    }

    /// Whether more rows were rejected than this.
    #[must_use]
    pub fn is_passed(self, counts: &RunCounts) -> bool {
        self.is_passed_by(counts.rows_rejected, counts.rows_checkpoint)
    }

    /// Whether `rows_rejected` of `rows_read` are more than this.
    #[must_use]
    pub fn is_passed_by(self, rows_rejected: u64, rows_read: u64) -> bool {
        match self {
            Self::Rows(rows) => rows_rejected > rows,
            Self::Percent(percent) => rows_rejected as f64 * 100.0 > percent * rows_read as f64,
        }
    }
}

impl FromStr for MaxRejects {
    type Err = ParseMaxRejectsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(percent) = text.strip_suffix('%') else {
            return text
                .parse()
                .map(Self::Rows)
                .map_err(|_| ParseMaxRejectsError);
        };
        let percent: f64 = percent.trim().parse().map_err(|_| ParseMaxRejectsError)?;
        match (0.0..=100.0).contains(&percent) {
            true => Ok(Self::Percent(percent)),
            false => Err(ParseMaxRejectsError),
        }
    }
}

impl fmt::Display for MaxRejects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{rows}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl ImportOptions {
    pub(super) fn to_json(&self) -> String {
        json!({
            "on_conflict": self.on_conflict.as_str(),
            "region": self.default_region.map(|region| region.to_string()),
            "exported_at": self.exported_at.map(Instant::as_micros),
            "max_rejects": self.max_rejects.map(|max| max.to_string()),
        })
        .to_string()
    }

    /// The options a run was started with.
    ///
    /// # Errors
    ///
    /// [`ImportError::StoredOptions`] when they cannot be read.
    pub fn of_run(run: &Run) -> Result<Self, ImportError> {
        Self::from_json(&run.start.options, &run.start.file_name)
    }

    fn from_json(text: &str, file_name: &str) -> Result<Self, ImportError> {
        let json: Json = serde_json::from_str(text).map_err(|_| ImportError::StoredOptions)?;
        let word = |name: &str| json.get(name).and_then(Json::as_str);
        let policy = word("on_conflict").and_then(ConflictPolicy::parse);
        let region = word("region").map(str::parse).transpose();
        let max_rejects = word("max_rejects").map(str::parse).transpose();
        Ok(Self {
            file_name: file_name.to_owned(),
            on_conflict: policy.ok_or(ImportError::StoredOptions)?,
            default_region: region.map_err(|_| ImportError::StoredOptions)?,
            exported_at: json
                .get("exported_at")
                .and_then(Json::as_i64)
                .map(Instant::from_micros),
            max_rejects: max_rejects.map_err(|_| ImportError::StoredOptions)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read_as_rows_or_as_a_share() {
        let check = |text: &str, want| assert_eq!(text.parse::<MaxRejects>(), want);
        check("0", Ok(MaxRejects::Rows(0)));
        check("100", Ok(MaxRejects::Rows(100)));
        check("2.5%", Ok(MaxRejects::Percent(2.5)));
        check("101%", Err(ParseMaxRejectsError));
        check("-1", Err(ParseMaxRejectsError));
        check("many", Err(ParseMaxRejectsError));
    }

    #[test]
    fn a_bound_is_passed_just_above_it() {
        let counts = |rejected| RunCounts {
            rows_checkpoint: 100,
            rows_rejected: rejected,
            ..RunCounts::default()
        };
        assert!(!MaxRejects::Rows(3).is_passed(&counts(3)));
        assert!(MaxRejects::Rows(3).is_passed(&counts(4)));
        assert!(!MaxRejects::Percent(3.0).is_passed(&counts(3)));
        assert!(MaxRejects::Percent(3.0).is_passed(&counts(4)));
    }

    #[test]
    fn options_survive_being_stored() {
        let options = ImportOptions {
            file_name: "a.csv".into(),
            on_conflict: ConflictPolicy::Fill,
            default_region: Some("US".parse().unwrap()),
            exported_at: Some(Instant::from_micros(5)),
            max_rejects: Some(MaxRejects::Percent(2.5)),
        };
        let read = ImportOptions::from_json(&options.to_json(), "a.csv").unwrap();
        assert_eq!(format!("{read:?}"), format!("{options:?}"));
    }
}
