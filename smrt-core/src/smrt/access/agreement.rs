//! Record by record, as a set and by the reference: the same answer for any facts.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::model::{AccessLevel, Actor, ConsentStatus, Field};
use crate::rules::access::reference::{Record, World};
use crate::rules::access::{GRANT_CHAIN_MAX, GrantIndex, explain};
use crate::store::{NewTenant, Store, Value, visibility};

const TENANTS: [&str; 5] = ["acme", "beta", "core", "delta", "east"];
const INSTANTS: i64 = 6;

fn tenant(position: usize) -> Id {
    Id::of_tenant(TENANTS[position])
}

fn id(kind: &str, number: usize) -> Id {
    Id::derived(kind, &[&[u8::try_from(number).unwrap()]])
}

fn instant() -> impl Strategy<Value = Instant> {
    (0..INSTANTS).prop_map(Instant::from_micros)
}

fn tenants() -> impl Strategy<Value = Id> {
    // Few tenants, so that grants meet.
    prop_oneof![
        6 => (0..3_usize).prop_map(tenant),
        2 => (3..5_usize).prop_map(tenant)
    ]
}

prop_compose! {
    fn records()(
        humans in prop::collection::vec(tenants(), 1..4),
        numbers in prop::collection::vec(tenants(), 1..4),
        links in prop::collection::btree_set((0..3_usize, 0..3_usize, 0..2_usize), 0..5),
        link_owners in prop::collection::vec(tenants(), 5),
        events in prop::collection::vec(tenants(), 0..3),
    ) -> Vec<(Record, Option<Id>)> {
        let plain = |entity_type, kind, owners: &[Id]| -> Vec<(Record, Option<Id>)> {
            owners.iter().enumerate().map(|(position, owner)| (Record {
                entity_type, id: id(kind, position), owner: *owner, number: None,
            }, None)).collect()
        };
        let mut records = plain(EntityType::Human, "h", &humans);
        records.extend(plain(EntityType::PhoneNumber, "n", &numbers));
        records.extend(plain(EntityType::ConsentRecord, "c", &events));
        records.extend(plain(EntityType::Interaction, "i", &events));
        for ((number, human, relationship), owner) in links.into_iter().zip(link_owners) {
            let number = id("n", number % numbers.len());
            let human = id("h", human % humans.len());
            let link = Id::derived("l", &[
                number.as_bytes(), human.as_bytes(), &[u8::try_from(relationship).unwrap()],
            ]);
            let is_there = |(other, _): &(Record, Option<Id>)| other.id == link;
            if !records.iter().any(is_there) {
                records.push((Record {
                    entity_type: EntityType::Link, id: link, owner, number: Some(number),
                }, Some(human)));
            }
        }
        records
    }
}

prop_compose! {
    fn grants(records: Vec<Record>)(
        said in prop::collection::vec((
            any::<Index>(), prop::bool::weighted(0.7), prop::option::weighted(0.4, 0..4_usize),
            tenants(), tenants(), prop::bool::weighted(0.4),
            select(vec![
                AccessLevel::None, AccessLevel::Read, AccessLevel::Write,
                AccessLevel::Admin, AccessLevel::Admin, AccessLevel::Admin,
            ]),
            0..INSTANTS / 2, prop::option::weighted(0.2, 0..INSTANTS),
            prop::option::weighted(0.2, 0..INSTANTS),
        ), 0..14)
    ) -> Vec<Grant> {
        said.into_iter().enumerate().map(|(
            number,
            (record, on_record, field, grantee, grantor, by_owner, level, from, expiry, revocation),
        )| {
            let record = record.get(&records);
            // The first, the last, and a sensitive one where there is one.
            let fields: Vec<Field> = Field::all(record.entity_type).collect();
            let places = [0, 1, 2, fields.len() - 1];
            Grant {
                id: id("g", number),
                grantee,
                grantor: if by_owner { record.owner } else { grantor },
                entity_type: record.entity_type,
                record: on_record.then_some(record.id),
                field: field.map(|place| fields[places[place]]),
                level,
                created_at: Instant::from_micros(from),
                expires_at: expiry.map(Instant::from_micros),
                revoked_at: revocation.map(Instant::from_micros),
            }
        }).collect()
    }
}

#[derive(Debug, Clone)]
struct Case {
    world: World,
    /// The human of each link.
    humans: BTreeMap<Id, Id>,
}

