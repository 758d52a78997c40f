//! Which records a tenant may see, as SQL: the set-based twin of `rules::access::evaluate`.
//!
//! A list is read as streams that are each in the order of an index and are merged: the tenant's
//! own records, the records of each owner that shares the kind, single records granted, and for
//! phone numbers those tied. Where all that a tenant was granted on a record comes from the owner,
//! one maximum over its grants decides; the rounds of the chain are run for
//! other records only, beforehand and for all of them together.
//!
//! What this module does not do: it does not decide otherwise than `rules::access`; a property test
//! holds the two together.

mod chain;

#[cfg(test)]
pub(crate) use self::chain::GRANT_CHAIN_MAX;
use self::chain::decide_chained;
use super::engine::Engine;
use super::error::{StoreError, StoreErrorKind};
use super::grants::first_after;
use super::records::{owner_column, table_of};
use super::value::{Row, Value};
use crate::model::{EntityType, FieldSet, Id, Instant};

/// The parameter of the viewer, the instant and the cursor; owners that share follow.
const FIXED_PARAMETERS: usize = 3;

/// From how many owners on their records are read as one stream rather than each as its own.
const STREAMS_MAX: usize = 24;

/// How many records on which others than the owner granted something one query holds.
/// Few in unit tests, so that they see what happens beyond.
const CHAINED_MAX: usize = if cfg!(test) { 2 } else { 2_000 };

/// The same for links, all of which must be known when phone numbers are listed.
const LINKS_CHAINED_MAX: usize = 20_000;

/// The records of one kind that a tenant may see at an instant, as SQL.
#[derive(Debug)]
pub(crate) struct Visible {
    viewer: Id,
    at: Instant,
    after: Option<Id>,
    scope: Scope,
    /// For phone numbers: which links may be read.
    links: Option<Scope>,
}

/// What a tenant was granted on one kind of record, as far as the shape of a query depends on it.
#[derive(Debug)]
struct Scope {
    entity_type: EntityType,
    /// Owners that share the kind with the tenant, and the fields they let it read, never none.
    wide: Vec<(Id, FieldSet)>,
    /// Whether there are live grants on single records.
    on_records: bool,
    /// Whether grants on fields may be weighed in a subquery of their own.
    reaches_past_aggregates: bool,
    /// The parameter of the first owner.
    first_parameter: usize,
    /// Records on which others than the owner granted it something, in the order of their ids, and
    /// the fields that may be read.
    chained: Vec<(Id, FieldSet)>,
    /// The parameter of the first of them.
    first_chained: usize,
    /// The last record up to which they are known, where there are more.
    until: Option<Id>,
}

/// How much SQL decides. Leaving out what is invisible means deciding twice, for the condition and
/// for the column, and asking for a consent row by row costs more than reading a page's at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decided {
    /// Everything; what is invisible is left out.
    Wholly,
    /// What grants and ties say; what is invisible is there, without a readable field.
    ByGrants,
}

/// The table whose index gives a stream its order.
#[derive(Debug)]
struct Leading {
    /// What stands before the table of the records.
    from: String,
    /// The column with the record's id.
    id: &'static str,
}

impl Leading {
    /// The table of the records itself.
    const NONE: Self = Self {
        from: String::new(),
        id: "r.id",
    };

    fn new(table: &str, id: &'static str) -> Self {
        Self {
            from: format!("{table} CROSS JOIN "),
            id,
        }
    }
}

/// A record in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VisibleRecord {
    pub(crate) id: Id,
    pub(crate) owner: Id,
    pub(crate) readable: FieldSet,
}

impl VisibleRecord {
    /// How many columns it takes at the beginning of a row.
    pub(crate) const COLUMNS: usize = 3;

    /// Reads it from the beginning of a row of [`Visible::cte`] or [`Visible::page`].
    pub(crate) fn from_row(row: &dyn Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id(0)?,
            owner: row.id(1)?,
            readable: fields(row, 2)?,
        })
    }
}

