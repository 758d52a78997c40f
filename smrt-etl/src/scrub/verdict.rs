//! Decisions as the columns of a row, and as counts.
//!
//! Few decisions differ in more than the number and the instant, so what is the same for many rows
//! is written once.

use std::collections::HashMap;
use std::fmt::Write as _;

use smrt_core::model::{Instant, Term};
use smrt_core::phone::E164;
use smrt_core::rules::contact::{Decision, Flag};
use smrt_core::smrt::ScrubOutcome;

use super::line::LineFormat;
use super::party::Standing;
use super::tally::Tally;
use crate::json_text::push_json_string;
use crate::row_text::Quoting;

/// So many kinds of answers are kept at once; beyond, they are counted and begun anew.
const KINDS_MAX: usize = 8_192;
/// So many instants are kept as text.
const INSTANTS_MAX: usize = 4_096;

/// The flag of a row of which one number was decided and another could not be read.
const OTHER_PHONE_UNREADABLE: &str = "OTHER_PHONE_UNREADABLE";

/// What becomes of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict<'d> {
    pub(super) outcome: ScrubOutcome,
    /// The decision that counts, and the number it is about; nothing for a row that is unusable.
    pub(super) decided: Option<(&'d Decision<'d>, E164)>,
    pub(super) standing: Standing,
}

impl<'d> Verdict<'d> {
    /// What a decision means for its row.
    pub(super) fn outcome_of(decision: &Decision<'_>) -> ScrubOutcome {
        match (decision.is_allowed(), decision.next_allowed_at) {
            (true, _) => ScrubOutcome::Callable,
            (false, Some(_)) => ScrubOutcome::Later,
            (false, None) => ScrubOutcome::Blocked,
        }
    }

    fn code(&self) -> &'static str {
        match (self.decided, self.standing) {
            (Some((decision, _)), _) => decision.code(),
            (None, Standing::Unusable(code)) => code,
            (None, Standing::Whole | Standing::Partly) => "phone_missing",
        }
    }
}

/// What is the same for all rows with the same answer for the same reasons.
#[derive(Debug)]
struct Kind {
    outcome: ScrubOutcome,
    code: &'static str,
    codes: Vec<&'static str>,
    flags: Vec<&'static str>,
    /// The text before the instant, and the one between instant and number.
    before: String,
    between: String,
    rows: u64,
}

/// Writes verdicts and counts them.
#[derive(Debug)]
pub(super) struct VerdictWriter<'f> {
    format: &'f LineFormat,
    kinds: Vec<Kind>,
    by_key: HashMap<Box<[usize]>, usize>,
    key: Vec<usize>,
    instants: HashMap<Instant, String>,
    pub(super) tally: Tally,
}

impl<'f> VerdictWriter<'f> {
    pub(super) fn new(format: &'f LineFormat) -> Self {
        Self {
            format,
            kinds: Vec::new(),
            by_key: HashMap::new(),
            key: Vec::new(),
            instants: HashMap::new(),
            tally: Tally::default(),
        }
    }

    /// Counts a verdict and appends its columns.
    pub(super) fn push(&mut self, text: &mut String, verdict: &Verdict<'_>) {
        let position = self.kind(verdict);
        let next = verdict
            .decided
            .and_then(|(decision, _)| decision.next_allowed_at);
        let number = verdict.decided.map(|(_, number)| number);
        let Some(kind) = self.kinds.get_mut(position) else {
            return;
        };
        kind.rows += 1;
        text.push_str(&kind.before);
        match self.format {
            LineFormat::Delimited { quoting, .. } => {
                if let Some(next) = next {
                    quoting.push_field(text, remembered(&mut self.instants, next));
                }
                text.push_str(&kind.between);
                if let Some(number) = number {
                    push_number(text, quoting, number);
                }
            }
            LineFormat::JsonLines => {
                match next {
                    Some(next) => push_json_string(text, remembered(&mut self.instants, next)),
                    None => text.push_str("null"),
                }
                text.push_str(&kind.between);
                // Neither writing to a text nor digits can fail.
                let _ = match number {
                    Some(number) => write!(text, "\"{number}\"}}"),
                    None => write!(text, "null}}"),
                };
            }
        }
    }

    /// Everything that was counted.
    pub(super) fn finish(mut self) -> Tally {
        self.count_kinds();
        self.tally
    }

