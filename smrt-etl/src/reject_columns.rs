//! The columns that a reject file has beyond those of its source.
//!
//! What this module does not do: it writes and reads no file; `rejects` writes the columns, and
//! `mapping` leaves them out.

/// The columns that follow the original ones. Import leaves them out again.
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

/// The column that keeps a row whole when it cannot be read.
pub(crate) const ORIGINAL_COLUMN: &str = "smrt_original";

/// Whether a reject file has added the column.
///
/// The rejects of a reject file have each of them twice, the second one as `smrt_run#2`.
pub(crate) fn is_reject_column(name: &str) -> bool {
    REJECT_COLUMNS.contains(&without_repeat(name))
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
    fn repeated_columns_of_a_reject_file_are_known() {
        let check = |name: &str, expected: bool| assert_eq!(is_reject_column(name), expected);
        check("smrt_run", true);
        check("smrt_original", true);
        check("smrt_line#2", true);
        check("smrt_line#12", true);
        check("smrt_line#two", false);
        check("smrt_lines", false);
        check("Run", false);
        assert!(is_run_column("smrt_run#2") && !is_run_column("smrt_line"));
    }
}