impl Visible {
    /// Looks up what the tenant was granted on a kind of record, for records after `after`.
    ///
    /// # Errors
    ///
    /// Those of the engine.
    pub(crate) fn read(
        engine: &mut dyn Engine,
        viewer: Id,
        entity_type: EntityType,
        at: Instant,
        after: Option<Id>,
    ) -> Result<Self, StoreError> {
        let mut scope = Scope::read(engine, viewer, entity_type, (at, after), CHAINED_MAX)?;
        let mut links = match entity_type {
            EntityType::PhoneNumber => {
                let moment = (at, None);
                let links =
                    Scope::read(engine, viewer, EntityType::Link, moment, LINKS_CHAINED_MAX)?;
                links.require_complete()?;
                Some(links)
            }
            EntityType::Human
            | EntityType::Link
            | EntityType::ConsentRecord
            | EntityType::Interaction => None,
        };
        let mut parameter = FIXED_PARAMETERS + 1;
        for scope in [Some(&mut scope), links.as_mut()].into_iter().flatten() {
            scope.first_parameter = parameter;
            scope.first_chained = parameter + scope.wide.len();
            parameter = scope.first_chained + scope.chained.len();
        }
        Ok(Self {
            viewer,
            at,
            after,
            scope,
            links,
        })
    }

