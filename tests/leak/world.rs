//! The store with three tenants, a canary in every column, and what each of them may see.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde_json::{Map, json};
use smrt_core::model::{
    AreaCodes, ConsentStatus, ConsentType, Direction, Id, Instant, InteractionKind,
    ReassignedAnswer, RegistryKind, RelationshipType,
};
use smrt_core::phone::E164;
use smrt_core::smrt::{
    DncContent, DncRegistryKey, HumanEdit, NewConsentRecord, NewDncEntry, NewDncLoad, NewHuman,
    NewInteraction, NewLink, NewReassignedAnswer, NumberEdit, Shrinkage, Smrt, TenantSession,
};
use smrt_core::store::schema::{Kind, TABLES};
use smrt_core::store::{Access, StoreLocation};
use smrt_etl::plan::ConflictPolicy;

use super::canary::{Canary, HUMANS, LINKED};
use crate::engine::TestEngine;
use crate::library::{add_tenant, import_text};
use crate::people;
use crate::sandbox::Sandbox;

pub(crate) const TENANTS: [&str; 3] = ["acme", "beta", "gamma"];
pub(crate) const DB: &str = "leak.db";

/// The file of SQLite in which the store is made: its tables take anything.
const SEED: &str = "seed.sqlite";

/// When a tenant looks: before the grants to `beta` began, while some live, when all have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    Live,
    After,
}

impl When {
    pub(super) const ALL: [Self; 3] = [Self::Live, Self::Before, Self::After];

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Before => "2026-05-01T00:00:00Z",
            Self::Live => crate::sandbox::AT,
            Self::After => "2027-06-01T00:00:00Z",
        }
    }

    pub(crate) fn instant(self) -> Instant {
        instant(self.text())
    }
}

const GRANTED_AT: &str = "2026-06-01T00:00:00Z";
const ENDED_AT: &str = "2026-11-01T00:00:00Z";
const ENDS_AT: &str = "2027-01-01T00:00:00Z";

/// Phone numbers by the four digits they end in, and who brought them in first.
const NUMBERS: [(&str, &str, &str); 12] = [
    ("0111", "acme", "+12025550111"),
    ("0112", "acme", "+12025550112"),
    ("0113", "acme", "+12025550113"),
    ("0114", "acme", "+12025550114"),
    ("0115", "acme", "+12025550115"),
    ("0117", "acme", "+12025550117"),
    ("0116", "gamma", "+12025550116"),
    ("0121", "beta", "+12125550121"),
    ("0122", "beta", "+12125550122"),
    ("0123", "beta", "+12125550123"),
    ("0131", "gamma", "+13105550131"),
    ("0132", "gamma", "+13105550132"),
];

/// Columns of text that hold no canary, and why.
const EXEMPT: [(&str, &str, &str); 28] = [
    ("schema_migrations", "name", "the program's own word"),
    ("tenants", "slug", "tenants know each other by it"),
    ("tenants", "subscription_tier", "a word of a closed list"),
    ("tenants", "enabled_modules", "words of a closed list"),
    ("tenants", "settings", "parsed; holds no free text"),
    ("phone_numbers", "phone_number", "the number is the canary"),
    ("data_access_permissions", "entity_type", "a closed list"),
    ("data_access_permissions", "field_name", "a closed list"),
    ("data_access_permissions", "access_level", "a closed list"),
    ("import_runs", "status", "a word of a closed list"),
    ("import_issues", "severity", "a word of a closed list"),
    ("record_changes", "entity_type", "a word of a closed list"),
    ("audit_log", "entity_type", "a word of a closed list"),
    ("audit_log", "action", "a word of the program"),
    ("consent_records", "consent_type", "type and status decide"),
    (
        "consent_records",
        "consent_status",
        "type and status decide",
    ),
    ("consent_records", "event_kind", "a word of a closed list"),
    ("consent_records", "date_precision", "a closed list"),
    ("consent_records", "consent_tier", "a closed list"),
    ("dnc_registries", "kind", "a word of a closed list"),
    ("dnc_registries", "jurisdiction", "a place, of no tenant"),
    ("dnc_versions", "kind", "a word of a closed list"),
    ("dnc_versions", "status", "a word of a closed list"),
    ("dnc_versions", "area_codes", "parsed; holds no free text"),
    ("dnc_holdings", "area_codes", "parsed; holds no free text"),
    ("dnc_entries", "phone_number", "the number is the canary"),
    (
        "reassigned_answers",
        "phone_number",
        "the number is the canary",
    ),
    ("reassigned_answers", "answer", "a word of a closed list"),
];

