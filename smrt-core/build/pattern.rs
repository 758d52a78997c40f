//! The patterns of the metadata: the small part of regular expressions that numbering plans use.
//!
//! Digits, classes of digits, groups, alternatives, `?`, `{n}`, `{n,m}` and a final `$`.
//! Anything else stops the build, so that a new metadata version cannot be misread silently.

/// A parsed pattern.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    /// One digit out of a set; bit `d` stands for digit `d`.
    Digit(u16),
    /// One after the other.
    Sequence(Vec<Pattern>),
    /// Any of these.
    Either(Vec<Pattern>),
    /// Between so many and so many times.
    Repeat(Box<Pattern>, usize, usize),
    /// A group whose match is wanted.
    Capture(Box<Pattern>),
    /// The end of the number.
    End,
}

/// Any digit.
pub(crate) const ANY: u16 = 0x3ff;

impl Pattern {
    pub(crate) fn parse(text: &str) -> Self {
        let mut reader = Reader {
            rest: text.as_bytes(),
        };
        let pattern = reader.either();
        assert!(reader.rest.is_empty(), "unread pattern text in `{text}`");
        pattern
    }

    /// How many digits every match has, or `None` when matches differ.
    pub(crate) fn fixed_length(&self) -> Option<usize> {
        match self {
            Self::Digit(_) => Some(1),
            Self::Sequence(parts) => parts.iter().map(Self::fixed_length).sum(),
            Self::Either(choices) => {
                let mut lengths = choices.iter().map(Self::fixed_length);
                let first = lengths.next()??;
                lengths.all(|length| length == Some(first)).then_some(first)
            }
            Self::Repeat(part, least, most) => {
                let length = part.fixed_length()?;
                (least == most).then_some(length * least)
            }
            Self::Capture(part) => part.fixed_length(),
            Self::End => Some(0),
        }
    }

    /// Writes out every choice that lies outside of a capture group, so that each result is a
    /// plain sequence in which the place of every group is known.
    pub(crate) fn unfold_around_captures(&self) -> Vec<Vec<Pattern>> {
        match self {
            Self::Sequence(parts) => parts.iter().fold(vec![Vec::new()], |heads, part| {
                let tails = part.unfold_around_captures();
                heads
                    .iter()
                    .flat_map(|head| tails.iter().map(move |tail| [&head[..], tail].concat()))
                    .collect()
            }),
            Self::Either(choices) => choices
                .iter()
                .flat_map(Self::unfold_around_captures)
                .collect(),
            Self::Repeat(part, 0, 1) => {
                let mut variants = part.unfold_around_captures();
                variants.push(Vec::new());
                variants
            }
            other => vec![vec![other.clone()]],
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take(&mut self, expected: &[u8]) -> bool {
        match self.rest.strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn either(&mut self) -> Pattern {
        let mut choices = vec![self.sequence()];
        while self.take(b"|") {
            choices.push(self.sequence());
        }
        match choices.len() {
            1 => choices.remove(0),
            _ => Pattern::Either(choices),
        }
    }

    fn sequence(&mut self) -> Pattern {
        let mut parts = Vec::new();
        while !self.rest.is_empty() && !matches!(self.rest[0], b'|' | b')') {
            let atom = self.atom();
            parts.push(self.repeated(atom));
        }
        match parts.len() {
            1 => parts.remove(0),
            _ => Pattern::Sequence(parts),
        }
    }

    fn atom(&mut self) -> Pattern {
        if self.take(b"\\d") {
            Pattern::Digit(ANY)
        } else if self.take(b"$") {
            Pattern::End
        } else if self.take(b"[") {
            self.class()
        } else if self.take(b"(?:") {
            self.closed()
        } else if self.take(b"(") {
            Pattern::Capture(Box::new(self.closed()))
        } else {
            Pattern::Digit(1 << self.digit())
        }
    }

    fn closed(&mut self) -> Pattern {
        let inner = self.either();
        assert!(self.take(b")"), "a group is not closed");
        inner
    }

    fn class(&mut self) -> Pattern {
        let mut set = 0;
        while !self.take(b"]") {
            let first = self.digit();
            let last = if self.take(b"-") { self.digit() } else { first };
            for digit in first..=last {
                set |= 1 << digit;
            }
        }
        Pattern::Digit(set)
    }

    fn repeated(&mut self, atom: Pattern) -> Pattern {
        if self.take(b"?") {
            return Pattern::Repeat(Box::new(atom), 0, 1);
        }
        if !self.take(b"{") {
            return atom;
        }
        let least = self.number();
        let most = if self.take(b",") {
            self.number()
        } else {
            least
        };
        assert!(self.take(b"}"), "a repetition is not closed");
        Pattern::Repeat(Box::new(atom), least, most)
    }

    fn digit(&mut self) -> u8 {
        let digit = self.rest[0];
        assert!(digit.is_ascii_digit(), "`{}` in a pattern", digit as char);
        self.rest = &self.rest[1..];
        digit - b'0'
    }

    fn number(&mut self) -> usize {
        let mut value = 0;
        while self.rest[0].is_ascii_digit() {
            value = value * 10 + usize::from(self.digit());
        }
        value
    }
}
