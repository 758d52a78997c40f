//! Granting, revoking and explaining access.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::access::{KnownRecords, Reach, of_records};
use super::error::{Refusal, SmrtError};
use super::fresh_id;
use super::session::TenantSession;
use super::unit::Unit;
use crate::model::{
    AccessLevel, EntityType, Field, FieldSet, Grant, Id, Instant, Module, TenantSettings,
};
use crate::rules::access::{self, Decision};
use crate::store::audit::Detail;
use crate::store::grants::{self, GrantsOf};
use crate::store::{Tenant, records, tenants};

/// How many grants one call makes or ends.
pub const GRANTS_PER_CALL_MAX: usize = 10_000;

const DAY_MICROS: i64 = 86_400_000_000;

/// A grant to be made.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The slug of the tenant to grant to.
    pub to: String,
    /// The kind of record.
    pub entity_type: EntityType,
    /// The record; without one, all records of the kind that the granting tenant owns, now and
    /// later.
    pub record: Option<Id>,
    /// The field; without one, the whole record.
    pub field: Option<Field>,
    /// What is granted; [`AccessLevel::None`] denies what a less specific grant gives.
    pub level: AccessLevel,
    /// When it ends.
    pub expires_at: Option<Instant>,
}

/// A grant with the slugs of the tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantDetail {
    /// The grant; a revocation after the instant that was asked about is not in it.
    pub grant: Grant,
    /// Who granted it.
    pub by: String,
    /// To whom it was granted.
    pub to: String,
}

/// Which grants are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantFilter {
    /// Those the tenant gave.
    Given,
    /// Those the tenant received.
    Received,
    /// Those on a record that the tenant may grant.
    Record(EntityType, Id),
}

/// A question about access to a field of a record.
#[derive(Debug, Clone)]
pub struct AccessQuestion {
    /// The slug of the tenant whose access is meant; without one, the session's own.
    pub viewer: Option<String>,
    /// The kind of record.
    pub entity_type: EntityType,
    /// The record.
    pub id: Id,
    /// The field.
    pub field: Field,
    /// The level that is needed.
    pub level: AccessLevel,
}

/// A decision about access, with the grants and tenants that it names.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// The slug of the tenant whose access is meant.
    pub viewer: String,
    /// The slug of the record's owner.
    pub owner: String,
    /// All grants to the viewer that speak of the field, by id.
    pub grants: Vec<GrantDetail>,
}