/// Numbers on the tenants' lists; each is on its own tenant's lists only.
pub(super) const LISTED: [(&str, &str); 3] = [
    ("acme", "+13035550181"),
    ("beta", "+13035550182"),
    ("gamma", "+13035550183"),
];

/// The store, the ids of its records by a name, and its canaries.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    ids: BTreeMap<String, Id>,
    tied: BTreeMap<String, Vec<&'static str>>,
    canaries: Vec<Canary>,
}

impl World {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new();
        let mut ids = BTreeMap::new();
        let mut smrt = Smrt::create_at(sandbox.path(SEED), When::Before.instant()).unwrap();
        for tenant in TENANTS {
            add_tenant(&mut smrt, tenant);
        }
        for (seed, tenant) in (40..).zip(TENANTS) {
            // Only `acme` has a third run.
            let runs = if tenant == "acme" { 3 } else { 2 };
            for run in 0..runs {
                let text = people::file(seed + 10 * run, 12);
                let text = format!("{text},,,,,not a number,,,,,\n");
                import_text(
                    &mut smrt,
                    tenant,
                    people::MAPPING,
                    &text,
                    ConflictPolicy::Update,
                );
            }
        }
        for tenant in TENANTS {
            by_hand(&mut smrt, tenant, &mut ids);
        }
        for tenant in TENANTS {
            ties(&mut smrt, tenant, &mut ids);
        }
        for (tenant, number) in LISTED {
            registries(&mut smrt, tenant, e164(number));
        }
        drop(smrt);
        let mut world = Self {
            sandbox,
            ids,
            tied: BTreeMap::new(),
            canaries: Vec::new(),
        };
        let mut connection = Connection::open(world.sandbox.path(SEED)).unwrap();
        let change = connection.transaction().unwrap();
        world.note_ties(&change);
        world.grant(&change);
        fill_what_nothing_writes(&change);
        world.plant(&change);
        world.collect_ids(&change);
        change.commit().unwrap();
        drop(connection);
        world.settle();
        world
    }

    /// Brings the store to where stores of this process are kept.
    fn settle(&self) {
        let seed = self.sandbox.path(SEED);
        match TestEngine::chosen() {
            TestEngine::Sqlite => std::fs::rename(seed, self.sandbox.path(DB)).unwrap(),
            TestEngine::DuckDb | TestEngine::Postgres => {
                let mut made = Smrt::open_at(seed.clone(), Access::Read, crate::sandbox::at());
                self.sandbox.take_in(made.as_mut().unwrap(), DB);
                drop(made);
                std::fs::remove_file(seed).unwrap();
            }
        }
    }

    pub(crate) fn location(&self) -> StoreLocation {
        self.sandbox.location(DB)
    }

    /// A copy of the store under another name, in the place of what has that name.
    pub(crate) fn copy(&self, name: &str) -> StoreLocation {
        self.sandbox.remove_store(name);
        self.sandbox.copy_store(DB, name);
        self.sandbox.location(name)
    }

    #[track_caller]
    pub(crate) fn id(&self, name: &str) -> Id {
        *self
            .ids
            .get(name)
            .unwrap_or_else(|| panic!("no record `{name}`"))
    }

    /// The canaries in a text that this tenant may not see.
    pub(super) fn leaks<'w>(
        &'w self,
        text: &str,
        viewer: &str,
        when: When,
        typed: &str,
    ) -> Vec<&'w Canary> {
        let canaries = self.canaries.iter();
        canaries
            .filter(|canary| text.contains(&canary.text))
            .filter(|canary| !typed.contains(&canary.text))
            .filter(|canary| !canary.is_allowed(viewer, when))
            .collect()
    }

    /// Whether a text holds some canary of its reader's own: a sign that the test can see any.
    pub(super) fn shows_own(&self, text: &str, viewer: &str) -> bool {
        let mut own = self.canaries.iter().filter(|canary| canary.owner == viewer);
        own.any(|canary| text.contains(&canary.text))
    }

    /// What `acme` gave to `beta`.
    fn grant(&mut self, db: &Connection) {
        let grants = [
            (
                "subset",
                Some("subset"),
                Some("first_name"),
                "read",
                Some(ENDS_AT),
            ),
            (
                "subset-2",
                Some("subset"),
                Some("company_name"),
                "read",
                Some(ENDS_AT),
            ),
            (
                "subset-3",
                Some("subset"),
                Some("job_title"),
                "write",
                Some(ENDS_AT),
            ),
            (
                "subset-4",
                Some("subset"),
                Some("email"),
                "read",
                Some(ENDS_AT),
            ),
            ("consented", Some("consented"), None, "read", Some(ENDS_AT)),
            (
                "unconsented",
                Some("unconsented"),
                None,
                "read",
                Some(ENDS_AT),
            ),
            ("expired", Some("expired"), None, "admin", Some(ENDED_AT)),
            ("revoked", Some("revoked"), None, "write", None),
            (
                "links",
                None,
                Some("relationship_type"),
                "read",
                Some(ENDS_AT),
            ),
        ];
        for (name, record, field, level, ends) in grants {
            let id = Id::derived("grant", &[name.as_bytes()]);
            let entity_type = match record {
                Some(_) => "human",
                None => "link",
            };
            let record = record.map(|name| self.id(name));
            db.execute(
                "INSERT INTO data_access_permissions (id, tenant_id, entity_type, entity_id, \
                 field_name, access_level, granted_by_tenant_id, expires_at, created_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    id.as_bytes(),
                    Id::of_tenant("beta").as_bytes(),
                    entity_type,
                    record.as_ref().map(Id::as_bytes),
                    field,
                    level,
                    Id::of_tenant("acme").as_bytes(),
                    ends.map(|ends| instant(ends).as_micros()),
                    instant(GRANTED_AT).as_micros(),
                ],
            )
            .unwrap();
            self.ids.insert(format!("grant {name}"), id);
        }
        db.execute(
            "INSERT INTO access_revocations VALUES (?1, ?2, ?3)",
            params![
                self.id("grant revoked").as_bytes(),
                instant(ENDED_AT).as_micros(),
                Id::of_tenant("acme").as_bytes(),
            ],
        )
        .unwrap();
    }

    /// Puts a canary into every column of text, of every tenant's rows.
    fn plant(&mut self, db: &Connection) {
        for (table, column, _) in EXEMPT {
            let known = TABLES.iter().find(|known| known.name == table);
            assert!(
                known.is_some_and(|known| known.position(column).is_some()),
                "there is no column {table}.{column}"
            );
        }
        for table in TABLES {
            let rows = rows_of(db, table.name);
            for column in table.columns {
                let is_text = matches!(column.kind, Kind::Text | Kind::Json);
                let mut exempt = EXEMPT.iter();
                if !is_text || exempt.any(|(t, c, _)| (*t, *c) == (table.name, column.name)) {
                    continue;
                }
                for (rowid, owner, id) in &rows {
                    let canary = self.canary(table.name, column.name, owner, id.as_deref());
                    let value = match (column.kind, table.name) {
                        (Kind::Json, "record_changes") => {
                            json!({"first_name": [canary, canary]}).to_string()
                        }
                        (Kind::Json, "import_runs") => {
                            json!({"on_conflict": "update", "canary": canary}).to_string()
                        }
                        (Kind::Json, "consent_records") => {
                            json!({"url": canary, "wording": canary, "note": canary}).to_string()
                        }
                        (Kind::Json, _) => json!({"extension": canary, "note": canary}).to_string(),
                        _ => canary,
                    };
                    let sql = format!(
                        "UPDATE {} SET {} = ?1 WHERE rowid = ?2",
                        table.name, column.name
                    );
                    db.execute(&sql, params![value, rowid]).unwrap();
                }
                for tenant in TENANTS {
                    assert!(
                        rows.iter().any(|(_, owner, _)| *owner == tenant),
                        "{}.{} has no row of {tenant}: give it one, or say why it needs none",
                        table.name,
                        column.name
                    );
                }
            }
        }
        for (label, owner, number) in NUMBERS {
            let spellings = [number[2..].to_owned(), format!("555-{label}")];
            for text in spellings {
                self.add(text, owner, "phone_numbers", "phone_number", label);
            }
        }
        for (owner, number) in LISTED {
            // The last seven digits alone may be those of somebody who was imported.
            let text = number[2..].to_owned();
            self.add(text, owner, "dnc_entries", "phone_number", number);
        }
        // Times and a duration are as telling as words.
        for (tenant, year) in TENANTS.into_iter().zip(["1971", "1972", "1973"]) {
            let at = instant(&format!("{year}-03-05T07:09:11Z")).as_micros();
            for table in ["humans", "phone_numbers"] {
                let sql = format!(
                    "UPDATE {table} SET created_at = ?1, updated_at = ?1 \
                     WHERE created_by_tenant_id = ?2"
                );
                db.execute(&sql, params![at, Id::of_tenant(tenant).as_bytes()])
                    .unwrap();
            }
            let times = format!("{year}-03-05");
            self.add(times, tenant, "humans", "created_at", "consented");
        }
    }

    fn canary(
        &mut self,
        table: &str,
        column: &str,
        owner: &'static str,
        id: Option<&[u8]>,
    ) -> String {
        let label = id.map_or_else(String::new, |id| self.label(id));
        let canary = format!("canary-{owner}-{table}-{column}-{label}");
        self.add(canary.clone(), owner, table, column, &label);
        canary
    }

    /// The name of a record, or how its id begins.
    fn label(&self, id: &[u8]) -> String {
        let mut ids = self.ids.iter();
        let named = ids.find(|(_, known)| known.as_bytes() == id);
        match named {
            Some((name, _)) => name.replace(' ', "-"),
            None => id
                .iter()
                .take(4)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }

    fn add(&mut self, text: String, owner: &'static str, table: &str, column: &str, label: &str) {
        if self.canaries.iter().any(|canary| canary.text == text) {
            return;
        }
        self.canaries.push(Canary {
            text,
            owner,
            tied: self.tied.get(label).cloned().unwrap_or_default(),
            table: table.to_owned(),
            column: column.to_owned(),
            label: label.to_owned(),
        });
    }

    /// Notes by whom numbers are known, and which records `acme` has linked.
    fn note_ties(&mut self, db: &Connection) {
        let mut note = |sql: &str, who: Option<&'static str>| {
            let mut statement = db.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            for (record, tenant) in rows.unwrap().map(Result::<(Vec<u8>, Vec<u8>), _>::unwrap) {
                let mut tenants = TENANTS.into_iter();
                let tenant = tenants.find(|t| Id::of_tenant(t).as_bytes()[..] == tenant[..]);
                let label = self.label(&record);
                let who = match who {
                    Some(mark) if tenant == Some("acme") => mark,
                    Some(_) => continue,
                    None => tenant.unwrap(),
                };
                self.tied.entry(label).or_default().push(who);
            }
        };
        note(
            "SELECT phone_number_id, tenant_id FROM phone_number_ties",
            None,
        );
        for end in ["phone_number_id", "human_id"] {
            let sql = format!("SELECT {end}, created_by_tenant_id FROM phone_human_links");
            note(&sql, Some(LINKED));
        }
    }

    /// Ids tell, too, that a record exists.
    fn collect_ids(&mut self, db: &Connection) {
        for table in TABLES {
            let has_id = table.columns.iter().any(|column| column.name == "id");
            if !has_id || table.name == "tenants" {
                continue;
            }
            for (_, owner, id) in rows_of(db, table.name) {
                let id = Id::from_bytes(id.unwrap().try_into().unwrap());
                let label = self.label(id.as_bytes());
                self.add(id.to_string(), owner, table.name, "id", &label);
            }
        }
    }
}