    /// The parameters of the texts; the caller's own follow.
    pub(crate) fn parameters(&self) -> Vec<Value<'static>> {
        let mut parameters = vec![
            self.viewer.into(),
            self.at.into(),
            first_after(self.after).into(),
        ];
        let scopes = [Some(&self.scope), self.links.as_ref()];
        for scope in scopes.into_iter().flatten() {
            let ids = scope.wide.iter().chain(&scope.chained);
            parameters.extend(ids.map(|(id, _)| Value::Id(*id)));
        }
        parameters
    }

    /// Common table expressions, the last of them `visible(id, owner, readable, …)` with these
    /// columns of the record, and their parameters; the caller's own follow. A column's value is to
    /// be shown, compared or counted only where `readable` has the field's bit.
    ///
    /// They are of the records up to [`Visible::until`].
    pub(crate) fn cte(&self, columns: &[&str]) -> (String, Vec<Value<'static>>) {
        let mut parameters = self.parameters();
        let bound = self.bound(&mut parameters);
        let names: String = columns.iter().map(|column| format!(", {column}")).collect();
        let sql = format!(
            "{}visible(id, owner, readable{names}) AS ({})",
            self.chained(),
            self.streams(columns, &bound, Decided::Wholly)
                .join(" UNION ALL ")
        );
        (sql, parameters)
    }

    /// The last record of which is known who may see it; none where that is all of them.
    pub(crate) const fn until(&self) -> Option<Id> {
        self.scope.until
    }

    /// A condition: the record is one of which is known who may see it.
    fn bound(&self, parameters: &mut Vec<Value<'static>>) -> String {
        match self.scope.until {
            None => String::new(),
            Some(until) => {
                parameters.push(until.into());
                format!(" AND r.id <= ?{}", parameters.len())
            }
        }
    }

    /// Whether an owner shares the whole kind, so that a page has all its records in between.
    pub(crate) fn is_shared_by(&self, owner: Id) -> bool {
        self.scope.wide.iter().any(|(sharing, _)| *sharing == owner)
    }

    /// Calls `each` for the records in the order of their ids, at most `limit`, each with its row of
    /// a [`VisibleRecord`] and then these columns. What may be read is by grants alone: the caller
    /// hides sensitive fields for which the human's consent is missing. Returns the cursor at which to read on where the
    /// page may have ended early.
    pub(crate) fn page(
        &self,
        engine: &mut dyn Engine,
        columns: &[&str],
        limit: u32,
        each: &mut dyn FnMut(VisibleRecord, &dyn Row) -> Result<(), StoreError>,
    ) -> Result<Option<Id>, StoreError> {
        let (sql, parameters) = self.page_query(columns, limit);
        let (mut rows, mut last) = (0, None);
        engine.query(&sql, &parameters, &mut |row| {
            let record = VisibleRecord::from_row(row)?;
            rows += 1;
            let is_repeated = last.replace(record.id) == Some(record.id);
            match is_repeated || record.readable.is_empty() {
                true => Ok(()),
                false => each(record, row),
            }
        })?;
        match rows < limit {
            true => Ok(self.scope.until),
            false => Ok(last),
        }
    }

    /// The text and the parameters of a page.
    pub(crate) fn page_query(&self, columns: &[&str], limit: u32) -> (String, Vec<Value<'static>>) {
        let mut parameters = self.parameters();
        parameters.push(i64::from(limit).into());
        let limit_parameter = parameters.len();
        let bound = self.bound(&mut parameters);
        let chained = self.chained();
        let with = chained
            .strip_suffix(", ")
            .map(|with| format!("WITH {with} "));
        let sql = format!(
            "{}{} ORDER BY id LIMIT ?{limit_parameter}",
            with.unwrap_or_default(),
            self.streams(columns, &bound, Decided::ByGrants)
                .join(" UNION ALL "),
        );
        (sql, parameters)
    }

    /// The common table expressions of chains that the streams refer to, each followed by a comma.
    fn chained(&self) -> String {
        let scopes = [Some(&self.scope), self.links.as_ref()];
        let chains = scopes.into_iter().flatten().filter_map(Scope::chained);
        chains.map(|chain| format!("{chain}, ")).collect()
    }

    /// The streams, no visible record in two of them.
    fn streams(&self, columns: &[&str], bound: &str, decided: Decided) -> Vec<String> {
        let scope = &self.scope;
        let owner = owner_column(scope.entity_type);
        let all = FieldSet::all(scope.entity_type).bits();
        let stream = |readable: &str, leading: &Leading, condition: &str, certain: bool| {
            let columns: String = columns.iter().map(|name| format!(", r.{name}")).collect();
            let table = table_of(scope.entity_type).name;
            let Leading { from, id } = leading;
            let is_visible = match certain || decided == Decided::ByGrants {
                true => String::new(),
                false => format!(" AND {readable} <> 0"),
            };
            format!(
                "SELECT {id} AS id, r.{owner} AS owner, {readable} AS readable{columns} \
                 FROM {from}{table} r {condition}{bound}{is_visible}"
            )
        };
        // Whoever wants all records reads them as they lie in the table; in the order of their ids,
        // each would have to be fetched from another place. A parameter must stand somewhere.
        let behind = match (self.after, decided) {
            (None, Decided::Wholly) => "?3 IS NOT NULL",
            _ => "r.id > ?3",
        };
        let mut streams = vec![stream(
            &all.to_string(),
            &Leading::NONE,
            &format!("WHERE r.{owner} = ?1 AND {behind}"),
            true,
        )];
        let sharing = scope.sharing();
        if sharing.len() <= STREAMS_MAX {
            for (parameter, mask) in &sharing {
                let readable = self.readable("r", owner, &mask.bits().to_string(), decided);
                let condition = format!("WHERE r.{owner} = ?{parameter} AND {behind}");
                let certain = self.is_certain(*mask);
                streams.push(stream(&readable, &Leading::NONE, &condition, certain));
            }
        } else {
            let mask = scope.mask_of(&format!("r.{owner}"));
            let readable = self.readable("r", owner, &mask, decided);
            let condition = format!(
                "WHERE {behind} AND r.{owner} IN ({})",
                scope.sharing_parameters()
            );
            streams.push(stream(&readable, &Leading::NONE, &condition, false));
        }
        let elsewhere = match sharing.is_empty() {
            true => format!("r.{owner} <> ?1"),
            false => format!("r.{owner} NOT IN (?1, {})", scope.sharing_parameters()),
        };
        if scope.on_records {
            let readable = self.readable("r", owner, "0", decided);
            let by_id = by_id(scope.entity_type);
            let of_viewer = format!(
                "p.tenant_id = ?1 AND p.entity_type = '{}' AND p.entity_id > ?3",
                scope.entity_type
            );
            let (granted, condition) = match decided {
                Decided::Wholly => (
                    format!(
                        "(SELECT DISTINCT p.entity_id FROM data_access_permissions p \
                         WHERE {of_viewer} AND {}) p",
                        live("p")
                    ),
                    "WHERE ".to_owned(),
                ),
                // In the order of an index, so that a page reads no more grants than it shows. A
                // record comes once for each grant; whether they live is weighed in `readable`.
                Decided::ByGrants => (
                    "data_access_permissions p".to_owned(),
                    format!("WHERE {of_viewer} AND "),
                ),
            };
            let condition = format!("{condition}{by_id}r.id = p.entity_id AND {elsewhere}");
            let leading = Leading::new(&granted, "p.entity_id");
            streams.push(stream(&readable, &leading, &condition, false));
        }
        if let Some(links) = &self.links {
            streams.extend(self.streams_of_ties(links, &elsewhere, decided, &stream));
        }
        streams
    }

    /// Phone numbers that the viewer may read only because of a tie.
    fn streams_of_ties(
        &self,
        links: &Scope,
        elsewhere: &str,
        decided: Decided,
        stream: &dyn Fn(&str, &Leading, &str, bool) -> String,
    ) -> Vec<String> {
        let owner = owner_column(EntityType::PhoneNumber);
        let readable = self.readable("r", owner, "0", decided);
        // What has a live grant of its own is in the stream of single records, unless that grant
        // shows nothing.
        let not_granted = match self.scope.on_records {
            true => format!(
                " AND NOT {}",
                has_live_grant(EntityType::PhoneNumber, "r.id")
            ),
            false => String::new(),
        };
        let mut streams = vec![stream(
            &readable,
            &Leading::new("phone_number_ties t", "t.phone_number_id"),
            &format!(
                "WHERE t.tenant_id = ?1 AND t.phone_number_id > ?3 \
                 AND r.id = t.phone_number_id AND {elsewhere}{not_granted}"
            ),
            true,
        )];
        if !links.sharing().is_empty() || links.on_records {
            let candidates = match links.sharing().is_empty() {
                // Few links, so their numbers are collected first.
                true => format!(
                    " AND r.id IN (SELECT l.phone_number_id FROM data_access_permissions p \
                     JOIN phone_human_links l ON l.created_by_tenant_id IN (SELECT id FROM tenants) \
                     AND l.id = p.entity_id \
                     WHERE p.tenant_id = ?1 AND p.entity_type = 'link' AND {})",
                    live("p")
                ),
                false => String::new(),
            };
            streams.push(stream(
                &readable,
                &Leading::NONE,
                &format!(
                    "WHERE r.id > ?3 AND {elsewhere}{not_granted}{candidates} \
                     AND NOT {} AND {}",
                    is_tied("r.id"),
                    self.has_readable_link("r.id", links)
                ),
                true,
            ));
        }
        streams
    }

    /// An expression: the fields of another tenant's record that the viewer may read, as bits.
    /// `mask` is what type-wide grants of the owner let it read.
    fn readable(&self, record: &str, owner: &str, mask: &str, decided: Decided) -> String {
        let scope = &self.scope;
        let (id, owner) = (format!("{record}.id"), format!("{record}.{owner}"));
        let granted = scope.granted(&id, &owner, mask);
        match scope.entity_type {
            EntityType::Human => {
                let all = FieldSet::all(EntityType::Human);
                let sensitive = EntityType::Human.sensitive_fields();
                let may_be_sensitive = scope.on_records
                    || scope
                        .wide
                        .iter()
                        .any(|(_, mask)| !mask.intersection(sensitive).is_empty());
                match may_be_sensitive && decided == Decided::Wholly {
                    true => format!(
                        "({granted} & CASE WHEN {} THEN {} ELSE {} END)",
                        consents_to_sharing(&id, &owner),
                        all.bits(),
                        all.without(sensitive).bits()
                    ),
                    false => granted,
                }
            }
            EntityType::PhoneNumber => {
                let facts = EntityType::PhoneNumber.facts().bits();
                let linked = self
                    .links
                    .as_ref()
                    .map(|links| self.has_readable_link(&id, links));
                let linked = linked.map(|linked| format!(" OR {linked}"));
                format!(
                    "({granted} | CASE WHEN {granted} <> 0 OR {}{} THEN {facts} ELSE 0 END)",
                    is_tied(&id),
                    linked.unwrap_or_default()
                )
            }
            EntityType::Link | EntityType::ConsentRecord | EntityType::Interaction => granted,
        }
    }

    /// Whether every record of an owner with this mask is visible, whatever else is true of it.
    fn is_certain(&self, mask: FieldSet) -> bool {
        let sensitive = self.scope.entity_type.sensitive_fields();
        !self.scope.on_records && !mask.without(sensitive).is_empty()
    }

    /// A condition: another tenant's link on a number may be read.
    fn has_readable_link(&self, number: &str, links: &Scope) -> String {
        let owner = "l.created_by_tenant_id";
        let granted = links.granted("l.id", owner, &links.mask_of(owner));
        format!(
            "EXISTS (SELECT 1 FROM phone_human_links l WHERE l.phone_number_id = {number} \
             AND {owner} <> ?1 AND {granted} <> 0)"
        )
    }
}

