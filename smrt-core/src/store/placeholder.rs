//! The marks for parameters of engines that write `$1` where the domain's SQL writes `?1`.

/// The same SQL with `$1`, `$2`, … for `?1`, `?2`, …; quoted text is left alone.
pub(super) fn to_dollars(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut quote = None;
    let mut characters = sql.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, '?') if characters.peek().is_some_and(char::is_ascii_digit) => {
                text.push('$');
                continue;
            }
            _ => {}
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_rewritten_and_quoted_text_is_not() {
        for (sql, want) in [
            ("SELECT ?1, ?12", "SELECT $1, $12"),
            ("a = '?1' AND b = ?2", "a = '?1' AND b = $2"),
            ("'it''s ?1' || ?1", "'it''s ?1' || $1"),
            ("\"?1\" = ?1", "\"?1\" = $1"),
            ("no marks? none", "no marks? none"),
        ] {
            assert_eq!(to_dollars(sql), want);
        }
    }
}
