//! Lower case as the library folds it, as a function of DuckDB's SQL: DuckDB's own knows neither a
//! final sigma nor letters that become two.

use std::sync::Arc;

use duckdb::arrow::array::{Array, RecordBatch, StringArray};
use duckdb::arrow::datatypes::DataType;
use duckdb::vscalar::{ArrowFunctionSignature, VArrowScalar};

/// `smrt_fold(text)`.
pub(super) struct Fold;

impl VArrowScalar for Fold {
    type State = ();

    fn invoke(
        _state: &Self::State,
        input: RecordBatch,
    ) -> Result<Arc<dyn Array>, Box<dyn std::error::Error>> {
        let texts = input
            .columns()
            .first()
            .and_then(|column| column.as_any().downcast_ref::<StringArray>())
            .ok_or("the argument is no text")?;
        let folded: StringArray = texts
            .iter()
            .map(|text| text.map(str::to_lowercase))
            .collect();
        Ok(Arc::new(folded))
    }

    fn signatures() -> Vec<ArrowFunctionSignature> {
        vec![ArrowFunctionSignature::exact(
            vec![DataType::Utf8],
            DataType::Utf8,
        )]
    }
}
