//! A call of every method of a session.

use serde_json::Map;
use smrt_core::model::{
    AccessLevel, Channel, ConsentChannel, ConsentStatus, ConsentTier, ConsentType, Direction,
    EntityType, Field, Id, Instant, InteractionKind, Purpose, ReassignedAnswer, RegistryKind,
    RelationshipType,
};
use smrt_core::phone::E164;
use smrt_core::rules::contact::{Contact, Facts, Question};
use smrt_core::rules::rule::{Profile, RuleSet};
use smrt_core::smrt::{
    AccessQuestion, CalledParty, ConsentImport, ConsentPolicy, ConsentQuestion, ConsentSubject,
    DncRegistryKey, GrantFilter, Human, HumanEdit, HumanSearch, ImportMode, InteractionEdit,
    LinkEdit, NewConsentRecord, NewDncEntry, NewGrant, NewHuman, NewInteraction, NewLink,
    NewReassignedAnswer, NumberEdit, OutcomeCounts, PageRequest, Parties, ScrubRecord,
    ScrubbedFile, SigningKey, Smrt, SmrtError, TenantSession,
};
use smrt_core::store::{AuditFilter, IndexPolicy, NewRun, Run, RunStatus};

use super::view::{Told, told};
use super::world::{LISTED, When, dnc_list, e164};

/// What a method is called with.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) human: Id,
    pub(super) given: Human,
    pub(super) number: E164,
    pub(super) link: Id,
    pub(super) consent: Id,
    pub(super) call: Id,
    pub(super) grant: Id,
    pub(super) run: Run,
    pub(super) sequence: i64,
    pub(super) own_human: Id,
    /// Where a list of numbers goes on.
    pub(super) after_number: Id,
}

impl Target {
    pub(super) fn number_id(&self) -> Id {
        Id::of_phone_number(self.number)
    }

    fn page(&self, after: Id) -> PageRequest {
        PageRequest::first(3).behind(after.to_string().parse().unwrap())
    }
}

