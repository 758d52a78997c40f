//! Keys are compared byte by byte on every engine.

use super::sample::{Sample, insert, row};
use super::{ContractError, Place, fresh, require_equal, require_kind};
use crate::model::Id;
use crate::store::error::StoreErrorKind;
use crate::store::schema::TENANTS;

/// Positions of `id` and `slug` among the columns of `tenants`.
const ID: usize = 0;
const SLUG: usize = 2;

fn with(n: i64, column: usize, value: Sample) -> Vec<Sample> {
    let mut tenant = row(&TENANTS, n);
    if let Some(slot) = tenant.get_mut(column) {
        *slot = value;
    }
    tenant
}

pub(super) fn ids(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let mut ids: Vec<Id> = [0x00, 0x01, 0x41, 0x61, 0x7f, 0x80, 0xff]
        .iter()
        .flat_map(|byte| {
            let mut first = [0; 16];
            let mut last = [0; 16];
            first[0] = *byte;
            last[15] = *byte;
            [first, last]
        })
        .map(Id::from_bytes)
        .collect();
    ids.sort_unstable_by_key(|id| *id.as_bytes());
    ids.dedup();
    for (n, id) in (1..).zip(ids.iter().rev()) {
        insert(engine.as_mut(), &TENANTS, &with(n, ID, Sample::Id(*id)))?;
    }
    let mut ordered = Vec::new();
    engine.query("SELECT id FROM tenants ORDER BY id", &[], &mut |row| {
        ordered.push(row.id(0)?);
        Ok(())
    })?;
    require_equal("the order of ids", ordered, ids.clone())?;
    for id in ids {
        let mut found = Vec::new();
        engine.query(
            "SELECT id FROM tenants WHERE id = ?1",
            &[id.into()],
            &mut |row| {
                found.push(row.id(0)?);
                Ok(())
            },
        )?;
        require_equal("the rows of an id", found, vec![id])?;
    }
    Ok(())
}

pub(super) fn texts(place: &dyn Place) -> Result<(), ContractError> {
    let mut engine = fresh(place)?;
    let mut keys = vec![
        "a",
        "A",
        "a ",
        " a",
        "b",
        "Z",
        "ä",
        "a\u{308}",
        "ß",
        "ss",
        "ı",
        "i",
        "I",
        "K",
        "\u{212a}",
        "é",
        "e\u{301}",
        "10",
        "9",
        "１",
        "",
        "\u{ffff}",
        "\u{10000}",
    ];
    for (n, key) in (1..).zip(&keys) {
        let tenant = with(n, SLUG, Sample::Text((*key).to_owned()));
        insert(engine.as_mut(), &TENANTS, &tenant)?;
        let again = with(n + 1_000, SLUG, Sample::Text((*key).to_owned()));
        require_kind(
            "the same key once more",
            insert(engine.as_mut(), &TENANTS, &again),
            StoreErrorKind::Constraint,
        )?;
    }
    keys.sort_unstable_by_key(|key| key.as_bytes());
    let mut ordered = Vec::new();
    engine.query("SELECT slug FROM tenants ORDER BY slug", &[], &mut |row| {
        ordered.push(row.text(0)?.to_owned());
        Ok(())
    })?;
    require_equal(
        "the order of text keys",
        ordered.iter().map(String::as_str).collect::<Vec<_>>(),
        keys,
    )
}