impl TenantSession<'_> {
    /// Makes grants, all of them or none, and returns them in order.
    ///
    /// ```
    /// use smrt_core::model::{AccessLevel, EntityType};
    /// use smrt_core::smrt::{GrantFilter, NewGrant, Smrt};
    /// use smrt_core::store::NewTenant;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let at = "2026-05-01".parse()?;
    /// let mut smrt = Smrt::create_at(&folder.path().join("contacts.db"), at)?;
    /// for slug in ["acme", "beta"] {
    ///     smrt.add_tenant(&NewTenant { slug: slug.parse()?, name: slug.into() }, &"operator".parse()?, at)?;
    /// }
    /// let mut acme = smrt.tenant("acme")?.acting_as("anna".parse()?);
    /// let agreement = NewGrant {
    ///     to: "beta".into(),
    ///     entity_type: EntityType::Human,
    ///     record: None,
    ///     field: None,
    ///     level: AccessLevel::Read,
    ///     expires_at: Some("2027-05-01".parse()?),
    /// };
    /// let made = acme.grant(&[agreement], at)?;
    /// assert_eq!(acme.grants(GrantFilter::Given, None, 100, at)?, made);
    ///
    /// let end = "2026-06-01".parse()?;
    /// acme.revoke(&[made[0].grant.id], end)?;
    /// let listed = acme.grants(GrantFilter::Given, None, 100, end)?;
    /// assert!(!listed[0].grant.is_live(end));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`] for a record the tenant cannot see; [`SmrtError::Refused`] where it
    /// does not hold `admin` on all that it would grant; [`SmrtError::UnknownTenant`];
    /// [`SmrtError::Invalid`] with the codes `grant_to_self`, `grant_to_owner`, `field_unknown`,
    /// `grant_expiry_past`, `grant_expiry_needed`, `grant_too_long`, `grant_chain_too_long`,
    /// `phone_number_not_granted` or `grants_too_many`.
    pub fn grant(
        &mut self,
        grants: &[NewGrant],
        at: Instant,
    ) -> Result<Vec<GrantDetail>, SmrtError> {
        self.require(Module::Sharing, at)?;
        within_bound(grants.len())?;
        let settings = self.tenant.settings.clone();
        self.write(at, |unit| {
            let directory = Directory::read(unit)?;
            let mut made = Vec::with_capacity(grants.len());
            for new in grants {
                made.push(check(unit, &directory, &settings, new)?);
            }
            let owners = check_authority(unit, &made)?;
            let mut trails = Trails::default();
            for grant in &made {
                grants::insert(unit.engine, grant)?;
                trails.add(unit.tenant.id, grant, &owners);
            }
            trails.note(unit, &directory, "access.grant");
            Ok(directory.details(made))
        })
    }

    /// Shares all records of a kind that the tenant owns, now and later: whole, or these fields of
    /// them.
    ///
    /// # Errors
    ///
    /// As [`TenantSession::grant`].
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::{AccessLevel, EntityType, Field};
    ///
    /// let mut acme = smrt.tenant("acme")?.acting_as("anna.k".parse()?);
    /// let fields = [Field::parse(EntityType::Human, "last_name")?];
    /// acme.share(EntityType::Human, "beta", &fields, AccessLevel::Read, None, now())?;
    ///
    /// let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
    /// assert_eq!(beta.human(ada, now())?.last_name.value().unwrap(), "Lovewell");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn share(
        &mut self,
        entity_type: EntityType,
        to: &str,
        fields: &[Field],
        level: AccessLevel,
        expires_at: Option<Instant>,
        at: Instant,
    ) -> Result<Vec<GrantDetail>, SmrtError> {
        let whole = NewGrant {
            to: to.to_owned(),
            entity_type,
            record: None,
            field: None,
            level,
            expires_at,
        };
        let of_field = |field: &Field| NewGrant {
            field: Some(*field),
            ..whole.clone()
        };
        match fields {
            [] => self.grant(std::slice::from_ref(&whole), at),
            fields => {
                let grants: Vec<NewGrant> = fields.iter().map(of_field).collect();
                self.grant(&grants, at)
            }
        }
    }

    /// Ends grants, all of them or none: those the tenant gave, and those of others on its records.
    ///
    /// # Errors
    ///
    /// [`SmrtError::UnknownGrant`] for one that is neither, or does not exist;
    /// [`SmrtError::Invalid`] with the code `grant_revoked` or `grants_too_many`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::{AccessLevel, EntityType};
    ///
    /// let mut acme = smrt.tenant("acme")?.acting_as("anna.k".parse()?);
    /// let made = acme.share(EntityType::Human, "beta", &[], AccessLevel::Read, None, now())?;
    /// acme.revoke(&[made[0].grant.id], now())?;
    ///
    /// let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
    /// assert_eq!(beta.human(ada, now()).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn revoke(&mut self, ids: &[Id], at: Instant) -> Result<(), SmrtError> {
        self.require(Module::Sharing, at)?;
        within_bound(ids.len())?;
        self.write(at, |unit| {
            let directory = Directory::read(unit)?;
            let found: HashMap<Id, Grant> = grants::by_ids(unit.engine, ids)?
                .into_iter()
                .map(|grant| (grant.id, grant))
                .collect();
            let all: Vec<Grant> = found.values().copied().collect();
            let owners = owners_of(unit, &all)?;
            let me = unit.tenant.id;
            let mut trails = Trails::default();
            let mut ended = HashSet::new();
            for id in ids {
                let grant = found.get(id).filter(|grant| {
                    let owner = grant.record.and_then(|record| owners.get(&record));
                    // What was made later is not there yet.
                    grant.created_at <= at && (grant.grantor == me || owner == Some(&me))
                });
                let grant = grant.ok_or(SmrtError::UnknownGrant { id: *id })?;
                if grant.revoked_at.is_some() || !ended.insert(*id) {
                    let reason = format!("the grant {id} is revoked already");
                    return Err(SmrtError::invalid("grant_revoked", reason));
                }
                grants::revoke(unit.engine, *id, me, at)?;
                trails.add(me, grant, &owners);
            }
            trails.note(unit, &directory, "access.revoke");
            Ok(())
        })
    }

    /// Grants as of an instant, by id, those after `after`, at most `limit`.
    ///
    /// # Errors
    ///
    /// For those on a record, [`SmrtError::NotFound`] where the tenant cannot see it and
    /// [`SmrtError::Refused`] where it may grant no field of it.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store};
    /// # let mut smrt = store()?;
    /// use smrt_core::model::{AccessLevel, EntityType};
    /// use smrt_core::smrt::GrantFilter;
    ///
    /// let mut acme = smrt.tenant("acme")?.acting_as("anna.k".parse()?);
    /// acme.share(EntityType::Human, "beta", &[], AccessLevel::Read, None, now())?;
    ///
    /// let mut beta = smrt.tenant("beta")?.acting_as("beta-crm".parse()?);
    /// let received = beta.grants(GrantFilter::Received, None, 100, now())?;
    /// assert_eq!((received[0].by.as_str(), received[0].to.as_str()), ("acme", "beta"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn grants(
        &mut self,
        filter: GrantFilter,
        after: Option<Id>,
        limit: u32,
        at: Instant,
    ) -> Result<Vec<GrantDetail>, SmrtError> {
        self.read(at, |unit| {
            let of = match filter {
                GrantFilter::Given => GrantsOf::Grantor(unit.tenant.id),
                GrantFilter::Received => GrantsOf::Grantee(unit.tenant.id),
                GrantFilter::Record(entity_type, id) if is_tied(unit, entity_type, id)? => {
                    return Ok(Vec::new());
                }
                GrantFilter::Record(entity_type, id) => {
                    require_admin_of_some(unit, entity_type, id)?;
                    GrantsOf::Record(entity_type, id)
                }
            };
            let listed = grants::list(unit.engine, of, at, after, limit)?;
            let directory = Directory::read(unit)?;
            Ok(directory.details(listed.into_iter().map(|grant| as_of(grant, at))))
        })
    }

    /// Why a tenant may or may not do something with a field, and what would change the answer.
    ///
    /// Anyone may ask about itself, on a record it can see. About others only those may ask who may
    /// grant the record; the answer then leaves a phone number's ties aside, since they are the
    /// other's own affair.
    ///
    /// # Errors
    ///
    /// [`SmrtError::NotFound`], [`SmrtError::Refused`], [`SmrtError::UnknownTenant`], or
    /// [`SmrtError::Invalid`] with the code `field_unknown`.
    ///
    /// ```
    /// # use smrt_core::smrt::doc::{now, store, with_human};
    /// # let mut smrt = store()?;
    /// # let ada = with_human(&mut smrt)?;
    /// use smrt_core::model::{AccessLevel, EntityType, Field};
    /// use smrt_core::rules::access::FailedCondition;
    /// use smrt_core::smrt::AccessQuestion;
    ///
    /// let mut acme = smrt.tenant("acme")?.acting_as("anna.k".parse()?);
    /// let question = AccessQuestion {
    ///     viewer: Some("beta".into()),
    ///     entity_type: EntityType::Human,
    ///     id: ada,
    ///     field: Field::parse(EntityType::Human, "email")?,
    ///     level: AccessLevel::Read,
    /// };
    /// let explanation = acme.explain(&question, now())?;
    /// assert_eq!(explanation.decision.failed, Some(FailedCondition::NoGrant));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn explain(
        &mut self,
        question: &AccessQuestion,
        at: Instant,
    ) -> Result<Explanation, SmrtError> {
        self.read(at, |unit| {
            let AccessQuestion {
                entity_type,
                id,
                field,
                level,
                ..
            } = *question;
            require_field_of(entity_type, field)?;
            let directory = Directory::read(unit)?;
            let me = unit.tenant.id;
            let not_found = SmrtError::NotFound { entity_type, id };
            let is_tied = is_tied(unit, entity_type, id)?;
            let owner = match of_records(unit, entity_type, &[id])?.get(&id) {
                Some(_) if is_tied => me,
                Some(access) => access.owner,
                None => return Err(not_found),
            };
            let viewer = match &question.viewer {
                Some(slug) => directory.by_slug(slug)?,
                None => me,
            };
            if viewer != me && !is_tied {
                require_admin_of_some(unit, entity_type, id)?;
            }
            let known =
                KnownRecords::read(unit.engine, entity_type, &[id], viewer, Reach::Everyone, at)?;
            let mut facts = known.facts(id, owner);
            if is_tied {
                facts.record_grants = &[];
            }
            if viewer != me {
                facts.tie = None;
            }
            let decision = access::explain(&facts, viewer, field, level, at);
            let speaking = facts.record_grants.iter().chain(facts.type_grants);
            let mut speaking: Vec<Grant> = speaking
                .filter(|grant| grant.grantee == viewer && grant.fields().contains(field))
                .filter(|grant| grant.created_at <= at)
                .map(|grant| as_of(*grant, at))
                .collect();
            speaking.sort_unstable_by_key(|grant| grant.id);
            if owner != me {
                let detail = Detail::of_fields([field]);
                unit.note(
                    "access.explain",
                    Some(entity_type),
                    Some(id),
                    detail.clone(),
                );
                unit.note_to_owner(owner, "access.explain", Some(entity_type), Some(id), detail);
            }
            Ok(Explanation {
                decision,
                viewer: directory.slug(viewer),
                owner: directory.slug(owner),
                grants: directory.details(speaking),
            })
        })
    }
}

