//! The issues a row can have, in words.
//!
//! What this module does not do: it finds none.

/// What is told about an issue, whatever its row.
pub(super) struct Trouble {
    pub(super) code: &'static str,
    pub(super) reason: &'static str,
    pub(super) hint: &'static str,
}

pub(super) const DELETED: Trouble = Trouble {
    code: "deleted_at_source",
    reason: "the record was deleted in the system it comes from",
    hint: "leave it out, or map the column to \"metadata\" to import deleted records",
};
pub(super) const UNKNOWN_ANSWER: Trouble = Trouble {
    code: "unknown_answer",
    reason: "the cell is neither yes nor no",
    hint: "say what its words mean with `values = { \"…\" = \"revoked\" }`",
};
pub(super) const UNDATED_ANSWER: Trouble = Trouble {
    code: "undated_answer",
    reason: "there is a date, but the column it dates is empty",
    hint: "fill the cell, or map the date itself with `when_date`",
};
pub(super) const AMBIGUOUS_DATE: Trouble = Trouble {
    code: "ambiguous_date",
    reason: "day and month of the date cannot be told apart",
    hint: "say `date_format = \"m/d/y\"` or `date_format = \"d/m/y\"` in the mapping",
};
pub(super) const UNREADABLE_DATE: Trouble = Trouble {
    code: "unreadable_date",
    reason: "the cell is no date that the column's format reads",
    hint: "write it as 2024-05-03, or say `date_format` in the mapping",
};
pub(super) const UNREADABLE_PHONE_LIST: Trouble = Trouble {
    code: "unreadable_phone_list",
    reason: "the cell is no JSON list of phone numbers",
    hint: "correct the cell, or remove `format = \"json\"`",
};
pub(super) const SPREADSHEET_ERROR: Trouble = Trouble {
    code: "spreadsheet_error",
    reason: "the cell holds the error of a formula instead of its value",
    hint: "correct the formula in the spreadsheet program and save the file again",
};

/// What spreadsheet programs write where a formula has no value.
const SPREADSHEET_ERRORS: [&str; 12] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#DATA!",
    "#GETTING_DATA",
    "#ERROR!",
];

/// Whether a cell holds the error of a formula, as text files exported from spreadsheets do too.
pub(super) fn is_spreadsheet_error(value: &str) -> bool {
    value.starts_with('#') && SPREADSHEET_ERRORS.contains(&value)
}