pub(super) type Call = fn(&mut TenantSession<'_>, &Target, When) -> Told;

/// Every method of a session.
pub(super) const METHODS: &[(&str, Call)] = &[
    ("tenant", |s, _, _| told(Ok(s.tenant().clone()))),
    ("actor", |s, _, _| told(Ok(s.actor().to_string()))),
    ("shares_imports", |s, _, _| told(Ok(s.shares_imports()))),
    ("add_humans", |s, _, w| {
        told(s.add_humans(&[new_human()], w.instant()))
    }),
    ("add_human", |s, _, w| {
        told(s.add_human(&new_human(), w.instant()))
    }),
    ("humans", |s, t, w| {
        told(s.humans(&[t.human, t.own_human], w.instant()))
    }),
    ("human", |s, t, w| told(s.human(t.human, w.instant()))),
    ("list_humans", |s, t, w| {
        told(s.list_humans(&t.page(t.human), w.instant()))
    }),
    ("edit_humans", |s, t, w| {
        told(s.edit_humans(&[edit_of(t.own_human), edit_of(t.human)], w.instant()))
    }),
    ("edit_human", |s, t, w| {
        told(s.edit_human(&edit_of(t.human), w.instant()))
    }),
    ("add_numbers", |s, t, w| {
        told(s.add_numbers(&[t.number], w.instant()))
    }),
    ("add_number", |s, t, w| {
        told(s.add_number(t.number, w.instant()))
    }),
    ("numbers", |s, t, w| {
        told(s.numbers(&[t.number_id()], w.instant()))
    }),
    ("number", |s, t, w| {
        told(s.number(t.number_id(), w.instant()))
    }),
    ("list_numbers", |s, t, w| {
        told(s.list_numbers(&t.page(t.after_number), w.instant()))
    }),
    ("edit_numbers", |s, t, w| {
        told(
            NumberEdit::new(t.number_id(), &Map::new())
                .and_then(|e| s.edit_numbers(&[e], w.instant())),
        )
    }),
    ("edit_number", |s, t, w| {
        told(
            NumberEdit::new(t.number_id(), &Map::new())
                .and_then(|e| s.edit_number(&e, w.instant())),
        )
    }),
    ("add_links", |s, t, w| {
        told(s.add_links(&[link_of(t.human, t.number)], w.instant()))
    }),
    ("add_link", |s, t, w| {
        told(s.add_link(&link_of(t.own_human, t.number), w.instant()))
    }),
    ("links", |s, t, w| told(s.links(&[t.link], w.instant()))),
    ("link", |s, t, w| told(s.link(t.link, w.instant()))),
    ("links_of_humans", |s, t, w| {
        told(s.links_of_humans(&[t.human], w.instant()))
    }),
    ("linked_numbers", |s, t, w| {
        told(s.linked_numbers(&[t.human, t.own_human], w.instant()))
    }),
    ("links_of_numbers", |s, t, w| {
        told(s.links_of_numbers(&[t.number_id()], w.instant()))
    }),
    ("list_links", |s, t, w| {
        told(s.list_links(&t.page(t.link), w.instant()))
    }),
    ("edit_links", |s, t, w| {
        let edit = LinkEdit {
            verified: Some(true),
            is_primary: Some(true),
            ..LinkEdit::of(t.link)
        };
        told(s.edit_links(&[edit], w.instant()))
    }),
    ("edit_link", |s, t, w| {
        let edit = LinkEdit {
            verified: Some(true),
            ..LinkEdit::of(t.link)
        };
        told(s.edit_link(&edit, w.instant()))
    }),
    ("remove_link", |s, t, w| {
        told(s.remove_link(t.link, w.instant()))
    }),
    ("remove_links", |s, t, w| {
        told(s.remove_links(&[t.link], w.instant()))
    }),
    ("add_consent_records", |s, t, w| {
        let of_human = consent_of(t.human);
        told(s.add_consent_records(&[of_human], w.instant()))
    }),
    ("add_consent_record", |s, t, w| {
        told(s.add_consent_record(&consent_of(t.human), w.instant()))
    }),
    ("consent_records", |s, t, w| {
        told(s.consent_records(&[t.consent], w.instant()))
    }),
    ("consent_record", |s, t, w| {
        told(s.consent_record(t.consent, w.instant()))
    }),
    ("consent_records_of_humans", |s, t, w| {
        told(s.consent_records_of_humans(&[t.human], w.instant()))
    }),
    ("consent_records_of_numbers", |s, t, w| {
        told(s.consent_records_of_numbers(&[t.number_id()], w.instant()))
    }),
    ("list_consent_records", |s, t, w| {
        told(s.list_consent_records(&t.page(t.consent), w.instant()))
    }),
    ("consent_status", |s, t, w| {
        let subjects = [
            ConsentSubject::Human(t.human),
            ConsentSubject::Number(t.number),
        ];
        let at = w.instant();
        let answers = subjects.map(|subject| s.consent_status(&question(subject), at, at));
        told(answers.into_iter().collect::<Result<Vec<_>, _>>())
    }),
    ("consent_history", |s, t, w| {
        let subjects = [
            ConsentSubject::Human(t.human),
            ConsentSubject::Number(t.number),
        ];
        let histories = subjects.map(|subject| s.consent_history(subject, w.instant()));
        told(histories.into_iter().collect::<Result<Vec<_>, _>>())
    }),
    ("consent_opt_outs", |s, _, w| {
        told(s.consent_opt_outs(w.instant()))
    }),
    ("consent_receipt", |s, t, w| {
        told(s.consent_receipt(t.consent, w.instant()))
    }),
    ("import_consent_records", |s, t, w| {
        let rows = vec![ConsentImport {
            id: Some(t.consent),
            event: consent_of(t.human),
        }];
        let mut outcomes = Vec::new();
        let (policy, mode) = (ConsentPolicy::KeepWithdrawals, ImportMode::Apply);
        let imported = s.import_consent_records(
            policy,
            mode,
            w.instant(),
            &mut std::iter::once(rows),
            &mut |told| outcomes.extend(told.iter().map(|outcome| format!("{outcome:?}"))),
        );
        told(imported.map(|()| outcomes))
    }),
    ("add_interactions", |s, t, w| {
        let new = NewInteraction {
            human_id: Some(t.human),
            ..NewInteraction::new(InteractionKind::Call, Direction::Inbound, w.instant())
        };
        told(s.add_interactions(&[new], w.instant()))
    }),
    ("add_interaction", |s, t, w| {
        let new = NewInteraction {
            human_id: Some(t.human),
            ..NewInteraction::new(InteractionKind::Text, Direction::Inbound, w.instant())
        };
        told(s.add_interaction(&new, w.instant()))
    }),
    ("interactions", |s, t, w| {
        told(s.interactions(&[t.call], w.instant()))
    }),
    ("interaction", |s, t, w| {
        told(s.interaction(t.call, w.instant()))
    }),
    ("interactions_of_humans", |s, t, w| {
        told(s.interactions_of_humans(&[t.human], w.instant()))
    }),
    ("interactions_of_numbers", |s, t, w| {
        told(s.interactions_of_numbers(&[t.number_id()], w.instant()))
    }),
    ("list_interactions", |s, t, w| {
        told(s.list_interactions(&t.page(t.call), w.instant()))
    }),
    ("edit_interactions", |s, t, w| {
        let edit = InteractionEdit {
            duration_s: Some(1),
            ..InteractionEdit::of(t.call)
        };
        told(s.edit_interactions(&[edit], w.instant()))
    }),
    ("edit_interaction", |s, t, w| {
        let edit = InteractionEdit {
            duration_s: Some(2),
            ..InteractionEdit::of(t.call)
        };
        told(s.edit_interaction(&edit, w.instant()))
    }),
    ("human_detail", |s, t, w| {
        told(s.human_detail(t.human, w.instant()))
    }),
    ("number_detail", |s, t, w| {
        told(s.number_detail(t.number_id(), w.instant()))
    }),
    ("search_humans", |s, t, w| {
        let words = HumanSearch {
            text: "canary".to_owned(),
            numbers: vec![],
            limit: 9,
        };
        let number = HumanSearch {
            numbers: vec![t.number],
            ..words.clone()
        };
        both(
            told(s.search_humans(&words, w.instant())),
            told(s.search_humans(&number, w.instant())),
        )
    }),
    ("with_phone_numbers", |s, t, w| {
        told(s.with_phone_numbers(vec![t.given.clone()], w.instant()))
    }),
    ("grant", |s, t, w| {
        told(s.grant(&[grant_of(s, t.human)], w.instant()))
    }),
    ("share", |s, _, w| {
        let (to, kind) = (partner_of(s), EntityType::Human);
        told(s.share(kind, to, &[], AccessLevel::Read, None, w.instant()))
    }),
    ("revoke", |s, t, w| told(s.revoke(&[t.grant], w.instant()))),
    ("grants", |s, t, w| {
        let on = GrantFilter::Record(EntityType::Human, t.human);
        let of_record = told(s.grants(on, Some(t.grant), 9, w.instant()));
        both(
            of_record,
            told(s.grants(GrantFilter::Received, None, 99, w.instant())),
        )
    }),
    ("explain", |s, t, w| {
        let question = AccessQuestion {
            viewer: None,
            entity_type: EntityType::Human,
            id: t.human,
            field: Field::parse(EntityType::Human, "email").unwrap(),
            level: AccessLevel::Write,
        };
        let other = AccessQuestion {
            viewer: Some("beta".to_owned()),
            ..question.clone()
        };
        both(
            told(s.explain(&question, w.instant())),
            told(s.explain(&other, w.instant())),
        )
    }),
    ("start_run", |s, _, _| {
        told(s.start_run(&new_run(), IndexPolicy::Keep))
    }),
    ("start_trial", |s, _, _| {
        told(in_trial(s, |base, trial| {
            trial.start_trial(Some(base), &new_run())
        }))
    }),
    ("in_scratch", |s, t, _| {
        told(in_trial(s, |base, trial| {
            let run = trial.start_trial(Some(base), &new_run())?;
            let copied = trial.import_transaction(&run, When::Live.instant(), |transaction| {
                transaction.copy_records_from(base, &[t.human], &[t.number_id()])?;
                Ok::<_, SmrtError>(transaction.existing_humans(&[t.human], "crm")?)
            })?;
            Ok(copied)
        }))
    }),
    ("resume_run", |s, t, w| {
        told(s.resume_run(&mut t.run.clone(), w.instant()))
    }),
    ("import_transaction", |s, t, w| {
        let of_theirs = told(s.import_transaction(&t.run, w.instant(), |_| Ok::<_, SmrtError>(())));
        let own = match s.start_run(&new_run(), IndexPolicy::Keep) {
            Ok(run) => run,
            Err(error) => return told::<()>(Err(error)),
        };
        let (human, number) = (t.human, t.number_id());
        let found = s.import_transaction(&own, w.instant(), |transaction| {
            let humans = transaction.existing_humans(&[human], "crm")?;
            let rows = transaction.source_rows(&[human], "crm")?;
            let numbers = transaction.existing_phone_numbers(&[number])?;
            let revoked = transaction.revoked_numbers(&[number])?;
            let rest = format!("{rows:?} {numbers:?} {revoked:?}");
            Ok::<_, SmrtError>((humans, rest))
        });
        let rest = found
            .as_ref()
            .map_or_else(|_| String::new(), |(_, rest)| rest.clone());
        let mut said = both(of_theirs, told(found.map(|(humans, _)| humans)));
        said.revealed += &rest;
        said
    }),
    ("finish_bulk_load", |s, t, w| {
        told(s.finish_bulk_load(&mut t.run.clone(), w.instant()))
    }),
    ("set_run_status", |s, t, w| {
        told(s.set_run_status(&mut t.run.clone(), RunStatus::Interrupted, w.instant()))
    }),
    ("verify_run", |s, t, _| told(s.verify_run(&t.run))),
    ("runs", |s, _, w| told(s.runs(w.instant()))),
    ("run", |s, t, w| told(s.run(t.run.number, w.instant()))),
    ("unfinished_run", |s, _, w| {
        told(s.unfinished_run(w.instant()))
    }),
    ("issues", |s, t, _| {
        let mut issues = Vec::new();
        told(
            s.issues(&t.run, None, &mut |issue| issues.push(issue))
                .map(|()| issues),
        )
    }),
    ("issue_summary", |s, t, _| told(s.issue_summary(&t.run))),
    ("changed_fields", |s, t, _| told(s.changed_fields(&t.run))),
    ("deferred_rows", |s, t, _| {
        told(s.deferred_rows(&t.run, 0, 9))
    }),
    ("humans_of_run", |s, t, _| {
        let mut ids = Vec::new();
        told(
            s.humans_of_run(&t.run, &mut |id| ids.push(id))
                .map(|()| ids),
        )
    }),
    ("numbers_of_run", |s, t, _| {
        let mut numbers = String::new();
        told(
            s.numbers_of_run(&t.run, &mut |number| numbers += number)
                .map(|()| numbers.len() as u64),
        )
    }),
    ("undo_run", |s, t, w| {
        told(s.undo_run(t.run.number, w.instant()))
    }),
    ("try_undo_run", |s, t, w| {
        told(s.try_undo_run(t.run.number, w.instant()))
    }),
    ("roll_back_run", |s, t, w| {
        told(s.roll_back_run(t.run.number, w.instant()))
    }),
    ("dnc_registries", |s, _, w| {
        told(s.dnc_registries(w.instant()))
    }),
    ("check_dnc", |s, t, w| {
        let listed = LISTED.map(|(_, number)| e164(number));
        let numbers: Vec<E164> = listed.into_iter().chain([t.number]).collect();
        // Which of them were asked about is known to whoever asks.
        let facts = s.check_dnc(&numbers, w.instant(), When::After.instant());
        told(facts)
    }),
    ("export_dnc", |s, _, w| {
        let mut listed = Vec::new();
        let registries = s.dnc_registries(When::After.instant());
        let registries = registries.unwrap_or_default();
        for registry in registries {
            let exported = s.export_dnc(registry.id, w.instant(), w.instant(), &mut |of| {
                listed.push(of.clone());
                Ok(())
            });
            exported.unwrap();
        }
        told(Ok(listed))
    }),
    ("plan_dnc_load", |s, t, w| {
        let (new, content) = dnc_list(t.number, When::Before.instant());
        told(s.plan_dnc_load(&new, &content, w.instant()))
    }),
    ("begin_dnc_load", |s, t, w| {
        let (new, content) = dnc_list(t.number, When::Before.instant());
        told(s.begin_dnc_load(&new, &content, w.instant()))
    }),
    ("write_dnc_blocks", |s, t, w| {
        let (new, content) = dnc_list(t.number, When::Before.instant());
        told(
            s.begin_dnc_load(&new, &content, w.instant())
                .and_then(|mut load| s.write_dnc_blocks(&mut load, &content, w.instant())),
        )
    }),
    ("finish_dnc_load", |s, t, w| {
        let (new, content) = dnc_list(t.number, When::Before.instant());
        told(
            s.begin_dnc_load(&new, &content, w.instant())
                .and_then(|mut load| {
                    s.write_dnc_blocks(&mut load, &content, w.instant())?;
                    s.finish_dnc_load(load, w.instant())
                }),
        )
    }),
    ("discard_dnc_load", |s, t, w| {
        let (new, _) = dnc_list(t.number, When::Before.instant());
        told(s.discard_dnc_load(&new.registry, w.instant()))
    }),
    ("add_dnc_entries", |s, t, w| {
        let entry = NewDncEntry {
            number: t.number,
            listed_at: w.instant(),
            reason: None,
        };
        told(s.add_dnc_entries(&internal(), &[entry], w.instant()))
    }),
    ("remove_dnc_entries", |s, t, w| {
        told(s.remove_dnc_entries(&internal(), &[t.number], w.instant()))
    }),
    ("add_reassigned_answers", |s, t, w| {
        let answer = NewReassignedAnswer {
            number: t.number,
            query_date: When::Before.instant(),
            answer: ReassignedAnswer::NoData,
            checked_at: When::Before.instant(),
        };
        told(s.add_reassigned_answers(&[answer], w.instant()))
    }),
    ("sync_dnc", |s, _, w| {
        told(s.sync_dnc(w.instant(), &mut |_| {}))
    }),
    ("audit_entries", |s, t, _| {
        let filter = AuditFilter {
            entity_id: Some(t.human),
            ..AuditFilter::default()
        };
        told(s.audit_entries(&filter))
    }),
    ("audit_entry", |s, t, _| told(s.audit_entry(t.sequence))),
    ("own_contact", |s, _, _| {
        told(Ok(s.own_contact(&sales_call()).channel.to_string()))
    }),
    ("may_contact", |s, t, w| {
        let decision = s.may_contact(&contact_question(w), &sales_call(), &party(t));
        told(decision.map(|decision| decision.code().to_owned()))
    }),
    ("may_contact_batch", |s, t, w| {
        let parties = [party(t), CalledParty::at(t.number)];
        let decisions = s.may_contact_batch(&contact_question(w), &sales_call(), &parties);
        told(decisions.map(|decisions| {
            let codes = decisions.iter().map(|decision| decision.codes());
            format!("{:?}", codes.collect::<Vec<_>>())
        }))
    }),
    ("contact_facts", |s, t, w| {
        let facts = s.contact_facts(&contact_question(w), &[party(t)]);
        told(facts.map(|facts| counted(&facts)))
    }),
    ("read_contact_facts", |s, t, w| {
        let facts = s.read_contact_facts(&contact_question(w), Parties::Many, |reader| {
            reader.facts(&[CalledParty::at(t.number)])
        });
        told(facts.map(|facts| counted(&facts)))
    }),
    ("recorded_until", |s, _, w| {
        told(s.recorded_until(w.instant()).map(|until| until.to_string()))
    }),
    ("record_scrub", |s, _, w| {
        let recorded = s.record_scrub(&scrub_record(w.instant()), w.instant());
        told(recorded.map(|entry| entry.action))
    }),
    ("verify_audit", |s, _, _| told(s.verify_audit())),
    ("audit_checkpoint", |s, _, _| told(s.audit_checkpoint())),
    ("verify_checkpoint", |s, _, _| {
        let key = SigningKey::from_seed("example.com/audit", &[7; 32]).unwrap();
        told(s.verify_checkpoint(b"smrt/acme\n1\nAAAA\n", key.verifier_key()))
    }),
];

fn contact_question(when: When) -> Question<'static> {
    Question {
        rules: RuleSet::builtin(),
        profile: Profile::Strict,
        at: when.instant(),
        known_at: when.instant(),
    }
}