/// The tenants of the store.
struct Directory(Vec<Tenant>);

impl Directory {
    fn read(unit: &mut Unit<'_>) -> Result<Self, SmrtError> {
        Ok(Self(tenants::read(unit.engine)?))
    }

    fn by_slug(&self, slug: &str) -> Result<Id, SmrtError> {
        let tenant = self.0.iter().find(|tenant| tenant.slug == slug);
        tenant
            .map(|tenant| tenant.id)
            .ok_or(SmrtError::UnknownTenant)
    }

    fn slug(&self, id: Id) -> String {
        let tenant = self.0.iter().find(|tenant| tenant.id == id);
        tenant.map_or_else(|| id.to_string(), |tenant| tenant.slug.clone())
    }

    fn details(&self, grants: impl IntoIterator<Item = Grant>) -> Vec<GrantDetail> {
        let detail = |grant: Grant| GrantDetail {
            by: self.slug(grant.grantor),
            to: self.slug(grant.grantee),
            grant,
        };
        grants.into_iter().map(detail).collect()
    }
}

/// A grant as it was known at an instant.
fn as_of(mut grant: Grant, at: Instant) -> Grant {
    grant.revoked_at = grant.revoked_at.filter(|revoked_at| *revoked_at <= at);
    grant
}

fn within_bound(count: usize) -> Result<(), SmrtError> {
    match count <= GRANTS_PER_CALL_MAX {
        true => Ok(()),
        false => Err(SmrtError::invalid(
            "grants_too_many",
            format!("at most {GRANTS_PER_CALL_MAX} grants can be made or ended at once"),
        )),
    }
}