impl Scope {
    fn read(
        engine: &mut dyn Engine,
        viewer: Id,
        entity_type: EntityType,
        (at, after): (Instant, Option<Id>),
        most: usize,
    ) -> Result<Self, StoreError> {
        let mut scope = Self {
            entity_type,
            wide: Vec::new(),
            on_records: false,
            chained: Vec::new(),
            until: None,
            reaches_past_aggregates: engine.dialect().reaches_past_aggregates(),
            first_parameter: 0,
            first_chained: 0,
        };
        let parameters = [viewer.into(), at.into()];
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM data_access_permissions p \
             WHERE p.tenant_id = ?1 AND p.entity_type = '{entity_type}')"
        );
        if super::count(engine, &sql, &[viewer.into()])? == 0 {
            return Ok(scope);
        }
        let sql = format!(
            "SELECT p.granted_by_tenant_id, {} FROM data_access_permissions p \
             WHERE p.tenant_id = ?1 AND p.entity_type = '{entity_type}' AND p.entity_id IS NULL \
             AND p.granted_by_tenant_id <> ?1 AND {} \
             GROUP BY p.granted_by_tenant_id ORDER BY p.granted_by_tenant_id",
            readable_of_grants(entity_type, "0"),
            live("p")
        );
        engine.query(&sql, &parameters, &mut |row| {
            let (owner, readable) = (row.id(0)?, fields(row, 1)?);
            if !readable.is_empty() {
                scope.wide.push((owner, readable));
            }
            Ok(())
        })?;
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM data_access_permissions p \
             WHERE p.tenant_id = ?1 AND p.entity_type = '{entity_type}' \
             AND p.entity_id IS NOT NULL AND {})",
            live("p")
        );
        scope.on_records = super::count(engine, &sql, &parameters)? != 0;
        if scope.on_records && scope.may_be_chained(engine, viewer)? {
            scope.read_chained(engine, viewer, (at, after), most)?;
        }
        Ok(scope)
    }

    /// Whether others than owners can have passed something on to the viewer: only someone who was
    /// granted `admin` on something can.
    fn may_be_chained(&self, engine: &mut dyn Engine, viewer: Id) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM tenants t WHERE t.id <> ?1 \
             AND EXISTS (SELECT 1 FROM data_access_permissions p \
             WHERE p.tenant_id = t.id AND p.entity_type = '{entity_type}' \
             AND p.access_level = 'admin') \
             AND EXISTS (SELECT 1 FROM data_access_permissions p \
             WHERE p.granted_by_tenant_id = t.id AND p.tenant_id = ?1 \
             AND p.entity_type = '{entity_type}' AND p.entity_id IS NOT NULL))",
            entity_type = self.entity_type
        );
        Ok(super::count(engine, &sql, &[viewer.into()])? != 0)
    }

    /// Decides the records on which others than the owner granted the viewer something.
    fn read_chained(
        &mut self,
        engine: &mut dyn Engine,
        viewer: Id,
        (at, after): (Instant, Option<Id>),
        most: usize,
    ) -> Result<(), StoreError> {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let parameters = [
            viewer.into(),
            at.into(),
            first_after(after).into(),
            limit.into(),
        ];
        let chained = &mut self.chained;
        engine.query(&decide_chained(self.entity_type), &parameters, &mut |row| {
            chained.push((row.id(0)?, fields(row, 1)?));
            Ok(())
        })?;
        if chained.len() >= most {
            self.until = chained.last().map(|(id, _)| *id);
        }
        Ok(())
    }

    /// Refuses where the scope does not know all records that were passed on.
    fn require_complete(&self) -> Result<(), StoreError> {
        match self.until {
            None => Ok(()),
            Some(_) => Err(StoreError::new(
                StoreErrorKind::Invalid,
                "read",
                format!(
                    "{LINKS_CHAINED_MAX} or more links were granted by others than their owners"
                ),
            )),
        }
    }

    /// A common table expression: the records that were decided before.
    fn chained(&self) -> Option<String> {
        let rows = (self.first_chained..).zip(&self.chained);
        let rows: Vec<String> = rows
            .map(|(parameter, (_, fields))| format!("(?{parameter}, {})", fields.bits()))
            .collect();
        let values = rows.join(", ");
        (!rows.is_empty()).then(|| {
            format!(
                "chained_{}(id, readable) AS MATERIALIZED (VALUES {values})",
                self.entity_type
            )
        })
    }

    /// The owners that share the kind: the parameter of each, and what it lets be read.
    fn sharing(&self) -> Vec<(usize, FieldSet)> {
        let masks = self.wide.iter().map(|(_, mask)| *mask);
        (self.first_parameter..).zip(masks).collect()
    }

    fn sharing_parameters(&self) -> String {
        let marks = self.sharing().into_iter();
        let marks: Vec<String> = marks
            .map(|(parameter, _)| format!("?{parameter}"))
            .collect();
        marks.join(", ")
    }

    /// An expression: what the owner in a column lets be read of all its records.
    fn mask_of(&self, owner: &str) -> String {
        let sharing = self.sharing();
        if sharing.is_empty() {
            return "0".to_owned();
        }
        let cases: String = sharing
            .iter()
            .map(|(parameter, mask)| format!(" WHEN ?{parameter} THEN {}", mask.bits()))
            .collect();
        format!("CASE {owner}{cases} ELSE 0 END")
    }

    /// An expression: the fields of a record that grants let the viewer read, consent aside.
    fn granted(&self, id: &str, owner: &str, mask: &str) -> String {
        if !self.on_records {
            return format!("({mask})");
        }
        // Grants of others than the owner count for nothing, but where there are chains. Grants on
        // fields are rare, so the fields are weighed one by one only where there is one, if the
        // engine lets that be asked apart.
        let (entity_type, rank) = (self.entity_type, rank("p"));
        let grants = format!(
            "data_access_permissions p WHERE p.tenant_id = ?1 \
             AND p.entity_type = '{entity_type}' AND p.entity_id = {id} \
             AND p.granted_by_tenant_id = {owner} AND {}",
            live("p")
        );
        let weighed = readable_of_grants(entity_type, &format!("({mask})"));
        let weighed = match self.reaches_past_aggregates {
            true => format!("(SELECT {weighed} FROM {grants})"),
            false => weighed,
        };
        let by_owner = format!(
            "(SELECT CASE WHEN count(p.field_name) > 0 THEN {weighed} \
             WHEN max({rank}) IS NULL THEN ({mask}) WHEN max({rank}) < 3 THEN {} ELSE 0 END \
             FROM {grants})",
            FieldSet::all(entity_type).bits(),
        );
        match self.chained.is_empty() {
            true => by_owner,
            false => format!(
                "coalesce((SELECT c.readable FROM chained_{} c WHERE c.id = {id}), {by_owner})",
                self.entity_type
            ),
        }
    }
}

