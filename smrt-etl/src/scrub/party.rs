//! From a row to the called parties it means.
//!
//! What this module does not do: it asks no store, and what it cannot read it never passes over:
//! the row is unusable then.

use std::collections::HashMap;

use smrt_core::model::{Audience, Line};
use smrt_core::phone::{Region, parse_cell};
use smrt_core::rules::place::{self, StatedPlace, Tz};
use smrt_core::rules::rule::Jurisdiction;
use smrt_core::smrt::CalledParty;

use super::column::ListColumns;
use crate::record::Record;

/// How far a row says whom it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// All numbers of the row could be read.
    Whole,
    /// Some number could, another could not.
    Partly,
    /// The row cannot be decided, for this reason.
    Unusable(&'static str),
}

/// What the columns beside the number say of the called party.
#[derive(Debug, Clone, Default)]
struct Stated {
    place: StatedPlace,
    line: Option<Line>,
    audience: Option<Audience>,
}

/// How many words for a place are remembered.
const PLACES_MAX: usize = 1_024;

/// Reads the called parties of rows.
#[derive(Debug, Clone)]
pub(super) struct PartyReader<'c> {
    columns: &'c ListColumns,
    region: Option<Region>,
    /// The region as a jurisdiction, to which states without a country belong.
    country: Option<String>,
    original_before: Option<usize>,
    /// What words of the column for states mean: there are few, and each row has one.
    places: HashMap<String, Option<Jurisdiction>>,
}

impl<'c> PartyReader<'c> {
    pub(super) fn new(
        columns: &'c ListColumns,
        region: Option<Region>,
        original_before: Option<usize>,
    ) -> Self {
        Self {
            columns,
            region,
            country: region.map(|region| region.to_string()),
            original_before,
            places: HashMap::new(),
        }
    }

    /// Appends the called parties of a row: one for each of its numbers, in the order of the
    /// columns.
    pub(super) fn read(&mut self, record: &Record<'_>, parties: &mut Vec<CalledParty>) -> Standing {
        let first = parties.len();
        let read = match record.problem() {
            Some(problem) => Err(problem.code),
            None => self.read_row(record, parties),
        };
        read.unwrap_or_else(|code| {
            parties.truncate(first);
            Standing::Unusable(code)
        })
    }

    fn read_row(
        &mut self,
        record: &Record<'_>,
        parties: &mut Vec<CalledParty>,
    ) -> Result<Standing, &'static str> {
        if cell(record, self.original_before).is_some() {
            return Err("row_unreadable");
        }
        let stated = self.stated(record)?;
        let first = parties.len();
        let mut fault = None;
        for column in &self.columns.phones {
            for (_, read) in parse_cell(record.get(*column).unwrap_or_default(), self.region) {
                let number = match read {
                    Ok(number) => number.e164(),
                    Err(error) => {
                        fault = fault.or(Some(error.code()));
                        continue;
                    }
                };
                let known = parties.iter().skip(first);
                if known.into_iter().any(|party| party.phone_number == number) {
                    continue;
                }
                parties.push(CalledParty {
                    stated: stated.place.clone(),
                    line: stated.line,
                    audience: stated.audience.unwrap_or(Audience::Unknown),
                    ..CalledParty::at(number)
                });
            }
        }
        match (parties.len() > first, fault) {
            (true, None) => Ok(Standing::Whole),
            (true, Some(_)) => Ok(Standing::Partly),
            (false, fault) => Err(fault.unwrap_or("phone_missing")),
        }
    }

    fn stated(&mut self, record: &Record<'_>) -> Result<Stated, &'static str> {
        let columns = self.columns;
        let mut stated = Stated::default();
        if let Some(text) = cell(record, columns.state) {
            let jurisdiction = self.remembered(text).ok_or("state_not_valid")?;
            stated.place.jurisdiction = Some(jurisdiction);
        }
        if let Some(text) = cell(record, columns.zone) {
            let zone: Tz = text.parse().map_err(|_| "zone_not_valid")?;
            stated.place.zone = Some(zone);
        }
        if let Some(text) = cell(record, columns.line) {
            let line = text.to_ascii_lowercase().parse();
            stated.line = Some(line.map_err(|_| "line_not_valid")?);
        }
        if let Some(text) = cell(record, columns.audience) {
            let audience = text.to_ascii_lowercase().parse();
            stated.audience = Some(audience.map_err(|_| "audience_not_valid")?);
        }
        Ok(stated)
    }

    fn remembered(&mut self, text: &str) -> Option<Jurisdiction> {
        if let Some(known) = self.places.get(text) {
            return *known;
        }
        let jurisdiction = self.jurisdiction(text);
        if self.places.len() < PLACES_MAX {
            self.places.insert(text.to_owned(), jurisdiction);
        }
        jurisdiction
    }

    /// A state such as `US-FL`, or `FL` in the region of the list, or else a country.
    ///
    /// `CA` is California in a list of American numbers, and Canada in one of unknown origin would
    /// be a guess: without a region, a word that names a state somewhere is not read.
    fn jurisdiction(&self, text: &str) -> Option<Jurisdiction> {
        let text = text.to_ascii_uppercase();
        if text.contains('-') {
            return known(&text);
        }
        let in_region = |country: &String| known(&format!("{country}-{text}"));
        if let Some(state) = self.country.as_ref().and_then(in_region) {
            return Some(state);
        }
        let countries = Region::all().map(|region| region.to_string());
        let is_state_somewhere = || {
            countries
                .into_iter()
                .any(|country| in_region(&country).is_some())
        };
        match self.country {
            None if is_state_somewhere() => None,
            _ => known(&text),
        }
    }
}

/// The text of a cell, where it has any.
fn cell<'r>(record: &Record<'r>, column: Option<usize>) -> Option<&'r str> {
    let text = record.get(column?)?.trim();
    (!text.is_empty()).then_some(text)
}

/// The jurisdiction that a text names, if there is such a place.
fn known(text: &str) -> Option<Jurisdiction> {
    let jurisdiction = text.parse().ok()?;
    place::is_known(jurisdiction).then_some(jurisdiction)
}
