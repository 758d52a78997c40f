//! Cells: their value, and the several values that some of them join.
//!
//! What this module does not do: it gives no value a meaning.

use memchr::memchr;

/// No cell holds more joined values than this; what follows stays in the last one.
const JOINED_VALUES_MAX: usize = 64;

/// A cell without white space at its ends.
pub(super) fn trimmed(cell: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_some_and(|byte| (b'!'..=b'~').contains(byte));
    // Most cells begin and end with a letter or digit, and need no look at Unicode's tables.
    if is_plain(cell.as_bytes().first()) && is_plain(cell.as_bytes().last()) {
        return cell;
    }
    cell.trim()
}

/// What stands between joined values.
pub(super) struct Separator(
    // INVARIANT: not empty.
    String,
);

impl Separator {
    /// A separator, without the space round it; none where nothing is left.
    pub(super) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The joined values, trimmed; the cell itself where it joins none.
    pub(super) fn split<'s, 't>(
        &'s self,
        cell: &'t str,
    ) -> impl Iterator<Item = &'t str> + use<'s, 't> {
        let mut rest = Some(cell);
        let mut count = 0;
        std::iter::from_fn(move || {
            let text = rest?;
            count += 1;
            let at = if count < JOINED_VALUES_MAX {
                self.find(text)
            } else {
                None
            };
            let value = match at.and_then(|at| text.split_at_checked(at)) {
                Some((value, after)) => {
                    rest = after.get(self.0.len()..);
                    value
                }
                None => {
                    rest = None;
                    text
                }
            };
            Some(trimmed(value))
        })
    }

    /// Finds the separator; its first byte is rare, so looking for that is enough mostly.
    fn find(&self, text: &str) -> Option<usize> {
        let first = *self.0.as_bytes().first()?;
        let mut from = 0;
        loop {
            let at = from + memchr(first, text.as_bytes().get(from..)?)?;
            if text.as_bytes().get(at..)?.starts_with(self.0.as_bytes()) {
                return Some(at);
            }
            from = at + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_values_are_parted_and_trimmed() {
        let check = |separator: &str, cell: &str, want: &[&str]| {
            let separator = Separator::new(separator).unwrap();
            assert_eq!(separator.split(cell).collect::<Vec<_>>(), want, "{cell}");
        };
        check(" ::: ", "a ::: b", &["a", "b"]);
        check(" ::: ", "a: b:::c::", &["a: b", "c::"]);
        check(";", "a", &["a"]);
        check(";", "", &[""]);
        check(";", ";", &["", ""]);
        check("·", "å·ß", &["å", "ß"]);
        let many = "x;".repeat(100);
        assert_eq!(
            Separator::new(";").unwrap().split(&many).count(),
            JOINED_VALUES_MAX
        );
        assert!(Separator::new("  ").is_none());
    }

    #[test]
    fn cells_lose_every_white_space_at_their_ends() {
        let check = |cell: &str, want: &str| assert_eq!(trimmed(cell), want);
        check("a b", "a b");
        check(" a ", "a");
        check("\u{a0}a\u{3000}", "a");
        check("é ", "é");
        check("\t", "");
        check("", "");
    }
}