/// The records each tenant made by hand.
fn by_hand(smrt: &mut Smrt, tenant: &'static str, ids: &mut BTreeMap<String, Id>) {
    let before = When::Before.instant();
    let mut session = acting(smrt, tenant);
    for (label, owner, number) in NUMBERS {
        if owner == tenant {
            let id = session.add_number(e164(number), before).unwrap();
            ids.insert(label.to_owned(), id);
            let note = Map::from_iter([("note".to_owned(), json!("x"))]);
            let edit = NumberEdit::new(id, &note).unwrap();
            session.edit_numbers(&[edit], before).unwrap();
        }
    }
    let names = match tenant {
        "acme" => HUMANS.to_vec(),
        "beta" => vec!["beta-own"],
        _ => vec!["gamma-own"],
    };
    for name in names {
        let human = NewHuman {
            key: Some(name.to_owned()),
            first_name: Some(name.to_owned()),
            ..NewHuman::default()
        };
        let id = session.add_human(&human, before).unwrap();
        ids.insert(name.to_owned(), id);
        let edit = HumanEdit::of(id).set("last_name", "changed").unwrap();
        session.edit_human(&edit, before).unwrap();
    }
}

/// What ties numbers and humans, some of them other tenants'.
fn ties(smrt: &mut Smrt, tenant: &'static str, ids: &mut BTreeMap<String, Id>) {
    let before = When::Before.instant();
    let links: &[(&str, &str)] = match tenant {
        "acme" => &[
            ("hidden", "0112"),
            ("subset", "0113"),
            ("consented", "0114"),
            ("hidden", "0115"),
            ("hidden", "0116"),
        ],
        "beta" => &[("beta-own", "0121"), ("beta-own", "0114")],
        _ => &[
            ("gamma-own", "0131"),
            ("gamma-own", "0115"),
            ("gamma-own", "0122"),
        ],
    };
    let mut session = acting(smrt, tenant);
    for (human, number) in links {
        let new = NewLink::new(ids[*human], number_of(number), RelationshipType::OTHER);
        let id = session.add_link(&new, before).unwrap();
        ids.insert(format!("link {human} {number}"), id);
    }
    let (human, number) = match tenant {
        "acme" => ("hidden", "0111"),
        "beta" => ("beta-own", "0123"),
        _ => ("gamma-own", "0132"),
    };
    let mut consents = vec![
        event(ids[human], "marketing_call", tenant),
        NewConsentRecord {
            human_id: None,
            phone_number: Some(number_of(number)),
            ..event(ids[human], "marketing_sms", "number")
        },
    ];
    if tenant == "acme" {
        consents.push(event(ids["consented"], "data_sharing", "sharing"));
    }
    for (new, id) in consents
        .iter()
        .zip(session.add_consent_records(&consents, before).unwrap())
    {
        ids.insert(format!("consent {tenant} {}", new.consent_type), id);
    }
    let call = NewInteraction {
        key: Some(tenant.to_owned()),
        human_id: Some(ids[human]),
        phone_number: Some(number_of(number)),
        outcome: Some("x".to_owned()),
        duration_s: Some(61),
        ..NewInteraction::new(InteractionKind::Call, Direction::Outbound, before)
    };
    let call = session.add_interactions(&[call], before).unwrap();
    ids.insert(format!("call {tenant}"), call[0]);
}