fn require_field_of(entity_type: EntityType, field: Field) -> Result<(), SmrtError> {
    match field.entity_type() == entity_type {
        true => Ok(()),
        false => Err(SmrtError::invalid(
            "field_unknown",
            format!(
                "a {entity_type} has no field `{}` of a {}",
                field.name(),
                field.entity_type()
            ),
        )),
    }
}

/// Whether it is a number that another tenant brought in first and this one knows, too.
///
/// It is answered as if it had brought it in itself: what others have of it is not told.
fn is_tied(unit: &mut Unit<'_>, entity_type: EntityType, id: Id) -> Result<bool, SmrtError> {
    let own = unit.tenant.id;
    Ok(entity_type == EntityType::PhoneNumber
        && records::tied(unit.engine, own, &[id])?.contains(&id))
}

/// What can be said of a grant without looking at its record.
fn check(
    unit: &mut Unit<'_>,
    directory: &Directory,
    settings: &TenantSettings,
    new: &NewGrant,
) -> Result<Grant, SmrtError> {
    let grantee = directory.by_slug(&new.to)?;
    if grantee == unit.tenant.id {
        let reason = format!("`{}` cannot grant anything to itself", new.to);
        return Err(SmrtError::invalid("grant_to_self", reason));
    }
    if let Some(field) = new.field {
        require_field_of(new.entity_type, field)?;
    }
    if new.entity_type == EntityType::PhoneNumber && new.record.is_some() {
        // A number is one record for all who know it; who may grant it would tell who had it first.
        return Err(SmrtError::invalid(
            "phone_number_not_granted",
            "a phone number is not granted by itself: grant a link to it",
        ));
    }
    match (new.expires_at, settings.grant_days_max) {
        (Some(end), _) if end <= unit.at => {
            return Err(SmrtError::invalid(
                "grant_expiry_past",
                "a grant must end after it is made",
            ));
        }
        (None, Some(days)) => {
            return Err(SmrtError::invalid(
                "grant_expiry_needed",
                format!("grants of this tenant need an expiry, within {days} days"),
            ));
        }
        (Some(end), Some(days)) => {
            let longest = i64::from(days) * DAY_MICROS;
            if end.as_micros().saturating_sub(unit.at.as_micros()) > longest {
                return Err(SmrtError::invalid(
                    "grant_too_long",
                    format!("grants of this tenant end within {days} days"),
                ));
            }
        }
        (_, None) => {}
    }
    Ok(Grant {
        id: fresh_id(unit.randomness, unit.at),
        grantee,
        grantor: unit.tenant.id,
        entity_type: new.entity_type,
        record: new.record,
        field: new.field,
        level: new.level,
        created_at: unit.at,
        expires_at: new.expires_at,
        revoked_at: None,
    })
}

