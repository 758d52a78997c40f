//! The rule files that come with smrt.
//!
//! What this module does not do: it reads none of them.

/// Names a file of `smrt-core/rules` and takes in its text.
macro_rules! files {
    ($($name:literal)*) => {
        /// The built-in rule files: name and text.
        pub const BUILTIN_FILES: &[(&str, &str)] = &[
            $((
                concat!($name, ".toml"),
                include_str!(concat!("../../../rules/", $name, ".toml")),
            ),)*
        ];
    };
}

files! {
    "everywhere"
    "au"
    "ca"
    "de"
    "eu"
    "fr"
    "gb"
    "us"
    "us-al"
    "us-az"
    "us-ca"
    "us-ct"
    "us-dc"
    "us-fl"
    "us-ga"
    "us-hi"
    "us-holidays"
    "us-il"
    "us-in"
    "us-ky"
    "us-la"
    "us-ma"
    "us-md"
    "us-me"
    "us-mi"
    "us-mn"
    "us-mo"
    "us-ms"
    "us-mt"
    "us-nc"
    "us-nd"
    "us-ne"
    "us-nj"
    "us-nm"
    "us-nv"
    "us-ny"
    "us-ok"
    "us-or"
    "us-pa"
    "us-ri"
    "us-sc"
    "us-sd"
    "us-tn"
    "us-tx"
    "us-ut"
    "us-va"
    "us-wa"
    "us-wi"
    "us-wv"
    "us-wy"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{Datelike as _, NaiveDate, Weekday};

    use super::*;
    use crate::rules::rule::{Jurisdiction, RuleSet};

    #[test]
    fn the_built_in_files_are_sound() {
        if let Err(faults) = RuleSet::parse(BUILTIN_FILES.iter().copied()) {
            let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
            panic!("{}", shown.join("\n"));
        }
        assert!(!RuleSet::builtin().rules().is_empty());
    }

    #[test]
    fn every_file_of_the_folder_is_built_in() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            // The words of replies are no rules.
            .filter(|name| name != crate::rules::reply::BUILTIN_REPLIES.0)
            .collect();
        let known: BTreeSet<String> = BUILTIN_FILES
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        assert_eq!(there, known);
    }

    /// The holidays of a place, by name.
    fn dates_of(jurisdiction: &str, name: &str) -> Vec<NaiveDate> {
        let jurisdiction: Jurisdiction = jurisdiction.parse().unwrap();
        RuleSet::builtin()
            .holidays()
            .iter()
            .filter(|holiday| holiday.jurisdiction == jurisdiction && holiday.name == name)
            .map(|holiday| holiday.date)
            .collect()
    }

    /// Easter by the calendar's own rule, to check the dates of the files against.
    fn easter(year: i32) -> NaiveDate {
        let (golden, century) = (year % 19, year / 100);
        let moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3
            + 15)
            % 30;
        let week = (32 + 2 * (century % 4) + 2 * (year % 100 / 4) - moon - year % 100 % 4) % 7;
        let late = (golden + 11 * moon + 22 * week) / 451;
        let days = moon + week - 7 * late + 21;
        NaiveDate::from_ymd_opt(year, 3, 1).unwrap()
            + chrono::Days::new(u64::try_from(days).unwrap())
    }

    #[test]
    fn holidays_fall_on_the_days_their_names_say() {
        use Weekday::{Mon, Thu};
        let check = |place: &str,
                     name: &str,
                     month: u32,
                     weekday: Weekday,
                     which: std::ops::RangeInclusive<u32>| {
            let dates = dates_of(place, name);
            let years: Vec<i32> = dates.iter().map(|date| date.year()).collect();
            assert_eq!(years, [2024, 2025, 2026, 2027, 2028], "{name}");
            for date in dates {
                assert_eq!(
                    (date.month(), date.weekday()),
                    (month, weekday),
                    "{name} {date}"
                );
                assert!(which.contains(&date.day()), "{name} {date}");
            }
        };
        check("US", "Birthday of Martin Luther King, Jr.", 1, Mon, 15..=21);
        check("US", "Washington's Birthday", 2, Mon, 15..=21);
        check("US", "Memorial Day", 5, Mon, 25..=31);
        check("US", "Labor Day", 9, Mon, 1..=7);
        check("US", "Columbus Day", 10, Mon, 8..=14);
        check("US", "Thanksgiving Day", 11, Thu, 22..=28);
        check("US-AL", "Confederate Memorial Day", 4, Mon, 22..=28);
        check("US-AL", "Jefferson Davis' Birthday", 6, Mon, 1..=7);
        check("US-RI", "Victory Day", 8, Mon, 8..=14);
    }

    #[test]
    fn movable_holidays_follow_easter() {
        let check = |place: &str, name: &str, days: i64| {
            let expected: Vec<NaiveDate> = (2024..=2028)
                .map(|year| easter(year) + chrono::TimeDelta::days(days))
                .collect();
            assert_eq!(dates_of(place, name), expected, "{place} {name}");
        };
        assert_eq!(easter(2026), NaiveDate::from_ymd_opt(2026, 4, 5).unwrap());
        check("US-LA", "Mardi Gras", -47);
        check("US-AL", "Mardi Gras", -47);
        check("US-LA", "Good Friday", -2);
        check("AU", "Good Friday", -2);
        check("AU", "Easter Monday", 1);
    }

    #[test]
    fn a_fixed_holiday_at_a_weekend_is_observed_on_the_day_beside_it() {
        let fixed = [
            ("US", "New Year's Day", 1, 1),
            ("US", "Juneteenth National Independence Day", 6, 19),
            ("US", "Independence Day", 7, 4),
            ("US", "Veterans Day", 11, 11),
            ("US", "Christmas Day", 12, 25),
            ("US-UT", "Pioneer Day", 7, 24),
        ];
        for (place, name, month, day) in fixed {
            let on = |year| NaiveDate::from_ymd_opt(year, month, day).unwrap();
            let expected: Vec<NaiveDate> = (2024..=2028).map(on).collect();
            assert_eq!(dates_of(place, name), expected);
            let observed: Vec<NaiveDate> = (2024..=2029)
                .filter_map(|year| match on(year).weekday() {
                    Weekday::Sat => on(year).pred_opt(),
                    Weekday::Sun => on(year).succ_opt(),
                    _ => None,
                })
                .filter(|date| date.year() <= 2028)
                .collect();
            assert_eq!(dates_of(place, &format!("{name}, observed")), observed);
        }
    }
}
