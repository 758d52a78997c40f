//! Looking around: finding humans and showing a record with where each value came from.
//!
//! Everything here is asked for one tenant and sees that tenant's records only.

use serde_json::{Map, Value as Json};

use super::engine::Engine;
use super::error::StoreError;
use super::import::HUMAN_FIELDS;
use super::runs::in_one_state;
use super::value::{Row, Value};
use super::{Store, schema};
use crate::model::{Id, Instant};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The import run, by its tenant's own number.
    pub run: i64,
    /// Its file's name.
    pub file: String,
    /// The line of that file, from 1.
    pub line: u64,
}

/// A human in a list.
#[derive(Clone, PartialEq, Eq)]
pub struct HumanSummary {
    /// The human's id.
    pub id: Id,
    /// The values of [`HUMAN_FIELDS`].
    pub fields: [Option<String>; HUMAN_FIELDS.len()],
    /// The human's phone numbers in E.164, the primary one first.
    pub phone_numbers: Vec<String>,
}

/// A human with everything the store holds of it.
#[derive(Clone)]
pub struct HumanDetail {
    /// The human's id.
    pub id: Id,
    /// Name, value and origin of each field that has a value.
    pub fields: Vec<(&'static str, String, Option<Origin>)>,
    /// The metadata, a JSON object, and its origin.
    pub metadata: (String, Option<Origin>),
    /// When the record was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
    /// Phone numbers tied to the human.
    pub links: Vec<LinkDetail>,
    /// Consent events: type, status, source, date and origin.
    pub consents: Vec<ConsentDetail>,
    /// Source, key and last line of each source row.
    pub source_rows: Vec<(String, String, Origin)>,
}

/// A consent event as shown.
#[derive(Debug, Clone)]
pub struct ConsentDetail {
    /// What it is for.
    pub consent_type: String,
    /// `granted` or `revoked`.
    pub consent_status: String,
    /// Who or what said so.
    pub consent_source: String,
    /// When the subject acted, if known.
    pub consent_date: Option<Instant>,
    /// Where it came from.
    pub origin: Option<Origin>,
}

/// A tie between a phone number and a human, seen from either side.
#[derive(Clone)]
pub struct LinkDetail {
    /// The phone number in E.164.
    pub phone_number: String,
    /// The human's id.
    pub human_id: Id,
    /// The human's name.
    pub human_name: String,
    /// `mobile`, `work`, …
    pub relationship_type: String,
    /// Whether it is the human's primary number.
    pub is_primary: bool,
    /// More of the link, a JSON object: an extension, for example.
    pub metadata: String,
    /// Where the link came from.
    pub origin: Option<Origin>,
}

/// A phone number with everything the store holds of it for a tenant.
#[derive(Clone)]
pub struct NumberDetail {
    /// The number's id.
    pub id: Id,
    /// The number in E.164.
    pub phone_number: String,
    /// The country calling code.
    pub country_code: i64,
    /// The area code, where the plan has one.
    pub area_code: Option<String>,
    /// Whether it is a mobile line, where the plan tells.
    pub is_mobile: Option<bool>,
    /// `unknown` until a registry was asked.
    pub dnc_status: String,
    /// When the record was made.
    pub created_at: Instant,
    /// Where the record came from, if the tenant brought it.
    pub origin: Option<Origin>,
    /// Humans tied to the number.
    pub links: Vec<LinkDetail>,
}

macro_rules! redacted_debug {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(****)"))
            }
        }
    )*};
}
redacted_debug!(HumanSummary, HumanDetail, LinkDetail, NumberDetail);

impl Store {
    /// Humans of a tenant whose name, e-mail, company, ids or phone number match.
    ///
    /// `text` is compared case-folded, every word of it must occur in one of the fields; `numbers`
    /// are E.164 forms that `text` may stand for.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn find_humans(
        &mut self,
        tenant: Id,
        text: &str,
        numbers: &[String],
        limit: u32,
    ) -> Result<Vec<HumanSummary>, StoreError> {
        in_one_state(self.engine.as_mut(), |engine| {
            let mut humans = humans_of_numbers(engine, tenant, numbers, limit)?;
            if humans.is_empty() {
                humans = humans_with_words(engine, tenant, text, limit)?;
            }
            for human in &mut humans {
                human.phone_numbers = numbers_of(engine, tenant, human.id)?;
            }
            Ok(humans)
        })
    }

    /// A human of a tenant.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn human(&mut self, tenant: Id, id: Id) -> Result<Option<HumanDetail>, StoreError> {
        in_one_state(self.engine.as_mut(), |engine| {
            read_human(engine, tenant, id)
        })
    }

    /// A phone number a tenant has a tie to: created, linked or consented.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub fn number(&mut self, tenant: Id, id: Id) -> Result<Option<NumberDetail>, StoreError> {
        in_one_state(self.engine.as_mut(), |engine| {
            read_number(engine, tenant, id)
        })
    }
}

