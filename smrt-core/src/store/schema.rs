//! The tables and indexes as values, so that drivers, bulk writes and the digest share one list.
//!
//! The text that creates the tables is frozen in the numbered migrations; a contract case proves
//! that a migrated store has exactly these tables and columns.

pub mod part;
mod registry;

pub use self::registry::{
    DNC_BLOCK_CHANGES, DNC_BLOCKS, DNC_ENTRIES, DNC_HOLDINGS, DNC_REGISTRIES, DNC_VERSIONS,
    REASSIGNED_ANSWERS,
};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A UUID.
    Id,
    /// A signed 64-bit integer.
    Integer,
    /// True or false.
    Boolean,
    /// Microseconds since the Unix epoch, in UTC.
    Instant,
    /// UTF-8 text.
    Text,
    /// A JSON document.
    Json,
    /// Bytes.
    Bytes,
}

/// What a column means for the logical digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What the store says about the world: part of the logical digest.
    Content,
    /// When and by which run a row came: differs between equal stores, so not part of it.
    Bookkeeping,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether the digest covers it.
    pub role: Role,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns in order.
    pub columns: &'static [Column],
    /// The columns that tell one row from another; a bulk write settles conflicts on them.
    pub key: &'static [&'static str],
}

/// An index.
#[derive(Debug)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The table it belongs to.
    pub table: &'static str,
    /// The columns in order.
    pub columns: &'static [&'static str],
    /// Whether two rows may share a key.
    pub uniqueness: Uniqueness,
    /// Whether a bulk load into an empty store builds it at its end.
    pub build: Build,
}

/// Whether an index allows repeated keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uniqueness {
    /// Every key at most once.
    Unique,
    /// Keys may repeat.
    Repeated,
}

/// When an index is built during a bulk load into an empty store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// It always stands.
    Always,
    /// It is dropped before the load and built at its end.
    AfterBulkLoad,
    /// The same, and only once the store has a second tenant: until then it tells nothing apart.
    WhenShared,
}

const fn content(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        role: Role::Content,
    }
}

const fn bookkeeping(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        role: Role::Bookkeeping,
    }
}

const IMPORT_RUN: Column = bookkeeping("import_run", Kind::Integer);
const IMPORT_LINE: Column = bookkeeping("import_line", Kind::Integer);
const CREATED_AT: Column = bookkeeping("created_at", Kind::Instant);
const UPDATED_AT: Column = bookkeeping("updated_at", Kind::Instant);
const CREATED_BY: Column = content("created_by_tenant_id", Kind::Id);
const METADATA: Column = content("metadata", Kind::Json);

/// The migrations that were applied.
pub const SCHEMA_MIGRATIONS: Table = Table {
    name: "schema_migrations",
    columns: &[
        bookkeeping("version", Kind::Integer),
        bookkeeping("name", Kind::Text),
        bookkeeping("applied_at", Kind::Instant),
    ],
    key: &["version"],
};

/// The organisations that share the store.
pub const TENANTS: Table = Table {
    name: "tenants",
    columns: &[
        content("id", Kind::Id),
        content("name", Kind::Text),
        content("slug", Kind::Text),
        content("subscription_tier", Kind::Text),
        content("enabled_modules", Kind::Json),
        CREATED_AT,
        content("settings", Kind::Json),
    ],
    key: &["id"],
};

/// Phone numbers, one row an E.164 number.
pub const PHONE_NUMBERS: Table = Table {
    name: "phone_numbers",
    columns: &[
        content("id", Kind::Id),
        content("phone_number", Kind::Text),
        content("country_code", Kind::Integer),
        content("area_code", Kind::Text),
        content("is_mobile", Kind::Boolean),
        content("carrier_info", Kind::Text),
        content("dnc_status", Kind::Text),
        content("dnc_date", Kind::Instant),
        CREATED_AT,
        UPDATED_AT,
        CREATED_BY,
        METADATA,
        IMPORT_RUN,
        IMPORT_LINE,
    ],
    key: &["id"],
};

