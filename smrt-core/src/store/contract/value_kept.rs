//! Values come back as they were given, by every way of writing.

use super::sample::{Sample, block as block_of, insert, row};
use super::{ContractError, Place, fresh, number, require, require_equal};
use crate::model::Id;
use crate::store::engine::{Engine, OnConflict};
use crate::store::error::StoreError;
use crate::store::schema::{DNC_BLOCKS, DNC_REGISTRIES, RECORD_CHANGES, TENANTS};
use crate::store::value::{RowBlock, Value};

/// Position of `name` among the columns of `tenants`.
const NAME: usize = 1;

/// Texts that have gone wrong somewhere before.
fn awkward_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        " ",
        " padded ",
        "a'b\"c`d\\e",
        "line\nbreak\r\ntab\t",
        "O'Hara; DROP TABLE humans; --",
        "?1 $1 :name {id} %s",
        "NULL",
        "\u{e9}",
        "e\u{301}",
        "ß ẞ ı İ ﬁ",
        "Ǆ ǅ ǆ",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "שלום مرحبا",
        "\u{200b}\u{feff}\u{202e}",
        "𝕏𐍈",
        "\u{10ffff}\u{fffd}",
        "\u{1}\u{1f}\u{7f}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("ü".repeat(512 * 1024));
    texts
}

pub(super) fn texts(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    for (n, text) in (1..).zip(awkward_texts()) {
        let (single, bulk, updated) = (3 * n, 3 * n + 1, 3 * n + 2);
        let named = |n| {
            let mut tenant = row(&TENANTS, n);
            if let Some(name) = tenant.get_mut(NAME) {
                *name = Sample::Text(text.clone());
            }
            tenant
        };
        insert(engine.as_mut(), &TENANTS, &named(single))?;
        let mut block = RowBlock::new(&TENANTS);
        named(bulk)
            .iter()
            .for_each(|value| block.push(value.as_value()));
        engine.bulk_write(&block, OnConflict::Fail)?;
        insert(engine.as_mut(), &TENANTS, &row(&TENANTS, updated))?;
        let not_there = 1_000_000..1_000_020;
        let mut block = block_of(&TENANTS, not_there);
        named(updated)
            .iter()
            .for_each(|value| block.push(value.as_value()));
        engine.bulk_update(&block)?;
        for n in [single, bulk, updated] {
            let got = name_of(engine.as_mut(), n)?;
            require(
                got.as_deref() == Some(text.as_str()),
                &format!("text {n} came back changed"),
            )?;
            let found = number(
                engine.as_mut(),
                "SELECT count(*) FROM tenants WHERE name = ?1",
                &[text.as_str().into()],
            )?;
            require(found >= 1, &format!("text {n} is not equal to itself"))?;
        }
    }
    Ok(())
}

fn name_of(engine: &mut dyn Engine, n: i64) -> Result<Option<String>, StoreError> {
    let mut name = None;
    engine.query(
        "SELECT name FROM tenants WHERE id = ?1",
        &[super::sample::id(n).into()],
        &mut |row| {
            name = row.optional_string(0)?;
            Ok(())
        },
    )?;
    Ok(name)
}

pub(super) fn nul(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let mut tenant = row(&TENANTS, 1);
    if let Some(name) = tenant.get_mut(NAME) {
        *name = Sample::Text("be\0fore".to_owned());
    }
    if insert(engine.as_mut(), &TENANTS, &tenant).is_ok() {
        let kept = name_of(engine.as_mut(), 1)?;
        require(
            kept.as_deref() == Some("be\0fore"),
            "text was cut at its NUL",
        )?;
    }
    Ok(())
}

pub(super) fn empty_and_null(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    insert(engine.as_mut(), &TENANTS, &row(&TENANTS, 1))?;
    let mut block = RowBlock::new(&RECORD_CHANGES);
    for (sequence, run) in [(1, Value::Null), (2, Value::Integer(0))] {
        block.push(sequence);
        block.push(run);
        block.push(Value::Null);
        block.push("");
        block.push(super::sample::id(1));
        block.push("{}");
        block.push(0);
    }
    engine.bulk_write(&block, OnConflict::Fail)?;
    for (what, sql, want) in [
        (
            "nulls",
            "SELECT count(*) FROM record_changes WHERE import_run IS NULL",
            1,
        ),
        (
            "zeros",
            "SELECT count(*) FROM record_changes WHERE import_run = 0",
            1,
        ),
        (
            "empty texts",
            "SELECT count(*) FROM record_changes WHERE entity_type = ''",
            2,
        ),
        (
            "null texts",
            "SELECT count(*) FROM record_changes WHERE entity_type IS NULL",
            0,
        ),
    ] {
        require_equal(what, number(engine.as_mut(), sql, &[])?, want)?;
    }
    let mut read = Vec::new();
    engine.query(
        "SELECT import_run, entity_type FROM record_changes ORDER BY sequence",
        &[],
        &mut |row| {
            let empty = row.value(1)? == Value::Text("");
            read.push((row.optional_integer(0)?, empty));
            Ok(())
        },
    )?;
    require_equal("what is read", read, vec![(None, true), (Some(0), true)])?;
    let null = number(
        engine.as_mut(),
        "SELECT count(*) FROM tenants WHERE ?1 IS NULL",
        &[Value::Null],
    )?;
    require_equal("a null parameter", null, 1)
}