fn event(human: Id, consent_type: &str, key: &str) -> NewConsentRecord {
    NewConsentRecord {
        key: Some(key.to_owned()),
        ..NewConsentRecord::of_human(
            human,
            ConsentType::parse(consent_type).unwrap(),
            ConsentStatus::Granted,
            "web form",
            When::Before.instant(),
        )
    }
}

/// A tenant's lists, and the list of a registry that all of them hold.
fn registries(smrt: &mut Smrt, tenant: &str, number: E164) {
    let before = When::Before.instant();
    let mut session = acting(smrt, tenant);
    let internal = DncRegistryKey::new(RegistryKind::Internal, None, None).unwrap();
    let entry = NewDncEntry {
        number,
        listed_at: before,
        reason: Some("x".to_owned()),
    };
    session
        .add_dnc_entries(&internal, &[entry], before)
        .unwrap();
    let answer = NewReassignedAnswer {
        number,
        query_date: before,
        answer: ReassignedAnswer::No,
        checked_at: before,
    };
    session.add_reassigned_answers(&[answer], before).unwrap();
    let (new, content) = dnc_list(number, before);
    let mut load = session.begin_dnc_load(&new, &content, before).unwrap();
    session
        .write_dnc_blocks(&mut load, &content, before)
        .unwrap();
    session.finish_dnc_load(load, before).unwrap();
}