prop_compose! {
    fn cases()(records in records())(
        grants in grants(records.iter().map(|(record, _)| *record).collect()),
        consents in prop::collection::vec((
            0..3_usize, tenants(), prop::bool::weighted(0.7),
            select(vec![ConsentStatus::Granted, ConsentStatus::Granted, ConsentStatus::Revoked]),
            prop::option::weighted(0.7, instant()), prop::option::weighted(0.3, instant()),
        ), 0..6),
        ties in prop::collection::btree_set((tenants(), 0..3_usize), 0..3),
        records in Just(records),
    ) -> Case {
        let humans = records.iter().filter_map(|(link, human)| Some((link.id, (*human)?))).collect();
        let records: Vec<Record> = records.into_iter().map(|(record, _)| record).collect();
        let find = |kind: &str, number: usize| {
            let wanted = id(kind, number);
            records.iter().find(|record| record.id == wanted)
        };
        let consents: Vec<(Id, Id, SharingConsent)> = consents.into_iter().filter_map(
            |(human, by, by_owner, status, date, expires_at)| {
                let human = find("h", human)?;
                let by = if by_owner { human.owner } else { by };
                Some((human.id, by, SharingConsent { status, date, expires_at }))
            }).collect();
        let ties = ties.into_iter()
            .filter_map(|(tenant, number)| Some((tenant, find("n", number)?.id)))
            .collect();
        // Consents to sharing are records, too.
        let events = consents.iter().enumerate().map(|(number, (_, by, _))| Record {
            entity_type: EntityType::ConsentRecord, id: id("e", number), owner: *by, number: None,
        });
        let records = records.iter().copied().chain(events).collect();
        Case { world: World { records, grants, consents, ties }, humans }
    }
}

const EPOCH: Instant = Instant::from_micros(0);

/// A store that is filled anew for every case.
struct Shelf {
    _folder: tempfile::TempDir,
    store: Store,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = Instant::from_micros(0);
        let mut store = Store::create(&folder.path().join("a.db").into(), Some(at)).unwrap();
        for slug in TENANTS {
            let new = NewTenant {
                slug: slug.parse().unwrap(),
                name: slug.to_owned(),
            };
            store.add_tenant(&new, &Actor::unknown(), at).unwrap();
        }
        Self {
            _folder: folder,
            store,
        }
    }

    fn fill(&mut self, case: &Case) {
        let engine = self.store.engine();
        engine.begin(crate::store::Access::Write).unwrap();
        engine
            .execute_script(
                "DELETE FROM access_revocations; DELETE FROM data_access_permissions;
                 DELETE FROM phone_number_ties; DELETE FROM interactions;
                 DELETE FROM consent_records; DELETE FROM phone_human_links;
                 DELETE FROM phone_numbers; DELETE FROM humans;",
            )
            .unwrap();
        let consents = case.world.consents.len();
        let consents: Vec<Id> = (0..consents).map(|number| id("e", number)).collect();
        let plain = |record: &&Record| !consents.contains(&record.id);
        for record in case.world.records.iter().filter(plain) {
            insert(engine, record, &case.humans);
        }
        for grant in &case.world.grants {
            grants::insert(engine, grant).unwrap();
            if let Some(at) = grant.revoked_at {
                grants::revoke(engine, grant.id, grant.grantor, at).unwrap();
            }
        }
        for (number, (human, by, event)) in case.world.consents.iter().enumerate() {
            engine
                .execute(
                    "INSERT INTO consent_records (id, human_id, tenant_id, consent_type, \
                     consent_status, consent_source, consent_date, expiration_date, metadata, \
                     event_kind, recorded_at) \
                     VALUES (?1, ?2, ?3, 'data_sharing', ?4, 's', ?5, ?6, '{}', 'granted', ?7)",
                    &[
                        id("e", number).into(),
                        (*human).into(),
                        (*by).into(),
                        event.status.as_str().into(),
                        event.date.into(),
                        event.expires_at.into(),
                        EPOCH.into(),
                    ],
                )
                .unwrap();
        }
        for (tenant, number) in &case.world.ties {
            engine
                .execute(
                    "INSERT INTO phone_number_ties (phone_number_id, tenant_id, created_at, \
                     metadata, dnc_status) VALUES (?1, ?2, ?3, '{}', 'unknown')",
                    &[(*number).into(), (*tenant).into(), EPOCH.into()],
                )
                .unwrap();
        }
        engine.commit().unwrap();
    }
}

