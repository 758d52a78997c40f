//! `smrt import undo`: take a run back, or say what stands in the way.

use clap::Args;
use serde::Serialize;
use smrt_core::smrt::SmrtError;
use smrt_core::store::{Obstacle, StoreErrorKind, UndoReport};

use crate::args::GlobalArgs;
use crate::context;
use crate::display::{counted, grouped};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{self, Report};
use crate::table::{Align, Table};
use crate::ui::Ui;

const AFTER_HELP: &str = "\
Fields that the run changed get their earlier values back. If later changes stand in the way, they
are listed, nothing is changed, and the exit code is 1.

Examples:
  smrt import undo 3 --dry-run
  smrt import undo 3";

/// Take a run back: restore exactly what was there before
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct UndoArgs {
    /// The run's number; `smrt runs list` shows them
    run: i64,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Undo {
    run: i64,
    dry_run: bool,
    /// `undone`, or `blocked` when later changes stand in the way.
    outcome: &'static str,
    humans_deleted: u64,
    phone_numbers_deleted: u64,
    links_deleted: u64,
    consents_deleted: u64,
    records_restored: u64,
    obstacles_total: u64,
    obstacles: Vec<ObstacleEntry>,
}

#[derive(Debug, Serialize)]
struct ObstacleEntry {
    entity_type: &'static str,
    entity_id: String,
    reason: String,
}

impl Undo {
    fn new(run: i64, dry_run: bool, report: UndoReport) -> Self {
        let obstacle = |obstacle: Obstacle| ObstacleEntry {
            entity_type: obstacle.entity_type,
            entity_id: obstacle.entity_id.to_string(),
            reason: obstacle.reason,
        };
        Self {
            run,
            dry_run,
            outcome: if report.obstacles_total == 0 {
                "undone"
            } else {
                "blocked"
            },
            humans_deleted: report.humans_deleted,
            phone_numbers_deleted: report.phones_deleted,
            links_deleted: report.links_deleted,
            consents_deleted: report.consents_deleted,
            records_restored: report.records_restored,
            obstacles_total: report.obstacles_total,
            obstacles: report.obstacles.into_iter().map(obstacle).collect(),
        }
    }

    fn counts(&self) -> [(&'static str, u64); 5] {
        [
            ("humans deleted", self.humans_deleted),
            ("phone numbers deleted", self.phone_numbers_deleted),
            ("links deleted", self.links_deleted),
            ("consent records deleted", self.consents_deleted),
            ("records restored", self.records_restored),
        ]
    }

    fn blocked_page(&self) -> String {
        let mut table = Table::block(&[Align::Left, Align::Left, Align::Left]);
        for obstacle in &self.obstacles {
            table.push(vec![
                obstacle.entity_type.to_owned(),
                obstacle.entity_id.clone(),
                obstacle.reason.clone(),
            ]);
        }
        let more = self.obstacles_total - self.obstacles.len() as u64;
        let more = match more {
            0 => String::new(),
            more => format!("  and {} more\n", grouped(more)),
        };
        format!(
            "run {} cannot be undone: {} stand in the way; nothing was changed\n{}{more}",
            self.run,
            counted(self.obstacles_total, "later change", "later changes"),
            table.finish()
        )
    }
}

impl Report for Undo {
    const SCHEMA: &'static str = "smrt.undo-report.v1";
    const TAG: &'static str = "undo_report";
    const CSV: &'static [&'static str] = &["measure", "value"];

    fn page(&self) -> String {
        if self.obstacles_total > 0 {
            return self.blocked_page();
        }
        let mut table = Table::block(&[Align::Left, Align::Right]);
        for (what, count) in self.counts() {
            table.push(vec![what.to_owned(), grouped(count)]);
        }
        let verdict = match self.dry_run {
            true => "can be undone; nothing was changed",
            false => "undone; the store is as it was before",
        };
        format!("run {} {verdict}\n{}", self.run, table.finish())
    }

    fn csv_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            vec!["run".to_owned(), self.run.to_string()],
            vec!["outcome".to_owned(), self.outcome.to_owned()],
        ];
        for (what, count) in self.counts() {
            rows.push(vec![what.replace(' ', "_"), count.to_string()]);
        }
        rows.push(vec![
            "obstacles_total".to_owned(),
            self.obstacles_total.to_string(),
        ]);
        rows
    }
}

pub(super) fn run(args: &UndoArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut smrt = context::smrt(global)?;
    let mut session = context::session(&mut smrt, global)?;
    let now = context::now(global);
    let report = match args.dry_run {
        true => session.try_undo_run(args.run, now),
        false => session.undo_run(args.run, now),
    };
    let report = report.map_err(|error| match &error {
        SmrtError::Store(of_store) if of_store.kind() == StoreErrorKind::Invalid => {
            CliError::from(error).hint("`smrt runs list` shows the runs and where they stand")
        }
        _ => error.into(),
    })?;
    let undo = Undo::new(args.run, args.dry_run, report);
    let exit = match undo.obstacles_total {
        0 => Exit::Done,
        _ => Exit::No,
    };
    output::report(ui.format, &undo)?;
    Ok(exit)
}
