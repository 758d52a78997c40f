//! Whether a transaction that failed is worth making again, and when.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use smrt_core::store::StoreErrorKind;

use super::error::ImportError;

/// How often a transaction is made before its failure ends the import.
const ATTEMPTS_MAX: u32 = 20;

/// The pause after the first failure; each one after it is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The attempts at one transaction.
#[derive(Debug)]
pub(super) struct Retry {
    attempts: u32,
}

impl Retry {
    pub(super) const fn new() -> Self {
        Self { attempts: 0 }
    }

    /// Waits until the next attempt; the error itself when it would only happen again, or when
    /// somebody wants the import to stop.
    pub(super) fn after(
        &mut self,
        error: ImportError,
        stop: &AtomicBool,
    ) -> Result<(), ImportError> {
        self.attempts += 1;
        let is_passing = error.store().is_some_and(|error| match error.kind() {
            StoreErrorKind::Conflict | StoreErrorKind::Locked => true,
            // Connecting again has its own patience.
            StoreErrorKind::ConnectionLost => error.operation() != "connect",
            _ => false,
        });
        if !is_passing || self.attempts == ATTEMPTS_MAX || stop.load(Ordering::Relaxed) {
            return Err(error);
        }
        let pause = FIRST_PAUSE * 2_u32.pow(self.attempts.min(10) - 1);
        std::thread::sleep(pause.min(LONGEST_PAUSE));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use smrt_core::store::StoreError;

    use super::*;

    fn failed(kind: StoreErrorKind) -> ImportError {
        StoreError::new(kind, "write", "it failed").into()
    }

    #[test]
    fn what_passes_is_tried_again_and_not_for_ever() {
        let going = AtomicBool::new(false);
        let mut retry = Retry::new();
        assert!(
            retry
                .after(failed(StoreErrorKind::Conflict), &going)
                .is_ok()
        );
        assert!(
            retry
                .after(failed(StoreErrorKind::DiskFull), &going)
                .is_err()
        );
        let mut retry = Retry {
            attempts: ATTEMPTS_MAX - 1,
        };
        assert!(
            retry
                .after(failed(StoreErrorKind::Conflict), &going)
                .is_err()
        );
    }

    #[test]
    fn whoever_wants_to_stop_does_not_wait() {
        let stop = AtomicBool::new(true);
        let lost = failed(StoreErrorKind::ConnectionLost);
        assert!(Retry::new().after(lost, &stop).is_err());
    }
}
