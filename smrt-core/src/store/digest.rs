//! The logical digest: one value for what a store says, whatever the engine and the row order.
//!
//! What it leaves out: when rows were recorded and by which run, see [`super::schema::Role`].

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::error::StoreError;
use super::migration::content_columns;
use super::schema::{TABLES, Table};
use super::value::{Row, RowBlock, Value};
use super::{Store, engine::Engine};

/// The digest of a store and of each of its tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDigest {
    /// One entry a table with content, in schema order.
    pub tables: Vec<TableDigest>,
}

/// The digest of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDigest {
    /// The table's name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// The sum of the rows' SHA-256 values, modulo 2^256.
    pub sum: Sum256,
}

/// A sum of 256-bit numbers modulo 2^256: equal for equal sets of rows in any order.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum256([u64; 4]);

impl StoreDigest {
    /// The digest as 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        let mut hash = Sha256::new();
        for table in &self.tables {
            hash.update(table.table.as_bytes());
            hash.update([0]);
            hash.update(table.rows.to_be_bytes());
            hash.update(table.sum.to_bytes());
        }
        hash.finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl Store {
    /// The logical digest of the whole store.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn digest(&mut self) -> Result<StoreDigest, StoreError> {
        let engine = self.engine.as_mut();
        engine.begin(super::Access::Read)?;
        let tables: Result<Vec<_>, StoreError> = TABLES
            .iter()
            .map(|table| (*table, content_columns(table)))
            .filter(|(_, columns)| !columns.is_empty())
            .map(|(table, columns)| digest_table(engine, table, &columns))
            .collect();
        engine.rollback()?;
        Ok(StoreDigest { tables: tables? })
    }
}

/// The digest of some columns of a table, as the store holds it.
fn digest_table(
    engine: &mut dyn Engine,
    table: &'static Table,
    columns: &[usize],
) -> Result<TableDigest, StoreError> {
    let names: Vec<&str> = columns
        .iter()
        .filter_map(|column| table.columns.get(*column))
        .map(|column| column.name)
        .collect();
    let mut digester = TableDigester::new(table);
    engine.query(
        &format!("SELECT {} FROM {}", names.join(", "), table.name),
        &[],
        &mut |row| digester.add(row, names.len()),
    )?;
    Ok(digester.digest)
}

/// The digest of a table as its rows come.
pub(super) struct TableDigester {
    pub(super) digest: TableDigest,
    /// The row that is being taken in; hashed at once, which costs less than each value alone.
    row: Vec<u8>,
}

impl TableDigester {
    pub(super) const fn new(table: &'static Table) -> Self {
        Self {
            digest: TableDigest {
                table: table.name,
                rows: 0,
                sum: Sum256([0; 4]),
            },
            row: Vec::new(),
        }
    }

    /// Takes in the first `width` columns of a row.
    pub(super) fn add(&mut self, row: &dyn Row, width: usize) -> Result<(), StoreError> {
        for column in 0..width {
            self.add_value(row.value(column)?);
        }
        self.end_row();
        Ok(())
    }

    /// Takes in the rows of a block, excluded ones too.
    pub(super) fn add_block(&mut self, block: &RowBlock) {
        for row in (0..block.len()).map_while(|row| block.row(row)) {
            row.values().for_each(|value| self.add_value(value));
            self.end_row();
        }
    }

    /// Takes in the next value of a row.
    fn add_value(&mut self, value: Value<'_>) {
        encode(value, &mut |bytes| self.row.extend_from_slice(bytes));
    }

    /// Ends a row whose values were taken in one by one.
    fn end_row(&mut self) {
        self.digest.rows += 1;
        self.digest.sum.add(&Sha256::digest(&self.row).into());
        self.row.clear();
    }
}

/// Hands out a value's canonical bytes: its kind, its length and itself, so that no two rows read
/// alike.
pub(super) fn encode(value: Value<'_>, sink: &mut impl FnMut(&[u8])) {
    let mut tagged = |tag: u8, bytes: &[u8]| {
        let [a, b, c, d, e, f, g, h] = (bytes.len() as u64).to_be_bytes();
        sink(&[tag, a, b, c, d, e, f, g, h]);
        sink(bytes);
    };
    match value {
        Value::Null => tagged(0, &[]),
        // A boolean and an instant are the numbers that an engine without such types keeps.
        Value::Integer(number) => tagged(1, &number.to_be_bytes()),
        Value::Boolean(truth) => tagged(1, &i64::from(truth).to_be_bytes()),
        Value::Instant(instant) => tagged(1, &instant.as_micros().to_be_bytes()),
        Value::Id(id) => tagged(2, id.as_bytes()),
        Value::Text(text) => tagged(3, text.as_bytes()),
        Value::Bytes(bytes) => tagged(4, bytes),
    }
}

impl Sum256 {
    fn add(&mut self, term: &[u8; 32]) {
        let mut carry = false;
        // Limbs are little-endian in order, so that the carry runs from the first to the last.
        for (limb, bytes) in self.0.iter_mut().zip(term.as_chunks::<8>().0) {
            let (sum, first) = limb.overflowing_add(u64::from_le_bytes(*bytes));
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = first || second;
        }
    }

    /// The sum's 32 bytes, least significant first.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0) {
            *chunk = limb.to_le_bytes();
        }
        bytes
    }
}

impl fmt::Display for Sum256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sum256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sum256({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn sums_do_not_depend_on_order_and_carry_over_limbs() {
        let terms = [[0xff; 32], [1; 32], [0x80; 32]];
        let sum = |order: &[usize]| {
            let mut sum = Sum256::default();
            order.iter().for_each(|term| sum.add(&terms[*term]));
            sum
        };
        assert_eq!(sum(&[0, 1, 2]), sum(&[2, 0, 1]));
        assert_ne!(sum(&[0, 1]), sum(&[0, 1, 1]));
        let mut one = [0; 32];
        one[0] = 1;
        let mut wrapped = Sum256::default();
        wrapped.add(&[0xff; 32]);
        wrapped.add(&one);
        assert_eq!(wrapped, Sum256::default());
    }

    #[test]
    fn neighbouring_values_are_kept_apart() {
        let digest = |values: &[Value<'_>]| {
            let mut digester = TableDigester::new(&schema::HUMANS);
            values.iter().for_each(|value| digester.add_value(*value));
            digester.end_row();
            digester.digest.sum
        };
        assert_ne!(
            digest(&["ab".into(), "c".into()]),
            digest(&["a".into(), "bc".into()])
        );
        assert_ne!(
            digest(&[Value::Null, "".into()]),
            digest(&["".into(), Value::Null])
        );
    }
}
