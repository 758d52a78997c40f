//! The columns that reject files and scrubbed files have beyond those of their source.
//!
//! What this module does not do: it writes and reads no file; `rejects` and `scrub` write the
//! columns, and `mapping` leaves them out.

/// The columns of a reject file that follow the original ones. Import leaves them out again.
pub const REJECT_COLUMNS: [&str; 7] = [
    "smrt_line",
    "smrt_column",
    "smrt_code",
    "smrt_reason",
    "smrt_hint",
    RUN_COLUMN,
    ORIGINAL_COLUMN,
];

/// The column that names the run which rejected the row, so that its mapping can be used again.
pub const RUN_COLUMN: &str = "smrt_run";

/// The columns of a scrubbed file that follow the original ones. Import leaves them out, and a
/// second scrub replaces them.
pub const SCRUB_COLUMNS: [&str; 8] = [
    "smrt_verdict",
    "smrt_code",
    "smrt_codes",
    "smrt_rules",
    "smrt_next_allowed_at",
    "smrt_flags",
    "smrt_phone_number",
    ORIGINAL_COLUMN,
];

/// The member that a scrubbed JSON Lines file has beyond those of its source.
pub const SCRUB_MEMBER: &str = "smrt";

/// The column that keeps a row whole when it cannot be read.
pub(crate) const ORIGINAL_COLUMN: &str = "smrt_original";

/// What a column that smrt adds is called as a property of a vCard: `X-SMRT-RUN`.
pub(crate) fn card_property(column: &str) -> String {
    format!("X-{}", column.replace('_', "-").to_ascii_uppercase())
}

/// Whether smrt has added the column to a file.
///
/// The rejects of a reject file have each of them twice, the second one as `smrt_run#2`.
pub(crate) fn is_added_column(name: &str) -> bool {
    let name = without_repeat(name);
    REJECT_COLUMNS.contains(&name) || SCRUB_COLUMNS.contains(&name) || is_of_scrub_member(name)
}

/// Whether the column is what becomes of [`SCRUB_MEMBER`], or of something in it.
pub(crate) fn is_of_scrub_member(name: &str) -> bool {
    let within = name.strip_prefix(SCRUB_MEMBER);
    within.is_some_and(|within| within.is_empty() || within.starts_with('.'))
}

/// Whether the column names the run which rejected the row.
pub(crate) fn is_run_column(name: &str) -> bool {
    without_repeat(name) == RUN_COLUMN
}

/// What tells the columns apart that are added for the `repeat`th time, from 1.
pub(crate) fn repeat_suffix(repeat: u32) -> String {
    match repeat {
        ..=1 => String::new(),
        _ => format!("#{repeat}"),
    }
}

/// The name as it was written, without the number that tells a repeated one apart.
fn without_repeat(name: &str) -> &str {
    match name.rsplit_once('#') {
        Some((written, repeat)) if repeat.bytes().all(|byte| byte.is_ascii_digit()) => written,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_were_added_are_known_however_often() {
        let check = |name: &str, expected: bool| assert_eq!(is_added_column(name), expected);
        check("smrt_run", true);
        check("smrt_original", true);
        check("smrt_line#2", true);
        check("smrt_line#12", true);
        check("smrt_line#two", false);
        check("smrt_lines", false);
        check("Run", false);
        check("smrt_verdict", true);
        check("smrt.verdict", true);
        check("smrt", true);
        check("smrtness", false);
        assert!(is_run_column("smrt_run#2") && !is_run_column("smrt_line"));
    }
}