/// A list of the registry that all tenants hold, with one number.
pub(super) fn dnc_list(number: E164, version_date: Instant) -> (NewDncLoad, DncContent) {
    let states = "US".parse().ok();
    let new = NewDncLoad {
        registry: DncRegistryKey::new(RegistryKind::National, states, None).unwrap(),
        base: None,
        version_date: Some(version_date),
        obtained_at: None,
        area_codes: Some(AreaCodes::All),
        subscription_id: Some("x".to_owned()),
        source_digest: Id::derived("list", &[&number.digits().to_be_bytes()]).to_string(),
        rows_read: 1,
        rows_rejected: 0,
        shrinkage: Shrinkage::Any,
    };
    (new, DncContent::Full([number].into_iter().collect()))
}

/// Rows of tables that no command fills yet.
fn fill_what_nothing_writes(db: &Connection) {
    for tenant in TENANTS {
        let id = |kind: &str| *Id::derived(kind, &[tenant.as_bytes()]).as_bytes();
        let owner = *Id::of_tenant(tenant).as_bytes();
        db.execute(
            "INSERT INTO merge_events VALUES (?1, ?2, ?3, ?3, 0, '{}')",
            params![id("merge"), owner, id("merged")],
        )
        .unwrap();
        db.execute(
            "INSERT INTO import_deferred SELECT number, 1, 2, 'x', 'x' FROM import_runs \
             WHERE tenant_id = ?1",
            params![owner],
        )
        .unwrap();
    }
}

