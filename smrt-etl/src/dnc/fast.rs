//! The plain layouts of North American lists, read byte by byte: a number every so many bytes.
//!
//! What this module does not do: it judges no row. The first one that does not fit ends it, and
//! the general reader takes over for that row.

use smrt_core::model::{BLOCK_NUMBERS, NumberSet};

/// How a line is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// What stands before the ten digits.
    prefix: &'static [u8],
    has_comma: bool,
    ending: &'static [u8],
}

/// Every shape there is.
const SHAPES: [Shape; 8] = {
    const fn shape(prefix: &'static [u8], has_comma: bool, ending: &'static [u8]) -> Shape {
        Shape {
            prefix,
            has_comma,
            ending,
        }
    }
    [
        shape(b"", true, b"\n"),
        shape(b"", true, b"\r\n"),
        shape(b"", false, b"\n"),
        shape(b"", false, b"\r\n"),
        shape(b"1", false, b"\n"),
        shape(b"1", false, b"\r\n"),
        shape(b"+1", false, b"\n"),
        shape(b"+1", false, b"\r\n"),
    ]
};

impl Shape {
    /// The shape of a line, its end included.
    pub(super) fn of(line: &[u8]) -> Option<Self> {
        SHAPES
            .into_iter()
            .find(|shape| shape.len() == line.len() && shape.member(line).is_some())
    }

    pub(super) fn len(self) -> usize {
        self.prefix.len() + 10 + usize::from(self.has_comma) + self.ending.len()
    }

    /// Adds the numbers of as many whole lines as fit, whose area codes are `accepted`, and
    /// returns how many that are.
    pub(super) fn read(
        self,
        bytes: &[u8],
        accepted: &[bool; 1_000],
        into: &mut NumberSet,
    ) -> usize {
        // Apart, so that the compiler knows the length of a line.
        match (self.prefix.len(), self.has_comma, self.ending.len()) {
            (0, true, 1) => self.lines::<12>(bytes, accepted, into),
            (0, true, _) => self.lines::<13>(bytes, accepted, into),
            (0, false, 1) => self.lines::<11>(bytes, accepted, into),
            (0, false, _) | (1, false, 1) => self.lines::<12>(bytes, accepted, into),
            (1, false, _) | (_, false, 1) => self.lines::<13>(bytes, accepted, into),
            (_, _, _) => self.lines::<14>(bytes, accepted, into),
        }
    }

    #[inline]
    fn lines<const LEN: usize>(
        self,
        bytes: &[u8],
        accepted: &[bool; 1_000],
        into: &mut NumberSet,
    ) -> usize {
        let (lines, _) = bytes.as_chunks::<LEN>();
        for (read, line) in lines.iter().enumerate() {
            let Some((area, local)) = self.member(line) else {
                return read;
            };
            if !accepted.get(area as usize).copied().unwrap_or(false) || local < 2_000_000 {
                return read;
            }
            let numbers = u32::from(BLOCK_NUMBERS);
            let block = 1_000_000 + u64::from(area * 1_000 + local / numbers);
            into.insert_member(block, (local % numbers) as u16);
        }
        lines.len()
    }

    /// The area code and the seven digits behind it, if the line is of this shape.
    #[inline]
    fn member(self, line: &[u8]) -> Option<(u32, u32)> {
        let rest = line.strip_prefix(self.prefix)?.strip_suffix(self.ending)?;
        match self.has_comma {
            true => {
                let [a, b, c, rest @ ..] = rest else {
                    return None;
                };
                let [b',', d, e, f, g, h, i, j] = *<&[u8; 8]>::try_from(rest).ok()? else {
                    return None;
                };
                let local = eight_digits([b'0', d, e, f, g, h, i, j])?;
                Some((three_digits([*a, *b, *c])?, local))
            }
            false => {
                let [a, b, rest @ ..] = rest else {
                    return None;
                };
                let digits: [u8; 8] = rest.try_into().ok()?;
                let low = eight_digits(digits)?;
                let high = three_digits([b'0', *a, *b])?;
                Some((high * 10 + low / 10_000_000, low % 10_000_000))
            }
        }
    }
}