/// How much is known of each; where they are is a matter of the number.
fn counted(facts: &[Facts]) -> String {
    let counted = facts.iter().map(|facts| {
        let Facts {
            registries,
            listings,
            ledger,
            relationships,
            contacts,
            ..
        } = facts;
        let restricted = facts.restriction.is_some();
        let counts = (registries.len(), listings.len(), ledger.len());
        (counts, relationships.len(), contacts.len(), restricted)
    });
    format!("{:?}", counted.collect::<Vec<_>>())
}

fn sales_call() -> Contact {
    Contact::new(Channel::Call, Purpose::Marketing)
}

/// A human at a number.
fn party(target: &Target) -> CalledParty {
    CalledParty {
        human_id: Some(target.human),
        ..CalledParty::at(target.number)
    }
}

fn internal() -> DncRegistryKey {
    DncRegistryKey::new(RegistryKind::Internal, None, None).unwrap()
}

fn both(first: Told, second: Told) -> Told {
    Told {
        logged: first.logged + "\n" + &second.logged,
        revealed: first.revealed + "\n" + &second.revealed,
        trail: String::new(),
    }
}

fn new_human() -> NewHuman {
    NewHuman {
        last_name: Some("New".to_owned()),
        ..NewHuman::default()
    }
}

fn edit_of(id: Id) -> HumanEdit {
    HumanEdit::of(id).set("job_title", "Tester").unwrap()
}