/// What a tenant knows of a phone number that another tenant brought in first.
pub const PHONE_NUMBER_TIES: Table = Table {
    name: "phone_number_ties",
    columns: &[
        content("phone_number_id", Kind::Id),
        content("tenant_id", Kind::Id),
        CREATED_AT,
        IMPORT_RUN,
        IMPORT_LINE,
        METADATA,
        content("dnc_status", Kind::Text),
        content("dnc_date", Kind::Instant),
    ],
    key: &["tenant_id", "phone_number_id"],
};

/// Humans.
pub const HUMANS: Table = Table {
    name: "humans",
    columns: &[
        content("id", Kind::Id),
        content("first_name", Kind::Text),
        content("last_name", Kind::Text),
        content("email", Kind::Text),
        content("company_name", Kind::Text),
        content("job_title", Kind::Text),
        content("employee_id", Kind::Text),
        content("contractor_id", Kind::Text),
        CREATED_AT,
        UPDATED_AT,
        CREATED_BY,
        METADATA,
        IMPORT_RUN,
        IMPORT_LINE,
    ],
    key: &["id"],
};

/// The ties between phone numbers and humans.
pub const PHONE_HUMAN_LINKS: Table = Table {
    name: "phone_human_links",
    columns: &[
        content("id", Kind::Id),
        content("phone_number_id", Kind::Id),
        content("human_id", Kind::Id),
        content("relationship_type", Kind::Text),
        content("is_primary", Kind::Boolean),
        content("verified", Kind::Boolean),
        CREATED_AT,
        CREATED_BY,
        METADATA,
        IMPORT_RUN,
        IMPORT_LINE,
    ],
    key: &["id"],
};

/// Access grants.
pub const DATA_ACCESS_PERMISSIONS: Table = Table {
    name: "data_access_permissions",
    columns: &[
        content("id", Kind::Id),
        content("tenant_id", Kind::Id),
        content("entity_type", Kind::Text),
        content("entity_id", Kind::Id),
        content("field_name", Kind::Text),
        content("access_level", Kind::Text),
        content("granted_by_tenant_id", Kind::Id),
        content("expires_at", Kind::Instant),
        // From when on a grant counts is part of what it says.
        content("created_at", Kind::Instant),
    ],
    key: &["id"],
};

/// Ends of access grants before their expiry.
pub const ACCESS_REVOCATIONS: Table = Table {
    name: "access_revocations",
    columns: &[
        content("permission_id", Kind::Id),
        content("revoked_at", Kind::Instant),
        content("revoked_by_tenant_id", Kind::Id),
    ],
    key: &["permission_id"],
};

/// The consent ledger.
pub const CONSENT_RECORDS: Table = Table {
    name: "consent_records",
    columns: &[
        content("id", Kind::Id),
        content("phone_number_id", Kind::Id),
        content("human_id", Kind::Id),
        content("consent_type", Kind::Text),
        content("consent_status", Kind::Text),
        content("consent_source", Kind::Text),
        content("consent_date", Kind::Instant),
        content("expiration_date", Kind::Instant),
        content("tenant_id", Kind::Id),
        content("legal_basis", Kind::Text),
        METADATA,
        IMPORT_RUN,
        IMPORT_LINE,
        content("event_kind", Kind::Text),
        content("date_precision", Kind::Text),
        content("consent_tier", Kind::Text),
        content("seller", Kind::Text),
        content("evidence", Kind::Json),
        bookkeeping("recorded_at", Kind::Instant),
    ],
    key: &["id"],
};

/// Calls, texts and mails.
pub const INTERACTIONS: Table = Table {
    name: "interactions",
    columns: &[
        content("id", Kind::Id),
        content("phone_number_id", Kind::Id),
        content("human_id", Kind::Id),
        content("tenant_id", Kind::Id),
        content("kind", Kind::Text),
        content("direction", Kind::Text),
        content("outcome", Kind::Text),
        content("started_at", Kind::Instant),
        content("duration_s", Kind::Integer),
        METADATA,
        bookkeeping("recorded_at", Kind::Instant),
    ],
    key: &["id"],
};

