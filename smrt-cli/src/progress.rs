//! What a long command shows while it runs: a bar on a terminal, a line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use smrt_core::store::CopyProgress;
use smrt_etl::import::Progress;

use crate::display::{counted, grouped};
use crate::ui::{ProgressStyle, Ui, say};

/// How often a line is written at most.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// How often a bar is drawn while nothing else moves.
const TICK: Duration = Duration::from_millis(200);

/// How far a command has come.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// Rows are settled.
    Rows {
        rows: u64,
        /// What is done of the whole: bytes of a file, or rows of a store.
        done: u64,
        total: Option<u64>,
    },
    Indexes,
    Deferred {
        rows_left: u64,
    },
    Verifying,
    ReadingBack {
        table: &'static str,
    },
}

impl From<Progress> for Step {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Rows {
                rows,
                bytes_read,
                bytes_total,
            } => Self::Rows {
                rows,
                done: bytes_read,
                total: bytes_total,
            },
            Progress::Indexes => Self::Indexes,
            Progress::Deferred { rows_left } => Self::Deferred { rows_left },
            Progress::Verifying => Self::Verifying,
        }
    }
}

impl From<CopyProgress> for Step {
    fn from(progress: CopyProgress) -> Self {
        match progress {
            CopyProgress::Rows {
                rows, rows_total, ..
            } => Self::Rows {
                rows,
                done: rows,
                total: Some(rows_total),
            },
            CopyProgress::Indexes => Self::Indexes,
            CopyProgress::Verifying { table } => Self::ReadingBack { table },
        }
    }
}

/// Shows progress on stderr.
pub(crate) struct ProgressDisplay {
    style: ProgressStyle,
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Instant,
    /// Rows that earlier sessions of the run have written; they do not count for the rate.
    rows_before: u64,
    /// When the first rows were settled, and how much was done then: what is resumed passes over
    /// what it has at another speed.
    begun: Option<(Instant, u64)>,
}

impl ProgressDisplay {
    pub(crate) fn new(ui: &Ui, rows_before: u64) -> Self {
        let style = ui.progress_style();
        let started = Instant::now();
        Self {
            style,
            bar: (style == ProgressStyle::Bar).then(new_bar),
            started,
            last_line: started,
            rows_before,
            begun: (rows_before == 0).then_some((started, 0)),
        }
    }

    pub(crate) fn show(&mut self, step: impl Into<Step>) {
        let step = step.into();
        if let (None, Step::Rows { done, .. }) = (self.begun, step) {
            self.begun = Some((Instant::now(), done));
            if let Some(bar) = &self.bar {
                bar.set_position(done);
                bar.reset_eta();
            }
        }
        match (self.style, &self.bar) {
            (ProgressStyle::Bar, Some(bar)) => self.move_bar(bar, step),
            (ProgressStyle::Lines, _) if self.last_line.elapsed() >= LINE_INTERVAL => {
                self.last_line = Instant::now();
                say(&self.line(step));
            }
            (ProgressStyle::Bar | ProgressStyle::Lines | ProgressStyle::None, _) => {}
        }
    }

    /// Removes the bar; what follows is written as if it had not been there.
    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn move_bar(&self, bar: &ProgressBar, step: Step) {
        if let Step::Rows { done, total, .. } = step {
            if let Some(total) = total {
                bar.set_length(total);
                bar.set_style(measured_style());
            }
            bar.set_position(done);
        } else {
            bar.set_style(BarStyle::default_spinner());
        }
        bar.set_message(self.words(step));
    }

    fn line(&self, step: Step) -> String {
        let words = self.words(step);
        let Step::Rows {
            done,
            total: Some(total),
            ..
        } = step
        else {
            return words;
        };
        let percent = done.saturating_mul(100) / total.max(1);
        let (begun, done_before) = self.begun.unwrap_or((self.started, 0));
        let fresh = done.saturating_sub(done_before);
        match time_left(begun.elapsed(), fresh, total.saturating_sub(done_before)) {
            Some(left) => format!("{words}, {percent} %, {} s left", left.as_secs()),
            None => format!("{words}, {percent} %"),
        }
    }

    fn words(&self, step: Step) -> String {
        match step {
            Step::Rows { rows, .. } => {
                let fresh = rows.saturating_sub(self.rows_before);
                let rate = rate(fresh, self.started.elapsed());
                let rows = counted(rows, "row", "rows");
                format!("{rows}, {} rows/s", grouped(rate))
            }
            Step::Indexes => "building indexes".to_owned(),
            Step::Deferred { rows_left } => {
                let rows = counted(rows_left, "row", "rows");
                format!("settling {rows} that were set aside")
            }
            Step::Verifying => "comparing the counts with the store".to_owned(),
            Step::ReadingBack { table } => format!("reading `{table}` back"),
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(BarStyle::default_spinner());
    bar.enable_steady_tick(TICK);
    bar
}

fn measured_style() -> BarStyle {
    BarStyle::with_template("{wide_bar} {percent:>3} % {msg}, {eta} left")
        .unwrap_or_else(|_| BarStyle::default_bar())
}

fn rate(rows: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    rows.saturating_mul(1_000) / millis.max(1)
}

/// How long the rest takes if it goes on like this; unknown before anything is read.
fn time_left(elapsed: Duration, done: u64, total: u64) -> Option<Duration> {
    let left = total.saturating_sub(done);
    (done > 0).then(|| elapsed.mul_f64(left as f64 / done as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_its_share() {
        let check = |seconds: u64, done: u64, total: u64, expected: Option<u64>| {
            let left = time_left(Duration::from_secs(seconds), done, total);
            assert_eq!(left, expected.map(Duration::from_secs));
        };
        check(10, 50, 100, Some(10));
        check(10, 25, 100, Some(30));
        check(10, 100, 100, Some(0));
        check(10, 120, 100, Some(0));
        check(10, 0, 100, None);
    }

    #[test]
    fn a_rate_needs_no_time_to_pass() {
        let check = |rows: u64, millis: u64, expected: u64| {
            assert_eq!(rate(rows, Duration::from_millis(millis)), expected);
        };
        check(1_000, 1_000, 1_000);
        check(1_000, 4_000, 250);
        check(5, 0, 5_000);
    }
}