/// The fields whose bits are in a column.
fn fields(row: &dyn Row, column: usize) -> Result<FieldSet, StoreError> {
    u16::try_from(row.integer(column)?)
        .map(FieldSet::from_bits)
        .map_err(|_| StoreError::unexpected_value(column))
}

/// A condition before that on the id, without which records could not be found by it: links have no
/// index by id alone.
fn by_id(entity_type: EntityType) -> String {
    match entity_type {
        EntityType::Link => {
            let owner = owner_column(entity_type);
            format!("r.{owner} IN (SELECT id FROM tenants) AND ")
        }
        EntityType::Human
        | EntityType::PhoneNumber
        | EntityType::ConsentRecord
        | EntityType::Interaction => String::new(),
    }
}

/// A condition: a grant counts at the instant.
fn live(grant: &str) -> String {
    format!(
        "{grant}.created_at <= ?2 AND ({grant}.expires_at IS NULL OR {grant}.expires_at > ?2) \
         AND NOT EXISTS (SELECT 1 FROM access_revocations v \
         WHERE v.permission_id = {grant}.id AND v.revoked_at <= ?2)"
    )
}

/// An expression: the rank of a grant within its tier. What is no level denies.
fn rank(grant: &str) -> String {
    format!(
        "CASE {grant}.access_level WHEN 'read' THEN 0 WHEN 'write' THEN 1 WHEN 'admin' THEN 2 \
         ELSE 3 END"
    )
}

