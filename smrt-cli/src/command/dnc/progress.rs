//! What loading a list shows while it runs: a bar on a terminal, a line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};
use smrt_etl::dnc::LoadProgress;

use crate::display::{counted, grouped};
use crate::ui::{ProgressStyle, Ui, say};

/// How often a line is written at most.
const LINE_INTERVAL: Duration = Duration::from_secs(2);

/// Shows progress on stderr.
pub(super) struct ProgressDisplay {
    style: ProgressStyle,
    bar: Option<ProgressBar>,
    started: Instant,
    shown: Instant,
}

impl ProgressDisplay {
    pub(super) fn new(ui: &Ui) -> Self {
        let style = ui.progress_style();
        let started = Instant::now();
        Self {
            style,
            bar: (style == ProgressStyle::Bar).then(new_bar),
            started,
            shown: started,
        }
    }

    pub(super) fn show(&mut self, progress: LoadProgress) {
        let (done, total, words) = match progress {
            LoadProgress::Reading(read) => {
                let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
                let rate = read.rows.saturating_mul(1_000) / millis.max(1);
                let rows = counted(read.rows, "row", "rows");
                let words = format!("reading: {rows}, {} rows/s", grouped(rate));
                (read.bytes_read, read.bytes_total, words)
            }
            LoadProgress::Comparing => (0, 0, "comparing with what you hold".to_owned()),
            LoadProgress::Writing {
                blocks,
                blocks_total,
            } => (blocks, blocks_total, "writing".to_owned()),
        };
        self.draw(done, total, words);
    }

    pub(super) fn numbers(&mut self, done: u64) {
        self.draw(0, 0, counted(done, "number", "numbers"));
    }

    fn draw(&mut self, done: u64, total: u64, words: String) {
        match (self.style, &self.bar) {
            (ProgressStyle::Bar, Some(bar)) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(words);
            }
            (ProgressStyle::Lines, _) if self.shown.elapsed() >= LINE_INTERVAL => {
                self.shown = Instant::now();
                match done.saturating_mul(100).checked_div(total) {
                    Some(percent) => say(&format!("{words}, {percent} %")),
                    None => say(&words),
                }
            }
            (ProgressStyle::Bar | ProgressStyle::Lines | ProgressStyle::None, _) => {}
        }
    }

    /// Removes the bar; what follows is written as if it had not been there.
    pub(super) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    let style = BarStyle::with_template("{wide_bar} {percent:>3} % {msg}");
    bar.set_style(style.unwrap_or_else(|_| BarStyle::default_bar()));
    bar
}
