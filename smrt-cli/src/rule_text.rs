//! The parts of a rule as JSON, with the keys of a rule file, and as words for people.
//!
//! What this module does not do: it applies no rule.

use serde_json::{Map, Value, json};
use smrt_core::model::{Term, TermSet};
use smrt_core::rules::rule::{
    Condition, Demand, Exception, Holidays, Hours, NotListed, Reach, Window,
};

/// The days of a week as rule files name them, Monday first.
const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// What a condition asks for; what it leaves open is left out.
pub(crate) fn condition(when: &Condition) -> Map<String, Value> {
    let mut map = Map::new();
    let mut add = |key: &str, words: Option<Value>| {
        if let Some(words) = words {
            map.insert(key.to_owned(), words);
        }
    };
    add("channels", narrowed(when.channels));
    add("voices", narrowed(when.voices));
    add("dialings", narrowed(when.dialings));
    add("purposes", narrowed(when.purposes));
    add("lines", narrowed(when.lines));
    add("audiences", narrowed(when.audiences));
    let circumstances = (!when.circumstances.is_empty()).then(|| words(when.circumstances));
    add("circumstances", circumstances);
    map
}

/// What lifts a rule.
pub(crate) fn exception(exception: &Exception) -> Map<String, Value> {
    let value = match exception {
        Exception::Purposes(purposes) => json!({ "purposes": words(*purposes) }),
        Exception::Circumstances { any_of, audiences } => match narrowed(*audiences) {
            Some(audiences) => json!({ "circumstances": words(*any_of), "audiences": audiences }),
            None => json!({ "circumstances": words(*any_of) }),
        },
        Exception::Consent(tier) => json!({ "consent": tier.as_str() }),
        Exception::Relationship {
            purchase_months,
            inquiry_months,
        } => json!({ "purchase_months": purchase_months, "inquiry_months": inquiry_months }),
        Exception::ConfirmsWithdrawal { minutes } => {
            json!({ "confirms_withdrawal_minutes": minutes })
        }
    };
    object(value)
}

/// What a rule demands.
pub(crate) fn demand(demand: &Demand) -> Map<String, Value> {
    let value = match demand {
        Demand::Hours(hours) => json!({ "hours": hours_of_days(hours) }),
        Demand::Cap {
            contacts_max,
            hours,
        } => json!({ "cap": { "contacts_max": contacts_max, "hours": hours } }),
        Demand::Ban => json!({ "ban": true }),
        Demand::Consent(tier) => json!({ "consent": tier.as_str() }),
        Demand::NotWithdrawn { reach } => json!({ "not_withdrawn": reach_word(*reach) }),
        Demand::NotListed(NotListed {
            kind,
            required,
            age_days_max,
            listed_days_min,
        }) => json!({ "not_listed": {
            "list": kind.as_str(),
            "required": required,
            "age_days_max": age_days_max,
            "listed_days_min": listed_days_min,
        } }),
        Demand::NotOnInternalList { life_years } => {
            json!({ "not_on_internal_list": { "life_years": life_years } })
        }
        Demand::NotReassigned {
            answer_age_days_max,
        } => json!({ "not_reassigned": { "answer_age_days_max": answer_age_days_max } }),
        Demand::NotObjected => json!({ "not_objected": true }),
        Demand::NotRestricted => json!({ "not_restricted": true }),
        Demand::NotSuppressed => json!({ "not_suppressed": true }),
    };
    object(value)
}

