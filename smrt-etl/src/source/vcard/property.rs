//! One content line of a vCard: group, name, parameters and value.
//!
//! What this module does not do: it gives no name a meaning.

/// A property as it is written, in one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Property<'l> {
    /// What ties properties together: `item1` of `item1.TEL`.
    pub(super) group: &'l str,
    pub(super) name: &'l str,
    /// Everything between the name and the colon, with the semicolon it begins with.
    parameters: &'l str,
    pub(super) value: &'l str,
}

/// Why a line is no property, and the byte where that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no colon, or only one within quotes that are never closed.
    NoColon { at: usize },
    /// The name is missing, or holds what no name can hold.
    Name { at: usize },
}

impl<'l> Property<'l> {
    pub(super) fn parse(line: &'l str) -> Result<Self, Fault> {
        let name_end = line
            .bytes()
            .position(|byte| !is_of_name(byte))
            .unwrap_or(line.len());
        let (full_name, rest) = split_at(line, name_end);
        let rest_bytes = rest.as_bytes();
        // Some programs put blanks before the colon.
        let colon = match rest_bytes.first() {
            _ if full_name.is_empty() => return Err(Fault::Name { at: 0 }),
            Some(b':') => 0,
            Some(b';') => colon_outside_quotes(rest).ok_or(Fault::NoColon { at: name_end })?,
            Some(_) if !rest.contains(':') => return Err(Fault::NoColon { at: name_end }),
            Some(_) => return Err(Fault::Name { at: name_end }),
            None => return Err(Fault::NoColon { at: name_end }),
        };
        let (parameters, value) = split_at(rest, colon);
        let (group, name) = match full_name.rsplit_once('.') {
            Some((group, name)) if !name.is_empty() => (group, name),
            Some(_) => return Err(Fault::Name { at: 0 }),
            None => ("", full_name),
        };
        Ok(Self {
            group,
            name,
            parameters,
            value: value.get(1..).unwrap_or_default(),
        })
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The parameters in order, a value each: `TYPE=work,fax` is two. A value without a name, as
    /// version 2.1 has them, has an empty one.
    pub(super) fn parameters(&self) -> Parameters<'l> {
        Parameters {
            rest: self.parameters,
            name: "",
        }
    }

    /// The first value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&'l str> {
        let mut parameters = self.parameters();
        let found = parameters.find(|(of, _)| of.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// Whether the value is written in quoted-printable.
    pub(super) fn is_quoted_printable(&self) -> bool {
        !self.parameters.is_empty()
            && self.parameters().any(|(name, value)| {
                (name.is_empty() || name.eq_ignore_ascii_case("ENCODING"))
                    && value.eq_ignore_ascii_case("QUOTED-PRINTABLE")
            })
    }
}

/// The values of parameters.
#[derive(Debug, Clone)]
pub(super) struct Parameters<'l> {
    rest: &'l str,
    /// The parameter whose list is being read.
    name: &'l str,
}

impl<'l> Iterator for Parameters<'l> {
    type Item = (&'l str, &'l str);

    fn next(&mut self) -> Option<Self::Item> {
        let begins = self.rest.as_bytes().first()?;
        let rest = self.rest.get(1..).unwrap_or_default();
        let rest = match begins {
            b';' => {
                let end = rest.find(['=', ';', ',']).unwrap_or(rest.len());
                match rest.as_bytes().get(end) {
                    Some(b'=') => {
                        let (name, value) = split_at(rest, end);
                        self.name = name.trim();
                        value.get(1..).unwrap_or_default()
                    }
                    _ => {
                        self.name = "";
                        rest
                    }
                }
            }
            // A further value of the same list.
            _ => rest,
        };
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                let (value, rest) = split_at(quoted, end);
                let rest = rest.get(1..).unwrap_or_default();
                let next = rest.find([';', ',']).unwrap_or(rest.len());
                (value, rest.get(next..).unwrap_or_default())
            }
            None => split_at(rest, rest.find([';', ',']).unwrap_or(rest.len())),
        };
        self.rest = rest;
        Some((self.name, value.trim()))
    }
}

fn colon_outside_quotes(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b':' if !is_quoted => return Some(at),
            _ => {}
        }
    }
    // A quote that is never closed is a letter like any other.
    match is_quoted {
        true => text.find(':'),
        false => None,
    }
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn split_at(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        let check = |line: &str, group: &str, name: &str, parameters: &[(&str, &str)], value| {
            let property = Property::parse(line).unwrap();
            assert_eq!((property.group, property.name), (group, name), "{line}");
            assert_eq!(
                property.parameters().collect::<Vec<_>>(),
                parameters,
                "{line}"
            );
            assert_eq!(property.value, value, "{line}");
        };
        check("FN:Ada", "", "FN", &[], "Ada");
        check("item1.TEL:+1", "item1", "TEL", &[], "+1");
        check(
            "TEL;HOME;VOICE:1",
            "",
            "TEL",
            &[("", "HOME"), ("", "VOICE")],
            "1",
        );
        check(
            "TEL;TYPE=work,fax;PREF=1:1",
            "",
            "TEL",
            &[("TYPE", "work"), ("TYPE", "fax"), ("PREF", "1")],
            "1",
        );
        check(
            "TEL;VALUE=uri;TYPE=\"voice,home\":tel:+1;ext=5",
            "",
            "TEL",
            &[("VALUE", "uri"), ("TYPE", "voice,home")],
            "tel:+1;ext=5",
        );
        check(
            "ADR;LABEL=\"a:b;c\";X=:;;x",
            "",
            "ADR",
            &[("LABEL", "a:b;c"), ("X", "")],
            ";;x",
        );
        check("NOTE;X=\"open:text", "", "NOTE", &[("X", "open")], "text");
    }

    #[test]
    fn what_is_no_property_is_told_with_its_place() {
        let check = |line: &str, fault| assert_eq!(Property::parse(line), Err(fault), "{line}");
        check("no colon at all", Fault::NoColon { at: 2 });
        check("TEL;TYPE=work", Fault::NoColon { at: 3 });
        check("", Fault::Name { at: 0 });
        check(":value", Fault::Name { at: 0 });
        check("büro:1", Fault::Name { at: 1 });
        check("item1.:1", Fault::Name { at: 0 });
    }
}