/// Import runs.
pub const IMPORT_RUNS: Table = Table {
    name: "import_runs",
    columns: &[
        bookkeeping("number", Kind::Integer),
        bookkeeping("tenant_id", Kind::Id),
        bookkeeping("status", Kind::Text),
        bookkeeping("source", Kind::Text),
        bookkeeping("file_name", Kind::Text),
        bookkeeping("file_fingerprint", Kind::Text),
        bookkeeping("mapping", Kind::Text),
        bookkeeping("options", Kind::Json),
        bookkeeping("indexes_deferred", Kind::Boolean),
        bookkeeping("started_at", Kind::Instant),
        bookkeeping("finished_at", Kind::Instant),
        bookkeeping("rows_checkpoint", Kind::Integer),
        bookkeeping("rows_deferred", Kind::Integer),
        bookkeeping("rows_created", Kind::Integer),
        bookkeeping("rows_updated", Kind::Integer),
        bookkeeping("rows_unchanged", Kind::Integer),
        bookkeeping("rows_rejected", Kind::Integer),
        bookkeeping("phones_created", Kind::Integer),
        bookkeeping("links_created", Kind::Integer),
        bookkeeping("consents_created", Kind::Integer),
        bookkeeping("issues", Kind::Integer),
        bookkeeping("tenant_number", Kind::Integer),
    ],
    key: &["number"],
};

/// What was wrong with imported rows.
pub const IMPORT_ISSUES: Table = Table {
    name: "import_issues",
    columns: &[
        IMPORT_RUN,
        bookkeeping("row_number", Kind::Integer),
        IMPORT_LINE,
        bookkeeping("column_name", Kind::Text),
        bookkeeping("severity", Kind::Text),
        bookkeeping("code", Kind::Text),
        bookkeeping("reason", Kind::Text),
        bookkeeping("hint", Kind::Text),
        bookkeeping("raw", Kind::Text),
    ],
    key: &[],
};

/// Rows of a running bulk load whose key was seen before; empty once the run is complete.
pub const IMPORT_DEFERRED: Table = Table {
    name: "import_deferred",
    columns: &[
        IMPORT_RUN,
        bookkeeping("row_number", Kind::Integer),
        IMPORT_LINE,
        bookkeeping("fields", Kind::Text),
        bookkeeping("raw", Kind::Text),
    ],
    key: &[],
};

/// Before- and after-images of every changed field.
pub const RECORD_CHANGES: Table = Table {
    name: "record_changes",
    columns: &[
        bookkeeping("sequence", Kind::Integer),
        IMPORT_RUN,
        IMPORT_LINE,
        bookkeeping("entity_type", Kind::Text),
        bookkeeping("entity_id", Kind::Id),
        bookkeeping("fields", Kind::Json),
        bookkeeping("changed_at", Kind::Instant),
    ],
    key: &["sequence"],
};

/// Which rows of which source a human was imported from.
pub const SOURCE_KEYS: Table = Table {
    name: "source_keys",
    columns: &[
        content("human_id", Kind::Id),
        content("source", Kind::Text),
        content("source_key", Kind::Text),
        content("occurrence", Kind::Integer),
        content("row_digest", Kind::Integer),
        IMPORT_RUN,
        IMPORT_LINE,
        bookkeeping("last_run", Kind::Integer),
    ],
    key: &["human_id", "source", "occurrence"],
};

/// Humans that were found to be one.
pub const MERGE_EVENTS: Table = Table {
    name: "merge_events",
    columns: &[
        content("id", Kind::Id),
        content("tenant_id", Kind::Id),
        content("kept_id", Kind::Id),
        content("merged_id", Kind::Id),
        bookkeeping("merged_at", Kind::Instant),
        content("evidence", Kind::Json),
    ],
    key: &["id"],
};

/// The audit trail, a hash chain for each tenant.
pub const AUDIT_LOG: Table = Table {
    name: "audit_log",
    columns: &[
        bookkeeping("tenant_id", Kind::Id),
        bookkeeping("sequence", Kind::Integer),
        bookkeeping("recorded_at", Kind::Instant),
        bookkeeping("actor", Kind::Text),
        bookkeeping("action", Kind::Text),
        bookkeeping("entity_type", Kind::Text),
        bookkeeping("entity_id", Kind::Id),
        bookkeeping("detail", Kind::Json),
        bookkeeping("leaf_hash", Kind::Bytes),
        bookkeeping("chain_hash", Kind::Bytes),
    ],
    key: &["tenant_id", "sequence"],
};