/// Refuses unless the tenant may grant all of it; returns the owners of the records.
fn check_authority(unit: &mut Unit<'_>, made: &[Grant]) -> Result<HashMap<Id, Id>, SmrtError> {
    let me = unit.tenant.id;
    let mut owners = HashMap::new();
    for entity_type in EntityType::ALL {
        let on_records = || made.iter().filter(|grant| grant.entity_type == entity_type);
        let mut ids: Vec<Id> = on_records().filter_map(|grant| grant.record).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            continue;
        }
        let seen = of_records(unit, entity_type, &ids)?;
        let foreign = |id: &Id| seen.get(id).is_some_and(|access| access.owner != me);
        ids.retain(foreign);
        let known =
            KnownRecords::read(unit.engine, entity_type, &ids, me, Reach::Everyone, unit.at)?;
        for grant in on_records() {
            let Some(id) = grant.record else { continue };
            let access = seen
                .get(&id)
                .ok_or(SmrtError::NotFound { entity_type, id })?;
            let missing = grant.fields().without(access.administrable);
            if let Some(field) = missing.fields(entity_type).next() {
                return Err(refused(entity_type, id, field));
            }
            if grant.grantee == access.owner {
                return Err(SmrtError::invalid(
                    "grant_to_owner",
                    format!("the owner of {entity_type} {id} needs no grant"),
                ));
            }
            if access.owner != me {
                let passed = access::may_pass_on(&known.facts(id, access.owner), me, unit.at);
                if !passed.contains_all(grant.fields()) {
                    return Err(SmrtError::invalid(
                        "grant_chain_too_long",
                        format!(
                            "access to {entity_type} {id} came here by {} grants already, and \
                             goes no further",
                            access::GRANT_CHAIN_MAX + 1
                        ),
                    ));
                }
            }
            owners.insert(id, access.owner);
        }
    }
    Ok(owners)
}