/// An aggregate over grants `p` of one scope: the fields that may be read, as bits. A field that
/// none of them speaks of is as in `otherwise`.
fn readable_of_grants(entity_type: EntityType, otherwise: &str) -> String {
    let rank = rank("p");
    let fields = entity_type.fields().iter().enumerate();
    let terms: Vec<String> = fields
        .map(|(position, field)| {
            let bit = 1 << position;
            let heaviest = format!(
                "max(CASE WHEN p.field_name IS NULL THEN {rank} \
                 WHEN p.field_name = '{field}' THEN 4 + {rank} END)"
            );
            let unsaid = match otherwise {
                "0" => String::new(),
                mask => format!("WHEN {heaviest} IS NULL THEN {mask} & {bit} "),
            };
            format!("CASE {unsaid}WHEN {heaviest} % 4 < 3 THEN {bit} ELSE 0 END")
        })
        .collect();
    format!("({})", terms.join(" + "))
}

/// A condition: the viewer has a tie to a number.
fn is_tied(number: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM phone_number_ties t \
         WHERE t.tenant_id = ?1 AND t.phone_number_id = {number})"
    )
}

/// A condition: the viewer has a live grant on a record.
fn has_live_grant(entity_type: EntityType, id: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM data_access_permissions p WHERE p.tenant_id = ?1 \
         AND p.entity_type = '{entity_type}' AND p.entity_id = {id} AND {})",
        live("p")
    )
}

/// A condition: by what the owner recorded, the human agrees to `data_sharing`: the latest live
/// agreement is later than everything else.
fn consents_to_sharing(human: &str, owner: &str) -> String {
    let is_live = "c.consent_status = 'granted' \
         AND (c.expiration_date IS NULL OR c.expiration_date > ?2)";
    // A date that is not known lies before every one that is.
    let agreed = format!("max(CASE WHEN {is_live} THEN c.consent_date END)");
    let otherwise = format!("max(CASE WHEN {is_live} THEN NULL ELSE c.consent_date END)");
    format!(
        "(SELECT CASE WHEN {agreed} IS NULL \
         THEN count(*) > 0 AND count(*) = count(CASE WHEN {is_live} THEN 1 END) \
         ELSE coalesce({agreed} > {otherwise}, 1 = 1) END \
         FROM consent_records c WHERE c.human_id = {human} AND c.tenant_id = {owner} \
         AND c.consent_type = 'data_sharing' \
         AND (c.consent_date IS NULL OR c.consent_date <= ?2))"
    )
}