/// Where each tenant's audit trail ends.
pub const AUDIT_HEADS: Table = Table {
    name: "audit_heads",
    columns: &[
        bookkeeping("tenant_id", Kind::Id),
        bookkeeping("entries", Kind::Integer),
        bookkeeping("chain_hash", Kind::Bytes),
    ],
    key: &["tenant_id"],
};

/// Every table of the schema, parents before children.
pub const TABLES: [&Table; 25] = [
    &SCHEMA_MIGRATIONS,
    &TENANTS,
    &PHONE_NUMBERS,
    &PHONE_NUMBER_TIES,
    &HUMANS,
    &PHONE_HUMAN_LINKS,
    &DATA_ACCESS_PERMISSIONS,
    &ACCESS_REVOCATIONS,
    &CONSENT_RECORDS,
    &INTERACTIONS,
    &IMPORT_RUNS,
    &IMPORT_ISSUES,
    &IMPORT_DEFERRED,
    &RECORD_CHANGES,
    &SOURCE_KEYS,
    &DNC_REGISTRIES,
    &DNC_VERSIONS,
    &DNC_HOLDINGS,
    &DNC_BLOCKS,
    &DNC_BLOCK_CHANGES,
    &DNC_ENTRIES,
    &REASSIGNED_ANSWERS,
    &MERGE_EVENTS,
    &AUDIT_LOG,
    &AUDIT_HEADS,
];

const fn unique(
    name: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
) -> Index {
    Index {
        name,
        table,
        columns,
        uniqueness: Uniqueness::Unique,
        build: Build::Always,
    }
}

const fn repeated(
    name: &'static str,
    table: &'static str,
    columns: &'static [&'static str],
) -> Index {
    Index {
        name,
        table,
        columns,
        uniqueness: Uniqueness::Repeated,
        build: Build::Always,
    }
}

const fn after_bulk_load(index: Index) -> Index {
    Index {
        build: Build::AfterBulkLoad,
        ..index
    }
}

const fn when_shared(index: Index) -> Index {
    Index {
        build: Build::WhenShared,
        ..index
    }
}

