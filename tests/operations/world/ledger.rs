//! What a tenant's ledger says of a marketing contact that needs an agreement.

use smrt_core::model::{
    ConsentChannel, ConsentEvent, ConsentMethod, ConsentTier, DatePrecision, Id, Instant,
};

use super::{Consent, World};

const DAY_MICROS: i64 = 86_400_000_000;

impl World {
    /// The events that a tenant recorded of any of these numbers or humans.
    pub(super) fn ledger(&self, tenant: usize, numbers: &[usize], humans: &[Id]) -> Vec<&Consent> {
        let events = self.consents.iter().filter(|event| event.owner == tenant);
        let concerned = events.filter(|event| {
            event.number.is_some_and(|number| numbers.contains(&number))
                || event.human.is_some_and(|human| humans.contains(&human))
        });
        concerned.collect()
    }

    /// `given` while an agreement holds that is newer than all that was taken back; otherwise
    /// `withdrawn`, or `never` where nobody said anything, or `void` for what is no agreement any
    /// more.
    pub(super) fn standing(
        &self,
        ledger: &[&Consent],
        channel: ConsentChannel,
        number: Option<usize>,
        at: Instant,
    ) -> &'static str {
        let known = || ledger.iter().filter(|event| event.is_known(at));
        let agreements = || known().filter(|event| event.gives() && event.covers(channel));
        let endings = |wanted: &[ConsentEvent]| {
            let mut times = Vec::new();
            for event in known().filter(|event| event.covers(channel)) {
                if wanted.contains(&event.event) {
                    times.push(event.ended_at());
                }
            }
            times.into_iter().max()
        };
        use ConsentEvent::{Expired, Invalidated, Objected, Reassigned, Refused, Withdrawn};
        let withdrawn = endings(&[Refused, Withdrawn, Objected, Invalidated]);
        let objected = endings(&[Objected]);
        let expired = endings(&[Expired]);
        let reassigned = known()
            .filter(|event| event.event == Reassigned && event.number == number)
            .filter(|event| !event.consent_type.starts_with("data_"))
            .map(|event| event.ended_at())
            .max()
            .filter(|_| number.is_some());
        let is_newer =
            |event: &Consent, end: Option<i64>| end.is_none_or(|end| event.given_at() > end);
        let is_about = |event: &Consent| match (channel, event.number) {
            (ConsentChannel::Email, _) | (_, None) => true,
            (_, named) => named == number,
        };
        let holds = |event: &Consent| {
            is_about(event)
                && event.tier != Some(ConsentTier::Implied)
                && event.expiration.is_none_or(|end| end > at)
                && is_newer(event, expired)
                && (event.number.is_none() || is_newer(event, reassigned))
        };
        // What was taken back only the person gives again, and what it objected to only in so many
        // words.
        let outlasts = |event: &Consent| match withdrawn {
            None => true,
            Some(_) => {
                let in_so_many_words = event.consent_type.starts_with("marketing")
                    && event.tier.is_some_and(|tier| tier != ConsentTier::Implied);
                is_newer(event, withdrawn)
                    && event.is_the_persons_own()
                    && (objected.is_none() || in_so_many_words)
            }
        };
        if agreements().any(|event| holds(event) && outlasts(event)) {
            return "given";
        }
        match (withdrawn, agreements().next()) {
            (Some(_), _) => "withdrawn",
            (None, None) => "never",
            (None, Some(_)) => "void",
        }
    }
}

impl Consent {
    /// Whether it was known at an instant that it had happened by then.
    fn is_known(&self, at: Instant) -> bool {
        let happened = match (self.date, self.gives()) {
            (Some(date), _) => date <= at,
            (None, true) => true,
            (None, false) => self.recorded_at <= at,
        };
        self.recorded_at <= at && happened
    }

    const fn gives(&self) -> bool {
        matches!(self.event, ConsentEvent::Granted | ConsentEvent::Renewed)
    }

    /// Whether it speaks of marketing by a channel.
    fn covers(&self, channel: ConsentChannel) -> bool {
        match self.consent_type {
            "contact" | "marketing" => true,
            "marketing_call" => channel == ConsentChannel::Call,
            "marketing_sms" => channel == ConsentChannel::Sms,
            "marketing_email" => channel == ConsentChannel::Email,
            _ => false,
        }
    }

    /// From when on it is an agreement: that of a day, from its beginning.
    fn given_at(&self) -> i64 {
        match (self.date, self.precision) {
            (None, _) => i64::MIN,
            (Some(date), DatePrecision::Exact) => date.as_micros(),
            (Some(date), DatePrecision::Day) => day_of(date) * DAY_MICROS,
        }
    }

    /// Until when it takes back what was said: that of a day, until its end.
    fn ended_at(&self) -> i64 {
        match (self.date, self.precision) {
            (None, _) => self.recorded_at.as_micros(),
            (Some(date), DatePrecision::Exact) => date.as_micros(),
            (Some(date), DatePrecision::Day) => (day_of(date) + 1) * DAY_MICROS - 1,
        }
    }

    /// Whether the person did it, as far as can be proven.
    const fn is_the_persons_own(&self) -> bool {
        use ConsentMethod::{Agent, Api, Email, Import, KeyPress, Paper, Sms, WebForm};
        match self.method {
            Some(WebForm | Sms | Email | Paper | KeyPress) => true,
            Some(Agent | Api | Import) | None => false,
        }
    }
}

const fn day_of(instant: Instant) -> i64 {
    instant.as_micros().div_euclid(DAY_MICROS)
}
