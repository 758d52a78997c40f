//! Who a row speaks of.

use std::borrow::Cow;

use smrt_core::phone::E164;

use super::digest::RowDigest;
use crate::mapping::MappedRow;

/// The key of the row: the source's own, or a fingerprint of who it speaks of.
///
/// The fingerprint takes the name and, of e-mail address, phone numbers and company, the first
/// that is there: so a new job or a second number does not make another person.
pub(super) fn source_key<'r>(
    mapped: &'r MappedRow<'_>,
    email: Option<&str>,
    numbers: impl Iterator<Item = E164>,
) -> Option<Cow<'r, str>> {
    if let Some(key) = mapped.source_key.as_deref() {
        return Some(Cow::Borrowed(key));
    }
    let names = [mapped.first_name.as_deref(), mapped.last_name.as_deref()];
    let ids = [
        mapped.employee_id.as_deref(),
        mapped.contractor_id.as_deref(),
    ];
    let mut numbers: Vec<u64> = numbers.map(E164::digits).collect();
    let named = names.iter().chain(&ids).any(Option::is_some);
    if !named && email.is_none() && numbers.is_empty() {
        return None;
    }
    let mut digest = RowDigest::new();
    for part in names.iter().chain(&ids) {
        digest.absorb(&folded(part.unwrap_or_default()));
    }
    if let Some(email) = email {
        digest.absorb(&email.to_lowercase());
    } else if numbers.is_empty() {
        digest.absorb(&folded(mapped.company_name.as_deref().unwrap_or_default()));
    } else {
        numbers.sort_unstable();
        numbers.dedup();
        numbers
            .iter()
            .for_each(|number| digest.absorb_number(*number));
    }
    Some(Cow::Owned(format!(
        "fingerprint:{:016x}{:016x}",
        digest.second(),
        digest.finish()
    )))
}

/// Lower case, with single spaces.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_makes_spellings_equal() {
        assert_eq!(folded("  Ada   LOVELACE "), "ada lovelace");
        assert_eq!(folded("Ärger"), "ärger");
    }
}