/// The rows of a table: their place, their owner, and their id if they have one.
fn rows_of(db: &Connection, table: &str) -> Vec<(i64, &'static str, Option<Vec<u8>>)> {
    let of_human = "(SELECT h.created_by_tenant_id FROM humans h WHERE h.id = t.human_id)";
    let of_run = "(SELECT r.tenant_id FROM import_runs r WHERE r.number = t.import_run)";
    let (owner, id) = match table {
        "schema_migrations" => return Vec::new(),
        "tenants" => ("t.id", "NULL"),
        "phone_numbers" | "humans" | "phone_human_links" => ("t.created_by_tenant_id", "t.id"),
        "phone_number_ties" => ("t.tenant_id", "t.phone_number_id"),
        "data_access_permissions" => ("t.granted_by_tenant_id", "t.id"),
        "access_revocations" => ("t.revoked_by_tenant_id", "t.permission_id"),
        "consent_records" | "interactions" | "merge_events" => ("t.tenant_id", "t.id"),
        "import_runs" | "audit_log" | "audit_heads" => ("t.tenant_id", "NULL"),
        "import_issues" | "import_deferred" => (of_run, "NULL"),
        "record_changes" => (
            "coalesce((SELECT h.created_by_tenant_id FROM humans h WHERE h.id = t.entity_id), \
             (SELECT l.created_by_tenant_id FROM phone_human_links l WHERE l.id = t.entity_id), \
             (SELECT p.created_by_tenant_id FROM phone_numbers p WHERE p.id = t.entity_id))",
            "t.entity_id",
        ),
        "source_keys" => (of_human, "t.human_id"),
        // A registry that is shared is no tenant's; its bytes are read by whoever holds it.
        "dnc_registries" => ("t.tenant_id", "t.id"),
        "dnc_blocks" | "dnc_block_changes" => return Vec::new(),
        "dnc_versions" | "dnc_holdings" => ("t.tenant_id", "NULL"),
        "reassigned_answers" => ("t.tenant_id", "t.id"),
        "dnc_entries" => (
            "(SELECT r.tenant_id FROM dnc_registries r WHERE r.id = t.registry_id)",
            "t.id",
        ),
        other => panic!("say who owns the rows of the new table `{other}`"),
    };
    let mut statement = db
        .prepare(&format!(
            "SELECT t.rowid, {owner}, {id} FROM {table} t WHERE {owner} IS NOT NULL"
        ))
        .unwrap();
    let rows = statement.query_map([], |row| {
        let owner: Vec<u8> = row.get(1)?;
        let mut tenants = TENANTS.into_iter();
        let owner = tenants.find(|tenant| Id::of_tenant(tenant).as_bytes()[..] == owner[..]);
        Ok((row.get(0)?, owner.expect("a tenant owns it"), row.get(2)?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

pub(super) fn acting<'s>(smrt: &'s mut Smrt, tenant: &str) -> TenantSession<'s> {
    let actor = format!("actor-of-{tenant}").parse().unwrap();
    smrt.tenant(tenant).unwrap().acting_as(actor)
}

/// The store at a place.
pub(super) fn open(location: impl Into<StoreLocation>) -> Smrt {
    Smrt::open_at(location, Access::Write, When::Live.instant()).unwrap()
}

pub(super) fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(super) fn e164(text: &str) -> E164 {
    E164::from_digits(text.trim_start_matches('+').parse().unwrap()).unwrap()
}

/// A number of the store by the digits it ends in.
pub(super) fn number_of(label: &str) -> E164 {
    let found = NUMBERS.iter().find(|(known, _, _)| *known == label);
    e164(found.expect("a number with these digits").2)
}