fn insert(engine: &mut dyn Engine, record: &Record, humans: &BTreeMap<Id, Id>) {
    let (id, owner) = (Value::Id(record.id), Value::Id(record.owner));
    let number = record.id.to_string();
    let (sql, parameters) = match record.entity_type {
        EntityType::Human => (
            "INSERT INTO humans (id, created_by_tenant_id, created_at, updated_at, metadata) \
             VALUES (?1, ?2, ?3, ?3, '{}')",
            vec![id, owner, EPOCH.into()],
        ),
        EntityType::PhoneNumber => (
            "INSERT INTO phone_numbers (id, created_by_tenant_id, phone_number, country_code, \
             dnc_status, created_at, updated_at, metadata) \
             VALUES (?1, ?2, ?3, 1, 'unknown', ?4, ?4, '{}')",
            vec![id, owner, number.as_str().into(), EPOCH.into()],
        ),
        EntityType::Link => (
            "INSERT INTO phone_human_links (id, created_by_tenant_id, phone_number_id, human_id, \
             relationship_type, is_primary, verified, created_at, metadata) \
             VALUES (?1, ?2, ?3, ?4, ?5, FALSE, FALSE, ?6, '{}')",
            vec![
                id,
                owner,
                record.number.into(),
                humans.get(&record.id).copied().into(),
                number.as_str().into(),
                EPOCH.into(),
            ],
        ),
        EntityType::ConsentRecord => (
            "INSERT INTO consent_records (id, tenant_id, consent_type, consent_status, \
             consent_source, metadata, event_kind, recorded_at) \
             VALUES (?1, ?2, 'marketing_call', 'granted', 's', '{}', 'granted', ?3)",
            vec![id, owner, EPOCH.into()],
        ),
        EntityType::Interaction => (
            "INSERT INTO interactions (id, tenant_id, kind, direction, started_at, metadata, \
             recorded_at) VALUES (?1, ?2, 'call', 'inbound', ?3, '{}', ?3)",
            vec![id, owner, EPOCH.into()],
        ),
    };
    engine.execute(sql, &parameters).unwrap();
}

/// By the reference, what a tenant sees of a record, and what it may do with each field.
fn expected(case: &Case, viewer: Id, record: &Record, at: Instant) -> Vec<AccessLevel> {
    Field::all(record.entity_type)
        .map(|field| case.world.level(viewer, record, field, at))
        .collect()
}

/// The fields whose values a list shows.
struct Shown(FieldSet);

impl Listed for Shown {
    const COLUMNS: &'static [&'static str] = &[];

    fn of_row(record: VisibleRecord, _: &dyn Row) -> Result<Self, StoreError> {
        Ok(Self(record.readable))
    }

    fn hide(&mut self, fields: FieldSet) {
        self.0 = self.0.without(fields);
    }
}

fn levels(entity_type: EntityType, access: &access::RecordAccess) -> Vec<AccessLevel> {
    Field::all(entity_type)
        .map(|field| access.level(field))
        .collect()
}

