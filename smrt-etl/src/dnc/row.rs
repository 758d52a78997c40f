//! One row of a list: its cells, and the number, the action in them.

use smrt_core::model::Territory;
use smrt_core::phone::{E164, PhoneError, Region, parse};

use super::error::FaultKind;

/// What a change list's row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// It adds the number.
    Add,
    /// It deletes the number.
    Delete,
}

impl Action {
    /// Reads a single `A` or `D`.
    pub(super) fn parse(cell: &[u8]) -> Option<Self> {
        match cell {
            [b'A' | b'a'] => Some(Self::Add),
            [b'D' | b'd'] => Some(Self::Delete),
            _ => None,
        }
    }
}

/// Where numbers are from.
#[derive(Debug, Clone)]
pub(super) struct Home {
    /// The numbers that the registry may list; nothing when it may list any.
    pub(super) territory: Option<Territory>,
    /// Where numbers without a country code are from.
    pub(super) region: Option<Region>,
}

impl Home {
    fn is_nanp(&self) -> bool {
        match &self.territory {
            Some(territory) => territory.country_code() == 1,
            None => self.region.is_some_and(|region| region.country_code() == 1),
        }
    }

    /// Reads a number in national or international form.
    pub(super) fn number(&self, cell: &[u8]) -> Result<E164, FaultKind> {
        if let (true, Some(number)) = (self.is_nanp(), nanp(cell)) {
            return self.own(number);
        }
        let text = std::str::from_utf8(cell).map_err(|_| FaultKind::NotANumber)?;
        match parse(text, self.region) {
            Ok(number) => self.own(number.e164()),
            Err(PhoneError::NoCountry) => Err(FaultKind::NoCountry),
            Err(_) => Err(FaultKind::NotANumber),
        }
    }

    /// Reads an area code and the seven digits that follow it.
    pub(super) fn number_of_two(&self, area: &[u8], local: &[u8]) -> Result<E164, FaultKind> {
        if area.len() != 3 || local.len() != 7 {
            return Err(FaultKind::NotANumber);
        }
        let number = digits(area).zip(digits(local)).and_then(|(area, local)| {
            E164::from_digits(10_000_000_000 + area * 10_000_000 + local)
        });
        self.own(
            number
                .filter(|number| is_nanp_number(*number))
                .ok_or(FaultKind::NotANumber)?,
        )
    }

    fn own(&self, number: E164) -> Result<E164, FaultKind> {
        match &self.territory {
            Some(territory) if !territory.contains(number) => Err(FaultKind::AnotherCountry),
            _ => Ok(number),
        }
    }
}

/// Reads ten digits, or those with `1` or `+1` before them.
fn nanp(cell: &[u8]) -> Option<E164> {
    let national = match cell {
        [b'+', b'1', national @ ..] => national,
        [b'1', national @ ..] if national.len() == 10 => national,
        national => national,
    };
    if national.len() != 10 {
        return None;
    }
    let number = E164::from_digits(10_000_000_000 + digits(national)?)?;
    is_nanp_number(number).then_some(number)
}

/// Whether area code and exchange begin as they must.
const fn is_nanp_number(number: E164) -> bool {
    let national = number.digits() - 10_000_000_000;
    national >= 2_000_000_000 && national / 1_000_000 % 10 >= 2
}

/// Digits as a number.
pub(super) fn digits(cell: &[u8]) -> Option<u64> {
    cell.iter().try_fold(0u64, |value, byte| match byte {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// The cells of a line, without quotes and blanks around them. Quoted cells do not span lines.
pub(super) fn cells(line: &[u8], delimiter: Option<u8>) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let end = delimiter.and_then(|delimiter| end_of_cell(line, delimiter));
        let (cell, after) = match end {
            Some(end) => (line.get(..end)?, line.get(end + 1..)),
            None => (line, None),
        };
        rest = after;
        let cell = cell.trim_ascii();
        let unquoted = cell
            .strip_prefix(b"\"")
            .and_then(|cell| cell.strip_suffix(b"\""));
        Some(unquoted.unwrap_or(cell).trim_ascii())
    })
}

fn end_of_cell(line: &[u8], delimiter: u8) -> Option<usize> {
    let mut is_quoted = false;
    line.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        *byte == delimiter && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(country: &str) -> Home {
        let region: Region = country.parse().unwrap();
        Home {
            territory: Some(Territory::of(region)),
            region: Some(region),
        }
    }

    #[track_caller]
    fn check(country: &str, cell: &str, expected: Result<&str, FaultKind>) {
        let found = home(country)
            .number(cell.as_bytes())
            .map(|number| number.to_string());
        assert_eq!(
            found.as_deref(),
            expected.as_ref().map(|text| *text),
            "{cell}"
        );
    }

    #[test]
    fn numbers_are_read_in_every_form_that_lists_have() {
        for cell in [
            "3035550143",
            "13035550143",
            "+13035550143",
            "(303) 555-0143",
        ] {
            check("US", cell, Ok("+13035550143"));
        }
        check("GB", "02079460101", Ok("+442079460101"));
        check("GB", "+44 20 7946 0101", Ok("+442079460101"));
        check("GB", "442079460101", Ok("+442079460101"));
        check("AU", "0491570156", Ok("+61491570156"));
        check("CA", "4165550143", Ok("+14165550143"));
    }

    #[test]
    fn what_is_no_number_of_the_country_says_why() {
        check("US", "4165550143", Err(FaultKind::AnotherCountry));
        check("US", "+442079460101", Err(FaultKind::AnotherCountry));
        check("CA", "3035550143", Err(FaultKind::AnotherCountry));
        check("US", "303555014", Err(FaultKind::NotANumber));
        check("US", "1035550143", Err(FaultKind::NotANumber));
        check("US", "3031550143", Err(FaultKind::NotANumber));
        check("US", "", Err(FaultKind::NotANumber));
        check("GB", "hello", Err(FaultKind::NotANumber));
        let anywhere = Home {
            territory: None,
            region: None,
        };
        assert_eq!(anywhere.number(b"3035550143"), Err(FaultKind::NoCountry));
        assert!(anywhere.number(b"+13035550143").is_ok());
    }

    #[test]
    fn cells_lose_quotes_and_blanks() {
        let of = |line: &str, delimiter| -> Vec<String> {
            cells(line.as_bytes(), delimiter)
                .map(|cell| String::from_utf8(cell.to_vec()).unwrap())
                .collect()
        };
        assert_eq!(of("303,5550143", Some(b',')), ["303", "5550143"]);
        assert_eq!(of(" \"303\" ; \"a;b\" ;", Some(b';')), ["303", "a;b", ""]);
        assert_eq!(of("3035550143\r", None), ["3035550143"]);
        assert_eq!(of("", Some(b',')), [""]);
    }
}
