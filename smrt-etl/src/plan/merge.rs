//! A row about a human the store knows: what of it is new.
//!
//! A row that says what the same source said before changes nothing, whatever was edited since:
//! the source has not changed its mind. Else values are taken over by the run's policy.

use serde_json::{Map, Value as Json};
use smrt_core::model::Id;
use smrt_core::store::{
    BlockRow, ExistingHuman, ExistingLink, HUMAN_FIELDS, HumanUpdate, ImportBatch, LinkUpdate,
    RowBlock, SourceRow, SourceRowUpdate, Value,
};

use super::{Additions, ConflictPolicy, Existing, PlanContext, replaced_row, signed};
use crate::clean::{BlockEnds, CleanBatch, CleanRow};

/// What became of a row that was not rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    Unchanged,
}

/// The finished rows of one source row.
pub(super) struct Incoming<'c> {
    pub(super) clean: &'c CleanBatch,
    pub(super) row: CleanRow,
    pub(super) before: BlockEnds,
}

/// A consent event of a row.
pub(super) struct IncomingConsent<'c> {
    pub(super) id: Id,
    pub(super) consent_type: &'c str,
    pub(super) granted: bool,
}

/// Positions of columns in their tables, as `clean` fills them.
const HUMAN_METADATA: usize = 11;
const LINK_ID: usize = 0;
const LINK_PHONE: usize = 1;
const LINK_RELATIONSHIP: usize = 3;
const LINK_IS_PRIMARY: usize = 4;
const LINK_METADATA: usize = 8;
const SOURCE_KEY_OCCURRENCE: usize = 3;

/// The member of `metadata` that holds what further rows of the same human say differently.
const OTHER_ROWS: &str = "other_rows";

impl<'c> Incoming<'c> {
    fn human(&self) -> Option<BlockRow<'c>> {
        self.clean.humans.row(self.before.humans)
    }

    fn field(&self, position: usize) -> Option<&'c str> {
        text(self.human()?.value(position + 1))
    }

    fn metadata(&self) -> Map<String, Json> {
        object(
            self.human()
                .and_then(|row| text(row.value(HUMAN_METADATA)))
                .unwrap_or("{}"),
        )
    }

    fn links(&self) -> impl Iterator<Item = BlockRow<'c>> + use<'c> {
        let clean = self.clean;
        (self.before.links..self.row.ends.links).filter_map(|row| clean.links.row(row))
    }

    pub(super) fn consents(&self) -> impl Iterator<Item = (usize, IncomingConsent<'c>)> + use<'c> {
        let clean = self.clean;
        (self.before.consents..self.row.ends.consents).filter_map(|position| {
            let row = clean.consents.row(position)?;
            let consent = IncomingConsent {
                id: id(row.value(0))?,
                consent_type: text(row.value(3))?,
                granted: text(row.value(4))? == "granted",
            };
            Some((position, consent))
        })
    }

    /// What the store will hold of a human this row creates; consents are the caller's.
    pub(super) fn as_existing(&self, context: &PlanContext) -> ExistingHuman {
        ExistingHuman {
            fields: std::array::from_fn(|position| self.field(position).map(str::to_owned)),
            metadata: self
                .human()
                .and_then(|row| text(row.value(HUMAN_METADATA)))
                .unwrap_or("{}")
                .to_owned(),
            updated_at: Some(context.started_at),
            import_run: Some(context.run),
            source_rows: vec![self.source_row(context, 0)],
            links: self.links().filter_map(|row| link(&row)).collect(),
            has_primary: self.links().any(|row| is_primary(&row)),
            consents: Default::default(),
            revoked: Default::default(),
        }
    }

    fn source_row(&self, context: &PlanContext, occurrence: i64) -> SourceRow {
        SourceRow {
            occurrence,
            row_digest: self.row.digest,
            import_run: context.run,
            import_line: signed(self.row.line),
            last_run: context.run,
        }
    }
}