#[inline]
const fn three_digits(digits: [u8; 3]) -> Option<u32> {
    let [a, b, c] = digits;
    let (a, b, c) = (
        a.wrapping_sub(b'0'),
        b.wrapping_sub(b'0'),
        c.wrapping_sub(b'0'),
    );
    if a > 9 || b > 9 || c > 9 {
        return None;
    }
    Some(a as u32 * 100 + b as u32 * 10 + c as u32)
}

/// Eight digits at once, each byte a lane of a word.
#[inline]
const fn eight_digits(digits: [u8; 8]) -> Option<u32> {
    const HIGH: u64 = 0xF0F0_F0F0_F0F0_F0F0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let word = u64::from_le_bytes(digits);
    let carried = word.wrapping_add(0x0606_0606_0606_0606);
    if (word & HIGH) != ZEROS || (carried & HIGH) != ZEROS {
        return None;
    }
    let values = word - ZEROS;
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let low = (pairs & 0x0000_00FF_0000_00FF).wrapping_mul(0x000F_4240_0000_0064);
    let high = ((pairs >> 16) & 0x0000_00FF_0000_00FF).wrapping_mul(0x0000_2710_0000_0001);
    Some((low.wrapping_add(high) >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use smrt_core::phone::E164;

    use super::*;

    #[test]
    fn eight_digits_are_read_and_nothing_else() {
        assert_eq!(eight_digits(*b"01234567"), Some(1_234_567));
        assert_eq!(eight_digits(*b"99999999"), Some(99_999_999));
        for place in 0..8 {
            for byte in 0..=255u8 {
                let mut digits = *b"55555555";
                digits[place] = byte;
                assert_eq!(
                    eight_digits(digits).is_some(),
                    byte.is_ascii_digit(),
                    "{byte}"
                );
            }
        }
    }

    #[test]
    fn lines_have_the_shape_of_their_layout() {
        for line in [
            "303,5550143\n",
            "303,5550143\r\n",
            "3035550143\n",
            "3035550143\r\n",
            "13035550143\n",
            "+13035550143\r\n",
        ] {
            let shape = Shape::of(line.as_bytes()).unwrap();
            let mut set = NumberSet::new();
            assert_eq!(
                shape.read(line.repeat(3).as_bytes(), &[true; 1_000], &mut set),
                3
            );
            assert_eq!(set.len(), 1, "{line}");
            assert!(set.contains("+13035550143".parse().unwrap()), "{line}");
        }
        for line in [
            "303-5550143\n",
            "303,555014\n",
            "3035550143",
            "",
            "\n",
            "303,55501430\n",
        ] {
            assert_eq!(Shape::of(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn it_ends_at_the_first_line_that_does_not_fit() {
        let mut accepted = [false; 1_000];
        accepted[303] = true;
        let read = |text: &str| {
            let shape = Shape::of(b"303,5550143\n").unwrap();
            let mut set = NumberSet::new();
            let lines = shape.read(text.as_bytes(), &accepted, &mut set);
            (lines, set.len())
        };
        assert_eq!(read("303,5550143\n720,5550143\n303,5550144\n"), (1, 1));
        assert_eq!(read("303,5550143\n303,1550143\n"), (1, 1));
        assert_eq!(read("303,5550143\n303,55501\n303,5550144\n"), (1, 1));
        assert_eq!(read("303,5550143\n303,555"), (1, 1));
    }

    proptest! {
        #[test]
        fn every_number_comes_back_in_every_shape(national in 2_002_000_000..9_999_999_999u64) {
            prop_assume!(national / 1_000_000 % 10 >= 2);
            for shape in SHAPES {
                let text = national.to_string();
                let comma = if shape.has_comma { "," } else { "" };
                let mut line = shape.prefix.to_vec();
                line.extend(format!("{}{comma}{}", &text[..3], &text[3..]).bytes());
                line.extend(shape.ending);
                let mut set = NumberSet::new();
                prop_assert_eq!(shape.read(&line, &[true; 1_000], &mut set), 1);
                prop_assert!(set.contains(E164::from_digits(10_000_000_000 + national).unwrap()));
            }
        }
    }
}