pub(super) fn integers(place: &dyn Place) -> Result<(), ContractError> {
    let edges = [
        0,
        1,
        -1,
        i64::from(i32::MAX) + 1,
        i64::from(i32::MIN) - 1,
        (1 << 53) + 1,
        i64::MAX,
        i64::MIN,
    ];
    // Instants: the years 1 and 9999, which ISO dates can name, and either side of the epoch.
    let instants = [-62_135_596_800_000_000, -1, 0, 1, 253_402_300_799_999_999];
    let mut engine = fresh(place)?;
    let mut block = RowBlock::new(&RECORD_CHANGES);
    for (position, edge) in (0..).zip(edges) {
        let instant = instants
            .get(position % instants.len())
            .copied()
            .unwrap_or(0);
        block.push(edge);
        block.push(edge);
        block.push(Value::Null);
        block.push("human");
        block.push(super::sample::id(1));
        block.push("{}");
        block.push(crate::model::Instant::from_micros(instant));
    }
    engine.bulk_write(&block, OnConflict::Fail)?;
    for (position, edge) in (0..).zip(edges) {
        let mut got = None;
        engine.query(
            "SELECT sequence, import_run, changed_at FROM record_changes WHERE sequence = ?1",
            &[edge.into()],
            &mut |row| {
                got = Some((
                    row.integer(0)?,
                    row.integer(1)?,
                    row.instant(2)?.as_micros(),
                ));
                Ok(())
            },
        )?;
        let instant = instants.get(position % instants.len()).copied();
        require_equal(
            "a whole number and an instant",
            got,
            Some((edge, edge, instant.unwrap_or(0))),
        )?;
    }
    let mut sorted = edges;
    sorted.sort_unstable();
    require_equal(
        "the order of whole numbers",
        super::integers(
            engine.as_mut(),
            "SELECT sequence FROM record_changes ORDER BY sequence",
        )?,
        sorted.to_vec(),
    )
}

pub(super) fn bytes(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    for n in [1, 2] {
        insert(engine.as_mut(), &TENANTS, &row(&TENANTS, n))?;
        insert(engine.as_mut(), &DNC_REGISTRIES, &row(&DNC_REGISTRIES, n))?;
    }
    for len in [0_usize, 1, 15, 17, 1_250] {
        let number = i64::try_from(len).unwrap_or(0);
        let members: Vec<u8> = (0_u8..=255).cycle().take(len).collect();
        let values = [
            Sample::Id(super::sample::id(1)),
            Sample::Integer(number),
            Sample::Bytes(members.clone()),
        ];
        insert(engine.as_mut(), &DNC_BLOCKS, &values)?;
        let mut block = RowBlock::new(&DNC_BLOCKS);
        block.push(super::sample::id(2));
        block.push(number);
        block.push(Value::Bytes(&members));
        engine.bulk_write(&block, OnConflict::Fail)?;
        let mut same = 0;
        engine.query(
            "SELECT members FROM dnc_blocks WHERE block = ?1",
            &[number.into()],
            &mut |row| {
                same += i64::from(row.value(0)? == Value::Bytes(&members));
                Ok(())
            },
        )?;
        require_equal(&format!("rows whose {len} bytes are unchanged"), same, 2)?;
    }
    for (n, id) in [(3, Id::from_bytes([0; 16])), (4, Id::from_bytes([255; 16]))] {
        let mut tenant = row(&TENANTS, n);
        if let Some(first) = tenant.first_mut() {
            *first = Sample::Id(id);
        }
        insert(engine.as_mut(), &TENANTS, &tenant)?;
        let mut got = None;
        let sql = "SELECT id FROM tenants WHERE id = ?1";
        engine.query(sql, &[id.into()], &mut |row| {
            got = Some(row.id(0)?);
            Ok(())
        })?;
        require_equal("an id", got, Some(id))?;
    }
    Ok(())
}
