//! Writing JSON strings into a text under construction.
//!
//! What this module does not do: it builds no documents; `serde_json` does.

use std::fmt::Write as _;

/// Appends a JSON string with its quotes.
pub(crate) fn push_json_string(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (plain, special) = rest.split_at(at);
        json.push_str(plain);
        let mut chars = special.chars();
        match chars.next() {
            Some('"') => json.push_str("\\\""),
            Some('\\') => json.push_str("\\\\"),
            Some('\n') => json.push_str("\\n"),
            Some('\r') => json.push_str("\\r"),
            Some('\t') => json.push_str("\\t"),
            Some(other) => {
                let _ = write!(json, "\\u{:04x}", u32::from(other));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    json.push_str(rest);
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_strings_are_as_serde_writes_them() {
        for text in [
            "",
            "plain",
            "a\"b\\c",
            "line\nbreak\ttab\r",
            "\u{1}\u{1f}",
            "ünï 🙂",
            "\u{7f}",
        ] {
            let mut json = String::new();
            push_json_string(&mut json, text);
            assert_eq!(
                json.parse::<serde_json::Value>().unwrap(),
                serde_json::Value::from(text)
            );
        }
    }
}
