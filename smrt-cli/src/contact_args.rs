//! What contact is meant, and how the law is to be read: options that `smrt check` and
//! `smrt scrub` share.

use clap::Args;
use smrt_core::model::{Channel, Circumstance, Dialing, Instant, Purpose, TermSet, Voice};
use smrt_core::rules::contact::{Contact, Question};
use smrt_core::rules::rule::{Profile, RuleSet};

use crate::args::GlobalArgs;
use crate::context;

#[derive(Debug, Args)]
pub(crate) struct ContactArgs {
    /// By what channel: call, sms, email, fax or post
    #[arg(long)]
    pub(crate) channel: Channel,
    /// For what: marketing, informational, survey, fundraising, political, debt_collection,
    /// opt_out_confirmation or emergency
    #[arg(long)]
    pub(crate) purpose: Purpose,
    /// Who or what speaks in a call: live, prerecorded or artificial (an AI included)
    #[arg(long, default_value_t = Voice::Live)]
    pub(crate) voice: Voice,
    /// How the number is dialled: manual, automated (a system selects and dials) or autodialer
    /// (a random or sequential number generator)
    #[arg(long, default_value_t = Dialing::Manual)]
    pub(crate) dialing: Dialing,
    /// The seller on whose behalf, where that is not the tenant itself
    #[arg(long, value_name = "NAME")]
    pub(crate) seller: Option<String>,
    /// What else is true of the contact and may lift a rule, once for each: nonprofit,
    /// personal_relationship, business_to_business, package_delivery, bank_security, health_care
    /// or hipaa
    #[arg(long = "circumstance", value_name = "CIRCUMSTANCE")]
    pub(crate) circumstances: Vec<Circumstance>,
    /// How doubtful points of the law are read: strict or fcc_text
    #[arg(long, default_value_t = Profile::Strict, env = "SMRT_PROFILE", hide_env_values = true)]
    pub(crate) profile: Profile,
    /// Decide from what had been recorded by this instant [default: everything recorded]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) known_at: Option<Instant>,
}

impl ContactArgs {
    pub(crate) fn contact(&self) -> Contact {
        Contact {
            voice: self.voice,
            dialing: self.dialing,
            seller: self.seller.clone(),
            circumstances: TermSet::of(self.circumstances.iter().copied()),
            ..Contact::new(self.channel, self.purpose)
        }
    }

    pub(crate) fn question<'r>(&self, rules: &'r RuleSet, global: &GlobalArgs) -> Question<'r> {
        let everything = Instant::from_micros(i64::MAX);
        Question {
            rules,
            profile: self.profile,
            at: context::now(global),
            known_at: self.known_at.unwrap_or(everything),
        }
    }
}
