//! Files of texts with Google's answers, as `corpus.py` writes them.
//!
//! One text a line: region, text, and for valid numbers E.164, region, line type, digits of the
//! area code and extension, separated by tabs; `-` where there is nothing.

use smrt_core::phone::Region;

use crate::answer::Answer;

/// A text, the region it was written in, and the answer if there is one.
pub(crate) struct Line {
    pub(crate) home: Option<Region>,
    pub(crate) text: String,
    pub(crate) answer: Option<Answer>,
}

/// Reads a line; the answer is `None` for a text that is no valid number.
pub(crate) fn read(line: &str) -> Line {
    let fields: Vec<&str> = line.split('\t').collect();
    let some = |field: &str| (field != "-").then(|| field.to_owned());
    let answer = match fields[2..] {
        [e164, region, line_type, area_digits, extension] => Some(Answer {
            e164: e164.to_owned(),
            region: some(region),
            line_type: line_type.to_owned(),
            area_digits: area_digits.parse().unwrap(),
            extension: some(extension),
        }),
        _ => None,
    };
    Line {
        home: fields[0].parse().ok(),
        text: unescaped(fields[1]),
        answer,
    }
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once(';').unwrap();
        let code = u32::from_str_radix(code, 16).unwrap();
        plain.push(char::from_u32(code).unwrap());
        plain.push_str(rest);
    }
    plain
}