    /// The place of the kind of answers to which a verdict belongs.
    fn kind(&mut self, verdict: &Verdict<'_>) -> usize {
        self.key.clear();
        key_of(verdict, &mut self.key);
        if let Some(position) = self.by_key.get(self.key.as_slice()) {
            return *position;
        }
        if self.kinds.len() >= KINDS_MAX {
            self.count_kinds();
        }
        let position = self.kinds.len();
        self.kinds.push(Kind::of(verdict, self.format));
        self.by_key.insert(self.key.as_slice().into(), position);
        position
    }

    fn count_kinds(&mut self) {
        self.by_key.clear();
        for kind in self.kinds.drain(..) {
            let Kind {
                rows,
                outcome,
                code,
                codes,
                flags,
                ..
            } = kind;
            self.tally.add_rows(rows, outcome, code, &codes, &flags);
        }
    }
}

/// What tells a kind of answers from another, as numbers.
///
/// Rules live as long as the scrub, so that where a rule is tells which one it is.
fn key_of(verdict: &Verdict<'_>, key: &mut Vec<usize>) {
    let flags = |decision: &Decision<'_>| {
        let flags = decision.flags.iter();
        flags.fold(0, |bits, flag| bits | 1 << flag.position())
    };
    key.push(verdict.outcome as usize);
    key.push(usize::from(verdict.standing == Standing::Partly));
    key.push(verdict.code().as_ptr().addr());
    let Some((decision, _)) = verdict.decided else {
        return;
    };
    key.push(flags(decision));
    for reason in &decision.reasons {
        key.push(reason.code as usize);
        let rule = reason.rule.map(|rule| std::ptr::from_ref(rule).addr());
        key.push(rule.unwrap_or_default());
    }
}

impl Kind {
    fn of(verdict: &Verdict<'_>, format: &LineFormat) -> Self {
        let mut codes: Vec<&'static str> = Vec::new();
        let mut rules: Vec<&str> = Vec::new();
        let mut flags: Vec<&'static str> = Vec::new();
        if let Some((decision, _)) = verdict.decided {
            codes.extend(decision.codes().iter().map(|code| code.as_str()));
            let of_reasons = decision.reasons.iter().filter_map(|reason| reason.rule);
            rules.extend(of_reasons.map(|rule| rule.id.as_str()));
            flags.extend(decision.flags.iter().map(Flag::as_str));
        }
        if verdict.standing == Standing::Partly {
            flags.push(OTHER_PHONE_UNREADABLE);
        }
        let code = verdict.code();
        let (mut before, mut between) = (String::new(), String::new());
        match format {
            LineFormat::Delimited { quoting, .. } => {
                let (codes, rules) = (codes.join(" "), rules.join(" "));
                let columns = [verdict.outcome.as_str(), code, &codes, &rules, ""];
                quoting.push_fields(&mut before, &columns);
                quoting.push_fields(&mut between, &["", &flags.join(" "), ""]);
            }
            LineFormat::JsonLines => {
                before.push_str("{\"verdict\":");
                push_json_string(&mut before, verdict.outcome.as_str());
                before.push_str(",\"code\":");
                push_json_string(&mut before, code);
                before.push_str(",\"codes\":");
                push_json_list(&mut before, &codes);
                before.push_str(",\"rules\":");
                push_json_list(&mut before, &rules);
                before.push_str(",\"next_allowed_at\":");
                between.push_str(",\"flags\":");
                push_json_list(&mut between, &flags);
                between.push_str(",\"phone_number\":");
            }
        }
        Self {
            outcome: verdict.outcome,
            code,
            codes,
            flags,
            before,
            between,
            rows: 0,
        }
    }
}

fn remembered(instants: &mut HashMap<Instant, String>, instant: Instant) -> &str {
    if instants.len() >= INSTANTS_MAX && !instants.contains_key(&instant) {
        instants.clear();
    }
    instants
        .entry(instant)
        .or_insert_with(|| instant.to_string())
}

fn push_number(text: &mut String, quoting: &Quoting, number: E164) {
    match quoting.delimiter == b'+' || quoting.quote == b'+' {
        true => quoting.push_field(text, &number.to_string()),
        false => {
            // Writing to a text cannot fail.
            let _ = write!(text, "{number}");
        }
    }
}

fn push_json_list(json: &mut String, texts: &[&str]) {
    json.push('[');
    for (position, text) in texts.iter().enumerate() {
        if position > 0 {
            json.push(',');
        }
        push_json_string(json, text);
    }
    json.push(']');
}
