//! The run a reject file comes from, so that its rows are read as they were the first time.
//!
//! What this module does not do: it knows no columns of reject files; `smrt_etl::rejects` does.

use smrt_core::store::Run;
use smrt_etl::import::ImportOptions;
use smrt_etl::mapping::Mapping;
use smrt_etl::rejects::{RejectedBy, rejected_by};
use smrt_etl::source::{Format, Source};

use super::ImportArgs;
use crate::args::GlobalArgs;
use crate::context;
use crate::error::CliError;
use crate::mapping_choice::{Chosen, MappingChoice};
use crate::ui::Ui;

/// How the run that rejected the rows of a file was done.
pub(super) struct EarlierRun {
    pub(super) choice: MappingChoice,
    pub(super) options: ImportOptions,
}

/// The run that a reject file comes from, unless the user named a mapping or the file is no reject
/// file of the acting tenant.
pub(super) fn earlier_run(
    source: &Source,
    args: &ImportArgs,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Option<EarlierRun>, CliError> {
    if args.mapping.is_named() {
        return Ok(None);
    }
    let number = match rejected_by(source) {
        None => return Ok(None),
        Some(RejectedBy::Unclear) => {
            ui.note(
                "this looks like a reject file, but its rows do not name one run: \
                 the mapping is chosen as for any other file",
            );
            return Ok(None);
        }
        Some(RejectedBy::Run(number)) => number,
    };
    let Some(run) = run_of_tenant(number, global)? else {
        ui.note(format_args!(
            "reject file of run {number}, which is not in this store or of another tenant: \
             the mapping is chosen as for any other file"
        ));
        return Ok(None);
    };
    let name = format!("mapping of run {number}");
    let mut mapping = Mapping::parse(&name, &run.start.mapping)?;
    if source.layout().format.value == Format::JsonLines {
        // The columns are the members that these rows have; the whole file had them all.
        mapping.allow_missing_columns();
    }
    let options = ImportOptions::of_run(&run)?;
    ui.note(used(number, &options, args));
    let choice = MappingChoice {
        mapping,
        chosen: Chosen::Run(number),
    };
    Ok(Some(EarlierRun { choice, options }))
}

/// The run, if the store holds it and it is the acting tenant's.
fn run_of_tenant(number: i64, global: &GlobalArgs) -> Result<Option<Run>, CliError> {
    if !context::exists(global)? {
        return Ok(None);
    }
    let mut smrt = context::smrt_for_reading(global)?;
    if smrt.tenants()?.is_empty() {
        return Ok(None);
    }
    let mut session = context::session(&mut smrt, global)?;
    Ok(session.run(number, context::now(global))?)
}

/// Says what is taken from the run.
fn used(number: i64, options: &ImportOptions, args: &ImportArgs) -> String {
    let has_region = args.region.is_none() && options.default_region.is_some();
    let has_policy = args.on_conflict.is_none() && options.on_conflict != Default::default();
    let taken = match (has_region, has_policy) {
        (false, false) => "mapping is",
        (true, false) => "mapping and region are",
        (false, true) => "mapping and conflict policy are",
        (true, true) => "mapping, region and conflict policy are",
    };
    format!("reject file of run {number}: its {taken} used")
}
