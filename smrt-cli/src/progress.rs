//! What an import or a scrub shows while it runs: a bar on a terminal, a line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use smrt_etl::import::Progress;

use crate::display::{counted, grouped};
use crate::ui::{ProgressStyle, Ui, say};

/// How often a line is written at most.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// How often a bar is drawn while nothing else moves.
const TICK: Duration = Duration::from_millis(200);

/// Shows progress on stderr.
pub(crate) struct ProgressDisplay {
    style: ProgressStyle,
    bar: Option<ProgressBar>,
    started: Instant,
    last_line: Instant,
    /// Rows that earlier sessions of the run have written; they do not count for the rate.
    rows_before: u64,
    /// When the first rows were written, and how far the file was read then: a resumed run passes
    /// over what it has at another speed.
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

    pub(crate) fn show(&mut self, progress: Progress) {
        if let (None, Progress::Rows { bytes_read, .. }) = (self.begun, progress) {
            self.begun = Some((Instant::now(), bytes_read));
            if let Some(bar) = &self.bar {
                bar.set_position(bytes_read);
                bar.reset_eta();
            }
        }
        match (self.style, &self.bar) {
            (ProgressStyle::Bar, Some(bar)) => self.move_bar(bar, progress),
            (ProgressStyle::Lines, _) if self.last_line.elapsed() >= LINE_INTERVAL => {
                self.last_line = Instant::now();
                say(&self.line(progress));
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

    fn move_bar(&self, bar: &ProgressBar, progress: Progress) {
        if let Progress::Rows {
            bytes_read,
            bytes_total,
            ..
        } = progress
        {
            if let Some(total) = bytes_total {
                bar.set_length(total);
                bar.set_style(measured_style());
            }
            bar.set_position(bytes_read);
        } else {
            bar.set_style(BarStyle::default_spinner());
        }
        bar.set_message(self.words(progress));
    }

    fn line(&self, progress: Progress) -> String {
        let words = self.words(progress);
        let Progress::Rows {
            bytes_read,
            bytes_total: Some(total),
            ..
        } = progress
        else {
            return words;
        };
        let percent = bytes_read.saturating_mul(100) / total.max(1);
        let (begun, bytes_before) = self.begun.unwrap_or((self.started, 0));
        let done = bytes_read.saturating_sub(bytes_before);
        match time_left(begun.elapsed(), done, total.saturating_sub(bytes_before)) {
            Some(left) => format!("{words}, {percent} %, {} s left", left.as_secs()),
            None => format!("{words}, {percent} %"),
        }
    }

    fn words(&self, progress: Progress) -> String {
        match progress {
            Progress::Rows { rows, .. } => {
                let fresh = rows.saturating_sub(self.rows_before);
                let rate = rate(fresh, self.started.elapsed());
                let rows = counted(rows, "row", "rows");
                format!("{rows}, {} rows/s", grouped(rate))
            }
            Progress::Indexes => "building indexes".to_owned(),
            Progress::Deferred { rows_left } => {
                let rows = counted(rows_left, "row", "rows");
                format!("settling {rows} that were set aside")
            }
            Progress::Verifying => "comparing the counts with the store".to_owned(),
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
