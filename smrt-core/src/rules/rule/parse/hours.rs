//! Hours of the week in which a contact may happen.
//!
//! What this module does not do: it looks at no clock.

use chrono_tz::Tz;
use toml::de::DeTable;

use super::super::fault::RuleProblem;
use super::super::{Holidays, Hours, Window};
use super::{Node, Reader};

const KEYS: &[&str] = &[
    "daily",
    "weekdays",
    "weekends",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "holidays",
    "zone",
];
/// The keys that speak of each day, Monday first, the nearest first.
const DAYS: [[&str; 3]; 7] = [
    ["monday", "weekdays", "daily"],
    ["tuesday", "weekdays", "daily"],
    ["wednesday", "weekdays", "daily"],
    ["thursday", "weekdays", "daily"],
    ["friday", "weekdays", "daily"],
    ["saturday", "weekends", "daily"],
    ["sunday", "weekends", "daily"],
];
const CLOSED: &str = "closed";
const DAY_MINUTES: u16 = 24 * 60;

impl<'t> Reader<'t> {
    pub(super) fn hours(&mut self, node: &Node<'t>) -> Option<Hours> {
        let table = self.table("hours", node)?;
        self.check_keys(table, KEYS, "`hours`");
        let holidays = self.holidays(table);
        let zone = self.zone(table);
        let mut days = [None; 7];
        // A key that speaks of several days is read, and its fault told, once.
        let windows: Vec<(&str, Option<Option<Window>>)> = KEYS
            .iter()
            .filter(|key| !matches!(**key, "holidays" | "zone"))
            .filter_map(|key| Some((*key, self.window(key, table.get(*key)?))))
            .collect();
        let mut is_sound = true;
        for (day, keys) in days.iter_mut().zip(DAYS) {
            let said = keys
                .iter()
                .find_map(|key| windows.iter().find(|(said, _)| said == key));
            match said {
                Some((_, Some(window))) => *day = *window,
                Some((_, None)) => is_sound = false,
                None => {
                    let [key, ..] = keys;
                    self.missing(key, "`hours`", node.span().start);
                    is_sound = false;
                }
            }
        }
        let (holidays, zone) = (holidays?, zone?);
        is_sound.then_some(Hours {
            days,
            holidays,
            zone,
        })
    }

    fn holidays(&mut self, table: &DeTable<'t>) -> Option<Holidays> {
        let Some(node) = table.get("holidays") else {
            return Some(Holidays::AsUsual);
        };
        match self.string("holidays", node)? {
            "as_usual" => Some(Holidays::AsUsual),
            CLOSED => Some(Holidays::Closed),
            word => {
                let problem = RuleProblem::UnknownWord {
                    word: word.to_owned(),
                    expected: "not what holds on holidays: expected as_usual or closed".to_owned(),
                };
                self.fault(node.span().start, problem);
                None
            }
        }
    }

    /// `Some(None)` where no zone is named.
    #[expect(
        clippy::option_option,
        reason = "the outer one is a fault that was told"
    )]
    fn zone(&mut self, table: &DeTable<'t>) -> Option<Option<Tz>> {
        let Some(node) = table.get("zone") else {
            return Some(None);
        };
        let text = self.string("zone", node)?;
        match text.parse::<Tz>() {
            Ok(zone) => Some(Some(zone)),
            Err(_) => {
                let problem = RuleProblem::UnknownZone(text.to_owned());
                self.fault(node.span().start, problem);
                None
            }
        }
    }

    /// A window, or `Some(None)` for a day that is closed.
    #[expect(
        clippy::option_option,
        reason = "the outer one is a fault that was told"
    )]
    fn window(&mut self, key: &str, node: &Node<'t>) -> Option<Option<Window>> {
        let text = self.string(key, node)?;
        if text == CLOSED {
            return Some(None);
        }
        match window(text) {
            Ok(window) => Some(Some(window)),
            Err(reason) => {
                let text = text.to_owned();
                self.fault(node.span().start, RuleProblem::Window { text, reason });
                None
            }
        }
    }
}

/// Reads `08:00-21:00`.
fn window(text: &str) -> Result<Window, &'static str> {
    let (from, until) = text
        .split_once('-')
        .ok_or("two times with `-` between them are expected")?;
    let window = Window {
        from_minute: minute(from)?,
        until_minute: minute(until)?,
    };
    if window.from_minute == window.until_minute {
        return Err("it is empty");
    }
    if window.from_minute > window.until_minute {
        return Err("it ends before it begins");
    }
    Ok(window)
}

/// Reads `21:00`, up to `24:00`.
fn minute(text: &str) -> Result<u16, &'static str> {
    const EXPECTED: &str = "a time has two digits for the hour and two for the minute";
    let (hour, minute) = text.split_once(':').ok_or(EXPECTED)?;
    let two_digits = |text: &str| match text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())
    {
        true => text.parse::<u16>().map_err(|_| EXPECTED),
        false => Err(EXPECTED),
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    if minute >= 60 {
        return Err("an hour has 60 minutes");
    }
    match hour * 60 + minute {
        minute if minute <= DAY_MINUTES => Ok(minute),
        _ => Err("a day ends at 24:00"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_part_of_one_day() {
        let check = |text: &str, expected: Result<(u16, u16), &str>| {
            let read = window(text).map(|window| (window.from_minute, window.until_minute));
            assert_eq!(read, expected, "{text}");
        };
        check("08:00-21:00", Ok((480, 1260)));
        check("00:00-24:00", Ok((0, 1440)));
        check("09:00-21:30", Ok((540, 1290)));
        check("08:00-08:00", Err("it is empty"));
        check("21:00-08:00", Err("it ends before it begins"));
        check("08:00-24:01", Err("a day ends at 24:00"));
        check("08:00-99:99", Err("an hour has 60 minutes"));
        for text in [
            "8-21",
            "08:00",
            "8:00-21:00",
            "",
            "-",
            "08:00-21:00:00",
            "ab:cd-ef:gh",
        ] {
            assert!(window(text).is_err(), "{text}");
        }
    }
}
