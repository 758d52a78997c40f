//! A made-up national list of realistic density.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use smrt_core::model::{NumberSet, Territory};
use smrt_core::phone::E164;

/// How many geographic area codes the list has.
const AREA_CODES: usize = 363;
/// How many exchanges of a nation are in use.
const EXCHANGES: u64 = 212_216;
/// Codes that belong to no place.
const TOLL_FREE: [u16; 8] = [800, 822, 833, 844, 855, 866, 877, 888];

/// The numbers of the list.
pub(crate) struct Nation {
    numbers: NumberSet,
}

/// A generator of numbers that look random (`xorshift64*`), from a fixed seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(0x9E37_79B9_7F4A_7C15 ^ seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: u64) -> u64 {
        ((self.next() >> 32) * bound) >> 32
    }
}

impl Nation {
    pub(crate) fn new(numbers: u64) -> Result<Self, Box<dyn Error>> {
        let states = Territory::of("US".parse()?);
        let codes: Vec<u64> = (200..1_000u16)
            .filter(|code| states.has_area_code(*code) && !TOLL_FREE.contains(code))
            .map(u64::from)
            .take(AREA_CODES)
            .collect();
        let possible = codes.len() as u64 * 800;
        let mut random = Random::new(1);
        let mut set = NumberSet::new();
        // Of every thousand, so that the numbers come out in order.
        let density = numbers * (1 << 32) / (EXCHANGES * 10_000);
        for code in codes {
            for exchange in 200..1_000 {
                if random.below(possible) >= EXCHANGES {
                    continue;
                }
                for member in 0..10_000 {
                    if random.next() >> 32 < density {
                        set.insert_member(1_000_000 + code * 1_000 + exchange, member);
                    }
                }
            }
        }
        Ok(Self { numbers: set })
    }

    pub(crate) fn len(&self) -> u64 {
        self.numbers.len()
    }

    pub(crate) fn exchanges(&self) -> usize {
        self.numbers.block_count()
    }

    pub(crate) fn contains(&self, number: E164) -> bool {
        self.numbers.contains(number)
    }

    /// The digits of every number, in order, without the calling code.
    pub(crate) fn digits(&self) -> impl Iterator<Item = u64> + '_ {
        self.numbers.blocks().flat_map(|(block, members)| {
            let first = (block - 1_000_000) * 10_000;
            members.iter().map(move |member| first + u64::from(member))
        })
    }

    /// Writes the list as the FTC does.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        for digits in self.digits() {
            file.write_all(&line(digits))?;
        }
        Ok(file.into_inner()?.sync_all()?)
    }

    /// Numbers of the exchanges in use, half of them listed, in no order.
    pub(crate) fn sample(&self, count: usize) -> Vec<E164> {
        let blocks: Vec<u64> = self.numbers.blocks().map(|(block, _)| block).collect();
        let mut random = Random::new(2);
        let mut sample = Vec::with_capacity(count);
        while sample.len() < count {
            let place = usize::try_from(random.below(blocks.len() as u64)).unwrap_or(0);
            let block = blocks.get(place).copied().unwrap_or(1_202_555);
            let digits = block * 10_000 + random.below(10_000);
            sample.extend(E164::from_digits(digits));
        }
        sample
    }

    /// Writes a change list in no order: as many numbers added as deleted.
    pub(crate) fn write_changes(&self, path: &Path, lines: usize) -> Result<(), Box<dyn Error>> {
        let mut file = BufWriter::new(File::create(path)?);
        let mut random = Random::new(3);
        let blocks: Vec<u64> = self.numbers.blocks().map(|(block, _)| block).collect();
        let mut seen = NumberSet::new();
        let (mut adds, mut deletes) = (lines / 2, lines - lines / 2);
        while adds + deletes > 0 {
            let place = usize::try_from(random.below(blocks.len() as u64)).unwrap_or(0);
            let block = blocks.get(place).copied().unwrap_or(1_202_555);
            let Some(number) = E164::from_digits(block * 10_000 + random.below(10_000)) else {
                continue;
            };
            let is_listed = self.contains(number);
            let left = if is_listed { &mut deletes } else { &mut adds };
            if *left == 0 || !seen.insert(number) {
                continue;
            }
            *left -= 1;
            let line = line(number.digits() - 10_000_000_000);
            let number = line.strip_suffix(b"\n").unwrap_or(&line);
            file.write_all(number)?;
            let action: &[u8] = if is_listed {
                b",20261107,D\n"
            } else {
                b",20261107,A\n"
            };
            file.write_all(action)?;
        }
        Ok(file.flush()?)
    }
}

/// `AAA,NNNNNNN` and the end of the line.
fn line(digits: u64) -> [u8; 12] {
    let mut line = *b"000,0000000\n";
    let mut rest = digits;
    for place in [10, 9, 8, 7, 6, 5, 4, 2, 1, 0] {
        if let Some(byte) = line.get_mut(place) {
            *byte = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
    }
    line
}