/// Every index of the schema.
pub const INDEXES: [Index; 45] = [
    unique("tenants_id", "tenants", &["id"]),
    unique("tenants_slug", "tenants", &["slug"]),
    after_bulk_load(unique("phone_numbers_id", "phone_numbers", &["id"])),
    after_bulk_load(unique(
        "phone_numbers_phone_number",
        "phone_numbers",
        &["phone_number"],
    )),
    unique(
        "phone_number_ties_key",
        "phone_number_ties",
        &["tenant_id", "phone_number_id"],
    ),
    repeated(
        "phone_number_ties_phone_number_id",
        "phone_number_ties",
        &["phone_number_id"],
    ),
    after_bulk_load(unique("humans_id", "humans", &["id"])),
    when_shared(repeated(
        "humans_owner",
        "humans",
        &["created_by_tenant_id", "id"],
    )),
    when_shared(repeated(
        "phone_numbers_owner",
        "phone_numbers",
        &["created_by_tenant_id", "id"],
    )),
    // An id is a function of human, number, relationship and tenant, so it is the key.
    after_bulk_load(unique("phone_human_links_id", "phone_human_links", &["id"])),
    after_bulk_load(repeated(
        "phone_human_links_human_id",
        "phone_human_links",
        &["human_id"],
    )),
    after_bulk_load(repeated(
        "phone_human_links_phone_number_id",
        "phone_human_links",
        &["phone_number_id"],
    )),
    when_shared(repeated(
        "phone_human_links_owner",
        "phone_human_links",
        &["created_by_tenant_id", "id"],
    )),
    after_bulk_load(unique(
        "source_keys_key",
        "source_keys",
        &["human_id", "source", "occurrence"],
    )),
    unique(
        "data_access_permissions_id",
        "data_access_permissions",
        &["id"],
    ),
    // Grants by what they speak of, and by who received them.
    repeated(
        "data_access_permissions_entity",
        "data_access_permissions",
        &["entity_type", "entity_id", "tenant_id"],
    ),
    repeated(
        "data_access_permissions_tenant",
        "data_access_permissions",
        // Everything that a list asks of a grant.
        &[
            "tenant_id",
            "entity_type",
            "entity_id",
            "granted_by_tenant_id",
            "field_name",
            "access_level",
            "created_at",
            "expires_at",
            "id",
        ],
    ),
    repeated(
        "data_access_permissions_grantor",
        "data_access_permissions",
        &[
            "granted_by_tenant_id",
            "tenant_id",
            "entity_type",
            "entity_id",
        ],
    ),
    repeated(
        "data_access_permissions_level",
        "data_access_permissions",
        &["tenant_id", "entity_type", "access_level"],
    ),
    unique(
        "access_revocations_permission",
        "access_revocations",
        &["permission_id"],
    ),
    after_bulk_load(unique("consent_records_id", "consent_records", &["id"])),
    after_bulk_load(repeated(
        "consent_records_human_id",
        "consent_records",
        &["human_id"],
    )),
    after_bulk_load(repeated(
        "consent_records_phone_number_id",
        "consent_records",
        &["phone_number_id"],
    )),
    when_shared(repeated(
        "consent_records_owner",
        "consent_records",
        &["tenant_id", "id"],
    )),
    // Everything that decides whether a human agrees to what a tenant recorded.
    when_shared(repeated(
        "consent_records_owner_human",
        "consent_records",
        &[
            "tenant_id",
            "consent_type",
            "human_id",
            "consent_status",
            "consent_date",
            "expiration_date",
        ],
    )),
    unique("interactions_id", "interactions", &["id"]),
    when_shared(repeated(
        "interactions_owner",
        "interactions",
        &["tenant_id", "id"],
    )),
    repeated("interactions_human_id", "interactions", &["human_id"]),
    repeated(
        "interactions_phone_number_id",
        "interactions",
        &["phone_number_id"],
    ),
    repeated(
        "import_issues_run",
        "import_issues",
        &["import_run", "row_number"],
    ),
    repeated(
        "import_deferred_run",
        "import_deferred",
        &["import_run", "row_number"],
    ),
    repeated("record_changes_entity", "record_changes", &["entity_id"]),
    repeated("record_changes_run", "record_changes", &["import_run"]),
    unique("dnc_registries_id", "dnc_registries", &["id"]),
    unique(
        "dnc_versions_key",
        "dnc_versions",
        &["registry_id", "version"],
    ),
    unique(
        "dnc_holdings_key",
        "dnc_holdings",
        &["tenant_id", "registry_id", "version", "obtained_at"],
    ),
    unique("dnc_blocks_key", "dnc_blocks", &["registry_id", "block"]),
    unique(
        "dnc_block_changes_key",
        "dnc_block_changes",
        &["registry_id", "block", "version"],
    ),
    unique("dnc_entries_id", "dnc_entries", &["id"]),
    repeated(
        "dnc_entries_phone_number",
        "dnc_entries",
        &["registry_id", "phone_number"],
    ),
    unique("reassigned_answers_id", "reassigned_answers", &["id"]),
    repeated(
        "reassigned_answers_phone_number",
        "reassigned_answers",
        &["tenant_id", "phone_number"],
    ),
    unique("merge_events_id", "merge_events", &["id"]),
    unique("audit_log_key", "audit_log", &["tenant_id", "sequence"]),
    unique("audit_heads_tenant", "audit_heads", &["tenant_id"]),
];

impl Table {
    /// The position of a column by its name.
    #[must_use]
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|candidate| candidate.name == column)
    }

    /// The names of all columns in order, as part of a statement.
    #[must_use]
    pub fn column_list(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        names.join(", ")
    }

    /// Whether a column is part of the key.
    #[must_use]
    pub fn is_of_key(&self, column: &Column) -> bool {
        self.key.contains(&column.name)
    }

    /// What an update by key sets, and the condition for the rows it means. `value` tells what
    /// stands in the statement for the value of a column, counted from 0.
    #[must_use]
    pub fn update_clauses(&self, value: impl Fn(usize, &Column) -> String) -> (String, String) {
        let (mut set, mut meant) = (Vec::new(), Vec::new());
        for (position, column) in self.columns.iter().enumerate() {
            let value = value(position, column);
            match self.is_of_key(column) {
                true => meant.push(format!("{}.{} = {value}", self.name, column.name)),
                false => set.push(format!("{} = {value}", column.name)),
            }
        }
        (set.join(", "), meant.join(" AND "))
    }
}
