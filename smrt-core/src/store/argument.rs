//! The arguments of a statement: which parameter, or what about it, each mark `$1`, `$2`, … stands for.
//!
//! What this module does not do: it knows nothing of SQL but what is quoted text and what a comment.

use super::value::Value;

/// An SQL text with marks `$1`, `$2`, … and what stands for each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbered {
    /// The text.
    pub(super) sql: String,
    /// What each mark stands for, in the marks' order; every mark stands in the text.
    pub(super) arguments: Vec<Argument>,
}

/// What a mark stands for. Parameters are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    /// A parameter's value.
    Value(usize),
    /// Whether a parameter is null.
    ///
    /// A server that infers a parameter's type from its surroundings cannot infer one from
    /// `?1 IS NULL`. Who binds the parameter knows the answer, so the answer is what is bound.
    IsNull(usize),
}

impl Argument {
    /// What is bound, given the values of the parameters; one that is missing is null.
    pub(super) fn value<'v>(self, parameters: &[Value<'v>]) -> Value<'v> {
        let parameter = |position: usize| parameters.get(position).copied().unwrap_or(Value::Null);
        match self {
            Self::Value(position) => parameter(position),
            Self::IsNull(position) => Value::Boolean(matches!(parameter(position), Value::Null)),
        }
    }
}

/// Rewrites the marks of a text.
pub(super) fn number(sql: &str) -> Numbered {
    let mut numbered = Numbered {
        sql: String::with_capacity(sql.len() + 16),
        arguments: Vec::new(),
    };
    let mut rest = sql;
    while let Some(start) = rest.find(['\'', '"', '-', '/', '?']) {
        let (before, found) = rest.split_at(start);
        numbered.sql.push_str(before);
        rest = match take_verbatim(found) {
            0 => numbered.take_mark(found),
            len => {
                let (verbatim, rest) = found.split_at(len);
                numbered.sql.push_str(verbatim);
                rest
            }
        };
    }
    numbered.sql.push_str(rest);
    numbered
}

impl Numbered {
    /// Takes the mark that the text begins with, if it is one, and returns the rest.
    fn take_mark<'sql>(&mut self, text: &'sql str) -> &'sql str {
        let after_sign = text.get(1..).unwrap_or_default();
        let digits = after_sign.len()
            - after_sign
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .len();
        let (number, rest) = after_sign.split_at(digits);
        let position = match (text.starts_with('?'), number.parse::<usize>()) {
            (true, Ok(number)) if number > 0 => number - 1,
            _ => {
                self.sql.push_str(text.get(..1).unwrap_or_default());
                return after_sign;
            }
        };
        let (argument, before, after, rest) = match null_test(rest) {
            Some((NullTest::IsNull, rest)) => (Argument::IsNull(position), "", "", rest),
            Some((NullTest::IsNotNull, rest)) => (Argument::IsNull(position), "(NOT ", ")", rest),
            None => (Argument::Value(position), "", "", rest),
        };
        let mark = self.mark_of(argument);
        self.sql.push_str(&format!("{before}${mark}{after}"));
        rest
    }

    fn mark_of(&mut self, argument: Argument) -> usize {
        match self.arguments.iter().position(|known| *known == argument) {
            Some(position) => position + 1,
            None => {
                self.arguments.push(argument);
                self.arguments.len()
            }
        }
    }
}

enum NullTest {
    IsNull,
    IsNotNull,
}

/// The test for null that a text begins with, and what follows it.
fn null_test(text: &str) -> Option<(NullTest, &str)> {
    let text = text.trim_start().strip_prefix("IS ")?.trim_start();
    match text.strip_prefix("NOT ") {
        Some(text) => Some((NullTest::IsNotNull, text.trim_start().strip_prefix("NULL")?)),
        None => Some((NullTest::IsNull, text.strip_prefix("NULL")?)),
    }
}

/// How many bytes of quoted text, or of a comment, a text begins with. A doubled quotation mark
/// within quoted text reads as the end of one and the start of another, which comes to the same.
fn take_verbatim(text: &str) -> usize {
    let until = |skip: usize, end: &str| {
        let found = text.get(skip..).and_then(|inner| inner.find(end));
        found.map_or(text.len(), |position| skip + position + end.len())
    };
    match text {
        _ if text.starts_with('\'') => until(1, "'"),
        _ if text.starts_with('"') => until(1, "\""),
        _ if text.starts_with("--") => until(2, "\n"),
        _ if text.starts_with("/*") => until(2, "*/"),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, want: &str, arguments: &[Argument]) {
        let numbered = number(sql);
        assert_eq!(numbered.sql, want);
        assert_eq!(numbered.arguments, arguments, "{sql}");
    }

    #[test]
    fn marks_are_numbered_in_the_order_of_their_first_use() {
        use Argument::Value;
        check("SELECT 1", "SELECT 1", &[]);
        check(
            "a = ?1 AND b = ?2",
            "a = $1 AND b = $2",
            &[Value(0), Value(1)],
        );
        check("?2, ?1, ?2", "$1, $2, $1", &[Value(1), Value(0)]);
        check("x IN (?10,?9)", "x IN ($1,$2)", &[Value(9), Value(8)]);
    }

    #[test]
    fn quoted_text_and_comments_are_left_alone() {
        use Argument::Value;
        for verbatim in [
            "'?1 it''s ?2'",
            "\"a ?1 column\"",
            "/* ?1 */",
            "-- ?1\n",
            "'open ?1",
            "? ?0 a - b / c",
            "größer 'ß?1'",
        ] {
            check(verbatim, verbatim, &[]);
        }
        check("'' = ?1 -- ?2", "'' = $1 -- ?2", &[Value(0)]);
        check("'a' || ?1 || 'b?'", "'a' || $1 || 'b?'", &[Value(0)]);
    }

    #[test]
    fn a_test_for_null_is_an_argument_of_its_own() {
        use Argument::{IsNull, Value};
        check(
            "(?1 IS NULL OR a = ?1) AND ?1 IS NOT NULL",
            "($1 OR a = $2) AND (NOT $1)",
            &[IsNull(0), Value(0)],
        );
        check(
            "?1 IS NOT DISTINCT FROM a",
            "$1 IS NOT DISTINCT FROM a",
            &[Value(0)],
        );
        check("?3  IS  NULL", "$1", &[IsNull(2)]);
    }
}