fn humans_of_numbers(
    engine: &mut dyn Engine,
    tenant: Id,
    numbers: &[String],
    limit: u32,
) -> Result<Vec<HumanSummary>, StoreError> {
    let mut humans = Vec::new();
    let columns = HUMAN_FIELDS.map(|field| format!("h.{field}")).join(", ");
    let sql = format!(
        "SELECT DISTINCT h.id, {columns} FROM phone_numbers p \
         JOIN phone_human_links l ON l.phone_number_id = p.id \
         JOIN humans h ON h.id = l.human_id \
         WHERE p.phone_number = ?1 AND h.created_by_tenant_id = ?2 AND l.created_by_tenant_id = ?2 \
         ORDER BY h.last_name, h.first_name, h.id LIMIT ?3"
    );
    for number in numbers {
        let parameters = [
            number.as_str().into(),
            tenant.into(),
            i64::from(limit).into(),
        ];
        engine.query(&sql, &parameters, &mut |row| {
            humans.push(summary(row)?);
            Ok(())
        })?;
    }
    humans.truncate(limit as usize);
    Ok(humans)
}

fn humans_with_words(
    engine: &mut dyn Engine,
    tenant: Id,
    text: &str,
    limit: u32,
) -> Result<Vec<HumanSummary>, StoreError> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let dialect = engine.dialect();
    let conditions: Vec<String> = (0..words.len())
        .map(|word| {
            let parameter = format!("?{}", word + 3);
            let fields: Vec<String> = HUMAN_FIELDS
                .iter()
                .map(|field| dialect.contains_folded(field, &parameter))
                .collect();
            format!("({})", fields.join(" OR "))
        })
        .collect();
    let sql = format!(
        "SELECT id, {} FROM humans WHERE created_by_tenant_id = ?1 AND {} \
         ORDER BY last_name, first_name, id LIMIT ?2",
        HUMAN_FIELDS.join(", "),
        conditions.join(" AND ")
    );
    let mut parameters = vec![Value::Id(tenant), i64::from(limit).into()];
    parameters.extend(words.iter().map(|word| Value::Text(word)));
    let mut humans = Vec::new();
    engine.query(&sql, &parameters, &mut |row| {
        humans.push(summary(row)?);
        Ok(())
    })?;
    Ok(humans)
}

fn summary(row: &dyn Row) -> Result<HumanSummary, StoreError> {
    let mut human = HumanSummary {
        id: row.id(0)?,
        fields: Default::default(),
        phone_numbers: Vec::new(),
    };
    for (position, field) in human.fields.iter_mut().enumerate() {
        *field = row.optional_string(position + 1)?;
    }
    Ok(human)
}

fn numbers_of(engine: &mut dyn Engine, tenant: Id, human: Id) -> Result<Vec<String>, StoreError> {
    let mut numbers: Vec<String> = Vec::new();
    engine.query(
        "SELECT p.phone_number FROM phone_human_links l \
         JOIN phone_numbers p ON p.id = l.phone_number_id \
         WHERE l.human_id = ?1 AND l.created_by_tenant_id = ?2 \
         ORDER BY l.is_primary DESC, l.import_line, p.phone_number",
        &[human.into(), tenant.into()],
        &mut |row| {
            let number = row.text(0)?;
            if !numbers.iter().any(|known| known == number) {
                numbers.push(number.to_owned());
            }
            Ok(())
        },
    )?;
    Ok(numbers)
}

