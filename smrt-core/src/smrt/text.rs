//! Checks of text that is written by hand or by another program.

use serde_json::{Map, Value as Json};

use super::error::SmrtError;

/// The longest text of a field, in bytes.
pub(super) const FIELD_BYTES_MAX: usize = 4_096;
/// The longest metadata, in bytes of JSON.
pub(super) const METADATA_BYTES_MAX: usize = 1_048_576;

/// A field's text without the white space around it; none if nothing is left.
pub(super) fn checked(field: &'static str, text: &str) -> Result<Option<String>, SmrtError> {
    let text = text.trim();
    if text.len() > FIELD_BYTES_MAX {
        return Err(SmrtError::invalid(
            "field_too_long",
            format!("`{field}` is longer than {FIELD_BYTES_MAX} bytes"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(SmrtError::invalid(
            "field_control_character",
            format!("`{field}` holds a control character"),
        ));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Metadata as the store keeps it: a JSON object.
pub(super) fn metadata(members: &Map<String, Json>) -> Result<String, SmrtError> {
    let text = serde_json::to_string(members).unwrap_or_default();
    match text.len() > METADATA_BYTES_MAX {
        true => Err(SmrtError::invalid(
            "metadata_too_long",
            format!("`metadata` is longer than {METADATA_BYTES_MAX} bytes"),
        )),
        false => Ok(text),
    }
}

/// Metadata that comes as text, which must be a JSON object.
pub(super) fn metadata_of_text(text: &str) -> Result<String, SmrtError> {
    match serde_json::from_str::<Map<String, Json>>(text) {
        Ok(members) => metadata(&members),
        Err(_) => Err(SmrtError::invalid(
            "metadata_not_object",
            "`metadata` is not a JSON object",
        )),
    }
}