fn refused(entity_type: EntityType, id: Id, field: Field) -> SmrtError {
    SmrtError::Refused(Refusal {
        entity_type,
        id,
        field: field.name(),
        needed: AccessLevel::Admin,
    })
}

/// Refuses unless the tenant may grant at least one field of a record.
fn require_admin_of_some(
    unit: &mut Unit<'_>,
    entity_type: EntityType,
    id: Id,
) -> Result<(), SmrtError> {
    let seen = of_records(unit, entity_type, &[id])?;
    let access = seen
        .get(&id)
        .ok_or(SmrtError::NotFound { entity_type, id })?;
    let first = FieldSet::all(entity_type).fields(entity_type).next();
    match first {
        Some(field) if access.administrable.is_empty() => Err(refused(entity_type, id, field)),
        _ => Ok(()),
    }
}

/// Who owns the records that these grants are on.
fn owners_of(unit: &mut Unit<'_>, grants: &[Grant]) -> Result<HashMap<Id, Id>, SmrtError> {
    let mut owners = HashMap::new();
    for entity_type in EntityType::ALL {
        let ids: Vec<Id> = grants
            .iter()
            .filter(|grant| grant.entity_type == entity_type)
            .filter_map(|grant| grant.record)
            .collect();
        owners.extend(records::owners(unit.engine, entity_type, &ids)?);
    }
    Ok(owners)
}

/// Whose trails hear of which grants: the tenant that acts, whoever granted or received them, and
/// the owners of the records.
#[derive(Default)]
struct Trails(BTreeMap<Id, Vec<Grant>>);

impl Trails {
    fn add(&mut self, me: Id, grant: &Grant, owners: &HashMap<Id, Id>) {
        let owner = grant.record.and_then(|record| owners.get(&record).copied());
        let mut concerned = vec![me, grant.grantor, grant.grantee];
        concerned.extend(owner);
        concerned.sort_unstable();
        concerned.dedup();
        for tenant in concerned {
            self.0.entry(tenant).or_default().push(*grant);
        }
    }

    /// Makes one entry of each trail: a single grant in full, several by a digest of their ids.
    fn note(&self, unit: &mut Unit<'_>, directory: &Directory, action: &'static str) {
        for (tenant, grants) in &self.0 {
            let (entity_type, record, detail) = match grants.as_slice() {
                [grant] => (
                    Some(grant.entity_type),
                    grant.record,
                    Detail {
                        fields: grant.field.map(Field::name).into_iter().collect(),
                        tenant: Some(directory.slug(grant.grantee)),
                        grant: Some(grant.id.to_string()),
                        access_level: Some(grant.level.as_str()),
                        expires_at: grant.expires_at.map(|end| end.to_string()),
                        ..Detail::default()
                    },
                ),
                several => {
                    let ids = several.iter().map(|grant| &grant.id);
                    (None, None, Detail::default().with_rows(ids))
                }
            };
            match *tenant == unit.tenant.id {
                true => unit.note(action, entity_type, record, detail),
                false => unit.note_to_owner(*tenant, action, entity_type, record, detail),
            }
        }
    }
}
