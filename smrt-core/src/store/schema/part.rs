//! Parts of tables that are updated together: a key, and the columns that are set.
//!
//! Where a record has an owner, its id and its owner are the key, so that no update reaches the
//! record of another tenant.

use super::{
    CREATED_BY, Column, IMPORT_LINE, IMPORT_RUN, Kind, METADATA, Table, UPDATED_AT, bookkeeping,
    content,
};

/// What an import changes of a human.
pub const HUMANS: Table = Table {
    name: super::HUMANS.name,
    columns: &[
        ID,
        CREATED_BY,
        content("first_name", Kind::Text),
        content("last_name", Kind::Text),
        content("email", Kind::Text),
        content("company_name", Kind::Text),
        content("job_title", Kind::Text),
        content("employee_id", Kind::Text),
        content("contractor_id", Kind::Text),
        METADATA,
        UPDATED_AT,
    ],
    key: &["id", "created_by_tenant_id"],
};

/// What an import changes of a link, which one made by hand is too: it has another id.
pub const PHONE_HUMAN_LINKS: Table = Table {
    name: super::PHONE_HUMAN_LINKS.name,
    columns: &[
        content("human_id", Kind::Id),
        content("phone_number_id", Kind::Id),
        content("relationship_type", Kind::Text),
        CREATED_BY,
        METADATA,
    ],
    key: &[
        "human_id",
        "phone_number_id",
        "relationship_type",
        "created_by_tenant_id",
    ],
};

/// What an import changes of a row of a source.
pub const SOURCE_KEYS: Table = Table {
    name: super::SOURCE_KEYS.name,
    columns: &[
        content("human_id", Kind::Id),
        content("source", Kind::Text),
        content("occurrence", Kind::Integer),
        content("row_digest", Kind::Integer),
        IMPORT_RUN,
        IMPORT_LINE,
        bookkeeping("last_run", Kind::Integer),
    ],
    key: super::SOURCE_KEYS.key,
};

/// What registries say of a number, as its first tenant keeps it.
pub const PHONE_NUMBERS: Table = Table {
    name: super::PHONE_NUMBERS.name,
    columns: &[ID, CREATED_BY, DNC_STATUS, DNC_DATE],
    key: &["id", "created_by_tenant_id"],
};

/// What registries say of a number, as another tenant keeps it.
pub const PHONE_NUMBER_TIES: Table = Table {
    name: super::PHONE_NUMBER_TIES.name,
    columns: &[
        content("phone_number_id", Kind::Id),
        content("tenant_id", Kind::Id),
        DNC_STATUS,
        DNC_DATE,
    ],
    key: super::PHONE_NUMBER_TIES.key,
};

const ID: Column = content("id", Kind::Id);
const DNC_STATUS: Column = content("dnc_status", Kind::Text);
const DNC_DATE: Column = content("dnc_date", Kind::Instant);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::TABLES;

    #[test]
    fn a_part_has_columns_of_its_table_and_a_key_among_them() {
        for part in [
            HUMANS,
            PHONE_HUMAN_LINKS,
            SOURCE_KEYS,
            PHONE_NUMBERS,
            PHONE_NUMBER_TIES,
        ] {
            let whole = TABLES.iter().find(|table| table.name == part.name).unwrap();
            for column in part.columns {
                let position = whole.position(column.name).unwrap();
                assert_eq!(whole.columns[position].kind, column.kind, "{}", column.name);
            }
            assert!(part.key.iter().all(|key| part.position(key).is_some()));
        }
    }
}
