//! Progress bars, on a terminal: of a call, and of a download.

use crate::show::visible_line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sandbar::types::Progress;
use std::io::{self, IsTerminal as _};

/// What a full bar is long, in steps. Progress is a fraction of any total; a bar has no more
/// columns than this.
const LENGTH: f64 = 1000.0;

/// A bar where the server gave a total, else a spinner. It shows from the first progress on.
#[derive(Clone)]
pub(crate) struct ProgressView(ProgressBar);

impl ProgressView {
    /// A view that shows nothing yet.
    pub(crate) fn new() -> Self {
        Self(ProgressBar::hidden())
    }

    /// Shows how far it is.
    pub(crate) fn show(&self, progress: &Progress) {
        let Self(bar) = self;
        if bar.is_hidden() {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        match fraction(progress) {
            Some(fraction) => {
                bar.set_style(style("{bar:30} {wide_msg}"));
                bar.set_length(LENGTH as u64);
                bar.set_position((fraction * LENGTH) as u64);
            }
            None => {
                bar.set_style(style("{spinner} {wide_msg}"));
                bar.tick();
            }
        }
        bar.set_message(visible_line(&describe(progress)).into_owned());
    }

    /// Writes something else to the terminal, above the bar.
    pub(crate) fn aside(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// The style of this template; the default one if the template should be wrong.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// How much of the total is done, from 0 to 1. Servers send totals of zero, and more than all.
fn fraction(progress: &Progress) -> Option<f64> {
    let total = progress.total.filter(|total| *total > 0.0)?;
    Some((progress.progress / total).clamp(0.0, 1.0))
}

/// `3/10 message`
pub(crate) fn describe(progress: &Progress) -> String {
    let mut text = progress.progress.to_string();
    if let Some(total) = progress.total {
        text.push_str(&format!("/{total}"));
    }
    if let Some(message) = &progress.message {
        text.push_str(&format!(" {message}"));
    }
    text
}

const WITH_TOTAL: &str = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
const WITHOUT_TOTAL: &str = "{spinner} {bytes} {bytes_per_sec}";

/// A bar where the length is known, else a spinner; nothing unless standard error is a terminal.
/// It goes away when it is dropped.
pub(crate) struct DownloadBar(ProgressBar);

impl DownloadBar {
    /// A bar for this many bytes.
    pub(crate) fn new(total: Option<u64>) -> Self {
        if !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), WITH_TOTAL),
            None => (ProgressBar::new_spinner(), WITHOUT_TOTAL),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Shows that this many bytes have come.
    pub(crate) fn set(&self, received: u64) {
        self.0.set_position(received);
    }
}

impl Drop for DownloadBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(progress: f64, total: Option<f64>, message: Option<&str>) -> Progress {
        Progress { progress, total, message: message.map(str::to_owned) }
    }

    /// Catches `3.0/10.0`, which no server sent.
    #[test]
    fn progress_is_described_as_it_was_sent() {
        assert_eq!(describe(&progress(3.0, Some(10.0), Some("files"))), "3/10 files");
        assert_eq!(describe(&progress(0.5, None, None)), "0.5");
    }

    /// Catches a bar of more than its length, and a division by zero.
    #[test]
    fn a_bar_is_never_fuller_than_full() {
        assert_eq!(fraction(&progress(11.0, Some(10.0), None)), Some(1.0));
        assert_eq!(fraction(&progress(-1.0, Some(10.0), None)), Some(0.0));
        assert_eq!(fraction(&progress(1.0, Some(0.0), None)), None);
        assert_eq!(fraction(&progress(1.0, None, None)), None);
    }

    /// Catches a template that only the terminal of a user would notice.
    #[test]
    fn the_templates_are_valid() {
        for template in ["{bar:30} {wide_msg}", "{spinner} {wide_msg}", WITH_TOTAL, WITHOUT_TOTAL] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
