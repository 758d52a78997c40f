//! Answer files of the Reassigned Numbers Database: number, date asked of, answer.

use std::path::Path;

use smrt_core::model::{Instant, ReassignedAnswer};
use smrt_core::phone::Region;
use smrt_core::smrt::NewReassignedAnswer;

use super::error::{DncError, FAULTS_TOLD_MAX};
use super::input::{Input, Piece};
use super::row::{Home, cells};

/// The largest answer file, in bytes.
const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The answers of a file, and the rows that hold none.
#[derive(Debug)]
pub struct AnswerReport {
    /// The answers, in the order of the file.
    pub answers: Vec<NewReassignedAnswer>,
    /// How many rows the file has.
    pub rows: u64,
    /// The lines of the rows that cannot be used, and why; the first hundred.
    pub rejects: Vec<(u64, &'static str)>,
    /// How many such rows there are.
    pub rejected: u64,
}

/// Reads an answer file: CSV with number, date and answer, in this order, a header or none.
///
/// # Errors
///
/// When the file cannot be read.
pub fn read_answers(
    path: &Path,
    region: Option<Region>,
    checked_at: Instant,
) -> Result<AnswerReport, DncError> {
    let text = read_all(path)?;
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&text);
    let home = Home {
        territory: None,
        // The database has numbers of the calling code 1 only.
        region: region.or_else(|| "US".parse().ok()),
    };
    let mut report = AnswerReport {
        answers: Vec::new(),
        rows: 0,
        rejects: Vec::new(),
        rejected: 0,
    };
    for (line, row) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        if row.trim_ascii().is_empty() {
            continue;
        }
        let answer = answer(row, &home, checked_at);
        let is_header =
            report.rows == 0 && line == 1 && row.iter().all(|byte| !byte.is_ascii_digit());
        if is_header {
            continue;
        }
        report.rows += 1;
        match answer {
            Ok(answer) => report.answers.push(answer),
            Err(reason) => {
                report.rejected += 1;
                if report.rejects.len() < 20 * FAULTS_TOLD_MAX {
                    report.rejects.push((line, reason));
                }
            }
        }
    }
    match report.rows {
        0 => Err(DncError::Empty),
        _ => Ok(report),
    }
}

fn read_all(path: &Path) -> Result<Vec<u8>, DncError> {
    let mut input = Input::open(path)?;
    let mut text = Vec::new();
    loop {
        match input.next() {
            Piece::Bytes(bytes) => {
                text.extend_from_slice(&bytes);
                if text.len() > FILE_BYTES_MAX {
                    return Err(DncError::TooLarge);
                }
                input.reuse(bytes);
            }
            Piece::End => text.push(b'\n'),
            Piece::Digest(_) => return Ok(text),
            Piece::Failed(error) => return Err(error),
        }
    }
}

fn answer(
    row: &[u8],
    home: &Home,
    checked_at: Instant,
) -> Result<NewReassignedAnswer, &'static str> {
    let delimiter = [b',', b'\t', b';', b'|']
        .into_iter()
        .find(|byte| row.contains(byte));
    let mut cells = cells(row, delimiter);
    let mut next = |missing: &'static str| {
        let cell = cells
            .next()
            .filter(|cell| !cell.is_empty())
            .ok_or(missing)?;
        std::str::from_utf8(cell).map_err(|_| "not text in UTF-8")
    };
    let number = home
        .number(next("there is no number")?.as_bytes())
        .map_err(|fault| fault.as_str())?;
    let query_date = date(next("there is no date")?).ok_or("not a date such as `2026-11-01`")?;
    let answer = next("there is no answer")?;
    let answer = match answer
        .to_ascii_lowercase()
        .replace([' ', '-'], "_")
        .as_str()
    {
        "yes" | "y" => ReassignedAnswer::Yes,
        "no" | "n" => ReassignedAnswer::No,
        "no_data" | "nodata" => ReassignedAnswer::NoData,
        _ => return Err("not an answer: expected yes, no or no_data"),
    };
    Ok(NewReassignedAnswer {
        number,
        query_date,
        answer,
        checked_at,
    })
}

/// A date in one of the forms that the database takes: `2026-11-01`, `11/01/2026`, `20261101`.
fn date(text: &str) -> Option<Instant> {
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let (year, month, day) = match (
        text.split('/').collect::<Vec<&str>>().as_slice(),
        text.len(),
    ) {
        ([month, day, year], _) if year.len() == 4 => (*year, *month, *day),
        (_, 8) => (text.get(..4)?, text.get(4..6)?, text.get(6..)?),
        _ => return None,
    };
    format!("{year}-{month:0>2}-{day:0>2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(row: &str) -> Result<(String, String, ReassignedAnswer), &'static str> {
        let home = Home {
            territory: None,
            region: "US".parse().ok(),
        };
        let found = answer(row.as_bytes(), &home, Instant::from_micros(0))?;
        Ok((
            found.number.to_string(),
            found.query_date.to_string(),
            found.answer,
        ))
    }

    #[test]
    fn answers_are_read_in_the_forms_they_come_in() {
        let number = "+13035550143".to_owned();
        let date = "2026-11-01T00:00:00Z".to_owned();
        for (row, expected) in [
            ("3035550143,2026-11-01,yes", ReassignedAnswer::Yes),
            ("\"3035550143\",\"11/01/2026\",\"No\"", ReassignedAnswer::No),
            (
                "+13035550143\t20261101\tno data\r",
                ReassignedAnswer::NoData,
            ),
        ] {
            assert_eq!(
                read(row),
                Ok((number.clone(), date.clone(), expected)),
                "{row}"
            );
        }
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        assert_eq!(read("303555014,2026-11-01,yes"), Err("not a phone number"));
        assert_eq!(
            read("3035550143,2026-13-01,yes"),
            Err("not a date such as `2026-11-01`")
        );
        assert_eq!(read("3035550143,2026-11-01"), Err("there is no answer"));
        assert_eq!(
            read("3035550143,2026-11-01,maybe"),
            Err("not an answer: expected yes, no or no_data")
        );
    }
}
