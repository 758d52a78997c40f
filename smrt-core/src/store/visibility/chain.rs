//! Records on which others than the owner granted something, decided in SQL for all of them
//! together.

use super::super::records::{owner_column, table_of};
use super::{by_id, live, rank};
use crate::model::EntityType;

/// How many rounds the chain has; a test holds it to the rule's.
pub(crate) const GRANT_CHAIN_MAX: usize = 4;

/// A query for the records on which others than the owner granted the viewer something, and the
/// fields it may read. The rounds in which it is found who may grant are written out: a row of `a3`
/// is a record, a tenant and a field that it may grant after three rounds.
pub(super) fn decide_chained(entity_type: EntityType) -> String {
    let (table, owner) = (table_of(entity_type).name, owner_column(entity_type));
    let fields: Vec<String> = entity_type
        .fields()
        .iter()
        .enumerate()
        .map(|(position, field)| format!("('{field}', {})", 1 << position))
        .collect();
    let said = |tier: u8, condition: &str| {
        format!(
            "SELECT i.id, q.tenant_id, q.granted_by_tenant_id, f.bit, \
             {tier} + CASE WHEN q.field_name IS NULL THEN 0 ELSE 4 END + {} \
             FROM ids i JOIN data_access_permissions q ON {condition} \
             JOIN fields f ON q.field_name IS NULL OR q.field_name = f.name \
             WHERE q.entity_type = '{entity_type}' AND {}",
            rank("q"),
            live("q")
        )
    };
    let rounds: String = (1..=GRANT_CHAIN_MAX)
        .map(|round| {
            format!(
                ", a{round}(id, tenant_id, bit) AS MATERIALIZED (\
                 SELECT g.id, g.tenant_id, g.bit FROM a{before} a JOIN g \
                 ON g.id = a.id AND g.grantor_id = a.tenant_id AND g.bit = a.bit \
                 GROUP BY g.id, g.tenant_id, g.bit HAVING max(g.code) % 4 = 2)",
                before = round - 1
            )
        })
        .collect();
    // Whoever may grant a field stays so: as if by a grant of its own that outweighs all others.
    format!(
        "WITH fields(name, bit) AS (VALUES {fields}), \
         ids(id, owner) AS MATERIALIZED (\
         SELECT DISTINCT p.entity_id, r.{owner} FROM data_access_permissions p \
         JOIN {table} r ON {by_id}r.id = p.entity_id \
         WHERE p.tenant_id = ?1 AND p.entity_type = '{entity_type}' AND p.entity_id > ?3 \
         AND p.granted_by_tenant_id <> r.{owner} AND r.{owner} <> ?1 AND {live} \
         ORDER BY p.entity_id LIMIT ?4), \
         said(id, tenant_id, grantor_id, bit, code) AS MATERIALIZED (\
         {on_record} UNION ALL {type_wide}), \
         g(id, tenant_id, grantor_id, bit, code) AS MATERIALIZED (\
         SELECT id, tenant_id, grantor_id, bit, code FROM said \
         UNION ALL SELECT id, tenant_id, tenant_id, bit, 18 FROM said \
         UNION ALL SELECT id, owner, owner, bit, 18 FROM ids CROSS JOIN fields), \
         a0(id, tenant_id, bit) AS MATERIALIZED (\
         SELECT id, owner, bit FROM ids CROSS JOIN fields){rounds} \
         SELECT i.id, coalesce(sum(seen.bit), 0) FROM ids i LEFT JOIN (\
         SELECT g.id AS id, g.bit AS bit FROM a{GRANT_CHAIN_MAX} a JOIN g \
         ON g.id = a.id AND g.grantor_id = a.tenant_id AND g.bit = a.bit \
         WHERE g.tenant_id = ?1 GROUP BY g.id, g.bit HAVING max(g.code) % 4 < 3) seen \
         ON seen.id = i.id GROUP BY i.id ORDER BY i.id",
        fields = fields.join(", "),
        by_id = by_id(entity_type),
        live = live("p"),
        on_record = said(8, "q.entity_id = i.id"),
        type_wide = said(
            0,
            "q.entity_id IS NULL AND q.granted_by_tenant_id = i.owner"
        ),
    )
}