fn read_human(
    engine: &mut dyn Engine,
    tenant: Id,
    id: Id,
) -> Result<Option<HumanDetail>, StoreError> {
    let mut found = None;
    let mut created = None;
    let sql = format!(
        "SELECT id, {}, metadata, created_at, updated_at, import_run, import_line \
         FROM humans WHERE id = ?1 AND created_by_tenant_id = ?2",
        HUMAN_FIELDS.join(", ")
    );
    engine.query(&sql, &[id.into(), tenant.into()], &mut |row| {
        let mut fields = Vec::new();
        for (position, name) in HUMAN_FIELDS.iter().enumerate() {
            if let Some(value) = row.optional_string(position + 1)? {
                fields.push((*name, value, None));
            }
        }
        created = run_and_line(row, 11)?;
        found = Some(HumanDetail {
            id: row.id(0)?,
            fields,
            metadata: (row.text(8)?.to_owned(), None),
            created_at: row.instant(9)?,
            updated_at: row.instant(10)?,
            links: Vec::new(),
            consents: Vec::new(),
            source_rows: Vec::new(),
        });
        Ok(())
    })?;
    let Some(mut human) = found else {
        return Ok(None);
    };
    add_origins(engine, &mut human, created)?;
    human.links = links(engine, tenant, "l.human_id", id)?;
    human.consents = consents(engine, tenant, id)?;
    human.source_rows = source_rows(engine, id)?;
    Ok(Some(human))
}

/// A field's origin is the last change of it, or else the record's creation.
fn add_origins(
    engine: &mut dyn Engine,
    human: &mut HumanDetail,
    created: Option<(i64, u64)>,
) -> Result<(), StoreError> {
    let mut changed: Vec<(String, Option<(i64, u64)>)> = Vec::new();
    engine.query(
        "SELECT fields, import_run, import_line FROM record_changes \
         WHERE entity_id = ?1 AND entity_type = 'human' ORDER BY sequence",
        &[human.id.into()],
        &mut |row| {
            let fields: Map<String, Json> =
                serde_json::from_str(row.text(0)?).map_err(|_| StoreError::unexpected_value(0))?;
            let by = run_and_line(row, 1)?;
            changed.extend(fields.into_iter().map(|(name, _)| (name, by)));
            Ok(())
        },
    )?;
    let mut origin_of = |name: &str| {
        let last = changed.iter().rev().find(|(field, _)| field == name);
        match last.map_or(created, |(_, by)| *by) {
            Some((run, line)) => origin(engine, run, line).map(Some),
            None => Ok(None),
        }
    };
    for (name, _, place) in &mut human.fields {
        *place = origin_of(name)?;
    }
    human.metadata.1 = origin_of("metadata")?;
    Ok(())
}

fn run_and_line(row: &dyn Row, column: usize) -> Result<Option<(i64, u64)>, StoreError> {
    let run = row.optional_integer(column)?;
    let line = row.optional_integer(column + 1)?;
    Ok(run
        .zip(line)
        .and_then(|(run, line)| Some((run, u64::try_from(line).ok()?))))
}

fn origin(engine: &mut dyn Engine, run: i64, line: u64) -> Result<Origin, StoreError> {
    let mut file = String::new();
    let mut tenant_number = 0;
    engine.query(
        "SELECT file_name, tenant_number FROM import_runs WHERE number = ?1",
        &[run.into()],
        &mut |row| {
            file = row.text(0)?.to_owned();
            tenant_number = row.integer(1)?;
            Ok(())
        },
    )?;
    Ok(Origin {
        run: tenant_number,
        file,
        line,
    })
}

fn links(
    engine: &mut dyn Engine,
    tenant: Id,
    side: &str,
    id: Id,
) -> Result<Vec<LinkDetail>, StoreError> {
    let mut links = Vec::new();
    let mut places = Vec::new();
    let sql = format!(
        "SELECT p.phone_number, h.id, h.first_name, h.last_name, h.company_name, \
         l.relationship_type, l.is_primary, l.metadata, l.import_run, l.import_line \
         FROM phone_human_links l JOIN phone_numbers p ON p.id = l.phone_number_id \
         JOIN humans h ON h.id = l.human_id \
         WHERE {side} = ?1 AND l.created_by_tenant_id = ?2 AND h.created_by_tenant_id = ?2 \
         ORDER BY l.is_primary DESC, l.import_run, l.import_line, p.phone_number, \
         l.relationship_type, h.id"
    );
    engine.query(&sql, &[id.into(), tenant.into()], &mut |row| {
        let names = [row.optional_text(2)?, row.optional_text(3)?];
        let name: Vec<&str> = names.into_iter().flatten().collect();
        let human_name = match name.is_empty() {
            true => row.optional_text(4)?.unwrap_or_default().to_owned(),
            false => name.join(" "),
        };
        links.push(LinkDetail {
            phone_number: row.text(0)?.to_owned(),
            human_id: row.id(1)?,
            human_name,
            relationship_type: row.text(5)?.to_owned(),
            is_primary: row.integer(6)? != 0,
            metadata: row.text(7)?.to_owned(),
            origin: None,
        });
        places.push(run_and_line(row, 8)?);
        Ok(())
    })?;
    for (link, place) in links.iter_mut().zip(places) {
        if let Some((run, line)) = place {
            link.origin = Some(origin(engine, run, line)?);
        }
    }
    Ok(links)
}