/// Merges a row into the human it speaks of.
pub(super) fn merge(
    context: &PlanContext,
    current: &mut ExistingHuman,
    existing: &mut Existing,
    incoming: &Incoming<'_>,
    additions: &mut Additions,
    batch: &mut ImportBatch,
) -> Outcome {
    let Some(human) = incoming.row.human else {
        return Outcome::Unchanged;
    };
    if note_repeated(context, current, human, incoming, batch) {
        return Outcome::Unchanged;
    }
    // A human made by an earlier row of this run is not a conflict.
    let policy = match current.import_run == Some(context.run) {
        true => ConflictPolicy::Update,
        false => context.on_conflict,
    };
    let consents = add_consents(context, current, incoming, policy, additions);
    if policy == ConflictPolicy::Skip {
        return if consents > 0 {
            Outcome::Updated
        } else {
            Outcome::Unchanged
        };
    }
    let occurrence = settle_source_row(context, current, human, incoming, additions, batch);
    let links = merge_links(
        context,
        (current, human),
        existing,
        incoming,
        policy,
        additions,
        batch,
    );
    let fields = update_fields(
        context,
        current,
        human,
        incoming,
        (policy, occurrence),
        additions,
        batch,
    );
    if fields + links + consents > 0 {
        Outcome::Updated
    } else {
        Outcome::Unchanged
    }
}

/// Whether the source said exactly this before; the row is then only marked as seen.
fn note_repeated(
    context: &PlanContext,
    current: &mut ExistingHuman,
    human: Id,
    incoming: &Incoming<'_>,
    batch: &mut ImportBatch,
) -> bool {
    let same = |row: &&mut SourceRow| row.row_digest == incoming.row.digest;
    let Some(row) = current.source_rows.iter_mut().find(same) else {
        return false;
    };
    if row.last_run != context.run {
        row.last_run = context.run;
        batch.source_row_updates.push(SourceRowUpdate {
            human_id: human,
            row: *row,
        });
    }
    true
}

/// Records which row of the source this is: it replaces the first one not seen in this run, or is
/// a further one. Returns its occurrence.
fn settle_source_row(
    context: &PlanContext,
    current: &mut ExistingHuman,
    human: Id,
    incoming: &Incoming<'_>,
    additions: &mut Additions,
    batch: &mut ImportBatch,
) -> i64 {
    let replaced = replaced_row(&current.source_rows, context.run);
    let Some(slot) = replaced.and_then(|position| current.source_rows.get_mut(position)) else {
        let occurrence = current
            .source_rows
            .iter()
            .map(|row| row.occurrence + 1)
            .max()
            .unwrap_or(0);
        if let Some(row) = incoming.clean.source_keys.row(incoming.before.humans) {
            push_with(
                &mut additions.source_keys,
                row,
                SOURCE_KEY_OCCURRENCE,
                Value::Integer(occurrence),
            );
        }
        current
            .source_rows
            .push(incoming.source_row(context, occurrence));
        return occurrence;
    };
    let new = incoming.source_row(context, slot.occurrence);
    let fields = serde_json::json!({
        "source": [context.source, context.source],
        "occurrence": [slot.occurrence, slot.occurrence],
        "row_digest": [slot.row_digest, new.row_digest],
        "import_run": [slot.import_run, new.import_run],
        "import_line": [slot.import_line, new.import_line],
        "last_run": [slot.last_run, new.last_run],
    });
    additions.change(
        context,
        incoming.row.line,
        "source_key",
        human,
        &fields.to_string(),
    );
    *slot = new;
    batch.source_row_updates.push(SourceRowUpdate {
        human_id: human,
        row: new,
    });
    new.occurrence
}