/// JSON of the parts above in a line of words: `channels call sms, purposes marketing`.
pub(crate) fn line(map: &Map<String, Value>) -> String {
    let parts = map.iter().filter_map(|(key, value)| {
        let text = match value {
            Value::Null => return None,
            Value::Bool(true) => return Some(key.clone()),
            Value::Object(inner) => line(inner),
            Value::Array(items) => {
                let items = items.iter().filter_map(Value::as_str);
                items.collect::<Vec<_>>().join(" ")
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(format!("{key} {text}").trim_end().to_owned())
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// A demand in a line of words; days with the same hours are told together.
pub(crate) fn demand_line(demanded: &Demand) -> String {
    match demanded {
        Demand::Hours(hours) => format!("hours {}", hours_line(hours)),
        other => line(&demand(other)),
    }
}

fn hours_line(hours: &Hours) -> String {
    let [weekday, .., saturday, sunday] = hours.days;
    let mut parts: Vec<String> = Vec::new();
    let is_even = hours.days.iter().take(5).all(|day| *day == weekday);
    match (is_even, saturday == weekday, sunday == saturday) {
        (true, true, true) => parts.push(format!("daily {}", window(weekday))),
        (true, true, false) => {
            parts.push(format!("daily {}", window(weekday)));
            parts.push(format!("sunday {}", window(sunday)));
        }
        (true, false, true) => {
            parts.push(format!("weekdays {}", window(weekday)));
            parts.push(format!("weekends {}", window(sunday)));
        }
        (true, false, false) => {
            parts.push(format!("weekdays {}", window(weekday)));
            parts.push(format!("saturday {}", window(saturday)));
            parts.push(format!("sunday {}", window(sunday)));
        }
        (false, ..) => {
            let days = DAYS.iter().zip(hours.days);
            parts.extend(days.map(|(day, hours)| format!("{day} {}", window(hours))));
        }
    }
    if hours.holidays == Holidays::Closed {
        parts.push("holidays closed".to_owned());
    }
    if let Some(zone) = hours.zone {
        parts.push(format!("zone {zone}"));
    }
    parts.join(", ")
}

fn hours_of_days(hours: &Hours) -> Value {
    let mut map = Map::new();
    for (day, hours) in DAYS.iter().zip(hours.days) {
        map.insert((*day).to_owned(), Value::String(window(hours)));
    }
    let holidays = match hours.holidays {
        Holidays::AsUsual => "as_usual",
        Holidays::Closed => "closed",
    };
    map.insert("holidays".to_owned(), Value::from(holidays));
    let zone = hours.zone.map(|zone| zone.name());
    map.insert("zone".to_owned(), Value::from(zone));
    Value::Object(map)
}

fn window(window: Option<Window>) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    match window {
        Some(Window {
            from_minute,
            until_minute,
        }) => format!("{}-{}", clock(from_minute), clock(until_minute)),
        None => "closed".to_owned(),
    }
}

const fn reach_word(reach: Reach) -> &'static str {
    match reach {
        Reach::Scope => "scope",
        Reach::Telephone => "telephone",
    }
}

/// The words of a set.
pub(crate) fn words<T: Term>(set: TermSet<T>) -> Value {
    Value::from(set.iter().map(Term::as_str).collect::<Vec<_>>())
}

/// The words of a set that does not take everything.
fn narrowed<T: Term>(set: TermSet<T>) -> Option<Value> {
    (set != TermSet::ALL).then(|| words(set))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use smrt_core::rules::rule::RuleSet;

    use super::*;

    #[test]
    fn demands_are_told_in_the_words_of_a_rule_file() {
        let check = |id: &str, expected: &str| {
            let rule = RuleSet::builtin().rules_of(id).last().unwrap();
            assert_eq!(demand_line(&rule.demand), expected, "{id}");
        };
        check("us.quiet_hours", "hours daily 08:00-21:00");
        check(
            "ca.hours",
            "hours weekdays 09:00-21:30, weekends 10:00-18:00",
        );
        check(
            "us-ri.hours",
            "hours weekdays 09:00-18:00, saturday 10:00-17:00, sunday closed, holidays closed",
        );
        check(
            "us-ms.standard_time_hours",
            "hours daily 08:00-20:00, sunday closed, zone Etc/GMT+6",
        );
        check("us-fl.cap", "cap contacts_max 3, hours 24");
        check("us.recorded", "consent pec");
        check("us-az.mobile_ban", "ban");
        check(
            "gb.tps",
            "not_listed list national, required, age_days_max 28, listed_days_min 28",
        );
        check("us.internal_list_for_ever", "not_on_internal_list");
        check("everywhere.not_restricted", "not_restricted");
    }

    #[test]
    fn conditions_and_exceptions_leave_out_what_they_leave_open() {
        let rule = RuleSet::builtin()
            .rules_of("us.national_dnc")
            .next()
            .unwrap();
        assert_eq!(line(&condition(&rule.when)), "channels call sms");
        let lines: Vec<String> = rule
            .unless
            .iter()
            .map(|one| line(&exception(one)))
            .collect();
        assert_eq!(
            lines,
            [
                "purposes emergency",
                "purposes informational survey political debt_collection opt_out_confirmation",
                "circumstances nonprofit personal_relationship",
                "circumstances business_to_business, audiences business",
                "consent pewc",
                "purchase_months 18, inquiry_months 3",
            ]
        );
    }
}