fn consents(
    engine: &mut dyn Engine,
    tenant: Id,
    human: Id,
) -> Result<Vec<ConsentDetail>, StoreError> {
    let mut consents = Vec::new();
    let mut places = Vec::new();
    engine.query(
        "SELECT consent_type, consent_status, consent_source, consent_date, import_run, import_line \
         FROM consent_records WHERE human_id = ?1 AND tenant_id = ?2 \
         ORDER BY consent_type, consent_date, id",
        &[human.into(), tenant.into()],
        &mut |row| {
            consents.push(ConsentDetail {
                consent_type: row.text(0)?.to_owned(),
                consent_status: row.text(1)?.to_owned(),
                consent_source: row.text(2)?.to_owned(),
                consent_date: row.optional_integer(3)?.map(Instant::from_micros),
                origin: None,
            });
            places.push(run_and_line(row, 4)?);
            Ok(())
        },
    )?;
    for (consent, place) in consents.iter_mut().zip(places) {
        if let Some((run, line)) = place {
            consent.origin = Some(origin(engine, run, line)?);
        }
    }
    Ok(consents)
}

fn source_rows(
    engine: &mut dyn Engine,
    human: Id,
) -> Result<Vec<(String, String, Origin)>, StoreError> {
    let mut rows = Vec::new();
    engine.query(
        "SELECT s.source, s.source_key, r.tenant_number, r.file_name, s.import_line \
         FROM source_keys s JOIN import_runs r ON r.number = s.import_run \
         WHERE s.human_id = ?1 ORDER BY s.source, s.occurrence",
        &[human.into()],
        &mut |row| {
            let line = u64::try_from(row.integer(4)?).unwrap_or(0);
            let origin = Origin {
                run: row.integer(2)?,
                file: row.text(3)?.to_owned(),
                line,
            };
            rows.push((row.text(0)?.to_owned(), row.text(1)?.to_owned(), origin));
            Ok(())
        },
    )?;
    Ok(rows)
}

fn read_number(
    engine: &mut dyn Engine,
    tenant: Id,
    id: Id,
) -> Result<Option<NumberDetail>, StoreError> {
    let mut found = None;
    let mut place = None;
    let sql = format!(
        "SELECT p.id, p.phone_number, p.country_code, p.area_code, p.is_mobile, p.dnc_status, \
         p.created_at, p.import_run, p.import_line, p.created_by_tenant_id FROM {} p \
         WHERE p.id = ?1 AND (p.created_by_tenant_id = ?2 \
         OR EXISTS (SELECT 1 FROM phone_human_links l \
                    WHERE l.phone_number_id = p.id AND l.created_by_tenant_id = ?2) \
         OR EXISTS (SELECT 1 FROM consent_records c \
                    WHERE c.phone_number_id = p.id AND c.tenant_id = ?2))",
        schema::PHONE_NUMBERS.name
    );
    engine.query(&sql, &[id.into(), tenant.into()], &mut |row| {
        if row.id(9)? == tenant {
            place = run_and_line(row, 7)?;
        }
        found = Some(NumberDetail {
            id: row.id(0)?,
            phone_number: row.text(1)?.to_owned(),
            country_code: row.integer(2)?,
            area_code: row.optional_string(3)?,
            is_mobile: row.optional_integer(4)?.map(|mobile| mobile != 0),
            dnc_status: row.text(5)?.to_owned(),
            created_at: row.instant(6)?,
            origin: None,
            links: Vec::new(),
        });
        Ok(())
    })?;
    let Some(mut number) = found else {
        return Ok(None);
    };
    if let Some((run, line)) = place {
        number.origin = Some(origin(engine, run, line)?);
    }
    number.links = links(engine, tenant, "l.phone_number_id", id)?;
    Ok(Some(number))
}