/// Adds the links the human does not have yet, with their numbers, and takes over the extensions
/// of those it has. Returns how many links are new or changed.
fn merge_links(
    context: &PlanContext,
    (current, human): (&mut ExistingHuman, Id),
    existing: &mut Existing,
    incoming: &Incoming<'_>,
    policy: ConflictPolicy,
    additions: &mut Additions,
    batch: &mut ImportBatch,
) -> usize {
    let mut merged = 0;
    for row in incoming.links() {
        let Some(new) = link(&row) else { continue };
        if let Some(old) = current.links.iter_mut().find(|old| is_same(old, &new)) {
            if let Some(before) = take_over_extension(old, &new, policy) {
                let line = incoming.row.line;
                note_link_change(context, line, human, (&before, old), additions);
                batch.link_updates.push(LinkUpdate {
                    human_id: human,
                    link: old.clone(),
                });
                merged += 1;
            }
            continue;
        }
        if existing.phone_numbers.insert(new.phone_number) {
            let numbers = incoming.before.phone_numbers..incoming.row.ends.phone_numbers;
            let row = numbers
                .filter_map(|row| incoming.clean.phone_numbers.row(row))
                .find(|row| id(row.value(0)) == Some(new.phone_number));
            row.into_iter()
                .for_each(|row| additions.phone_numbers.push_row(row));
        }
        let primary = !current.has_primary && is_primary(&row);
        push_with(
            &mut additions.links,
            row,
            LINK_IS_PRIMARY,
            Value::from(primary),
        );
        current.has_primary |= primary;
        current.links.push(new);
        merged += 1;
    }
    merged
}

/// Whether two links tie the same human and number in the same relationship; one made by hand has
/// another id.
fn is_same(one: &ExistingLink, other: &ExistingLink) -> bool {
    one.phone_number == other.phone_number && one.relationship_type == other.relationship_type
}

/// Takes the metadata of a link over by the policy and returns what it was before, if it
/// changed.
fn take_over_extension(
    old: &mut ExistingLink,
    new: &ExistingLink,
    policy: ConflictPolicy,
) -> Option<String> {
    let before = object(&old.metadata);
    let mut after = before.clone();
    take_over(&mut after, object(&new.metadata), policy);
    if after == before {
        return None;
    }
    let after = Json::Object(after).to_string();
    Some(std::mem::replace(&mut old.metadata, after))
}

/// Notes the change with the key of the link, by which an undo finds it.
fn note_link_change(
    context: &PlanContext,
    line: u64,
    human: Id,
    (before, link): (&str, &ExistingLink),
    additions: &mut Additions,
) {
    let (human, number) = (human.to_string(), link.phone_number.to_string());
    let fields = serde_json::json!({
        "human_id": [human, human],
        "phone_number_id": [number, number],
        "relationship_type": [link.relationship_type, link.relationship_type],
        "metadata": [before, link.metadata],
    });
    additions.change(context, line, "link", link.id, &fields.to_string());
}

/// Adds the consent events that are new. A withdrawal is recorded under every policy; a grant is
/// not recorded where a withdrawal stands.
fn add_consents(
    context: &PlanContext,
    current: &mut ExistingHuman,
    incoming: &Incoming<'_>,
    policy: ConflictPolicy,
    additions: &mut Additions,
) -> usize {
    let mut added = 0;
    for (position, consent) in incoming.consents() {
        if current.consents.contains(&consent.id)
            || (consent.granted && policy == ConflictPolicy::Skip)
        {
            continue;
        }
        if consent.granted && current.revoked.contains(consent.consent_type) {
            additions.withheld_grant(context, &incoming.row, consent.consent_type);
            continue;
        }
        if !consent.granted {
            current.revoked.insert(consent.consent_type.to_owned());
        }
        if let Some(row) = incoming.clean.consents.row(position) {
            additions.consents.push_row(row);
        }
        current.consents.insert(consent.id);
        added += 1;
    }
    added
}