pub(super) fn link_of(human: Id, number: E164) -> NewLink {
    NewLink {
        is_primary: true,
        ..NewLink::new(human, number, RelationshipType::OTHER)
    }
}

/// Another tenant, to give something to.
fn partner_of(session: &TenantSession<'_>) -> &'static str {
    match session.tenant().slug.as_str() {
        "beta" => "gamma",
        _ => "beta",
    }
}

fn grant_of(session: &TenantSession<'_>, human: Id) -> NewGrant {
    NewGrant {
        to: partner_of(session).to_owned(),
        entity_type: EntityType::Human,
        record: Some(human),
        field: None,
        level: AccessLevel::Admin,
        expires_at: None,
    }
}

pub(super) fn consent_of(human: Id) -> NewConsentRecord {
    let kind = ConsentType::parse("marketing_fax").unwrap();
    let at = When::Before.instant();
    NewConsentRecord::of_human(human, kind, ConsentStatus::Revoked, "letter", at)
}

fn question(subject: ConsentSubject) -> ConsentQuestion {
    ConsentQuestion {
        subject,
        purpose: Purpose::Marketing,
        channel: ConsentChannel::Call,
        tier: ConsentTier::OptIn,
        seller: None,
    }
}

pub(super) fn new_run() -> NewRun {
    NewRun {
        source: "crm".to_owned(),
        file_name: "new.csv".to_owned(),
        file_fingerprint: "0".to_owned(),
        mapping: String::new(),
        options: "{}".to_owned(),
        started_at: When::Live.instant(),
    }
}

fn in_trial<T>(
    session: &mut TenantSession<'_>,
    work: impl FnOnce(&mut TenantSession<'_>, &mut TenantSession<'_>) -> Result<T, SmrtError>,
) -> Result<T, SmrtError> {
    let folder = tempfile::tempdir().unwrap();
    let mut scratch = Smrt::scratch_file(&folder.path().join("x.db"), When::Live.instant())?;
    let mut trial = session.in_scratch(&mut scratch)?;
    work(session, &mut trial)
}

/// The record of a scrub of an empty list.
fn scrub_record(at: Instant) -> ScrubRecord {
    ScrubRecord {
        at,
        known_at: at,
        profile: Profile::Strict,
        rules_version: "1".to_owned(),
        contact: Contact::new(Channel::Call, Purpose::Marketing),
        registries: Vec::new(),
        input: ScrubbedFile {
            name: "list.csv".to_owned(),
            outcome: None,
            rows: 0,
            sha256: [0; 32],
        },
        outputs: Vec::new(),
        outcomes: OutcomeCounts::default(),
        reasons: Vec::new(),
        flags: Vec::new(),
    }
}
