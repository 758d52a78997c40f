//! The tables of Do-Not-Call registries.

use super::{CREATED_AT, Kind, METADATA, Table, bookkeeping, content};

/// Do-Not-Call registries.
pub const DNC_REGISTRIES: Table = Table {
    name: "dnc_registries",
    columns: &[
        content("id", Kind::Id),
        content("name", Kind::Text),
        content("kind", Kind::Text),
        content("jurisdiction", Kind::Text),
        content("tenant_id", Kind::Id),
        CREATED_AT,
        METADATA,
    ],
    key: &["id"],
};

/// What a registry held after each load, in the order of the loads.
pub const DNC_VERSIONS: Table = Table {
    name: "dnc_versions",
    columns: &[
        content("registry_id", Kind::Id),
        content("version", Kind::Integer),
        content("kind", Kind::Text),
        content("base_version", Kind::Integer),
        content("version_date", Kind::Instant),
        content("source_digest", Kind::Text),
        content("area_codes", Kind::Json),
        content("numbers", Kind::Integer),
        content("rows_read", Kind::Integer),
        content("rows_rejected", Kind::Integer),
        content("status", Kind::Text),
        bookkeeping("next_block", Kind::Integer),
        bookkeeping("tenant_id", Kind::Id),
        bookkeeping("recorded_at", Kind::Instant),
    ],
    key: &["registry_id", "version"],
};

/// Which version of a registry a tenant obtained, and when.
pub const DNC_HOLDINGS: Table = Table {
    name: "dnc_holdings",
    columns: &[
        content("registry_id", Kind::Id),
        content("version", Kind::Integer),
        content("tenant_id", Kind::Id),
        content("obtained_at", Kind::Instant),
        content("area_codes", Kind::Json),
        content("subscription_id", Kind::Text),
        content("tenant_version", Kind::Integer),
        content("added", Kind::Integer),
        content("removed", Kind::Integer),
        bookkeeping("recorded_at", Kind::Instant),
    ],
    key: &["tenant_id", "registry_id", "version", "obtained_at"],
};

/// The numbers of a registry after its last load, 10,000 to a block.
pub const DNC_BLOCKS: Table = Table {
    name: "dnc_blocks",
    columns: &[
        content("registry_id", Kind::Id),
        content("block", Kind::Integer),
        content("members", Kind::Bytes),
    ],
    key: &["registry_id", "block"],
};

/// The members of a block that a version added or removed.
pub const DNC_BLOCK_CHANGES: Table = Table {
    name: "dnc_block_changes",
    columns: &[
        content("registry_id", Kind::Id),
        content("block", Kind::Integer),
        content("version", Kind::Integer),
        content("flipped", Kind::Bytes),
    ],
    key: &["registry_id", "block", "version"],
};

/// Dated single listings.
pub const DNC_ENTRIES: Table = Table {
    name: "dnc_entries",
    columns: &[
        content("id", Kind::Id),
        content("registry_id", Kind::Id),
        content("phone_number", Kind::Text),
        content("listed_at", Kind::Instant),
        content("removed_at", Kind::Instant),
        content("reason", Kind::Text),
        bookkeeping("recorded_at", Kind::Instant),
        bookkeeping("removal_recorded_at", Kind::Instant),
        METADATA,
    ],
    key: &["id"],
};

/// What the Reassigned Numbers Database answered a tenant.
pub const REASSIGNED_ANSWERS: Table = Table {
    name: "reassigned_answers",
    columns: &[
        content("id", Kind::Id),
        content("tenant_id", Kind::Id),
        content("phone_number", Kind::Text),
        content("query_date", Kind::Instant),
        content("answer", Kind::Text),
        content("checked_at", Kind::Instant),
        bookkeeping("recorded_at", Kind::Instant),
    ],
    key: &["id"],
};