/// Takes values over by the policy and returns how many fields changed.
fn update_fields(
    context: &PlanContext,
    current: &mut ExistingHuman,
    human: Id,
    incoming: &Incoming<'_>,
    (policy, occurrence): (ConflictPolicy, i64),
    additions: &mut Additions,
    batch: &mut ImportBatch,
) -> usize {
    let mut changes = Map::new();
    for (position, name) in HUMAN_FIELDS.iter().enumerate() {
        let (Some(new), Some(old)) = (incoming.field(position), current.fields.get_mut(position))
        else {
            continue;
        };
        let takes_over = old.is_none() || policy == ConflictPolicy::Update;
        if takes_over && old.as_deref() != Some(new) {
            changes.insert((*name).to_owned(), serde_json::json!([*old, new]));
            *old = Some(new.to_owned());
        }
    }
    let before = object(&current.metadata);
    let after = merged_metadata(before.clone(), incoming.metadata(), policy, occurrence);
    if before != after {
        let after = Json::Object(after).to_string();
        changes.insert(
            "metadata".to_owned(),
            serde_json::json!([current.metadata, after]),
        );
        current.metadata = after;
    }
    let changed = changes.len();
    if changed == 0 {
        return 0;
    }
    let updated_at = current.updated_at.replace(context.started_at);
    if let Some(before) = updated_at.filter(|before| *before != context.started_at) {
        let images = serde_json::json!([before.as_micros(), context.started_at.as_micros()]);
        changes.insert("updated_at".to_owned(), images);
    }
    additions.change(
        context,
        incoming.row.line,
        "human",
        human,
        &Json::Object(changes).to_string(),
    );
    batch.human_updates.push(HumanUpdate {
        id: human,
        fields: current.fields.clone(),
        metadata: current.metadata.clone(),
        updated_at: context.started_at,
    });
    changed
}

/// The metadata after a row: the first row of a human fills the object itself, further rows keep
/// under `other_rows` what they say differently.
fn merged_metadata(
    mut metadata: Map<String, Json>,
    incoming: Map<String, Json>,
    policy: ConflictPolicy,
    occurrence: i64,
) -> Map<String, Json> {
    if occurrence == 0 {
        take_over(&mut metadata, incoming, policy);
        return metadata;
    }
    let differing: Map<String, Json> = incoming
        .into_iter()
        .filter(|(name, value)| metadata.get(name) != Some(value))
        .collect();
    if differing.is_empty() {
        return metadata;
    }
    let rows = metadata
        .entry(OTHER_ROWS)
        .or_insert_with(|| Json::Object(Map::new()));
    if let Json::Object(rows) = rows {
        let row = rows
            .entry(occurrence.to_string())
            .or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(row) = row {
            take_over(row, differing, policy);
        }
    }
    metadata
}

fn take_over(old: &mut Map<String, Json>, new: Map<String, Json>, policy: ConflictPolicy) {
    for (name, value) in new {
        if policy == ConflictPolicy::Update || !old.contains_key(&name) {
            old.insert(name, value);
        }
    }
}

fn link(row: &BlockRow<'_>) -> Option<ExistingLink> {
    Some(ExistingLink {
        id: id(row.value(LINK_ID))?,
        phone_number: id(row.value(LINK_PHONE))?,
        relationship_type: text(row.value(LINK_RELATIONSHIP))?.to_owned(),
        metadata: text(row.value(LINK_METADATA))?.to_owned(),
    })
}

fn is_primary(link: &BlockRow<'_>) -> bool {
    link.value(LINK_IS_PRIMARY) == Value::Integer(1)
}

/// Appends a copy of `row` with another value in one column.
fn push_with(block: &mut RowBlock, row: BlockRow<'_>, column: usize, value: Value<'_>) {
    for (position, old) in row.values().enumerate() {
        block.push(if position == column { value } else { old });
    }
}

fn text(value: Value<'_>) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn id(value: Value<'_>) -> Option<Id> {
    match value {
        Value::Id(id) => Some(id),
        _ => None,
    }
}

fn object(json: &str) -> Map<String, Json> {
    serde_json::from_str(json).unwrap_or_default()
}