fn check(shelf: &mut Shelf, case: &Case, viewer: Id, at: Instant) -> Result<(), TestCaseError> {
    let engine = shelf.store.engine();
    let index = GrantIndex::new(case.world.grants.clone());
    for entity_type in EntityType::ALL {
        let records: Vec<&Record> = case
            .world
            .records
            .iter()
            .filter(|record| record.entity_type == entity_type)
            .collect();
        let ids: Vec<Id> = records.iter().map(|record| record.id).collect();
        let read = |engine: &mut dyn Engine, reach| {
            KnownRecords::read(engine, entity_type, &ids, viewer, reach, at).unwrap()
        };
        let known = read(engine, Reach::Viewer);
        let all_known = read(engine, Reach::Everyone);
        let mut visible = BTreeMap::new();
        for record in &records {
            let want = expected(case, viewer, record, at);
            let facts = known.facts(record.id, record.owner);
            let access = access::evaluate(&facts, viewer, at);
            prop_assert_eq!(&levels(entity_type, &access), &want, "record by record");
            let all = all_known.facts(record.id, record.owner);
            prop_assert_eq!(
                access::evaluate(&all, viewer, at),
                access,
                "with all grants"
            );
            let mut indexed = index.facts(entity_type, record.id, record.owner);
            indexed.sharing_consents = facts.sharing_consents;
            indexed.tie = facts.tie;
            prop_assert_eq!(index.evaluate(&indexed, viewer, at), access, "in memory");
            for (field, want) in Field::all(entity_type).zip(&want) {
                let authority = case.world.granted(viewer, record, field, at);
                let may_grant = viewer == record.owner || authority == AccessLevel::Admin;
                prop_assert_eq!(access.administrable.contains(field), may_grant);
                let decision = explain(&all, viewer, field, AccessLevel::Read, at);
                prop_assert_eq!(decision.level, *want, "explained {}", field.name());
            }
            if access.is_visible() {
                visible.insert(record.id, (record.owner, access.readable));
            }
        }
        let mut listed: Vec<VisibleRecord> = Vec::new();
        // Page by page, so that cursors are tried too.
        loop {
            let after = listed.last().map(|record| record.id);
            let page = page_of::<Shown>(engine, (viewer, at), entity_type, after, 2).unwrap();
            prop_assert!(page.len() == 2 || listed.len() + page.len() == visible.len());
            for (record, shown) in &page {
                prop_assert_eq!(record.readable, shown.0, "what is hidden is taken out");
            }
            listed.extend(page.iter().map(|(record, _)| *record));
            prop_assert!(listed.len() <= records.len(), "a page goes back");
            if page.is_empty() {
                break;
            }
        }
        let want: Vec<VisibleRecord> = visible
            .iter()
            .map(|(id, (owner, readable))| VisibleRecord {
                id: *id,
                owner: *owner,
                readable: *readable,
            })
            .collect();
        prop_assert_eq!(listed, want, "as a set of {}", entity_type);
        let mut counted = 0;
        let mut after = None;
        loop {
            let twin = Visible::read(engine, viewer, entity_type, at, after).unwrap();
            let (cte, parameters) = twin.cte(&[]);
            let sql = format!("WITH {cte} SELECT count(*) FROM visible");
            engine
                .query(&sql, &parameters, &mut |row| {
                    counted += row.integer(0)?;
                    Ok(())
                })
                .unwrap();
            after = twin.until();
            if after.is_none() {
                break;
            }
        }
        prop_assert_eq!(counted, i64::try_from(visible.len()).unwrap());
    }
    Ok(())
}

#[test]
fn record_by_record_as_a_set_and_by_the_reference_the_answer_is_the_same() {
    let mut shelf = Shelf::new();
    let config = ProptestConfig {
        cases: 192,
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let shelf = std::cell::RefCell::new(&mut shelf);
    runner
        .run(&(cases(), 0..INSTANTS), |(case, at)| {
            let mut shelf = shelf.borrow_mut();
            shelf.fill(&case);
            let at = Instant::from_micros(at);
            (0..TENANTS.len()).try_for_each(|viewer| check(&mut shelf, &case, tenant(viewer), at))
        })
        .unwrap();
}

/// Whoever sorts reads everything behind the cursor for every page.
#[test]
fn a_page_is_read_in_the_order_of_indexes() {
    let mut shelf = Shelf::new();
    let engine = shelf.store.engine();
    let at = Instant::from_micros(1);
    let mut number = 0;
    for entity_type in EntityType::ALL {
        for (grantor, record) in [(1, None), (2, None), (3, Some(id("r", 0)))] {
            number += 1;
            let grant = Grant {
                id: id("g", number),
                grantee: tenant(0),
                grantor: tenant(grantor),
                entity_type,
                record,
                field: None,
                level: AccessLevel::Read,
                created_at: at,
                expires_at: None,
                revoked_at: None,
            };
            grants::insert(engine, &grant).unwrap();
        }
    }
    for entity_type in EntityType::ALL {
        let visible = Visible::read(engine, tenant(0), entity_type, at, None).unwrap();
        let (sql, parameters) = visible.page_query(&["metadata"], 10);
        let mut plan = Vec::new();
        engine
            .query(
                &format!("EXPLAIN QUERY PLAN {sql}"),
                &parameters,
                &mut |row| {
                    plan.push(row.text(3)?.to_owned());
                    Ok(())
                },
            )
            .unwrap();
        let merged = plan.iter().any(|step| step.contains("MERGE"));
        let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(merged && !sorted, "{entity_type}: {}", plan.join("\n"));
    }
}

#[test]
fn the_rule_and_its_twin_follow_chains_equally_far() {
    assert_eq!(visibility::GRANT_CHAIN_MAX, GRANT_CHAIN_MAX);
}
