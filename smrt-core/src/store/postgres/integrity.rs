//! What the server can tell of damage.

use super::PostgresEngine;
use crate::store::engine::Engine as _;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::value::Value;

/// Indexes and references of the schema that the server itself does not trust.
const DISTRUSTED: &str = "\
    SELECT 'the index `' || c.relname || '` is not valid' FROM pg_index i \
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = current_schema() AND NOT (i.indisvalid AND i.indisready) \
    UNION ALL \
    SELECT 'the constraint `' || k.conname || '` was never checked' FROM pg_constraint k \
    JOIN pg_namespace n ON n.oid = k.connamespace \
    WHERE n.nspname = current_schema() AND NOT k.convalidated ORDER BY 1";

/// Whether the extension that reads tables and indexes through is there, and may be used.
const READER: &str = "\
    SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
    JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = 'bt_index_check' AND p.pronargs = 1 \
    WHERE e.extname = 'amcheck' AND has_function_privilege(p.oid, 'EXECUTE')";

const INDEXES: &str = "\
    SELECT c.relname FROM pg_class c JOIN pg_am a ON a.oid = c.relam \
    JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = current_schema() AND c.relkind = 'i' AND a.amname = 'btree' ORDER BY 1";

/// One line for each fault. Where the extension `amcheck` is missing, the server's own catalogue is
/// all there is to look at.
pub(super) fn check(engine: &mut PostgresEngine) -> Result<Vec<String>, StoreError> {
    let mut faults = texts(engine, DISTRUSTED)?;
    let Some(reader) = texts(engine, READER)?.pop() else {
        return Ok(faults);
    };
    let reader = super::session::quoted(&reader);
    for index in texts(engine, INDEXES)? {
        let sql = format!(
            "SELECT {reader}.bt_index_check(to_regclass(quote_ident(current_schema()) || '.' || quote_ident(?1)))"
        );
        let checked = engine.query(&sql, &[Value::Text(&index)], &mut |_| Ok(()));
        match checked {
            Ok(()) => {}
            Err(error) if error.kind() == StoreErrorKind::Damaged => {
                faults.push(format!("the index `{index}` is damaged"));
                // Within a transaction the server answers nothing more.
                if engine.transaction != super::Transaction::None {
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(faults)
}

fn texts(engine: &mut PostgresEngine, sql: &str) -> Result<Vec<String>, StoreError> {
    let mut texts = Vec::new();
    engine.query(sql, &[], &mut |row| {
        texts.push(row.text(0)?.to_owned());
        Ok(())
    })?;
    Ok(texts)
}
